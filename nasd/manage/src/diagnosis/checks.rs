//! What follows from the facts: each check is a function of them. See `docs/decisions/0043-diagnoses.md`.

use super::facts::{
    CertificateFacts, ClockFacts, DiskFacts, GroupFacts, Leftover, NameFacts, NfsFacts, PeerFacts,
    ScrubFacts, SlowReads,
};
use crate::disk::why_not;
use nasd_api::{CheckState, Sentence, Zone, alarm, finding};
use nasd_node::Smart;
use std::time::Duration;

/// Things that one check names; of more, the worst come first.
const EVIDENCE_MAX: usize = 24;
/// A disk that is as worn, or as hot, is worth a word.
const WORN_PERCENT: u64 = 90;
const HOT_CELSIUS: i64 = 65;
/// A small write that takes as long holds up every saved change.
const FLUSH_SLOW: Duration = Duration::from_millis(200);
const FLUSH_TOO_SLOW: Duration = Duration::from_secs(1);
/// A disk of 15,000 revolutions takes 2 ms for half a turn, and a flushed write needs one on average.
const TURN_MIN: Duration = Duration::from_millis(1);
/// So many times slower than the others, and slow at that.
const SLOWER_TIMES: u32 = 5;
const SLOWER_MIN: Duration = Duration::from_millis(20);
/// So many of a hundred reads beyond a second, and so many at all.
const SLOW_READS_PERCENT: u64 = 2;
const SLOW_READS_MIN: u64 = 20;
const TRIP_SLOW: Duration = Duration::from_millis(100);
/// Megabytes a second.
const RATE_MIN: f64 = 2.0;
const CLOCK_WARNING_MILLIS: i64 = 500;
const CLOCK_FAILED_MILLIS: i64 = 1_000;
const BEHIND_ENTRIES: u64 = 5_000;
const LOG_ENTRIES: u64 = 1_000_000;
/// Within an hour.
const LEADERS_MAX: usize = 10;
const CERTIFICATE_DAYS: i64 = 21;
const CERTIFICATE_DAYS_LAST: i64 = 3;
const FULL_PERCENT: u64 = 90;
const FULLER_PERCENT: u64 = 97;
const FILLS_DAYS: i64 = 30;
const FILLS_DAYS_LAST: i64 = 7;
const DAY_SECONDS: i64 = 24 * 3600;

/// What a check comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    pub state: CheckState,
    pub evidence: Vec<Sentence>,
    pub advice: Vec<Sentence>,
}

impl Outcome {
    /// There is nothing to look at.
    pub fn skipped(why: Sentence) -> Outcome {
        Outcome { state: CheckState::Skipped, evidence: vec![why], advice: Vec::new() }
    }

    pub fn failed(why: Sentence, advice: Sentence) -> Outcome {
        Outcome { state: CheckState::Failed, evidence: vec![why], advice: vec![advice] }
    }
}

/// Puts together what was seen.
#[derive(Default)]
struct Seen {
    noted: Vec<(CheckState, Sentence)>,
    advice: Vec<Sentence>,
}

impl Seen {
    fn well(&mut self, what: Sentence) {
        self.noted.push((CheckState::Passed, what));
    }

    /// Nothing can be said of it.
    fn nothing(&mut self, why: Sentence) {
        self.noted.push((CheckState::Skipped, why));
    }

    fn wrong(&mut self, state: CheckState, what: Sentence, advice: Sentence) {
        self.noted.push((state, what));
        if !self.advice.contains(&advice) {
            self.advice.push(advice);
        }
    }

    /// The worst decides; what nothing is known of, only where that is all.
    fn outcome(mut self) -> Outcome {
        let count = |state| self.noted.iter().filter(|(noted, _)| *noted == state).count();
        let worst = [CheckState::Failed, CheckState::Warning, CheckState::Passed];
        let state = worst.into_iter().find(|state| count(*state) > 0).unwrap_or(CheckState::Skipped);
        self.noted.sort_by_key(|(state, _)| std::cmp::Reverse(*state));
        let evidence = self.noted.into_iter().take(EVIDENCE_MAX).map(|(_, what)| what).collect();
        Outcome { state, evidence, advice: self.advice }
    }
}

pub fn disk_health(disks: &[DiskFacts]) -> Outcome {
    let mut seen = Seen::default();
    for disk in disks {
        if let Some(why) = &disk.failed {
            let what = finding::disk_takes_nothing(&disk.path, why.trim_end_matches('.'));
            seen.wrong(CheckState::Failed, what, alarm::do_about_failed_disk());
        }
        match &disk.smart {
            Ok(smart) => says(&mut seen, &disk.path, smart),
            Err(why) => seen.nothing(finding::smart_not_known(&disk.path, why_not(why).text)),
        }
    }
    seen.outcome()
}

fn says(seen: &mut Seen, path: &str, smart: &Smart) {
    let mut wrong = |state, what| seen.wrong(state, what, alarm::do_about_failing_disk());
    let (pending, lost) = (smart.pending.unwrap_or(0), smart.uncorrectable.unwrap_or(0));
    let (worn, hot) = (smart.worn_percent.unwrap_or(0), smart.temperature_celsius.unwrap_or(0));
    let fails = smart.passed == Some(false);
    if fails {
        wrong(CheckState::Failed, finding::smart_fails(path));
    }
    if pending + lost > 0 {
        wrong(CheckState::Warning, finding::smart_bad_sectors(path, pending, lost));
    }
    if worn >= WORN_PERCENT {
        wrong(CheckState::Warning, finding::smart_worn(path, worn));
    }
    if hot >= HOT_CELSIUS {
        wrong(CheckState::Warning, finding::smart_hot(path, hot));
    }
    if !fails && pending + lost == 0 && worn < WORN_PERCENT && hot < HOT_CELSIUS {
        seen.well(finding::smart_passes(path));
    }
}

/// How fast small writes are on the disk, and whether to believe it.
pub fn flush(disks: &[DiskFacts]) -> Outcome {
    let mut seen = Seen::default();
    for disk in disks {
        match &disk.flushes {
            Ok(flushes) => flushed(&mut seen, disk, flushes),
            Err(why) => {
                let what = finding::small_file_failed(&disk.path, why.trim_end_matches('.'));
                seen.wrong(CheckState::Failed, what, finding::do_about_flush());
            }
        }
        let mut options = disk.mount_options.split(',');
        let is_volatile = disk.has_volatile_cache;
        // What has no volatile cache loses nothing by it.
        let kept_back = options.find(|option| ["nobarrier", "barrier=0"].contains(option));
        if let Some(option) = kept_back.filter(|_| is_volatile != Some(false)) {
            let what = finding::flush_is_kept_back(&disk.path, option);
            seen.wrong(CheckState::Failed, what, finding::do_about_barriers());
        } else if let Some(is_volatile) = is_volatile {
            seen.well(match is_volatile {
                true => finding::cache_is_flushed(&disk.path),
                false => finding::cache_is_none(&disk.path),
            });
        }
    }
    seen.outcome()
}

fn flushed(seen: &mut Seen, disk: &DiskFacts, flushes: &[Duration]) {
    let Some((middle, worst)) = middle(flushes).zip(flushes.iter().max()) else { return };
    let what = finding::flushed_within(&disk.path, millis(middle), millis(*worst));
    match middle {
        _ if middle >= FLUSH_TOO_SLOW => seen.wrong(CheckState::Failed, what, finding::do_about_flush()),
        _ if middle >= FLUSH_SLOW => seen.wrong(CheckState::Warning, what, finding::do_about_flush()),
        _ if disk.rotational == Some(true) && middle < TURN_MIN => {
            let what = finding::flushed_too_soon(&disk.path, millis(middle));
            seen.wrong(CheckState::Warning, what, finding::do_about_cache());
        }
        _ => seen.well(what),
    }
}

/// Disks that are much slower than the others, and reads that took very long.
pub fn disk_latency(disks: &[DiskFacts], reads: SlowReads) -> Outcome {
    let mut seen = Seen::default();
    let middles: Vec<(&str, Duration)> =
        disks.iter().filter_map(|disk| Some((&*disk.path, middle(disk.flushes.as_deref().ok()?)?))).collect();
    let mut is_alike = true;
    for (number, (path, own)) in middles.iter().enumerate() {
        let others = middles.iter().enumerate().filter(|(other, _)| *other != number);
        let Some(others) = middle(&others.map(|(_, (_, other))| *other).collect::<Vec<_>>()) else {
            continue;
        };
        if *own >= SLOWER_MIN && *own >= others * SLOWER_TIMES {
            is_alike = false;
            let what = finding::disk_is_slower(path, millis(*own), millis(others));
            seen.wrong(CheckState::Warning, what, finding::do_about_slow_disk());
        }
    }
    if is_alike {
        seen.well(finding::disks_are_alike(disks.len()));
    }
    let what = finding::slow_reads(reads.slow, reads.all);
    match reads.slow >= SLOW_READS_MIN && reads.slow * 100 >= reads.all * SLOW_READS_PERCENT {
        true => seen.wrong(CheckState::Warning, what, finding::do_about_slow_disk()),
        false => seen.well(what),
    }
    seen.outcome()
}

/// The way to each other node.
pub fn network(peers: &[PeerFacts]) -> Outcome {
    let mut seen = Seen::default();
    for peer in peers {
        reached(&mut seen, peer);
        if let Some((interface, bytes)) = &peer.route {
            seen.well(finding::path_mtu(&peer.name, interface, bytes));
        }
    }
    match peers.is_empty() {
        true => Outcome::skipped(finding::no_other_node()),
        false => seen.outcome(),
    }
}

fn reached(seen: &mut Seen, peer: &PeerFacts) {
    let Some(middle) = middle(&peer.trips) else {
        let what = finding::peer_is_silent(&peer.name);
        return seen.wrong(CheckState::Failed, what, alarm::do_about_node_down());
    };
    let lost = peer.sent.saturating_sub(peer.trips.len() as u32);
    let what = finding::peer_answers(&peer.name, millis(middle), lost, peer.sent);
    match lost > 0 || middle >= TRIP_SLOW {
        true => seen.wrong(CheckState::Warning, what, finding::do_about_network()),
        false => seen.well(what),
    }
    let Some((bytes, took)) = peer.large else {
        let what = finding::peer_gets_small_calls_only(&peer.name);
        return seen.wrong(CheckState::Failed, what, finding::do_about_mtu());
    };
    let rate = bytes as f64 / 1e6 / took.as_secs_f64().max(1e-6);
    let what = finding::peer_takes(&peer.name, format!("{rate:.1}"));
    match rate < RATE_MIN {
        true => seen.wrong(CheckState::Warning, what, finding::do_about_network()),
        false => seen.well(what),
    }
}

pub fn clock(facts: ClockFacts) -> Outcome {
    let mut seen = Seen::default();
    if let Some(ahead) = facts.ahead_millis.map(i64::abs) {
        let what = finding::clock_agrees(ahead);
        match ahead {
            CLOCK_FAILED_MILLIS.. => seen.wrong(CheckState::Failed, what, alarm::do_about_clock()),
            CLOCK_WARNING_MILLIS.. => seen.wrong(CheckState::Warning, what, alarm::do_about_clock()),
            _ => seen.well(what),
        }
    }
    match facts.is_kept {
        Some(true) => seen.well(finding::clock_is_kept()),
        Some(false) => {
            seen.wrong(CheckState::Warning, finding::clock_is_not_kept(), alarm::do_about_clock());
        }
        None => {}
    }
    seen.outcome()
}

/// The groups with a replica here, and how often leaders changed within an hour.
pub fn raft(groups: &[GroupFacts], leaders: usize) -> Outcome {
    let mut seen = Seen::default();
    for group in groups {
        if let Some(why) = &group.stopped {
            let what = finding::group_stopped(&group.name, why.trim_end_matches('.'));
            seen.wrong(CheckState::Failed, what, alarm::do_about_node_faulty());
        } else if !group.has_leader {
            let what = finding::group_without_leader(&group.name);
            seen.wrong(CheckState::Failed, what, alarm::do_about_unavailable());
        } else if group.behind >= BEHIND_ENTRIES {
            let what = finding::group_lags(&group.name, group.behind);
            seen.wrong(CheckState::Warning, what, alarm::do_about_lag());
        }
        if group.log >= LOG_ENTRIES {
            let what = finding::group_log_is_long(&group.name, group.log);
            seen.wrong(CheckState::Warning, what, alarm::do_about_lag());
        }
    }
    let longest = groups.iter().map(|group| group.log).max().unwrap_or(0);
    seen.well(finding::group_counts(groups.len(), longest));
    let what = finding::leaders_changed(leaders);
    match leaders >= LEADERS_MAX {
        true => seen.wrong(CheckState::Warning, what, alarm::do_about_flapping()),
        false => seen.well(what),
    }
    seen.outcome()
}

pub fn scrub(facts: ScrubFacts) -> Outcome {
    let mut seen = Seen::default();
    match facts.damaged {
        0 => seen.well(finding::no_damage(facts.mended)),
        count => seen.wrong(CheckState::Failed, finding::damage(count), alarm::do_about_damage()),
    }
    seen.well(match facts.verified {
        Some(at) => finding::verified_at(Zone::default().second(at)),
        None => finding::never_verified(),
    });
    seen.outcome()
}

pub fn certificate(name: &str, facts: &CertificateFacts, now: i64) -> Outcome {
    let mut seen = Seen::default();
    if let Some(problem) = &facts.problem {
        seen.wrong(CheckState::Warning, problem.clone(), alarm::do_about_certificate());
    }
    let left = facts.until - now;
    let days = left.div_euclid(DAY_SECONDS);
    match days {
        CERTIFICATE_DAYS.. => seen.well(finding::certificate_lasts(days)),
        _ => {
            let last = days < CERTIFICATE_DAYS_LAST;
            let state = if last { CheckState::Failed } else { CheckState::Warning };
            let what = match left {
                0.. => alarm::certificate_expires(name, days),
                _ => alarm::certificate_expired(name),
            };
            seen.wrong(state, what, alarm::do_about_certificate());
        }
    }
    seen.outcome()
}

pub fn names(facts: &[NameFacts]) -> Outcome {
    let mut seen = Seen::default();
    for fact in facts {
        match fact {
            NameFacts::Unknown(host) => {
                seen.wrong(CheckState::Failed, finding::host_is_unknown(host), finding::do_about_names());
            }
            NameFacts::Address { address, name: None, .. } => {
                seen.nothing(finding::address_has_no_name(address));
            }
            NameFacts::Address { address, name: Some(name), back } if back.contains(address) => {
                seen.well(finding::address_is_called(address, name));
            }
            NameFacts::Address { address, name: Some(name), .. } => {
                let what = finding::address_is_called_wrongly(address, name);
                seen.wrong(CheckState::Warning, what, finding::do_about_names());
            }
        }
    }
    seen.outcome()
}

/// `full_at`: when all space is used up if it goes on so.
pub fn space(disks: &[DiskFacts], full_at: Option<i64>, now: i64) -> Outcome {
    let mut seen = Seen::default();
    for disk in disks {
        let used = disk.total_bytes.saturating_sub(disk.available_bytes);
        let percent = crate::alert::percent(used, disk.total_bytes);
        let what = finding::disk_is_full(&disk.path, percent);
        match percent {
            FULLER_PERCENT.. => seen.wrong(CheckState::Failed, what, alarm::do_about_full()),
            FULL_PERCENT.. => seen.wrong(CheckState::Warning, what, alarm::do_about_full()),
            _ => seen.well(what),
        }
    }
    match full_at.map(|at| (at - now).max(0) / DAY_SECONDS) {
        None => seen.well(finding::fills_never()),
        Some(days) if days <= FILLS_DAYS_LAST => {
            seen.wrong(CheckState::Failed, finding::fills_in(days), alarm::do_about_full());
        }
        Some(days) if days <= FILLS_DAYS => {
            seen.wrong(CheckState::Warning, finding::fills_in(days), alarm::do_about_full());
        }
        Some(days) => seen.well(finding::fills_in(days)),
    }
    seen.outcome()
}

pub fn nfs(facts: &NfsFacts) -> Outcome {
    let mut seen = Seen::default();
    match &facts.port {
        Ok(took) => seen.well(finding::nfs_answers(&facts.address, millis(*took))),
        Err(why) => {
            let what = finding::nfs_is_silent(&facts.address, why);
            seen.wrong(CheckState::Failed, what, finding::do_about_nfs());
        }
    }
    for (volume, tested) in &facts.volumes {
        match tested {
            Ok(took) => seen.well(finding::volume_works(volume, millis(*took))),
            Err(why) => {
                let what = finding::volume_fails(volume, why);
                seen.wrong(CheckState::Failed, what, finding::do_about_nfs());
            }
        }
    }
    if facts.volumes.is_empty() {
        seen.nothing(finding::no_volume());
    }
    seen.outcome()
}

pub fn leftovers(left: &[Leftover]) -> Outcome {
    let mut seen = Seen::default();
    for one in left {
        let (state, what) = match one {
            Leftover::Socket(path) => (CheckState::Warning, finding::left_socket(path.display())),
            Leftover::File(path) => (CheckState::Warning, finding::left_file(path.display())),
            Leftover::Core(path) => (CheckState::Warning, finding::left_core(path.display())),
            Leftover::Mount(path) => (CheckState::Failed, finding::left_mount(path.display())),
        };
        seen.wrong(state, what, finding::do_about_leftovers());
    }
    if left.is_empty() {
        seen.well(finding::nothing_is_left());
    }
    seen.outcome()
}

fn middle(times: &[Duration]) -> Option<Duration> {
    let mut sorted = times.to_vec();
    sorted.sort_unstable();
    sorted.get(sorted.len() / 2).copied()
}

fn millis(took: Duration) -> String {
    format!("{:.1}", took.as_secs_f64() * 1e3)
}
