//! Each kind of alert that has a cause in the product, by making the cause on one running cluster: it is told over every
//! channel, and told to be over when the cause has gone.
//!
//! Of the other kinds `nasd/manage` holds a table against facts that no machine gives within minutes: a log that cannot be
//! written, a replica that is thousands of entries behind and answers, damage found by a scrub.

use crate::clock;
use crate::people::{Heard, Mute, People};
use crate::told::{FILE, asked, leader_of_the_system, nobody_is_told_of_the_machines_own_disks, number};
use harness::cluster::{Cluster, pause, wait_until};
use harness::receiver::Authority;
use nasd_api::{Client, CreateUser, LogIn, Nothing, Secret, Who};
use nasd_base::role::Role;
use nasd_base::{Clock, SystemClock};
use serde_json::Value;
use std::fs::{File, Permissions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};
use tokio::runtime::{Builder, Runtime};

const WITHIN: Duration = Duration::from_secs(60);
/// Longer than a majority may be missing without a word, and than until it is missed.
const NO_MAJORITY: Duration = Duration::from_secs(17);
/// The leader looks every other second.
const SEEN: Duration = Duration::from_millis(2_500);
/// More changes of leaders than anybody is told of.
const CHANGES_MAX: u32 = 8;
/// A certificate that is good for so long is worth a word.
const TWO_DAYS: u64 = 2 * 24 * 3600;
const MOVED: &str = "moved";
const LIMIT: &str = "16MiB";
const NEARLY_ALL: usize = 15 << 20;
const USERS: [&str; 3] = ["amy", "bob", "cho"];
const PASSWORD: &str = "a long password of a test";
/// Fewer than anybody has to wait after.
const WRONG_EACH: u32 = 4;

#[test]
fn each_cause_is_told_over_every_channel_until_it_is_gone() {
    let work = tempfile::tempdir().expect("a temporary directory");
    let (demo, secrets, authority) =
        (work.path().join("demo"), work.path().join("secrets"), Authority::new());
    std::fs::create_dir_all(&secrets).expect("a directory");
    let believed = secrets.join("authority.pem");
    std::fs::write(&believed, authority.pem()).expect("written");
    let cluster = Cluster::start_with(&demo, "SSL_CERT_FILE", &believed);
    let mut scene = Scene::new(&cluster, work.path(), &authority);
    nobody_is_told_of_the_machines_own_disks(&cluster);
    let mute = Mute::start(&scene.people, &cluster);
    let first = mute.sent(&scene.people);
    cluster.ready.nodes.iter().for_each(|node| cluster.kill_alert_agent(node.id));

    scene.faults_that_stay();
    scene.no_majority();
    scene.a_node_that_comes_and_goes();
    scene.all_is_well_again();

    assert_eq!((first.1, first.2.contains("attempt")), (1, false), "{first:?}");
    let again = mute.sent(&scene.people);
    assert_eq!((again.0, again.1), (first.0, 2), "whoever sent it died before saying so");
    assert!(again.2.contains("attempt 2: you may have it already"), "{again:?}");
    cluster.stop();
}

struct Scene<'a> {
    cluster: &'a Cluster,
    work: PathBuf,
    people: People,
    heard: Heard,
    guesser: Guesser,
    /// Whose disks, and whose certificate.
    ill: u64,
    volume: String,
}

impl<'a> Scene<'a> {
    fn new(cluster: &'a Cluster, work: &Path, authority: &Authority) -> Scene<'a> {
        let people = People::start_secure(cluster, &work.join("secrets"), authority);
        let leader = leader_of_the_system(cluster, cluster.ready.leader);
        let others = || cluster.ready.nodes.iter().filter(|node| node.id != leader);
        let ill = others().find(|node| node.id != cluster.ready.leader).or_else(|| others().next());
        let guesser = Guesser::new(cluster, leader);
        let ill = ill.expect("one of three").id;
        let volume = format!("volume/{}", number(&asked(cluster, leader, &["volume", "show", "demo"]), "id"));
        let scene =
            Scene { cluster, work: work.into(), people, heard: Heard::default(), guesser, ill, volume };
        scene.certificate(authority);
        scene
    }

    /// It expires soon.
    fn certificate(&self, authority: &Authority) {
        let now = u64::try_from(SystemClock.now().secs).expect("after 1970");
        let (chain, key) = authority.certificate(UNIX_EPOCH + Duration::from_secs(now + TWO_DAYS));
        let [chain_file, key_file] = ["chain.pem", "key.pem"].map(|name| self.work.join(name));
        std::fs::write(&chain_file, chain).expect("written");
        std::fs::write(&key_file, key).expect("written");
        let [chain, key] = [&chain_file, &key_file].map(|file| file.to_str().expect("a name"));
        self.cluster.nasctl(self.ill, &["certificate", "set", "--chain", chain, "--key", key]);
    }

    fn dir(&self, id: u64) -> &Path {
        self.cluster.node(id).api.parent().expect("a socket lies in a directory")
    }

    fn disk(&self, name: &str) -> String {
        format!("disk/{}{}", self.ill, self.dir(self.ill).join(name).display())
    }

    fn ends(&mut self, wanted: &[(&str, &str)]) {
        self.people.are_told(&mut self.heard, "ended", wanted);
    }

    fn begins(&mut self, wanted: &[(&str, &str)]) {
        self.people.are_told(&mut self.heard, "raised", wanted);
    }

    fn answers(&self, id: u64) -> bool {
        let seen_by = self.cluster.ready.nodes.iter().find(|node| node.id != id).expect("another one").id;
        let nodes = asked(self.cluster, seen_by, &["node", "list"]);
        nodes
            .as_array()
            .is_some_and(|nodes| nodes.iter().any(|node| node["id"] == id && node["reachable"] == true))
    }

    /// kill -9 of one that the demo starts again.
    fn restart(&self, id: u64) {
        self.cluster.kill_restarted_node(id);
        self.comes_back(id);
    }

    fn comes_back(&self, id: u64) {
        wait_until("the node is missed", WITHIN, || !self.answers(id));
        wait_until("the node is back", WITHIN, || self.answers(id));
    }

    /// A volume that is nearly full, wrong passwords, a certificate, a disk that says it will fail, one that has failed.
    fn faults_that_stay(&mut self) {
        let ill = self.ill;
        let smartctl = self.disks_say(false);
        let dir = self.dir(ill).to_owned();
        let [chunks, second] = ["chunks", "second"].map(|name| dir.join(name).display().to_string());
        let asks = smartctl.display();
        let file = format!("smartctl = '{asks}'\nchunk_dirs = ['{chunks}', '{second}']\n");
        std::fs::write(dir.join("nasd.toml"), file).expect("written");
        let [failed, failing] = [self.disk("second"), self.disk("chunks")];
        // The machine that tests may be nearly full itself.
        let full = ["alert", "silence", "--kind", "near_full", "--object", &failed, "--for", "1d"];
        self.cluster.nasctl(ill, &full);
        self.restart(ill);
        std::fs::remove_dir_all(&second).expect("the disk is pulled");
        self.fill();
        self.guesser.guesses();
        let volume = self.volume.clone();
        self.begins(&[("near_full", &volume), ("login_burst", "cluster"), ("disk_failed", &failed)]);
        // Disks are asked every five minutes, and whenever somebody else leads.
        self.restart(leader_of_the_system(self.cluster, ill));
        let node = format!("node/{ill}");
        self.begins(&[("disk_failing", &failing), ("cert_expiring", &node)]);
    }

    /// Most of what the volume may hold, and enough for each disk to be tried.
    fn fill(&self) {
        self.cluster.nasctl(self.ill, &["volume", "set", "demo", "--limit-bytes", LIMIT]);
        let mut state = 1u64;
        let mut any = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 56) as u8
        };
        let bytes: Vec<u8> = (0..NEARLY_ALL).map(|_| any()).collect();
        let mut file = File::create(self.cluster.fuse(self.cluster.ready.leader).join(FILE)).expect("a file");
        file.write_all(&bytes).and_then(|()| file.sync_all()).expect("written");
    }

    /// Whether they will go on.
    fn disks_say(&self, well: bool) -> PathBuf {
        let path = self.work.join("smartctl");
        let said = format!(r#"{{"smartctl":{{"exit_status":0}},"smart_status":{{"passed":{well}}}}}"#);
        std::fs::write(&path, format!("#!/bin/sh\necho '{said}'\n")).expect("written");
        std::fs::set_permissions(&path, Permissions::from_mode(0o755)).expect("its own file");
        path
    }

    /// Two of three say nothing for a while.
    fn no_majority(&mut self) {
        self.people.have_room_for(&self.heard, 3);
        let leader = leader_of_the_system(self.cluster, self.ill);
        let others = || self.cluster.ready.nodes.iter().filter(|node| node.id != leader);
        others().for_each(|node| self.cluster.freeze_node(node.id));
        pause(NO_MAJORITY);
        others().for_each(|node| self.cluster.thaw_node(node.id));
        self.begins(&[("no_majority", "cluster")]);
    }

    /// Then its clock is wrong, while a volume's leaders come and go.
    fn a_node_that_comes_and_goes(&mut self) {
        let leader = leader_of_the_system(self.cluster, self.ill);
        let other = self.cluster.ready.nodes.iter().find(|node| node.id != leader && node.id != self.ill);
        let unsteady = other.map_or(self.ill, |node| node.id);
        let (node, moved) = (format!("node/{unsteady}"), self.leaders_change());
        self.begins(&[("leader_flapping", &moved)]);
        self.people.have_room_for(&self.heard, 2);
        self.cluster.pause_supervisor();
        let mut hand = self.cluster.take_over(unsteady);
        self.begins(&[("node_down", &node)]);
        let library = clock::ahead(&self.work, 5);
        hand.start(&[("LD_PRELOAD", &library)]);
        self.ends(&[("node_down", &node)]);
        self.well_again_meanwhile(&moved);
        self.begins(&[("clock_skew", &node)]);
        hand.start(&[]);
        self.ends(&[("clock_skew", &node)]);
        drop(hand);
        self.cluster.resume_supervisor();
        self.comes_back(unsteady);
    }

    /// Whoever leads the volume says nothing for a while, again and again.
    fn leaders_change(&self) -> String {
        self.cluster.nasctl(self.ill, &["volume", "create", MOVED]);
        let made = asked(self.cluster, self.ill, &["volume", "show", MOVED]);
        let volume = format!("volume/{}", number(&made, "id"));
        for _ in 0..CHANGES_MAX {
            let seen_by =
                |node: u64| asked(self.cluster, node, &["volume", "show", MOVED])["leader"].as_u64();
            wait_until("the volume has a leader", WITHIN, || seen_by(self.ill).is_some());
            let Some(leader) = seen_by(self.ill) else { continue };
            let other =
                self.cluster.ready.nodes.iter().find(|node| node.id != leader).expect("another one").id;
            self.cluster.freeze_node(leader);
            let moves = || seen_by(other).is_some_and(|now| now != leader);
            wait_until("another one leads", WITHIN, moves);
            pause(SEEN);
            self.cluster.thaw_node(leader);
            let alerts = asked(self.cluster, other, &["alert", "list"]);
            let is_it =
                |alert: &Value| alert["kind"] == "leader_flapping" && alert["object"] == volume.as_str();
            if alerts.as_array().is_some_and(|alerts| alerts.iter().any(is_it)) {
                return volume;
            }
        }
        panic!("its leader came and went, and nobody noticed");
    }

    /// While it is waited for what has to last.
    fn well_again_meanwhile(&mut self, moved: &str) {
        self.people.have_room_for(&self.heard, 4);
        let node = format!("node/{}", self.ill);
        self.cluster.nasctl(self.ill, &["certificate", "reset", "--yes"]);
        std::fs::remove_file(self.cluster.fuse(self.ill).join(FILE)).expect("removed");
        self.guesser.knows();
        self.cluster.nasctl(self.ill, &["volume", "delete", MOVED, "--yes"]);
        let volume = self.volume.clone();
        self.ends(&[("near_full", &volume), ("login_burst", "cluster"), ("leader_flapping", moved)]);
        self.ends(&[("cert_expiring", &node)]);
    }

    /// The disks are replaced, and whoever leads next asks them.
    fn all_is_well_again(&mut self) {
        self.people.have_room_for(&self.heard, 4);
        let smartctl = self.disks_say(true);
        let file = format!("smartctl = '{}'\n", smartctl.display());
        std::fs::write(self.dir(self.ill).join("nasd.toml"), file).expect("written");
        // Whoever leads then has asked nobody yet.
        self.cluster.ready.nodes.iter().for_each(|node| self.restart(node.id));
        let [failed, failing] = [self.disk("second"), self.disk("chunks")];
        self.ends(&[("disk_failed", &failed), ("disk_failing", &failing)]);
    }
}

/// Who tries passwords from elsewhere.
struct Guesser {
    runtime: Runtime,
    root: Client,
}

impl Guesser {
    fn new(cluster: &Cluster, node: u64) -> Guesser {
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
        let root = Client::local(&cluster.node(node).api);
        for name in USERS {
            let user = CreateUser {
                name: name.to_owned(),
                role: Role::Auditor,
                owned: Vec::new(),
                password: Secret::new(PASSWORD),
            };
            runtime.block_on(root.call::<CreateUser>(Nothing, &user)).expect("a user");
        }
        Guesser { runtime, root }
    }

    fn tries(&self, name: &str, password: &str) -> bool {
        let address = "127.0.0.9".parse().expect("an address");
        let login = LogIn { user: name.to_owned(), password: Secret::new(password), code: None };
        self.runtime.block_on(self.root.acting(Who::Visitor(address)).log_in(&login)).is_ok()
    }

    fn guesses(&self) {
        for name in USERS {
            assert!((0..WRONG_EACH).all(|number| !self.tries(name, &format!("{PASSWORD}{number}"))));
        }
    }

    /// The users have remembered: nobody guesses any more.
    fn knows(&self) {
        for name in USERS {
            wait_until("whoever knows the password is let in", WITHIN, || self.tries(name, PASSWORD));
        }
    }
}
