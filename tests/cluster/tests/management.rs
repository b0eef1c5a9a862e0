//! The management interface of a running cluster: what two administrators do at once, what becomes of a task when a
//! leader dies, who is named that floods it, and whether the configuration can be carried to another cluster.

use harness::cluster::{Cluster, binary, pause, wait_until};
use harness::nfs_client::NfsClient;
use nasd_api::{
    Client, ClientError, ClientRule, CreateExport, CreateVolume, ErrorCode, Export, ExportAt, ListExports,
    Nothing, ReadCluster, ReadTask, SetClients, StartTask, TaskAt, TaskKind, TaskState,
};
use nasd_base::OsEntropy;
use nasd_nfs::rpc::RpcCredential;
use std::io::Write;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

/// Enough that no node reads it before the leader is killed.
const DATA_BYTES: usize = 256 << 20;
/// A killed node is started again after seconds, and then reads its part anew.
const TASK_TIME: Duration = Duration::from_secs(120);
const ROUNDS: u32 = 20;

fn client(cluster: &Cluster, id: u64) -> Client {
    Client::local(&cluster.node(id).api)
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
}

/// Bytes that do not compress, the same each time.
fn noise(count: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut bytes = Vec::with_capacity(count + 8);
    while bytes.len() < count {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(count);
    bytes
}

#[test]
fn a_task_goes_on_after_the_death_of_the_leader() {
    let work = tempfile::tempdir().expect("a temporary directory");
    let cluster = Cluster::start(&work.path().join("demo"));
    let mut file = std::fs::File::create(cluster.fuse(cluster.ready.leader).join("noise")).expect("create");
    file.write_all(&noise(DATA_BYTES)).expect("write");
    file.sync_all().expect("fsync");
    let runtime = runtime();
    let status =
        runtime.block_on(client(&cluster, cluster.ready.leader).ask::<ReadCluster>(Nothing)).expect("status");
    let leader = status.leader.expect("a leader of the system group");
    let witness = cluster.ready.nodes.iter().map(|node| node.id).find(|id| *id != leader).expect("another");
    let at_witness = client(&cluster, witness);

    let request = StartTask { kind: TaskKind::VerifyData };
    let task = runtime.block_on(at_witness.call::<StartTask>(Nothing, &request)).expect("a task");
    cluster.kill_node(leader);
    let again = runtime.block_on(at_witness.call::<StartTask>(Nothing, &request));
    let Err(ClientError::Refused(refusal)) = again else { panic!("a second one at once: {again:?}") };
    assert_eq!(refusal.code, ErrorCode::Conflict, "{refusal}");

    let now = || {
        runtime
            .block_on(at_witness.ask::<ReadTask>(TaskAt { id: task.id }))
            .expect("the task outlives the leader")
    };
    let first = now();
    assert_eq!(first.state, TaskState::Running, "the killed node's part is open: {first:?}");
    wait_until("the task ends", TASK_TIME, || now().state != TaskState::Running);
    let ended = now();
    assert_eq!(ended.state, TaskState::Done, "{ended:?}");
    assert!(ended.parts.iter().all(|part| part.total_bytes >= DATA_BYTES as u64), "{ended:?}");
    let of_leader = ended.parts.iter().find(|part| part.node == leader).expect("every node has a part");
    let begun = format!("{} begins", of_leader.node_name);
    let begun = ended.log.iter().filter(|line| line.what.text.starts_with(&begun)).count();
    let finished = ended.log.iter().filter(|line| line.what.text.contains("all are whole")).count();
    println!(
        "the task ended after the death of node {leader}, which began {begun} time(s): {:?}",
        ended.result
    );
    assert!((1..=2).contains(&begun) && finished == 3, "{ended:?}");
    cluster.stop();
}

#[test]
fn of_two_changes_to_one_export_at_once_one_is_refused_and_none_is_lost() {
    let work = tempfile::tempdir().expect("a temporary directory");
    let cluster = Cluster::start(&work.path().join("demo"));
    who_may_write_is_said_with_the_volume(&cluster);
    let runtime = runtime();
    let [one, other] = [cluster.ready.nodes[0].id, cluster.ready.nodes[1].id].map(|id| client(&cluster, id));
    let rule = |number: u32| -> ClientRule { format!("10.0.{number}.0/24:ro").parse().expect("a rule") };
    let clients = vec![rule(0)];
    let request = CreateExport { path: "/both".into(), volume: "demo-2".into(), clients };
    runtime.block_on(async {
        let volume = nasd_api::CreateVolume { name: "demo-2".into(), ..Default::default() };
        one.call::<CreateVolume>(Nothing, &volume).await.expect("a volume");
        one.call::<CreateExport>(Nothing, &request).await.expect("an export");
    });
    let at = || ExportAt { path: "/both".into() };
    // A node that has not applied the creation yet has no such export.
    let seen = |client: &Client| -> Option<Export> {
        let exports = runtime.block_on(client.all::<ListExports>()).expect("exports");
        exports.into_iter().find(|export| export.path == "/both")
    };
    for round in 1..=ROUNDS {
        let before = seen(&one).expect("its maker has the export");
        wait_until("the other node sees it, too", Duration::from_secs(10), || {
            seen(&other).as_ref() == Some(&before)
        });
        let (mine, yours) = (rule(2 * round), rule(2 * round + 1));
        let (first, second) = runtime.block_on(async {
            let [mine, yours] = [&mine, &yours].map(|rule| SetClients { clients: vec![rule.clone()] });
            let etag = Some(before.etag.as_str());
            tokio::join!(
                one.call_if::<SetClients>(at(), &mine, etag),
                other.call_if::<SetClients>(at(), &yours, etag),
            )
        });
        let won = match (first, second) {
            (Ok(_), Err(ClientError::Refused(refusal))) => (mine, refusal),
            (Err(ClientError::Refused(refusal)), Ok(_)) => (yours, refusal),
            outcomes => panic!("round {round}: {outcomes:?}"),
        };
        assert_eq!(won.1.code, ErrorCode::PreconditionFailed, "{}", won.1);
        let after = seen(&one).expect("its changer has the export");
        assert_eq!(after.clients, [won.0], "round {round}");
    }
    the_client_that_floods_is_named(&cluster);
    cluster.stop();
}

/// A volume and an export made with the defaults could be written by nobody: the root directory was root's, and root is
/// squashed.
fn who_may_write_is_said_with_the_volume(cluster: &Cluster) {
    let (node, other) = (cluster.ready.leader, cluster.followers()[0]);
    let write = |path: &str| {
        let mut client = NfsClient::mount(&other.nfs, "/shared")?;
        client.write_file(Path::new(path), b"hello", 64 << 10)
    };
    cluster.nasctl(node, &["volume", "create", "shared"]);
    cluster.nasctl(
        node,
        &["export", "create", "/shared", "--volume", "shared", "--client", "127.0.0.0/8:insecure"],
    );
    wait_until("the other node exports it", Duration::from_secs(10), || write("/first").is_ok());
    assert!(NfsClient::mount(&other.nfs, "/shred").is_err());
    let clients = cluster.nasctl(node, &["client", "list", "--filter", "volume:shared"]);
    assert!(clients.contains("127.0.0.1"), "{clients}");
    let shown = cluster.nasctl(node, &["client", "show", "127.0.0.1"]);
    assert!(shown.contains("shared"), "{shown}");
    let refused = cluster.nasctl(node, &["export", "refused", "--client", "127.0.0.1"]);
    assert!(refused.contains("/shred") && refused.contains("there is no such export"), "{refused}");
    let set = cluster.nasctl(node, &["volume", "set", "shared", "--owner", "0:0", "--mode", "755"]);
    assert!(set.contains("shared"), "{set}");
    // A node shows the root directory if the volume's leader answers it within a second.
    wait_until("the other node shows whose it is", Duration::from_secs(10), || {
        cluster.nasctl(other.id, &["volume", "show", "shared"]).contains("0:0, mode 755")
    });
    assert!(write("/second").is_err(), "root is squashed, and only root may write");
    cluster.nasctl(node, &["volume", "create", "closed", "--owner", "0:0", "--mode", "700"]);
    let shown = cluster.nasctl(node, &["--json", "volume", "show", "closed"]);
    assert!(shown.contains(r#""mode":"700""#) || shown.contains(r#""mode": "700""#), "{shown}");
}

/// Clients of the next scenario, and the one that floods.
const CLIENTS: u8 = 20;
const FLOOD: u8 = 13;
/// How many calls the one has on their way at all times. The others make one in a tenth of a second.
const FLOOD_CALLS: usize = 16;

/// An NFS client with an address of its own, with a mount of `/demo`.
async fn nfs_client(number: u8, server: SocketAddr) -> (nfs_client::Client, nasd_nfs::FileHandle) {
    let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
    socket.bind(SocketAddr::from(([127, 0, 7, number], 0))).expect("all of 127.0.0.0/8 is this machine");
    let stream = socket.connect(server).await.expect("NFS answers");
    let client = nfs_client::Client::over(stream, RpcCredential::sys(0, 0, &[]), &OsEntropy);
    let root = client.mount("/demo").await.expect("a mount");
    (client, root)
}

/// Who is called at three in the morning because files are slow asks one thing first: whose doing is it?
fn the_client_that_floods_is_named(cluster: &Cluster) {
    let (asked, through) = (cluster.ready.leader, cluster.followers()[0]);
    let (done, server) = (AtomicBool::new(false), through.nfs.parse().expect("an address"));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            runtime().block_on(async {
                let all = (1..=CLIENTS).map(|number| works(number, server, &done));
                futures::future::join_all(all).await;
            });
        });
        // The scenario ends whatever becomes of what is asserted.
        let _end = Ends(&done);
        let begun = tokio::time::Instant::now();
        let flood = format!("127.0.7.{FLOOD}");
        let top = loop {
            let top = cluster.nasctl(asked, &["top", "--once", "--json", "--by", "ops"]);
            let top: serde_json::Value = serde_json::from_str(&top).expect("JSON");
            let others = top["clients"].as_array().expect("clients").iter().filter(|one| {
                one["client"].as_str().is_some_and(|name| name.starts_with("127.0.7.") && name != flood)
            });
            let first = &top["clients"][0];
            let did = first["work"]["all"]["operations"].as_u64();
            if first["client"] == flood.as_str() && did > Some(100) && others.count() >= 10 {
                break top;
            }
            assert!(begun.elapsed() < Duration::from_secs(10), "{top:#}");
            pause(Duration::from_millis(200));
        };
        let work = &top["clients"][0]["work"]["all"];
        let figure = |name: &str| work[name].as_u64().unwrap_or_default();
        let stages =
            work["stages"].as_object().expect("stages").values().filter_map(|micros| micros.as_u64());
        assert!(stages.sum::<u64>() >= figure("micros"), "every microsecond is in a stage: {work:#}");
        assert!(work["stages"]["leader_hop"].as_u64() > Some(0), "another node leads: {work:#}");
        let text = cluster.nasctl(asked, &["top", "--clients", "--by", "ops"]);
        assert!(text.contains(&flood) && text.contains("leader hop"), "{text}");
        let paths = top["directories"].as_array().expect("directories");
        assert!(paths.iter().any(|one| one["path"] == "/"), "the root was listed: {paths:?}");
    });
}

/// Ends what goes on until it is dropped.
struct Ends<'a>(&'a AtomicBool);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.store(true, Relaxed);
    }
}

async fn works(number: u8, server: SocketAddr, done: &AtomicBool) {
    let (client, root) = nfs_client(number, server).await;
    while !done.load(Relaxed) {
        if number == FLOOD {
            let calls = (0..FLOOD_CALLS).map(|_| client.getattr(&root));
            futures::future::join_all(calls).await;
        } else {
            let _ = client.readdir(&root, 0, 4096).await;
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

/// Takes away what the demo makes.
fn empty(cluster: &Cluster) {
    for node in &cluster.ready.nodes {
        if let Some(mount) = &node.fuse {
            cluster.nasctl(node.id, &["unmount", mount.to_str().expect("a plain path")]);
        }
    }
    cluster.nasctl(cluster.ready.leader, &["export", "delete", "/demo"]);
    cluster.nasctl(cluster.ready.leader, &["volume", "delete", "demo", "--yes"]);
}

#[test]
fn the_configuration_of_one_cluster_makes_another_like_it() {
    let work = tempfile::tempdir().expect("a temporary directory");
    let file = work.path().join("cluster.toml");
    let path = file.to_str().expect("a plain path");
    let cluster = Cluster::start(&work.path().join("one"));
    let node = cluster.ready.leader;
    cluster.nasctl(node, &["volume", "create", "media", "--limit-bytes", "5G"]);
    cluster.nasctl(
        node,
        &[
            "export",
            "create",
            "/media",
            "--volume",
            "media",
            "--client",
            "10.1.0.0/16:ro",
            "--client",
            "2001:db8::/32",
        ],
    );
    let password = work.path().join("password");
    std::fs::write(&password, "a long enough password").expect("a file");
    let password = password.to_str().expect("a plain path");
    cluster.nasctl(
        node,
        &[
            "user",
            "create",
            "editor",
            "--role",
            "share_owner",
            "--owns",
            "media",
            "--password-file",
            password,
        ],
    );
    cluster.nasctl(node, &["group", "create", "night", "--role", "auditor", "--member", "editor"]);
    cluster.nasctl(node, &["settings", "set", "--name", "archive", "--session-lifetime", "90"]);
    cluster.nasctl(node, &["config", "export", "--output", path]);
    let exported = std::fs::read_to_string(&file).expect("the file");
    assert!(exported.contains("10.1.0.0/16:ro") && exported.contains("editor"), "{exported}");
    cluster.stop();

    let cluster = Cluster::start(&work.path().join("other"));
    let node = cluster.ready.leader;
    empty(&cluster);
    let different = Command::new(binary("nasctl"))
        .arg("--socket")
        .arg(&cluster.node(node).api)
        .args(["config", "diff", path])
        .output()
        .expect("nasctl starts");
    assert_eq!(different.status.code(), Some(1), "an empty cluster is different");
    let said = cluster.nasctl(node, &["config", "apply", path, "--yes"]);
    println!("{said}");
    assert_eq!(cluster.nasctl(node, &["config", "export"]), exported);
    cluster.nasctl(node, &["config", "diff", path]);
    cluster.stop();
}
