//! Holds each check against facts in order, and against facts with one fault.

use super::checks::*;
use super::facts::*;
use nasd_api::{CheckKind, CheckState, smart};
use nasd_node::{NoSmart, Smart};
use std::time::Duration;

const NOW: i64 = 1_800_000_000;
const DAY: i64 = 24 * 3600;

/// All that checks go by.
struct World {
    disks: Vec<DiskFacts>,
    reads: SlowReads,
    peers: Vec<PeerFacts>,
    clock: ClockFacts,
    groups: Vec<GroupFacts>,
    leaders: usize,
    scrub: ScrubFacts,
    certificate: CertificateFacts,
    names: Vec<NameFacts>,
    full_at: Option<i64>,
    nfs: NfsFacts,
    left: Vec<Leftover>,
}

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn disk(path: &str) -> DiskFacts {
    DiskFacts {
        path: path.into(),
        failed: None,
        total_bytes: 1_000,
        available_bytes: 500,
        smart: Ok(Smart { passed: Some(true), temperature_celsius: Some(31), ..Smart::default() }),
        rotational: Some(true),
        has_volatile_cache: Some(true),
        mount_options: "rw,relatime,rw,errors=remount-ro".into(),
        flushes: Ok(vec![ms(9), ms(12), ms(8), ms(40)]),
    }
}

fn peer(name: &str) -> PeerFacts {
    PeerFacts {
        name: name.into(),
        trips: vec![ms(1); 10],
        sent: 10,
        large: Some((4_000_000, ms(40))),
        route: Some(("eth0".into(), 1_500)),
    }
}

fn sound() -> World {
    let group =
        |name: &str| GroupFacts { name: name.into(), stopped: None, has_leader: true, behind: 3, log: 5_000 };
    World {
        disks: vec![disk("/srv/a"), disk("/srv/b"), disk("/srv/c")],
        reads: SlowReads { slow: 19, all: 100 },
        peers: vec![peer("stor-b"), peer("stor-c")],
        clock: ClockFacts { ahead_millis: Some(-4), is_kept: Some(true) },
        groups: vec![group("the cluster"), group("volume demo")],
        leaders: 2,
        scrub: ScrubFacts { damaged: 0, mended: 2, verified: Some(NOW - DAY) },
        certificate: CertificateFacts { until: NOW + 300 * DAY, problem: None },
        names: vec![NameFacts::Address {
            address: [192, 0, 2, 1].into(),
            name: Some("stor-a".into()),
            back: vec![[192, 0, 2, 1].into()],
        }],
        full_at: Some(NOW + 400 * DAY),
        nfs: NfsFacts {
            address: "192.0.2.1:2049".into(),
            port: Ok(ms(1)),
            volumes: vec![("demo".into(), Ok(ms(20)))],
        },
        left: Vec::new(),
    }
}

impl World {
    fn look(&self, kind: CheckKind) -> Outcome {
        match kind {
            CheckKind::DiskHealth => disk_health(&self.disks),
            CheckKind::Flush => flush(&self.disks),
            CheckKind::DiskLatency => disk_latency(&self.disks, self.reads),
            CheckKind::Network => network(&self.peers),
            CheckKind::Clock => clock(self.clock),
            CheckKind::Raft => raft(&self.groups, self.leaders),
            CheckKind::Scrub => scrub(self.scrub),
            CheckKind::Certificate => certificate("stor-a", &self.certificate, NOW),
            CheckKind::Names => names(&self.names),
            CheckKind::Space => space(&self.disks, self.full_at, NOW),
            CheckKind::Nfs => nfs(&self.nfs),
            CheckKind::Leftovers => leftovers(&self.left),
            CheckKind::Unknown => unreachable!("nobody asks for it"),
        }
    }
}

type Harm = fn(&mut World);

/// What is done, which check notices, how bad it is, and a word of what it says.
const TABLE: &[(Harm, CheckKind, CheckState, &str)] = {
    use CheckKind::*;
    use CheckState::{Failed, Warning};
    &[
        (|it| said(it).passed = Some(false), DiskHealth, Failed, "/srv/b: the disk says itself that it will"),
        (|it| said(it).pending = Some(8), DiskHealth, Warning, "8 sectors cannot be read"),
        (|it| said(it).uncorrectable = Some(2), DiskHealth, Warning, "2 are lost"),
        (|it| said(it).worn_percent = Some(97), DiskHealth, Warning, "97 %"),
        (|it| said(it).temperature_celsius = Some(71), DiskHealth, Warning, "71 °C"),
        (
            |it| it.disks[1].failed = Some("Input/output error (os error 5)".into()),
            DiskHealth,
            Failed,
            "takes no data any more",
        ),
        (|it| it.disks[0].flushes = Ok(vec![ms(400); 5]), Flush, Warning, "400.0 ms mostly"),
        (|it| it.disks[0].flushes = Ok(vec![ms(1_400); 5]), Flush, Failed, "1400.0 ms mostly"),
        (|it| it.disks[0].flushes = Ok(vec![Duration::from_micros(90); 5]), Flush, Warning, "within 0.1 ms"),
        (
            |it| it.disks[0].flushes = Err("Read-only file system".into()),
            Flush,
            Failed,
            "could not be written",
        ),
        (|it| it.disks[2].mount_options = "rw,nobarrier".into(), Flush, Failed, "mounted with nobarrier"),
        (
            |it| it.disks[2].flushes = Ok(vec![ms(90); 5]),
            DiskLatency,
            Warning,
            "/srv/c: a small write takes 90.0",
        ),
        (|it| it.reads = SlowReads { slow: 40, all: 1_000 }, DiskLatency, Warning, "40 took longer"),
        (|it| (it.peers[1].trips, it.peers[1].sent) = (vec![], 3), Network, Failed, "stor-c does not answer"),
        (|it| it.peers[1].trips.truncate(8), Network, Warning, "of 10 calls 2 were lost"),
        (|it| it.peers[1].trips = vec![ms(300); 10], Network, Warning, "300.0 ms"),
        (|it| it.peers[1].large = None, Network, Failed, "large ones are lost"),
        (|it| it.peers[1].large = Some((4_000_000, ms(8_000))), Network, Warning, "0.5 MB/s"),
        (|it| it.clock.ahead_millis = Some(-700), Clock, Warning, "700 ms"),
        (|it| it.clock.ahead_millis = Some(60_000), Clock, Failed, "60000 ms"),
        (|it| it.clock.is_kept = Some(false), Clock, Warning, "no time service"),
        (|it| it.groups[1].behind = 90_000, Raft, Warning, "90000 entries behind"),
        (|it| it.groups[1].has_leader = false, Raft, Failed, "volume demo: no leader"),
        (|it| it.groups[0].stopped = Some("damaged".into()), Raft, Failed, "the cluster: the replica here"),
        (|it| it.groups[1].log = 4_000_000, Raft, Warning, "4000000 entries"),
        (|it| it.leaders = 12, Raft, Warning, "12 times"),
        (|it| it.scrub.damaged = 4, Scrub, Failed, "not mended: 4"),
        (|it| it.certificate.until = NOW + 20 * DAY, Certificate, Warning, "20 days"),
        (|it| it.certificate.until = NOW + 2 * DAY, Certificate, Failed, "2 days"),
        (|it| it.certificate.until = NOW - 1, Certificate, Failed, "has expired"),
        (|it| it.certificate.problem = Some(smart::smart_too_slow()), Certificate, Warning, "in time"),
        (
            |it| match &mut it.names[0] {
                NameFacts::Address { back, .. } => *back = vec![[198, 51, 100, 1].into()],
                NameFacts::Unknown(_) => {}
            },
            Names,
            Warning,
            "192.0.2.1 is called stor-a, but",
        ),
        (|it| it.names[0] = NameFacts::Unknown("stor-a.lan".into()), Names, Failed, "stor-a.lan"),
        (|it| it.disks[1].available_bytes = 80, Space, Warning, "92 % full"),
        (|it| it.disks[1].available_bytes = 10, Space, Failed, "99 % full"),
        (|it| it.full_at = Some(NOW + 20 * DAY), Space, Warning, "20 days"),
        (|it| it.full_at = Some(NOW - DAY), Space, Failed, "0 days"),
        (
            |it| it.nfs.port = Err("Connection refused (os error 111)".into()),
            Nfs,
            Failed,
            "Connection refused",
        ),
        (|it| it.nfs.volumes[0].1 = Err("WRITE: Quota (69)".into()), Nfs, Failed, "WRITE: Quota"),
        (|it| it.left.push(Leftover::Socket("/x/old.sock".into())), Leftovers, Warning, "/x/old.sock"),
        (|it| it.left.push(Leftover::File("/x/a.new".into())), Leftovers, Warning, "never finished"),
        (|it| it.left.push(Leftover::Core("/x/core".into())), Leftovers, Warning, "crashed"),
        (|it| it.left.push(Leftover::Mount("/mnt/a".into())), Leftovers, Failed, "/mnt/a: a mount"),
    ]
};

fn said(world: &mut World) -> &mut Smart {
    world.disks[1].smart.as_mut().expect("it says something")
}

#[test]
fn each_fault_is_found_by_its_check_and_by_no_other() {
    for (harm, kind, state, words) in TABLE {
        let mut world = sound();
        harm(&mut world);
        for other in CheckKind::ALL.iter().filter(|other| *other != kind) {
            // How slow a disk is, two checks say, and one only.
            if (*kind, *other) != (CheckKind::Flush, CheckKind::DiskLatency) {
                assert_eq!(world.look(*other).state, CheckState::Passed, "{words}: {other:?}");
            }
        }
        let outcome = world.look(*kind);
        assert_eq!(outcome.state, *state, "{words}: {outcome:?}");
        assert!(outcome.evidence[0].text.contains(words), "{words}: {outcome:?}");
        assert!(!outcome.advice.is_empty(), "{words}: nothing is said of what to do");
    }
}

#[test]
fn a_sound_node_passes_everything_and_is_told_to_do_nothing() {
    for kind in CheckKind::ALL {
        let outcome = sound().look(*kind);
        assert_eq!((outcome.state, outcome.advice.len()), (CheckState::Passed, 0), "{kind:?}");
        assert!(!outcome.evidence.is_empty(), "{kind:?} says what it goes by");
    }
}

#[test]
fn what_nothing_is_known_of_has_not_passed() {
    let mut world = sound();
    for disk in &mut world.disks {
        disk.smart = Err(NoSmart::NotInstalled);
    }
    assert_eq!(world.look(CheckKind::DiskHealth).state, CheckState::Skipped);
    world.disks[0].smart = Ok(Smart { passed: Some(true), ..Smart::default() });
    assert_eq!(world.look(CheckKind::DiskHealth).state, CheckState::Passed);
    assert_eq!(network(&[]).state, CheckState::Skipped);
    let unnamed = NameFacts::Address { address: [192, 0, 2, 1].into(), name: None, back: Vec::new() };
    assert_eq!(names(&[unnamed]).state, CheckState::Skipped);
    assert_eq!(clock(ClockFacts { ahead_millis: None, is_kept: None }).state, CheckState::Skipped);
}

#[test]
fn barriers_are_nothing_to_a_disk_without_a_volatile_cache() {
    let mut world = sound();
    (world.disks[0].mount_options, world.disks[0].has_volatile_cache) = ("rw,barrier=0".into(), Some(false));
    assert_eq!(world.look(CheckKind::Flush).state, CheckState::Passed);
    world.disks[0].has_volatile_cache = None;
    assert_eq!(world.look(CheckKind::Flush).state, CheckState::Failed);
}

#[test]
fn evidence_is_bounded_and_the_worst_comes_first() {
    let mut world = sound();
    world.left = (0..1_000).map(|number| Leftover::File(format!("/x/{number}").into())).collect();
    world.left.push(Leftover::Mount("/mnt/a".into()));
    let outcome = world.look(CheckKind::Leftovers);
    assert!(outcome.evidence.len() <= 24 && outcome.evidence[0].text.contains("/mnt/a"), "{outcome:?}");
}
