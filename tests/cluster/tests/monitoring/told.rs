//! What is wrong is said once over every channel, also when those die who say it; and nobody else learns the secrets.

use crate::people::{Busy, People, Told};
use crate::prometheus::token_of_a_watcher;
use crate::{canaries, snmp};
use harness::cluster::{Cluster, wait_until};
use harness::nfs_client::NfsClient;
use serde_json::Value;
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::time::Duration;

/// A look of the watching leader takes two seconds.
const LISTED_WITHIN: Duration = Duration::from_secs(60);
/// More than are told one by one.
const MANY: u64 = 24;
const LIMIT: &str = "16MiB";
pub const FILE: &str = "large";
const NEARLY_ALL: usize = 15 << 20;

#[test]
fn managers_are_answered_and_people_told_whoever_dies_and_no_secret_is_said() {
    let work = tempfile::tempdir().expect("a temporary directory");
    let (demo, secrets) = (work.path().join("demo"), work.path().join("secrets"));
    let cluster = Cluster::start(&demo);
    snmp::nobody_is_answered_before_somebody_is_allowed(&cluster, &secrets);
    snmp::every_node_says_what_nasctl_says(&cluster);
    nobody_is_told_of_the_machines_own_disks(&cluster);
    let people = People::start(&cluster, &secrets);
    a_full_volume_is_said_until_there_is_room(&cluster, &people);
    a_dead_node_is_one_alarm_that_somebody_looks_after(&cluster, &people);
    what_was_to_be_delivered_outlives_the_leader(&cluster, &people, &secrets);
    many_causes_at_once_are_a_few_messages(&cluster, &people);
    canaries::are_nowhere(&cluster, &demo, &token_of_a_watcher(&cluster));
    cluster.stop();
}

pub fn asked(cluster: &Cluster, node: u64, words: &[&str]) -> Value {
    let said = cluster.nasctl(node, &[&["--json"], words].concat());
    serde_json::from_str(&said).expect("JSON")
}

/// The number that a field says.
pub fn number(value: &Value, field: &str) -> u64 {
    value[field].as_u64().unwrap_or_else(|| panic!("{field}: {value:#}"))
}

/// Those that somebody is told of.
pub fn open(cluster: &Cluster, node: u64) -> Vec<Value> {
    let mut alerts = asked(cluster, node, &["alert", "list"]).as_array().cloned().expect("alerts");
    alerts.retain(|alert| alert["silenced"] != true);
    alerts
}

/// The machine that tests may be nearly full itself.
pub fn nobody_is_told_of_the_machines_own_disks(cluster: &Cluster) {
    let node = cluster.ready.leader;
    for disk in asked(cluster, node, &["disk", "list"]).as_array().expect("disks") {
        let [name, path] = ["node_name", "path"].map(|field| disk[field].as_str().expect("a word"));
        let object = format!("disk/{name}{path}");
        let full = ["--kind", "near_full", "--object", &object, "--for", "1d"];
        cluster.nasctl(node, &[&["alert", "silence"], &full[..]].concat());
    }
}

fn is_said(people: &People, about: &str, kind: &str, object: &str) -> u64 {
    let told = people.told();
    let Told { alert, .. } = told;
    assert_eq!(told, Told { about: about.into(), kind: kind.into(), object: object.into(), alert });
    alert
}

/// Most of what the volume may hold.
fn fill(cluster: &Cluster) {
    let node = cluster.ready.leader;
    cluster.nasctl(node, &["volume", "set", "demo", "--limit-bytes", LIMIT]);
    let mut file = File::create(cluster.fuse(node).join(FILE)).expect("a file");
    file.write_all(&vec![7; NEARLY_ALL]).and_then(|()| file.sync_all()).expect("written");
}

fn a_full_volume_is_said_until_there_is_room(cluster: &Cluster, people: &People) {
    fill(cluster);
    let volume = number(&asked(cluster, cluster.ready.leader, &["volume", "show", "demo"]), "id");
    let object = format!("volume/{volume}");
    let raised = is_said(people, "raised", "near_full", &object);
    std::fs::remove_file(cluster.fuse(cluster.ready.leader).join(FILE)).expect("removed");
    let ended = is_said(people, "ended", "near_full", &object);
    assert_eq!((ended, open(cluster, cluster.ready.leader)), (raised, Vec::new()));
}

/// Its replica is missed, too: that is listed, and nobody is told.
fn a_dead_node_is_one_alarm_that_somebody_looks_after(cluster: &Cluster, people: &People) {
    let leader = leader_of_the_system(cluster, cluster.ready.leader);
    let follower = cluster.followers().into_iter().find(|node| node.id != leader).expect("one of two").id;
    cluster.pause_supervisor();
    cluster.kill_restarted_node(follower);
    let alert = is_said(people, "raised", "node_down", &format!("node/{follower}"));
    let id = alert.to_string();
    cluster.nasctl(leader, &["alert", "acknowledge", &id, "--note", "I am on my way"]);
    wait_until("the degraded volume is listed", LISTED_WITHIN, || open(cluster, leader).len() > 1);
    for listed in open(cluster, leader) {
        let is_alarm = number(&listed, "id") == alert;
        assert!(is_alarm || listed["cause"] == alert, "an alarm too many: {listed:#}");
        assert_eq!(listed["state"], if is_alarm { "acknowledged" } else { "raised" }, "{listed:#}");
    }
    cluster.resume_supervisor();
    assert_eq!(is_said(people, "ended", "node_down", &format!("node/{follower}")), alert);
    // Whoever was started again may not have heard of it yet.
    let past = || asked(cluster, follower, &["alert", "show", &id]);
    wait_until("the node that was dead knows that it is over", LISTED_WITHIN, || past()["state"] == "ended");
    assert_eq!(past()["acknowledged"]["note"], "I am on my way");
    let calm = || open(cluster, leader).is_empty();
    wait_until("nothing is wrong", LISTED_WITHIN, calm);
}

/// The node that dies may have been the one that tried it.
fn what_was_to_be_delivered_outlives_the_leader(cluster: &Cluster, people: &People, secrets: &Path) {
    let leader = leader_of_the_system(cluster, cluster.ready.leader);
    let other = cluster.ready.nodes.iter().find(|node| node.id != leader).expect("one of three").id;
    let busy = Busy::start(people, cluster, secrets);
    fill(cluster);
    let full = people.told();
    let delivery = busy.tried("near_full");
    cluster.pause_supervisor();
    cluster.kill_restarted_node(leader);
    busy.has_time();
    let alert = is_said(people, "raised", "node_down", &format!("node/{leader}"));
    assert_eq!(busy.tried("near_full"), delivery);
    let deliveries = || asked(cluster, other, &["channel", "deliveries"]);
    let is_delivered = |row: &Value| row["id"] == delivery && row["state"] == "delivered";
    let noted = || deliveries().as_array().is_some_and(|rows| rows.iter().any(is_delivered));
    wait_until("it is noted that it arrived", LISTED_WITHIN, noted);
    cluster.resume_supervisor();
    assert_eq!(is_said(people, "ended", "node_down", &format!("node/{leader}")), alert);
    std::fs::remove_file(cluster.fuse(other).join(FILE)).expect("removed");
    assert_eq!(people.told(), Told { about: "ended".into(), ..full });
}

/// Volumes that hold as many files as they may, at once.
fn many_causes_at_once_are_a_few_messages(cluster: &Cluster, people: &People) {
    let node = cluster.ready.leader;
    let names: Vec<String> = (0..MANY).map(|number| format!("small{number}")).collect();
    for name in &names {
        let path = format!("/{name}");
        cluster.nasctl(node, &["volume", "create", name]);
        let export = ["--volume", name, "--client", "127.0.0.0/8:rw:no_root_squash:insecure"];
        cluster.nasctl(node, &[&["export", "create", &path], &export[..]].concat());
        let at = &cluster.node(node).nfs;
        wait_until("it can be written", LISTED_WITHIN, || {
            let client = NfsClient::mount(at, &path);
            client.is_ok_and(|mut client| client.write_file(Path::new("/one"), b"1", 1).is_ok())
        });
    }
    names.iter().for_each(|name| drop(cluster.nasctl(node, &["volume", "set", name, "--limit-files", "1"])));
    let counted = people.are_told_of_many();
    assert!((MANY / 2..=MANY).contains(&counted), "the others came one by one: {counted}");
}

/// As `node` knows it, once it does.
pub fn leader_of_the_system(cluster: &Cluster, node: u64) -> u64 {
    let leader = || asked(cluster, node, &["cluster", "status"])["leader"].as_u64();
    wait_until("the cluster has a leader", LISTED_WITHIN, || leader().is_some());
    leader().expect("there was one just now")
}
