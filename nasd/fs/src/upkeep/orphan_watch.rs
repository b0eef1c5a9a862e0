//! What a leader remembers of orphans between its rounds.

use nasd_base::{Ino, NodeId};
use std::collections::{HashMap, HashSet};
use std::time::Duration;
use tokio::time::Instant;

/// How long orphans that were held open are not asked about again where room is wanted.
const HELD_FOR: Duration = Duration::from_secs(1);

/// One round at a time.
#[derive(Default)]
pub(crate) struct OrphanWatch(pub(super) tokio::sync::Mutex<Watch>);

/// What a leader remembers between rounds.
#[derive(Default)]
pub(super) struct Watch {
    term: u64,
    /// When each orphan was first seen.
    seen: HashMap<Ino, Instant>,
    /// Since when each node has not answered.
    pub(super) silent: HashMap<NodeId, Instant>,
    /// Those that were open when room was wanted last, and when that was.
    pub(super) held: Option<(Instant, HashSet<Ino>)>,
}

impl Watch {
    pub(super) fn begin(&mut self, term: u64) {
        if self.term != term {
            *self = Watch { term, ..Watch::default() };
        }
    }

    /// How long each of `orphans` has been seen; forgets what is none any more.
    pub(super) fn ages(&mut self, orphans: &[Ino]) -> Vec<(Ino, Duration)> {
        let now = Instant::now();
        let present: HashSet<Ino> = orphans.iter().copied().collect();
        self.seen.retain(|ino, _| present.contains(ino));
        orphans.iter().map(|ino| (*ino, now - *self.seen.entry(*ino).or_insert(now))).collect()
    }

    /// Whether all of `orphans` were held open a moment ago.
    pub(super) fn knows_held(&self, orphans: &[Ino]) -> bool {
        let held = self.held.as_ref().filter(|(at, _)| at.elapsed() < HELD_FOR);
        held.is_some_and(|(_, held)| orphans.iter().all(|ino| held.contains(ino)))
    }
}
