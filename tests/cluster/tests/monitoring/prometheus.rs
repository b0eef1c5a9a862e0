//! Prometheus scrapes every node, and judges by the rules that are shipped.

use harness::cluster::{Cluster, Node, debian, free_port, wait_until};
use harness::nfs_client::NfsClient;
use nasd_api::{Client, CreateApiToken, CreateUser, LogIn, Nothing, Secret, Who};
use nasd_base::role::{Right, Role};
use serde_json::Value;
use std::collections::BTreeSet;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

const PASSWORD: &str = "correct horse battery staple";
/// Two scrapes, and a busy machine.
const SCRAPED_WITHIN: Duration = Duration::from_secs(30);

#[test]
fn prometheus_scrapes_every_node_and_its_rules_see_one_die() {
    let work = tempfile::tempdir().expect("a temporary directory");
    let cluster = Cluster::start(&work.path().join("demo"));
    let token = token_of_a_watcher(&cluster);
    some_work(&cluster);
    cluster.nasctl(cluster.ready.leader, &["volume", "set", "demo", "--limit-bytes", "8GiB"]);
    what_a_node_says_is_well_formed(&cluster, &token);

    let prometheus = Prometheus::start(&work.path().join("prometheus"), &cluster, &token);
    let up = || prometheus.ask("sum(up)") == Some(3.0);
    wait_until("all three nodes are scraped", SCRAPED_WITHIN, up);
    let calls = prometheus.ask(r#"sum(gotgan_nfs_calls_total{procedure="write"})"#);
    assert!(calls.is_some_and(|calls| calls >= 1.0), "an NFS client has written: {calls:?}");
    let written = prometheus.ask("sum(gotgan_volume_written_bytes_total)");
    assert!(written.is_some_and(|bytes| bytes >= (1 << 20) as f64), "a MiB at least: {written:?}");
    for histogram in
        ["operation_duration", "volume_operation_duration", "nfs_client_call_duration", "log_flush_duration"]
    {
        let quantile = format!("histogram_quantile(0.99, sum by (le) (gotgan_{histogram}_seconds_bucket))");
        let seconds = prometheus.ask(&quantile);
        assert!(seconds.is_some_and(|seconds| seconds > 0.0 && seconds < 60.0), "{histogram}: {seconds:?}");
    }
    names_that_are_shipped_are_names_that_nodes_say(&prometheus);
    assert_eq!(prometheus.ask("max(gotgan_cluster_health)"), Some(0.0), "healthy");
    assert_eq!(prometheus.firing(), Vec::<String>::new(), "nothing is wrong with a healthy cluster");

    cluster.pause_supervisor();
    cluster.kill_node(cluster.followers()[0].id);
    let seen = || prometheus.pending_or_firing().iter().any(|name| name == "GotganNodeDown");
    wait_until("the rule of a dead node waits for its minute", SCRAPED_WITHIN, seen);
    let degraded = || prometheus.ask("max(gotgan_cluster_health)") == Some(1.0);
    wait_until("the others say that the cluster is degraded", SCRAPED_WITHIN, degraded);
    cluster.resume_supervisor();
    drop(prometheus);
    cluster.stop();
}

/// An API token that may read the status and nothing else.
pub fn token_of_a_watcher(cluster: &Cluster) -> String {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let root = Client::local(&cluster.node(cluster.ready.leader).api);
    let user = CreateUser {
        name: "watcher".to_owned(),
        role: Role::Auditor,
        owned: Vec::new(),
        password: Secret::new(PASSWORD),
    };
    runtime.block_on(root.call::<CreateUser>(Nothing, &user)).expect("a user");
    let address = "127.0.0.1".parse().expect("an address");
    let login = LogIn { user: "watcher".to_owned(), password: Secret::new(PASSWORD), code: None };
    let begun = runtime.block_on(root.acting(Who::Visitor(address)).log_in(&login));
    let (session, whoami) = begun.expect("the watcher is let in");
    let watcher = root.acting(Who::Session { address, session, csrf: whoami.csrf_token });
    let token = CreateApiToken {
        name: "prometheus".to_owned(),
        scopes: vec![Right::ReadStatus],
        valid_seconds: 3_600,
        current: Secret::new(PASSWORD),
    };
    let made = runtime.block_on(watcher.call::<CreateApiToken>(Nothing, &token)).expect("a token");
    made.token.reveal().to_owned()
}

fn some_work(cluster: &Cluster) {
    let node = &cluster.ready.nodes[0];
    let mut client = NfsClient::mount(&node.nfs, &cluster.ready.export).expect("the export is mounted");
    client.write_file_durably(Path::new("/measured"), &[7; 1 << 20], 1 << 17).expect("written");
    assert_eq!(std::fs::read(cluster.fuse(node.id).join("measured")).expect("read").len(), 1 << 20);
}

/// A rule about a series that is not there never fires, and a chart of one is empty.
fn names_that_are_shipped_are_names_that_nodes_say(prometheus: &Prometheus) {
    let answer = prometheus.get("label/__name__/values", &[]).expect("Prometheus answers");
    let said = answer["data"].as_array().expect("names").iter().filter_map(Value::as_str);
    let said: BTreeSet<&str> = said.collect();
    for file in ["gotgan-rules.yml", "grafana-dashboard.json"] {
        let text = std::fs::read_to_string(shipped(file)).expect("it is shipped");
        let words = text.split(|c: char| !c.is_ascii_lowercase() && c != '_');
        let wanted: BTreeSet<&str> = words.filter(|word| word.starts_with("gotgan_")).collect();
        assert!(wanted.len() > 10, "{file}: {wanted:?}");
        let missing: Vec<_> = wanted.difference(&said).collect();
        assert!(missing.is_empty(), "{file} names what no node says: {missing:?}");
    }
}

/// promtool knows the conventions, and that no series comes twice.
fn what_a_node_says_is_well_formed(cluster: &Cluster, token: &str) {
    for node in &cluster.ready.nodes {
        let metrics = scraped(node, token);
        let mut promtool = Command::new(debian("prometheus", "usr/bin/promtool"))
            .args(["check", "metrics"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("promtool starts");
        promtool.stdin.take().expect("its input").write_all(&metrics).expect("it reads");
        let judged = promtool.wait_with_output().expect("it ends");
        let said = [judged.stdout, judged.stderr].concat();
        assert!(judged.status.success() && said.is_empty(), "{}", String::from_utf8_lossy(&said));
    }
}

/// What a node says at this moment.
pub fn scraped(node: &Node, token: &str) -> Vec<u8> {
    let scraped = Command::new("curl")
        .args(["--silent", "--fail", "--insecure", "--header", &format!("Authorization: Bearer {token}")])
        .arg(format!("{}/metrics", node.https))
        .output()
        .expect("curl starts");
    assert!(scraped.status.success(), "node {}: {}", node.id, scraped.status);
    scraped.stdout
}

/// Debian's own, with the rules that are shipped.
struct Prometheus {
    process: Child,
    address: String,
}

impl Prometheus {
    fn start(dir: &Path, cluster: &Cluster, token: &str) -> Prometheus {
        std::fs::create_dir_all(dir).expect("a directory");
        let mut secret = std::fs::File::options()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(dir.join("token"))
            .expect("a file");
        secret.write_all(token.as_bytes()).expect("written");
        std::fs::write(dir.join("prometheus.yml"), configuration(dir, cluster)).expect("written");
        let rules = std::fs::read_to_string(shipped("gotgan-rules.yml")).expect("the rules are shipped");
        std::fs::write(dir.join("gotgan-rules.yml"), rules).expect("written");
        let address = format!("127.0.0.1:{}", free_port());
        let log = std::fs::File::create(dir.join("log")).expect("a file");
        let process = Command::new(debian("prometheus", "usr/bin/prometheus"))
            .arg(format!("--config.file={}", dir.join("prometheus.yml").display()))
            .arg(format!("--storage.tsdb.path={}", dir.join("data").display()))
            .arg(format!("--web.listen-address={address}"))
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("prometheus starts");
        Prometheus { process, address }
    }

    /// The value of an expression that has one.
    fn ask(&self, expression: &str) -> Option<f64> {
        let answer = self.get("query", &["--data-urlencode", &format!("query={expression}")])?;
        answer["data"]["result"][0]["value"][1].as_str()?.parse().ok()
    }

    fn firing(&self) -> Vec<String> {
        self.alerts(|state| state == "firing")
    }

    fn pending_or_firing(&self) -> Vec<String> {
        self.alerts(|_| true)
    }

    fn alerts(&self, in_state: impl Fn(&str) -> bool) -> Vec<String> {
        let answer = self.get("alerts", &[]).expect("Prometheus answers");
        let alerts = answer["data"]["alerts"].as_array().cloned().unwrap_or_default();
        let in_it = alerts.iter().filter(|alert| in_state(alert["state"].as_str().unwrap_or_default()));
        in_it.filter_map(|alert| Some(alert["labels"]["alertname"].as_str()?.to_owned())).collect()
    }

    fn get(&self, what: &str, data: &[&str]) -> Option<Value> {
        let address = format!("http://{}/api/v1/{what}", self.address);
        let answer = Command::new("curl")
            .args(["--silent", "--get", &address])
            .args(data)
            .output()
            .expect("curl starts");
        serde_json::from_slice(&answer.stdout).ok()
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The shipped configuration, with this cluster's addresses and as quick as a test needs it.
fn configuration(dir: &Path, cluster: &Cluster) -> String {
    let shipped = std::fs::read_to_string(shipped("prometheus.yml")).expect("the configuration is shipped");
    let nodes =
        cluster.ready.nodes.iter().map(|node| format!("\"{}\"", node.https.trim_start_matches("https://")));
    let begins = shipped.find("[\"stor-1").expect("the targets");
    let ends = begins + shipped[begins..].find(']').expect("the end of the targets") + 1;
    let targets = nodes.collect::<Vec<_>>().join(", ");
    let own = format!("{}[{targets}]{}", &shipped[..begins], &shipped[ends..])
        .replace("/etc/prometheus/gotgan.token", &dir.join("token").display().to_string())
        // Each node of a demo has a certificate of its own.
        .replace("ca_file: /etc/prometheus/gotgan.pem", "insecure_skip_verify: true");
    format!("global:\n  scrape_interval: 1s\n  evaluation_interval: 1s\n{own}")
}

fn shipped(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../nas-snmp/monitoring").join(name)
}
