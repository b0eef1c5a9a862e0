//! When a node looks itself over without being asked: once a night, in the cluster's time zone.

use nasd_api::Zone;
use nasd_base::{Clock, SystemClock};
use nasd_node::Node;
use std::sync::Weak;
use std::time::Duration;
use tokio::time::sleep;

/// How often a node looks whether it is night.
const LOOK_EVERY: Duration = Duration::from_secs(60);

/// From this hour on, when most people sleep and before backups and reports of the morning.
const HOUR: i64 = 3;
/// A node that was off then waits for the next night rather than for its clients.
const UNTIL_HOUR: i64 = 5;
/// Nodes begin one after another, so that no volume is looked at from all of them at once.
const APART_SECONDS: i64 = 300;
const NODES_APART: u64 = 12;
const DAY_SECONDS: i64 = 24 * 3600;

/// Begins once a night, as long as the node is there. `begin` is told the time, and `last` knows when that was before.
pub async fn watch(node: Weak<Node>, last: impl Fn() -> Option<i64>, begin: impl Fn(i64)) {
    while let Some(node) = node.upgrade() {
        let zone = Zone::named(&node.system.view().settings.time_zone).unwrap_or_default();
        let now = SystemClock.now().secs;
        if is_due(&zone, node.me.0, last(), now) {
            begin(now);
        }
        drop(node);
        sleep(LOOK_EVERY).await;
    }
}

/// Whether this is the moment; `last` is when it ran last by itself.
fn is_due(zone: &Zone, node: u64, last: Option<i64>, now: i64) -> bool {
    let of_day = (now + zone.offset(now)).rem_euclid(DAY_SECONDS);
    let begins = HOUR * 3600 + (node % NODES_APART) as i64 * APART_SECONDS;
    let window = begins..UNTIL_HOUR * 3600;
    window.contains(&of_day) && last.is_none_or(|last| last < now - (of_day - begins))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2027-01-15 00:00 UTC.
    const MIDNIGHT: i64 = 1_799_971_200;
    const HOUR_SECONDS: i64 = 3600;

    fn runs(zone: &Zone, node: u64) -> Vec<i64> {
        let (mut last, mut began) = (None, Vec::new());
        for minute in 0..3 * 24 * 60 {
            let now = MIDNIGHT + minute * 60;
            if is_due(zone, node, last, now) {
                last = Some(now);
                began.push(now - MIDNIGHT);
            }
        }
        began
    }

    #[test]
    fn once_a_night_in_the_clusters_time_zone() {
        let day = 24 * HOUR_SECONDS;
        let utc = 3 * HOUR_SECONDS;
        assert_eq!(runs(&Zone::default(), 12), [utc, day + utc, 2 * day + utc]);
        let seoul = Zone::named("Asia/Seoul").unwrap();
        let there = 18 * HOUR_SECONDS;
        assert_eq!(runs(&seoul, 12), [there, day + there, 2 * day + there]);
    }

    #[test]
    fn nodes_begin_one_after_another() {
        let begins: Vec<i64> = (12..24).map(|node| runs(&Zone::default(), node)[0]).collect();
        assert!(begins.windows(2).all(|pair| pair[1] - pair[0] == APART_SECONDS), "{begins:?}");
    }

    #[test]
    fn a_node_that_was_off_at_night_does_not_begin_by_day() {
        let noon = MIDNIGHT + 12 * HOUR_SECONDS;
        assert!(!is_due(&Zone::default(), 1, None, noon));
        assert!(!is_due(&Zone::default(), 1, Some(noon - 30 * 24 * HOUR_SECONDS), noon));
    }
}
