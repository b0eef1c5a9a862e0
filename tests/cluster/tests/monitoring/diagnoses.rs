//! A cluster in order diagnoses nothing; then ten things are broken in it, one after another, and each is found where it
//! is. What cannot be broken in processes (a volatile cache that nobody flushes, a slow disk, a lagging replica, a clock
//! that is off, an MTU that differs) is planted in facts, in `nasd/manage/src/diagnosis/checks_tests.rs`.

use harness::cluster::{Cluster, binary, wait_until};
use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use serde_json::Value;
use std::fs::{File, Permissions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// A leader asks for findings every 20 seconds.
const NOTED_WITHIN: Duration = Duration::from_secs(90);
/// How a busy machine does for a moment is no fault of the cluster's.
const HEALTHY_TRIES: usize = 4;
/// What a check says of these is about the machine that runs the tests: how full and how slow its disks are, and whether
/// anybody keeps its clock.
const OF_THE_MACHINE: [&str; 4] = ["space", "flush", "disk_latency", "clock"];

const SMART_WELL: &str = r#"{"smartctl":{"exit_status":0},"smart_status":{"passed":true}}"#;
const SMART_FAILS: &str = r#"{"smartctl":{"exit_status":8},"smart_status":{"passed":false}}"#;
const SMART_BAD_SECTORS: &str = r#"{"smartctl":{"exit_status":0},"smart_status":{"passed":true},
    "ata_smart_attributes":{"table":[{"id":197,"raw":{"value":16}}]}}"#;

#[test]
fn ten_planted_faults_are_found_and_a_healthy_cluster_has_none() {
    let work = tempfile::tempdir().expect("a temporary directory");
    let machine = Machine::prepare(work.path());
    let cluster = Cluster::start(&machine.demo);
    nothing_is_wrong_with_a_healthy_cluster(&cluster);
    some_checks_of_one_node_are_run_alone(&cluster);

    machine.smart(1, SMART_FAILS);
    finds(&cluster, 1, "disk_health", "failed", "will fail");
    alerts(&cluster, 1, true);
    machine.smart(2, SMART_BAD_SECTORS);
    finds(&cluster, 2, "disk_health", "warning", "16 sectors cannot be read");
    let expired = certificate_of_two_days(work.path());
    cluster.nasctl(id_of(&cluster, 2), &["certificate", "set", "--chain", &expired[0], "--key", &expired[1]]);
    finds(&cluster, 2, "certificate", "failed", "expires in");
    drop(UnixListener::bind(machine.node(1).join("old.sock")).expect("a socket"));
    finds(&cluster, 1, "leftovers", "warning", "old.sock");
    std::fs::write(machine.node(2).join("core.4711"), "what was in memory").expect("written");
    finds(&cluster, 2, "leftovers", "warning", "core.4711");
    machine.leave_an_unfinished_file(3);
    finds(&cluster, 3, "leftovers", "warning", "bootstrap.new");
    machine.misname(3);
    finds(&cluster, 3, "names", "warning", "does not lead back");
    cluster.nasctl(cluster.ready.leader, &["volume", "create", "tight", "--limit-bytes", "8KiB"]);
    finds(&cluster, 3, "nfs", "failed", "tight: a file could not be written");
    one_that_says_nothing_has_not_passed(&cluster, 2);

    machine.smart(1, SMART_WELL);
    cluster.nasctl(cluster.ready.leader, &["volume", "delete", "tight", "--yes"]);
    alerts(&cluster, 1, false);
    machine.fill_disk(&cluster, 3);
    finds(&cluster, 3, "space", "", "% full");
    cluster.stop();
}

/// The nodes' directories with what nodes are told to ask.
struct Machine {
    demo: PathBuf,
}

impl Machine {
    fn prepare(work: &Path) -> Machine {
        let machine = Machine { demo: work.join("demo") };
        for node in 1..=3 {
            let dir = machine.node(node);
            std::fs::create_dir_all(&dir).expect("a directory");
            std::fs::set_permissions(&dir, Permissions::from_mode(0o700)).expect("its owner's");
            machine.smart(node, SMART_WELL);
            let (smart, wrong) = (dir.join("smart.json"), dir.join("wrong-name"));
            program(&dir.join("smartctl"), &format!("exec cat '{}'", smart.display()));
            let lie = format!(
                "[ -e '{}' ] && [ \"$1\" = ahosts ] && echo '198.51.100.7 STREAM' && exit",
                wrong.display()
            );
            program(&dir.join("getent"), &format!("{lie}\nexec /usr/bin/getent \"$@\""));
            machine.configure(node, "");
        }
        machine
    }

    fn node(&self, node: u64) -> PathBuf {
        self.demo.join(format!("node{node}"))
    }

    fn configure(&self, node: u64, more: &str) {
        let dir = self.node(node);
        let text = format!("smartctl = '{0}/smartctl'\ngetent = '{0}/getent'\n{more}\n", dir.display());
        std::fs::write(dir.join("nasd.toml"), text).expect("written");
    }

    fn smart(&self, node: u64, says: &str) {
        std::fs::write(self.node(node).join("smart.json"), says).expect("written");
    }

    /// The name of its address leads elsewhere.
    fn misname(&self, node: u64) {
        std::fs::write(self.node(node).join("wrong-name"), "").expect("written");
    }

    fn leave_an_unfinished_file(&self, node: u64) {
        let path = self.node(node).join("bootstrap.new");
        let file = File::create(&path).expect("a file");
        let changed = file.metadata().and_then(|meta| meta.modified()).expect("a time");
        file.set_modified(changed - Duration::from_secs(7200)).expect("a file system with times");
    }

    /// The node starts again and may use hardly more than it does.
    fn fill_disk(&self, cluster: &Cluster, node: u64) {
        let id = id_of(cluster, node);
        let noise: Vec<u8> = (0..24_u32 << 20).map(|at| (at.wrapping_mul(0x9E37_79B9) >> 11) as u8).collect();
        let mut file = File::create(cluster.fuse(cluster.ready.leader).join("large")).expect("a file");
        file.write_all(&noise).and_then(|()| file.sync_all()).expect("written");
        let disks = json(cluster, cluster.ready.leader, &["disk", "list"]);
        let disk = disks.as_array().expect("disks").iter().find(|disk| disk["node"] == id).expect("its disk");
        let used = disk["occupied_bytes"].as_u64().expect("bytes");
        self.configure(node, &format!("capacity_bytes = {}", used + used / 50));
        cluster.pause_supervisor();
        cluster.kill_restarted_node(id);
        let is_back = || {
            let nodes = json(cluster, another(cluster, id), &["node", "list"]);
            nodes.as_array().expect("nodes").iter().all(|node| node["reachable"] == true)
        };
        wait_until("the node is missed", NOTED_WITHIN, || !is_back());
        cluster.resume_supervisor();
        wait_until("the node is back", NOTED_WITHIN, is_back);
    }
}

fn program(path: &Path, text: &str) {
    std::fs::write(path, format!("#!/bin/sh\n{text}\n")).expect("written");
    std::fs::set_permissions(path, Permissions::from_mode(0o755)).expect("it can be run");
}

/// Files with a certificate that is good for two days more, and its key.
fn certificate_of_two_days(dir: &Path) -> [String; 2] {
    let said = Command::new("date").args(["-u", "-d", "+2 days", "+%Y %m %d"]).output().expect("date");
    let day: Vec<u32> = String::from_utf8_lossy(&said.stdout)
        .split_whitespace()
        .filter_map(|word| word.parse().ok())
        .collect();
    let mut params = CertificateParams::new(vec!["localhost".to_owned()]).expect("a name");
    params.not_after = date_time_ymd(day[0] as i32, day[1] as u8, day[2] as u8);
    let key = KeyPair::generate().expect("a key");
    let certificate = params.self_signed(&key).expect("a certificate");
    [("short.pem", certificate.pem()), ("short.key", key.serialize_pem())].map(|(name, text)| {
        let path = dir.join(name);
        std::fs::write(&path, text).expect("written");
        path.to_str().expect("a name").to_owned()
    })
}

/// Numbers of nodes come from the log of the cluster; their directories are counted.
fn id_of(cluster: &Cluster, number: u64) -> u64 {
    let dir = format!("node{number}");
    let is_there =
        |node: &&harness::cluster::Node| node.api.parent().is_some_and(|parent| parent.ends_with(&dir));
    cluster.ready.nodes.iter().find(is_there).expect("a node of the demo").id
}

fn another(cluster: &Cluster, node: u64) -> u64 {
    cluster.ready.nodes.iter().map(|other| other.id).find(|other| *other != node).expect("one of three")
}

/// What nasctl prints; a diagnosis with faults ends with status 1.
fn json(cluster: &Cluster, node: u64, arguments: &[&str]) -> Value {
    let mut nasctl = Command::new(binary("nasctl"));
    let output = nasctl.arg("--json").arg("--socket").arg(&cluster.node(node).api).args(arguments).output();
    let output = output.expect("nasctl starts");
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{arguments:?}: {error}: {}", String::from_utf8_lossy(&output.stderr)))
}

/// Findings that are neither passed nor skipped: node, check, state and all that is said.
fn wrong(found: &Value) -> Vec<(u64, String, String, String)> {
    let nodes = found.as_array().expect("nodes").iter();
    let findings = nodes.flat_map(|node| {
        let id = node["node"].as_u64().expect("a number");
        node["findings"].as_array().expect("findings").iter().map(move |finding| (id, finding))
    });
    let word = |value: &Value| value.as_str().expect("a word").to_owned();
    let all = findings.map(|(node, finding)| {
        let said = finding["evidence"].as_array().expect("evidence").iter().map(|what| word(&what["text"]));
        (node, word(&finding["check"]), word(&finding["state"]), said.collect::<Vec<_>>().join(" "))
    });
    all.filter(|(_, _, state, _)| !["passed", "skipped"].contains(&state.as_str())).collect()
}

fn nothing_is_wrong_with_a_healthy_cluster(cluster: &Cluster) {
    let mut seen = Vec::new();
    for _ in 0..HEALTHY_TRIES {
        let found = json(cluster, cluster.ready.leader, &["diagnose"]);
        let states: Vec<&Value> =
            found.as_array().expect("nodes").iter().map(|node| &node["state"]).collect();
        assert_eq!(states, ["done"; 3], "{found:#}");
        for node in found.as_array().expect("nodes") {
            assert_eq!(node["findings"].as_array().map(Vec::len), Some(12), "every check ran: {node:#}");
        }
        seen = wrong(&found);
        seen.retain(|(_, check, _, _)| !OF_THE_MACHINE.contains(&check.as_str()));
        if seen.is_empty() {
            let disks = |node: &Value| node["findings"][0]["state"].clone();
            let disks: Vec<Value> = found.as_array().expect("nodes").iter().map(disks).collect();
            assert_eq!(disks, ["passed"; 3], "the injected smartctl was asked: {found:#}");
            return;
        }
    }
    panic!("a healthy cluster has {seen:#?}");
}

fn some_checks_of_one_node_are_run_alone(cluster: &Cluster) {
    let found = json(cluster, cluster.ready.leader, &["diagnose", "--node", "node2", "raft", "nfs"]);
    let nodes: Vec<u64> =
        found.as_array().expect("nodes").iter().filter_map(|it| it["node"].as_u64()).collect();
    assert_eq!(nodes, [id_of(cluster, 2)], "{found:#}");
    let checks: Vec<&Value> =
        found[0]["findings"].as_array().expect("findings").iter().map(|it| &it["check"]).collect();
    assert_eq!(checks, ["raft", "nfs"], "{found:#}");
}

/// `state`: empty for whichever is no pass.
fn finds(cluster: &Cluster, node: u64, check: &str, state: &str, words: &str) {
    // What a disk said is kept for some seconds.
    let node = id_of(cluster, node);
    let mut last = Value::Null;
    let mut found = || {
        last = json(cluster, cluster.ready.leader, &["diagnose", check]);
        wrong(&last).iter().any(|(at, found, how, said)| {
            (*at, found.as_str()) == (node, check)
                && (state.is_empty() || how == state)
                && said.contains(words)
        })
    };
    wait_until(&format!("{check} of node {node}: {words}"), NOTED_WITHIN, &mut found);
    let others = wrong(&last)
        .into_iter()
        .filter(|(at, _, how, said)| *at != node && how == "failed" && said.contains(words));
    assert_eq!(others.count(), usize::from(check == "nfs") * 2, "no other node has it: {last:#}");
}

/// A failed check is an alert, until the next run passes.
fn alerts(cluster: &Cluster, node: u64, is_raised: bool) {
    let leader = cluster.ready.leader;
    let object = format!("node/{}", id_of(cluster, node));
    let is_there = || {
        let alerts = json(cluster, leader, &["alert", "list"]);
        let mut alerts = alerts.as_array().expect("alerts").iter();
        alerts.any(|alert| alert["kind"] == "diagnosis_failed" && alert["object"] == object.as_str())
    };
    let reached = || {
        if !is_raised {
            json(
                cluster,
                leader,
                &["diagnose", "--node", &format!("node{node}"), "disk_health", "network", "nfs"],
            );
        }
        is_there() == is_raised
    };
    wait_until(&format!("the alert of node {node} is there: {is_raised}"), NOTED_WITHIN, reached);
}

fn one_that_says_nothing_has_not_passed(cluster: &Cluster, node: u64) {
    let (silent, node) = (format!("node{node} does not answer"), id_of(cluster, node));
    let asked = another(cluster, node);
    cluster.freeze_node(node);
    let mut found = Value::Null;
    let is_not_known = || {
        found = json(cluster, asked, &["diagnose", "network"]);
        let nodes = found.as_array().expect("nodes");
        let frozen = nodes.iter().find(|it| it["node"] == node).expect("the node is listed");
        frozen["state"] == "not_known" && frozen["findings"] == serde_json::json!([])
    };
    wait_until("nothing is known of the frozen node", NOTED_WITHIN, is_not_known);
    let said = wrong(&found)
        .into_iter()
        .filter(|(_, check, state, said)| check == "network" && state == "failed" && said.contains(&silent));
    assert_eq!(said.count(), 2, "both others miss it: {found:#}");
    cluster.thaw_node(node);
}
