//! What happens to machines and to those who look after them: the power fails soon after a node was made, two demos are
//! started at once, somebody unmounts what nasd mounted, or mounts where nothing may be.

use harness::cluster::{Cluster, binary, pause, wait_until};
use harness::lone::Lone;
use harness::power::Disk;
use nasd_api::{
    Client, ClientError, CreateUser, ErrorCode, LogIn, MountAt, MountRequest, Nothing, Secret, Unmount, Who,
};
use nasd_base::role::Role;
use std::net::{IpAddr, Ipv4Addr};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

const PASSWORD: &str = "correct horse battery staple";

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn is_member(node: &Lone) -> bool {
    node.nasctl(&["cluster", "status"]).status.success()
}

fn create(node: &Lone) -> Output {
    node.nasctl(&["cluster", "create", "--name", "cut"])
}

/// Cuts the power of all nodes, and brings them back.
fn lose_power(disk: &Disk, nodes: &mut [&mut Lone]) {
    disk.cut();
    nodes.iter_mut().for_each(|node| node.kill());
    disk.come_back();
    nodes.iter_mut().for_each(|node| node.start_again());
}

/// Soon after create or join the power failed, and none of the nodes started again: bootstrap.json was there, and empty.
#[test]
fn a_power_cut_soon_after_create_or_join_leaves_nodes_that_start() {
    let work = tempfile::tempdir().expect("a temporary directory");
    let disk = Disk::new(work.path());
    let start = |name: &str| {
        let dir = disk.path().join(name);
        std::fs::create_dir(&dir).expect("mkdir");
        Lone::start(&dir, name)
    };
    let mut first = start("first");
    let created = create(&first);
    assert!(created.status.success(), "{}", said(&created));
    lose_power(&disk, &mut [&mut first]);
    wait_until("the founder is a member again", Duration::from_secs(60), || is_member(&first));

    let mut second = start("second");
    let file = work.path().join("token");
    wait_until("the founder leads again and makes a token", Duration::from_secs(60), || {
        let made = first.nasctl(&["--json", "cluster", "token"]);
        let token: serde_json::Value = serde_json::from_slice(&made.stdout).unwrap_or_default();
        token["token"].as_str().is_some_and(|token| std::fs::write(&file, token).is_ok())
    });
    let joined = second.nasctl(&["cluster", "join", "--token-file", file.to_str().expect("a plain path")]);
    assert!(joined.status.success(), "{}", said(&joined));
    lose_power(&disk, &mut [&mut first, &mut second]);
    wait_until("both are members again", Duration::from_secs(90), || {
        let listed = first.nasctl(&["--json", "cluster", "status"]);
        let status: serde_json::Value = serde_json::from_slice(&listed.stdout).unwrap_or_default();
        let nodes = status["nodes"].as_array().cloned().unwrap_or_default();
        nodes.iter().filter(|node| node["reachable"] == true).count() == 2 && is_member(&second)
    });

    // In the midst of it: it is a member then, or a machine that can be told again.
    for (number, after) in [1, 8, 15, 25, 60, 150].into_iter().map(Duration::from_millis).enumerate() {
        let mut node = start(&format!("node{number}"));
        let mut creating = Command::new(binary("nasctl"))
            .arg("--dir")
            .arg(&node.dir)
            .args(["cluster", "create", "--name", "cut"])
            .stderr(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .expect("nasctl starts");
        pause(after);
        disk.cut();
        node.kill();
        let _ = creating.wait();
        first.kill();
        second.kill();
        disk.come_back();
        node.start_again();
        wait_until(&format!("{after:?} later"), Duration::from_secs(60), || {
            is_member(&node) || create(&node).status.success()
        });
    }
}

/// The volume through another node than the first.
fn elsewhere(cluster: &Cluster) -> &Path {
    cluster.fuse(cluster.ready.nodes[1].id)
}

fn dead_mounts_below(dir: &Path) -> Vec<String> {
    let table = std::fs::read_to_string("/proc/self/mountinfo").expect("mountinfo");
    let dir = dir.to_str().expect("a plain path");
    table.lines().filter(|line| line.contains(dir)).map(str::to_owned).collect()
}

/// The session of a new user, as its browser would have it.
async fn session(cluster: &Cluster, name: &str, role: Role) -> Client {
    let root = Client::local(&cluster.node(1).api);
    let (name, password) = (name.to_owned(), Secret::new(PASSWORD));
    let user = CreateUser { name: name.clone(), role, owned: Vec::new(), password: password.clone() };
    root.call::<CreateUser>(Nothing, &user).await.expect("a user");
    let address = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let login = LogIn { user: name, password, code: None };
    let (session, whoami) = root.acting(Who::Visitor(address)).log_in(&login).await.expect("a session");
    root.acting(Who::Session { address, session, csrf: whoami.csrf_token })
}

fn request(at: &Path) -> MountRequest {
    MountRequest { volume: "demo".into(), at: at.to_owned(), read_only: false, suid: false, dev: false }
}

fn refusal<T: std::fmt::Debug>(asked: Result<T, ClientError>) -> (ErrorCode, String) {
    match asked {
        Err(ClientError::Refused(refusal)) => (refusal.code, refusal.message),
        other => panic!("not refused: {other:?}"),
    }
}

/// An operator mounted a volume over nasd's own directory through HTTPS, which stopped the node for good.
fn an_operator_mounts_below_the_directory_for_mounts_only(cluster: &Cluster, dir: &Path) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let operator = runtime.block_on(session(cluster, "operator", Role::Operator));
    let (node, mounts) = (dir.join("node1"), dir.join("mounts/node1"));
    let empty = dir.join("empty");
    std::fs::create_dir(&empty).expect("mkdir");
    std::fs::create_dir_all(&mounts).expect("mkdir");
    std::os::unix::fs::symlink(&empty, mounts.join("link")).expect("a link");
    let beyond: [PathBuf; 5] =
        ["/etc/cron.d".into(), node.clone(), node.join("state"), empty.clone(), mounts.clone()];
    for at in &beyond {
        let (code, message) = refusal(runtime.block_on(operator.call::<MountRequest>(Nothing, &request(at))));
        assert_eq!(code, ErrorCode::Denied, "{}: {message}", at.display());
    }
    for crooked in ["link", "link/below"] {
        let (code, message) = refusal(
            runtime.block_on(operator.call::<MountRequest>(Nothing, &request(&mounts.join(crooked)))),
        );
        assert_eq!(code, ErrorCode::Conflict, "{crooked}: {message}");
    }
    let root = Client::local(&cluster.node(1).api);
    for at in ["/".into(), "/etc".into(), node.clone(), node.join("log"), dir.to_owned(), mounts.clone()] {
        let (code, message) = refusal(runtime.block_on(root.call::<MountRequest>(Nothing, &request(&at))));
        assert_eq!(code, ErrorCode::Conflict, "{}: {message}", at.display());
    }

    let at = mounts.join("team");
    runtime.block_on(operator.call::<MountRequest>(Nothing, &request(&at))).expect("a place for mounts");
    std::fs::write(at.join("mounted"), "in the volume").expect("write");
    assert_eq!(std::fs::read(elsewhere(cluster).join("mounted")).expect("read"), b"in the volume");
    let of_root = cluster.fuse(1).to_str().expect("a plain path").to_owned();
    assert_eq!(
        refusal(runtime.block_on(operator.ask::<Unmount>(MountAt::new(&of_root)))).0,
        ErrorCode::Denied
    );
    runtime
        .block_on(operator.ask::<Unmount>(MountAt::new(at.to_str().expect("a plain path"))))
        .expect("unmounted");
    assert!(!at.exists(), "what nasd made for it is gone");

    std::fs::write(empty.join("hidden"), "x").expect("write");
    let (_, message) = refusal(runtime.block_on(root.call::<MountRequest>(Nothing, &request(&empty))));
    assert!(message.contains("not empty"), "{message}");
    std::fs::remove_file(empty.join("hidden")).expect("rm");
    runtime.block_on(root.call::<MountRequest>(Nothing, &request(&empty))).expect("root mounts elsewhere");
    runtime
        .block_on(root.ask::<Unmount>(MountAt::new(empty.to_str().expect("a plain path"))))
        .expect("unmounted");
    assert!(empty.exists(), "somebody else made it");
}

/// "Mounted" was said after a plain `umount`, and nothing was: programs then filled the local disk.
fn what_somebody_unmounted_is_not_listed_and_is_mounted_again(cluster: &Cluster) {
    let at = cluster.fuse(1).to_str().expect("a plain path").to_owned();
    for round in 0..3 {
        assert!(cluster.nasctl(1, &["mounts"]).contains(&at));
        let unmounted = Command::new("umount").arg(&at).status().expect("umount starts");
        assert!(unmounted.success());
        assert!(!cluster.nasctl(1, &["mounts"]).contains(&at), "the list tells of a mount that is none");
        cluster.nasctl(1, &["mount", "demo", &at]);
        let name = format!("round{round}");
        std::fs::write(Path::new(&at).join(&name), "in the volume").expect("write");
        // The old mount's end comes later.
        pause(Duration::from_millis(1500));
        assert_eq!(std::fs::read(elsewhere(cluster).join(&name)).expect("in the volume"), b"in the volume");
        assert!(cluster.nasctl(1, &["mounts"]).contains(&at));
    }
}

/// `state/` was world-readable: password hashes, and what files of mode 0600 hold.
fn nobody_else_can_look_into_a_node(dir: &Path) {
    for below in
        ["node1", "node1/state", "node1/log", "node1/chunks", "node1/state/volumes", "node1/state/system"]
    {
        let mode = std::fs::metadata(dir.join(below)).expect("a directory").permissions().mode();
        assert_eq!(mode & 0o777, 0o700, "{below}");
    }
    for entry in std::fs::read_dir(dir.join("node1")).expect("a directory").flatten() {
        let mode = entry.metadata().expect("metadata").permissions().mode();
        assert_eq!(mode & 0o077, 0, "{entry:?}");
    }
    let mode =
        std::fs::metadata(dir.join("node1/state/system/state.db")).expect("a file").permissions().mode();
    assert_eq!(mode & 0o077, 0);
}

/// Two demos that were started within a minute fought for ports; one whose nodes were killed did not stop.
#[test]
fn two_demos_live_beside_each_other_and_stop_cleanly_whatever_happens_to_their_nodes() {
    let work = tempfile::tempdir().expect("a temporary directory");
    let dirs = [work.path().join("one"), work.path().join("two")];
    let [one, two] = std::thread::scope(|scope| {
        let starting = dirs.each_ref().map(|dir| scope.spawn(move || Cluster::start(dir)));
        starting.map(|demo| demo.join().expect("a demo"))
    });
    for node in &one.ready.nodes {
        assert!(two.ready.nodes.iter().all(|other| other.nfs != node.nfs && other.https != node.https));
    }
    nobody_else_can_look_into_a_node(&dirs[0]);
    what_somebody_unmounted_is_not_listed_and_is_mounted_again(&one);
    an_operator_mounts_below_the_directory_for_mounts_only(&one, &dirs[0]);

    // Two just before Ctrl-C, so that the third can save nothing; all; and one.
    let ids = |cluster: &Cluster| -> Vec<u64> { cluster.ready.nodes.iter().map(|node| node.id).collect() };
    std::fs::write(two.fuse(ids(&two)[2]).join("unsaved"), "x").expect("write");
    ids(&two)[..2].iter().for_each(|id| two.kill_node(*id));
    two.stop();
    let two = Cluster::start(&dirs[1]);
    ids(&two).iter().for_each(|id| two.kill_node(*id));
    two.stop();
    one.kill_node(ids(&one)[1]);
    one.stop();
    assert_eq!(dead_mounts_below(work.path()), Vec::<String>::new());
}
