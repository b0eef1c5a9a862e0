//! Owns when a node notes that no majority answered: pure.
//!
//! A node that was cut off alone notes nothing: the others went on without it, and say that it was down.

use super::plan::said;
use nasd_api::{Zone, alarm};
use nasd_base::alert::{AlertKind, AlertObject, Severity};
use nasd_base::{NodeId, Timestamp};
use nasd_system::{AlertChange, Alerts};
use std::time::Duration;
use tokio::time::Instant;

/// Without a majority for so long is worth a note.
const MISSED_MIN: Duration = Duration::from_secs(10);
/// What the others agreed on meanwhile is known after so long.
const CATCH_UP: Duration = Duration::from_secs(5);

/// What a node remembers of the majority from look to look.
#[derive(Debug, Default)]
pub struct Majority {
    was_there: bool,
    lost: Option<(Instant, Timestamp)>,
    missed: Option<Missed>,
}

/// It was missing, and is back.
#[derive(Clone, Copy, Debug)]
struct Missed {
    began: Timestamp,
    ended: Timestamp,
    /// When this node saw it again.
    back: Instant,
}

impl Majority {
    pub fn look(&mut self, is_there: bool, now: Instant, clock: Timestamp) {
        self.was_there |= is_there;
        if !is_there {
            self.lost = self.lost.or(self.was_there.then_some((now, clock)));
        } else if let Some((since, began)) = self.lost.take()
            && now.duration_since(since) >= MISSED_MIN
        {
            let began = self.missed.map_or(began, |missed| missed.began);
            self.missed = Some(Missed { began, ended: clock, back: now });
        }
    }

    /// What is to be noted, until it [was](Majority::noted).
    pub fn note(&mut self, me: NodeId, alerts: &Alerts, zone: &Zone, now: Instant) -> Option<AlertChange> {
        let missed = self.missed.filter(|missed| now.duration_since(missed.back) >= CATCH_UP)?;
        let key = (AlertKind::NodeDown, AlertObject::Node(me));
        let while_away = missed.began..=missed.ended;
        let went_on = |alert: &nasd_system::Alert| alert.key() == key && while_away.contains(&alert.raised);
        if alerts.all.values().any(went_on) {
            self.missed = None;
            return None;
        }
        let [from, until] = [missed.began, missed.ended].map(|at| zone.told(at.secs));
        Some(AlertChange::Note {
            kind: AlertKind::NoMajority,
            object: AlertObject::Cluster,
            severity: Severity::Critical,
            what: said(&alarm::majority_was_missing(from, until)),
            began: missed.began,
        })
    }

    pub fn noted(&mut self) {
        self.missed = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ME: NodeId = NodeId(2);

    fn at(secs: i64) -> Timestamp {
        Timestamp { secs, nanos: 0 }
    }

    struct Watch {
        majority: Majority,
        start: Instant,
        alerts: Alerts,
    }

    impl Watch {
        fn new() -> Watch {
            Watch { majority: Majority::default(), start: Instant::now(), alerts: Alerts::default() }
        }

        /// Looks every other second, and says what is to be noted then.
        fn sees(&mut self, is_there: bool, seconds: std::ops::Range<u64>) -> Option<String> {
            let mut noted = None;
            for second in seconds.step_by(2) {
                let now = self.start + Duration::from_secs(second);
                self.majority.look(is_there, now, at(second as i64));
                noted = self.majority.note(ME, &self.alerts, &Zone::default(), now);
            }
            noted.map(|note| match note {
                AlertChange::Note { what, .. } => what.text,
                other => panic!("{other:?}"),
            })
        }
    }

    /// The first proposal after it was back failed, as an election was under way, and the night's outage was noted nowhere.
    #[tokio::test(start_paused = true)]
    async fn it_is_to_be_noted_until_it_was() {
        let mut watch = Watch::new();
        assert_eq!(watch.sees(true, 0..10), None);
        assert_eq!(watch.sees(false, 10..30), None);
        assert_eq!(watch.sees(true, 30..34), None, "it is caught up first");
        let text = watch.sees(true, 34..40).unwrap();
        assert!(text.contains("from 1970-01-01 00:00:10 +00:00 to 1970-01-01 00:00:30 +00:00"), "{text}");
        assert!(watch.sees(true, 40..50).is_some(), "it could not be proposed");
        watch.majority.noted();
        assert_eq!(watch.sees(true, 50..60), None);
    }

    #[tokio::test(start_paused = true)]
    async fn an_election_is_no_outage() {
        let mut watch = Watch::new();
        watch.sees(true, 0..10);
        watch.sees(false, 10..18);
        assert_eq!(watch.sees(true, 18..40), None);
    }

    /// A cable was pulled from one node of three: when it was back, it said that nobody had been able to change anything.
    #[tokio::test(start_paused = true)]
    async fn whoever_was_cut_off_alone_notes_nothing() {
        let mut watch = Watch::new();
        watch.sees(true, 0..10);
        watch.sees(false, 10..40);
        watch.alerts.all.insert(1, alert(AlertKind::NodeDown, at(20)));
        assert_eq!(watch.sees(true, 40..60), None);
        // That it was down at another time says nothing.
        watch.sees(false, 60..90);
        assert!(watch.sees(true, 90..100).is_some());
    }

    fn alert(kind: AlertKind, raised: Timestamp) -> nasd_system::Alert {
        nasd_system::Alert {
            id: 1,
            kind,
            object: AlertObject::Node(ME),
            severity: Severity::Critical,
            what: Default::default(),
            raised,
            cause: None,
            acknowledged: None,
            told: true,
            flapping: false,
            calm_since: None,
            raises: vec![raised],
            ended: None,
        }
    }
}
