//! Every attack that needs no credential, all at once, against a cluster whose honest clients go on working.
//!
//! The story: 3,229 idle connections took all file descriptors and with them the disks, 300 claims of a MiB made a
//! client wait for a minute, and 256 silent clients of HTTPS kept the administrator out. Each is a test of its own
//! beside the code that was mended; here they come together, from addresses that no rule knows.
//!
//! The attackers run at the lowest priority: what they take from the honest is what the servers do for them, not the
//! processor time of programs that would run on other machines.

mod attacks;
mod honest;
mod latency;
mod tls;

use attacks::Targets;
use harness::cluster::{Cluster, pause, wait_until};
use honest::Honest;
use latency::Latencies;
use std::time::Duration;

/// How long the honest work alone, for the comparison, and how long under attack.
const QUIET: Duration = Duration::from_secs(15);
const ATTACKED: Duration = Duration::from_secs(25);
/// The attacks build up: thousands of connections take a while to make.
const BUILD_UP: Duration = Duration::from_secs(5);
/// Within this all must be well again, with nothing restarted.
const RECOVERY: Duration = Duration::from_secs(60);
/// The slowest operation in a hundred may take so many times what it takes in quiet times.
const FACTOR_MAX: u32 = 3;
/// Below this nobody notices, and two cores that three nodes share are noisier than that.
const UNNOTICED: Duration = Duration::from_millis(40);

#[test]
fn honest_callers_notice_nothing_of_all_attacks_at_once() {
    harness::limits::raise_open_files();
    let work = tempfile::tempdir().expect("a temporary directory");
    let cluster = Cluster::start(&work.path().join("demo"));
    let honest = Honest::settle(&cluster);
    let quiet = honest.work_for(QUIET);
    assert!(quiet.failures.is_empty(), "without any attack: {:?}", quiet.failures);

    let attacks = attacks::begin(&Targets::of(&cluster));
    pause(BUILD_UP);
    let attacked = honest.work_for(ATTACKED);
    let done = attacks.end();
    println!("{done}");
    assert!(attacked.failures.is_empty(), "honest calls failed: {:?}", attacked.failures);
    print_comparison(&quiet.latencies, &attacked.latencies);
    done.assert_they_were_real();
    assert_nobody_waits(&quiet.latencies, &attacked.latencies);

    wait_until("all is well again", RECOVERY, || honest.says_healthy());
    let after = honest.work_for(Duration::from_secs(3));
    assert!(after.failures.is_empty(), "after the attacks: {:?}", after.failures);
    honest.assert_no_node_was_restarted(&cluster);
    cluster.stop();
}

fn print_comparison(quiet: &Latencies, attacked: &Latencies) {
    for (what, before, under) in quiet.beside(attacked) {
        println!(
            "{what}: p50 {:?} and p99 {:?} quiet; p50 {:?} and p99 {:?} under attack",
            before.p50, before.p99, under.p50, under.p99
        );
    }
}

fn assert_nobody_waits(quiet: &Latencies, attacked: &Latencies) {
    let slow: Vec<String> = quiet
        .beside(attacked)
        .filter(|(_, before, under)| under.p99 > before.p99.max(UNNOTICED) * FACTOR_MAX)
        .map(|(what, before, under)| format!("{what}: p99 {:?} became {:?}", before.p99, under.p99))
        .collect();
    assert!(slow.is_empty(), "more than {FACTOR_MAX} times the quiet time: {slow:?}");
}
