//! nasctl as a process, against a management interface served by HTTPS on loopback.

use memory_management::Memory;
use nasd_api::{HTTPS_DOOR, NodeCertificate, network_router, serve_https};
use nasd_base::door::Door;
use std::future::pending;
use std::process::Command;
use std::sync::Arc;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

struct Server {
    dir: TempDir,
    address: String,
    fingerprint: String,
    _runtime: Runtime,
}

struct Said {
    status: i32,
    out: String,
    err: String,
}

fn server() -> Server {
    let dir = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let certificate = NodeCertificate::open(dir.path(), &["127.0.0.1".to_owned()]).unwrap();
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let router = network_router(Arc::new(Memory::in_cluster().showing(certificate.clone())));
    let (tls, door) = (certificate.server_config().unwrap(), Door::new("HTTPS", HTTPS_DOOR));
    runtime.spawn(serve_https(listener, tls, router, door, pending()));
    Server { dir, address, fingerprint: certificate.info().fingerprint, _runtime: runtime }
}

fn nasctl() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_nasctl"));
    for variable in ["GOTGAN_SOCKET", "GOTGAN_SERVER", "GOTGAN_FINGERPRINT", "GOTGAN_TOKEN"] {
        command.env_remove(variable);
    }
    command
}

fn run(command: &mut Command) -> Said {
    let output = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Said { status: output.status.code().unwrap(), out: text(output.stdout), err: text(output.stderr) }
}

impl Server {
    /// With this token, if any; the certificate is up to `arguments`.
    fn says(&self, token: Option<&str>, arguments: &[&str]) -> Said {
        let mut command = nasctl();
        command.args(["--server", &self.address]).args(arguments);
        if let Some(token) = token {
            command.env("GOTGAN_TOKEN", token);
        }
        run(&mut command)
    }

    /// With the right pin.
    fn says_to(&self, role: &str, arguments: &[&str]) -> Said {
        self.says(Some(role), &[&["--fingerprint", &self.fingerprint], arguments].concat())
    }
}

#[test]
fn the_right_pin_and_a_token_are_enough() {
    let server = server();
    let said = server.says_to("administrator", &["volume", "create", "demo"]);
    assert_eq!(said.status, 0, "{}", said.err);
    let said = server.says_to("auditor", &["volume", "list"]);
    assert!(said.out.contains("demo"), "{}{}", said.out, said.err);
}

#[test]
fn colons_and_capitals_make_no_other_pin() {
    let server = server();
    let bytes: Vec<String> = server
        .fingerprint
        .as_bytes()
        .chunks(2)
        .map(|pair| String::from_utf8_lossy(pair).to_uppercase())
        .collect();
    let said = server.says(Some("auditor"), &["--fingerprint", &bytes.join(":"), "node", "list"]);
    assert_eq!(said.status, 0, "{}", said.err);
}

#[test]
fn a_wrong_pin_shows_the_fingerprint_that_came_and_asks_nothing() {
    let server = server();
    let wrong = "0".repeat(64);
    let said = server.says(Some("administrator"), &["--fingerprint", &wrong, "volume", "create", "demo"]);
    assert_eq!(said.status, 3);
    assert!(said.err.contains(&server.fingerprint), "{}", said.err);
    assert!(said.err.contains("openssl x509 -noout -fingerprint -sha256 -in api.pem"), "{}", said.err);
    let volumes = server.says_to("auditor", &["volume", "list"]);
    assert_eq!(volumes.out, "There are no volumes.\n");
    let garbage = server.says(Some("administrator"), &["--fingerprint", "abc", "volume", "list"]);
    assert!(garbage.status == 3 && garbage.err.contains("64 hexadecimal digits"), "{}", garbage.err);
}

#[test]
fn an_authoritys_file_is_believed_and_others_are_not() {
    let server = server();
    let file = server.dir.path().join("api.pem");
    let said = server.says(Some("auditor"), &["--ca-file", file.to_str().unwrap(), "volume", "list"]);
    assert_eq!(said.status, 0, "{}", said.err);
    let other = tempfile::tempdir().unwrap();
    NodeCertificate::open(other.path(), &["127.0.0.1".to_owned()]).unwrap();
    let file = other.path().join("api.pem");
    let said = server.says(Some("auditor"), &["--ca-file", file.to_str().unwrap(), "volume", "list"]);
    assert_eq!(said.status, 3);
    assert!(said.err.contains("not trusted") && said.err.contains(&server.fingerprint), "{}", said.err);
    let said = server.says(Some("auditor"), &["--ca-file", "/nowhere.pem", "volume", "list"]);
    assert!(said.status == 3 && said.err.contains("/nowhere.pem"), "{}", said.err);
}

#[test]
fn a_token_that_is_missing_wrong_or_too_narrow_is_said_to_be() {
    let server = server();
    let pin = ["--fingerprint", &server.fingerprint];
    let said = server.says(None, &[&pin[..], &["volume", "list"]].concat());
    assert_eq!(said.status, 2);
    assert!(said.err.contains("GOTGAN_TOKEN"), "{}", said.err);
    let said = server.says_to("nonsense", &["volume", "list"]);
    assert_eq!(said.status, 1);
    assert!(said.err.contains("wrong, revoked or expired"), "{}", said.err);
    let said = server.says_to("auditor", &["volume", "create", "demo"]);
    assert_eq!(said.status, 1);
    assert!(said.err.contains("it needs the right change_storage"), "{}", said.err);
    assert!(said.err.contains("scopes"), "{}", said.err);
}

#[test]
fn whoever_has_a_password_makes_the_first_token_from_far_away() {
    let server = server();
    let file = server.dir.path().join("password");
    std::fs::write(&file, "one two three\n").unwrap();
    let file = ["--password-file", file.to_str().unwrap()];
    let create = ["user", "create", "amy", "--role", "auditor"];
    assert_eq!(server.says_to("administrator", &[&create[..], &file].concat()).status, 0);
    let pin = ["--fingerprint", &server.fingerprint];
    let create = ["token", "create", "laptop", "--scope", "read_status", "--user", "amy"];
    let other = server.dir.path().join("other");
    std::fs::write(&other, "wrong\n").unwrap();
    let wrong = ["--password-file", other.to_str().unwrap()];
    let refused = server.says(None, &[&pin[..], &create, &wrong].concat());
    assert!(refused.status == 1 && !refused.err.contains("token is wrong"), "it has none: {}", refused.err);
    let made = server.says(None, &[&pin[..], &create, &file].concat());
    assert_eq!(made.status, 0, "{}", made.err);
    let said = server.says_to(made.out.trim(), &["node", "list"]);
    assert_eq!(said.status, 0, "{}", said.err);
    let said = server.says_to(made.out.trim(), &["audit", "list"]);
    assert!(said.status == 1 && said.err.contains("read_audit"), "beyond its scopes: {}", said.err);
}

/// A token needs no more than the rights that reading takes: `own_account` was asked for once, to learn its user.
#[test]
fn a_token_that_may_read_writes_the_configuration_from_far_away() {
    let server = server();
    let file = server.dir.path().join("password");
    std::fs::write(&file, "one two three\n").unwrap();
    let file = ["--password-file", file.to_str().unwrap()];
    let create = ["user", "create", "amy", "--role", "auditor"];
    assert_eq!(server.says_to("administrator", &[&create[..], &file].concat()).status, 0);
    let scopes = ["--scope", "read_status", "--scope", "read_identity"];
    let create = [&["token", "create", "git", "--user", "amy"][..], &scopes, &file].concat();
    let token = server.says_to("administrator", &create).out;
    let said = server.says_to(token.trim(), &["config", "export"]);
    assert!(said.status == 0 && said.out.contains("name = \"amy\""), "{}{}", said.out, said.err);
    let said = server.says_to("operator", &["config", "export"]);
    assert!(said.status == 1 && said.err.contains("read_identity"), "{}", said.err);
}

#[test]
fn the_environment_names_the_server_and_a_file_holds_the_token() {
    let server = server();
    let file = server.dir.path().join("token");
    std::fs::write(&file, "auditor\n").unwrap();
    let mut command = nasctl();
    command.env("GOTGAN_SERVER", &server.address).env("GOTGAN_FINGERPRINT", &server.fingerprint);
    let said = run(command.args(["node", "list", "--token-file"]).arg(&file));
    assert!(said.status == 0 && said.out.contains("stor-a"), "{}", said.err);
    let said = server.says_to("administrator", &["--token-file", "/nowhere", "node", "list"]);
    assert!(said.status == 1 && said.err.contains("/nowhere"), "{}", said.err);
    let said = server.says_to("administrator", &["--token", "administrator", "node", "list"]);
    assert_eq!(said.status, 2, "no secret on the command line");
}

#[test]
fn what_is_a_matter_of_the_node_itself_is_not_asked_of_a_server() {
    let server = server();
    for (arguments, words) in [
        (&["cluster", "join", "--token-file", "/x"][..], "run this there"),
        (&["mount", "demo", "some/where"], "begin it with /"),
    ] {
        let said = server.says_to("administrator", arguments);
        assert!(said.status == 2 && said.err.contains(words), "{}", said.err);
    }
    let both = server.says(Some("administrator"), &["--dir", "/x", "volume", "list"]);
    assert_eq!(both.status, 2);
}

#[test]
fn nobody_there_is_status_three() {
    let mut command = nasctl();
    command.env("GOTGAN_TOKEN", "t").args(["--server", "127.0.0.1:1", "volume", "list"]);
    let said = run(&mut command);
    assert_eq!(said.status, 3);
    assert!(said.err.contains("no answer from https://127.0.0.1:1"), "{}", said.err);
}

#[test]
fn after_a_remote_change_the_new_pin_is_said_and_the_old_one_is_refused() {
    let (server, other) = (server(), tempfile::tempdir().unwrap());
    let new = NodeCertificate::open(other.path(), &["nas.example".to_owned()]).unwrap().info().fingerprint;
    let file = |name: &str| other.path().join(name).to_str().unwrap().to_owned();
    let (chain, key) = (file("api.pem"), file("api.key"));
    let set = ["certificate", "set", "--chain", &chain, "--key", &key];
    let refused = server.says_to("operator", &set);
    assert!(refused.status == 1 && refused.err.contains("change_cluster"), "{}", refused.err);
    let said = server.says_to("administrator", &set);
    assert_eq!(said.status, 0, "{}", said.err);
    assert!(
        said.out.contains(&format!("asked with another pin from now on: --fingerprint {new}")),
        "{}",
        said.out
    );
    assert_eq!(server.says_to("auditor", &["certificate", "show"]).status, 3);
    let said = server.says(Some("auditor"), &["--fingerprint", &new, "certificate", "show"]);
    assert!(said.out.contains("nas.example"), "{}{}", said.out, said.err);
    let reset = ["--fingerprint", &new, "certificate", "reset", "--yes"];
    let said = server.says(Some("administrator"), &reset);
    assert!(said.status == 0 && said.out.contains("127.0.0.1"), "{}{}", said.out, said.err);
}
