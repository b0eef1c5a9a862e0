//! Bad input at a running cluster's doors: each gets a clear error, loses nothing and disturbs nobody.

use harness::cluster::{Cluster, wait_until};
use harness::lone::Lone;
use harness::nfs_client::NfsClient;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

fn join(node: &Lone, token: &str) -> Output {
    let file = node.dir.join("token");
    std::fs::write(&file, token).expect("a token file");
    node.nasctl(&["cluster", "join", "--token-file", file.to_str().expect("a plain path")])
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn wrong_used_and_expired_tokens_and_a_second_create_are_refused_and_disturb_nobody() {
    let work = tempfile::tempdir().expect("a temporary directory");
    let cluster = Cluster::start(&work.path().join("demo"));
    let stranger_dir = work.path().join("stranger");
    std::fs::create_dir(&stranger_dir).expect("mkdir");
    let stranger = Lone::start(&stranger_dir, "stranger");

    let wrong = join(&stranger, "gotgan1-nonsense@127.0.0.1:1");
    assert_eq!(wrong.status.code(), Some(1), "{}", said(&wrong));
    assert!(said(&wrong).contains("token"), "{}", said(&wrong));

    let token = |ttl: &str| {
        let json = cluster.nasctl(1, &["--json", "cluster", "token", "--ttl", ttl]);
        let value: serde_json::Value = serde_json::from_str(&json).expect("JSON");
        value["token"].as_str().expect("a token").to_owned()
    };
    let short = token("1");
    harness::cluster::pause(Duration::from_secs(3));
    let expired = join(&stranger, &short);
    assert!(!expired.status.success() && said(&expired).contains("expired"), "{}", said(&expired));

    let good = token("600");
    let joined = join(&stranger, &good);
    assert!(joined.status.success(), "{}", said(&joined));
    let again = stranger.nasctl(&["cluster", "create", "--name", "other"]);
    assert!(!again.status.success() && said(&again).contains("in a cluster already"), "{}", said(&again));

    let late_dir = work.path().join("late");
    std::fs::create_dir(&late_dir).expect("mkdir");
    let late = Lone::start(&late_dir, "late");
    let used = join(&late, &good);
    assert!(!used.status.success() && said(&used).contains("already used"), "{}", said(&used));

    std::fs::write(cluster.fuse(1).join("still"), "here").expect("the cluster still works");
    let mut client = NfsClient::mount(&cluster.followers()[0].nfs, "/demo").expect("mount");
    assert_eq!(client.read_file(Path::new("/still")).expect("read"), b"here");
}

#[test]
fn garbage_at_every_port_disturbs_nobody() {
    let work = tempfile::tempdir().expect("a temporary directory");
    let cluster = Cluster::start(&work.path().join("demo"));
    let mut client = NfsClient::mount(&cluster.node(1).nfs, "/demo").expect("mount");
    client.write_file(Path::new("/before"), b"whole", 1024).expect("write");
    let ports: Vec<String> = cluster.ready.nodes.iter().map(|node| node.nfs.clone()).collect();
    let status = cluster.nasctl(1, &["--json", "cluster", "status"]);
    let status: serde_json::Value = serde_json::from_str(&status).expect("JSON");
    let members = status["nodes"].as_array().expect("nodes").iter();
    let members = members.map(|node| node["address"].as_str().expect("an address").to_owned());
    for address in ports.into_iter().chain(members) {
        for garbage in [
            &b"GET / HTTP/1.1\r\n\r\n"[..],
            &[0xff; 4096],
            &[0x80, 0, 0, 0x10, 1, 2, 3],
            &[0x7f, 0xff, 0xff, 0xff],
        ] {
            let mut stream = TcpStream::connect(&address).expect("connect");
            stream.set_read_timeout(Some(Duration::from_millis(200))).expect("a timeout");
            // The server may close while we write.
            let _ = stream.write_all(garbage);
            let _ = stream.read(&mut [0; 64]);
        }
    }
    assert_eq!(client.read_file(Path::new("/before")).expect("read"), b"whole");
    client.write_file(Path::new("/after"), b"too", 1024).expect("write");
    let log =
        ["node1", "node2", "node3"].map(|node| work.path().join("demo").join(node).with_extension("log"));
    for path in log {
        let text = std::fs::read_to_string(&path).expect("a log");
        assert!(!text.contains(" ERROR ") && !text.contains("panicked"), "{text}");
    }
}

#[test]
fn a_port_in_use_is_said_at_once() {
    let work = tempfile::tempdir().expect("a temporary directory");
    let taken = TcpListener::bind("127.0.0.1:0").expect("loopback");
    let port = taken.local_addr().expect("bound").to_string();
    let dir = work.path().join("node");
    let node = Lone::start_with_nfs(&dir, "one", &port);
    let refused = node.nasctl(&["cluster", "create", "--name", "demo"]);
    assert!(!refused.status.success() && said(&refused).contains(&port), "{}", said(&refused));
}

#[test]
fn an_export_is_closed_until_somebody_is_let_in() {
    let work = tempfile::tempdir().expect("a temporary directory");
    let cluster = Cluster::start(&work.path().join("demo"));
    cluster.nasctl(1, &["volume", "create", "closed"]);
    cluster.nasctl(1, &["export", "create", "/closed", "--volume", "closed"]);
    let refused = NfsClient::mount(&cluster.node(1).nfs, "/closed");
    assert!(refused.is_err(), "nobody was let in");
    cluster.nasctl(1, &["export", "delete", "/closed"]);
    cluster.nasctl(1, &["export", "create", "/closed", "--volume", "closed", "--client", "127.0.0.1:ro"]);
    wait_until("the export to be known", Duration::from_secs(20), || {
        NfsClient::mount(&cluster.node(1).nfs, "/closed").is_ok()
    });
    let mut client = NfsClient::mount(&cluster.node(1).nfs, "/closed").expect("mount");
    let error = client.make_dir(Path::new("/x"), 0o755).expect_err("the export is read-only");
    assert!(error.to_string().contains("ROFS") || error.to_string().contains("Read-only"), "{error}");
    users_are_refused_until_the_rule_says_insecure(&cluster);
}

/// AUTH_SYS was believed from every port: any user of a client could be root in its exports.
fn users_are_refused_until_the_rule_says_insecure(cluster: &Cluster) {
    let (address, demo) = (cluster.node(1).nfs.clone(), cluster.ready.export.clone());
    let (host, port) = address.rsplit_once(':').expect("an address");
    let lists_as_nobody = |export: &str| {
        let url = format!("nfs://{host}{export}?nfsport={port}&mountport={port}&version=3&uid=0&gid=0");
        let output = Command::new("nfs-ls").arg(url).uid(65_534).gid(65_534).output();
        output.expect("libnfs-utils is installed").status.success()
    };
    assert!(lists_as_nobody(&demo), "the demo lets everybody of this machine in");
    cluster.nasctl(1, &["export", "set", &demo, "--client", "127.0.0.0/8:no_root_squash"]);
    wait_until("the rule to be known", Duration::from_secs(20), || !lists_as_nobody(&demo));
    let mut root = NfsClient::mount(&address, &demo).expect("root has ports below 1024");
    root.make_dir(Path::new("/x"), 0o755).expect("root is let in");
}

/// The two ratios that batching stands or falls with.
#[test]
fn a_thousand_concurrent_stable_writes_share_flushes_and_transactions() {
    let work = tempfile::tempdir().expect("a temporary directory");
    let cluster = Cluster::start(&work.path().join("demo"));
    let leader = cluster.ready.leader;
    let counters = |id: u64| -> serde_json::Value {
        serde_json::from_str(&cluster.nasctl(id, &["--json", "counters"])).expect("JSON")
    };
    let before = counters(leader);
    nfs_writes::concurrent(&cluster.node(leader).nfs, "/demo", 1_000);
    let after = counters(leader);
    let grown = |name: &str| after[name].as_u64().unwrap_or(0) - before[name].as_u64().unwrap_or(0);
    let (flushes, transactions) = (grown("log_flushes"), grown("transactions"));
    println!("1000 concurrent stable writes: {flushes} flushes, {transactions} transactions at the leader");
    assert!(flushes < 100 && transactions < 100, "{flushes} flushes, {transactions} transactions");
}

/// A thousand WRITEs in flight at once, which libnfs's synchronous calls cannot do.
mod nfs_writes {
    use nasd_base::{Entropy, OsEntropy};
    use nasd_nfs::rpc::RpcCredential;
    use nasd_nfs::v3::create::How;
    use nfs_client::Client;
    use std::sync::Arc;

    pub fn concurrent(address: &str, export: &str, count: u64) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let entropy: Arc<dyn Entropy> = Arc::new(OsEntropy);
            let address = address.parse().expect("an address");
            let root = RpcCredential::sys(0, 0, &[]);
            // Each connection takes 64 calls at a time.
            let mut connections = Vec::new();
            for _ in 0..20 {
                connections.push(Client::connect(address, root.clone(), &*entropy).await.expect("connect"));
            }
            let dir = connections[0].mount(export).await.expect("mount");
            let mut files = Vec::new();
            for number in 0..10 {
                let how = How::Unchecked(Default::default());
                let made = connections[0].create(&dir, format!("w{number}"), how).await.expect("create");
                files.push(made.handle.expect("a handle"));
            }
            let writes: Vec<_> = (0..count)
                .map(|n| {
                    let client = connections[n as usize % connections.len()].clone();
                    let file = files[n as usize % files.len()].clone();
                    tokio::spawn(async move {
                        let data = vec![n as u8; 512].into();
                        client.write(&file, n * 512, nasd_fs::Stability::FileSync, data).await
                    })
                })
                .collect();
            for write in writes {
                write.await.expect("a task").expect("write");
            }
        });
    }
}
