//! Whether the management interface keeps its own contract: schemathesis reads the OpenAPI document of a running
//! node, asks for what it allows and for what it does not, and compares every answer with what it promises.
//!
//! `schemathesis.toml` says what is left out and why, `hooks.py` what keeps the run from ending itself.

use harness::cluster::Cluster;
use harness::setting;
use nasd_api::{Client, CreateApiToken, CreateUser, LogIn, Nothing, Secret, Who};
use nasd_base::role::{Right, Role};
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Requests for each operation beside those that try every limit once.
const EXAMPLES: u64 = 3;
/// The run's own user and API token: `hooks.py` leaves them alone.
const OWN: &str = "contract";
const PASSWORD: &str = "correct horse battery staple";
/// What the environment of the tool was made from.
const REQUIREMENTS: &str = include_str!("requirements.txt");
const HOUR_SECONDS: u32 = 3600;

#[test]
fn the_management_interface_keeps_its_own_contract() {
    let tool = tool();
    let work = tempfile::tempdir().expect("a temporary directory");
    let cluster = Cluster::start(&work.path().join("demo"));
    let token = token(&cluster);
    let status = fuzz(&tool, &cluster, &token, work.path()).status().expect("schemathesis starts");
    assert!(status.success(), "schemathesis found a breach of the contract, or could not go on: {status}");
    cluster.stop();
}

/// The program that `cargo xtask test` installs.
fn tool() -> PathBuf {
    // The test lies in target/PROFILE/deps.
    let me = std::env::current_exe().expect("this program's own path");
    let environment = me.ancestors().nth(3).expect("a target directory").join("schemathesis");
    let made_from = std::fs::read_to_string(environment.join("requirements.txt")).unwrap_or_default();
    assert_eq!(
        made_from, REQUIREMENTS,
        "schemathesis is not installed, or another: `cargo xtask test` does it"
    );
    environment.join("bin/schemathesis")
}

fn fuzz(tool: &Path, cluster: &Cluster, token: &Secret, work: &Path) -> Command {
    let settings = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/contract");
    let mut command = Command::new(tool);
    // Deterministic: the same requests every time, as far as they do not name what the cluster made up.
    command
        .arg("--config-file")
        .arg(settings.join("schemathesis.toml"))
        .args(["run", "--no-color", "--tls-verify", "false", "--generation-deterministic"])
        .arg(format!("--max-examples={}", setting::number("GOTGAN_CONTRACT_EXAMPLES", EXAMPLES)))
        .arg(format!("{}/api/v1/openapi.json", cluster.ready.nodes[0].https))
        .current_dir(work)
        .env("SCHEMATHESIS_HOOKS", "hooks")
        .env("PYTHONPATH", &settings)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("GOTGAN_TOKEN", token.reveal());
    command
}

/// A token of an administrator that may do everything.
fn token(cluster: &Cluster) -> Secret {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let root = Client::local(&cluster.ready.nodes[0].api);
    let (name, password) = (OWN.to_owned(), Secret::new(PASSWORD));
    let user = CreateUser {
        name: name.clone(),
        role: Role::Administrator,
        owned: Vec::new(),
        password: password.clone(),
    };
    let request = CreateApiToken {
        name: name.clone(),
        scopes: Right::ALL.to_vec(),
        valid_seconds: HOUR_SECONDS,
        current: password.clone(),
    };
    let made = runtime.block_on(async {
        root.call::<CreateUser>(Nothing, &user).await?;
        let address = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let login = LogIn { user: name, password, code: None };
        let (session, whoami) = root.acting(Who::Visitor(address)).log_in(&login).await?;
        let session = root.acting(Who::Session { address, session, csrf: whoami.csrf_token });
        session.call::<CreateApiToken>(Nothing, &request).await
    });
    made.expect("an API token").token
}
