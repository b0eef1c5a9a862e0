//! Owns what an agent counts of the messages that reach it.

use nasd_api::ReportSnmp;
use std::sync::atomic::{AtomicU32, Ordering};

/// Counts up, and begins again after 2^32 − 1 as `Counter32` does.
#[derive(Debug, Default)]
pub struct Count(AtomicU32);

impl Count {
    pub(super) fn add(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    pub fn get(&self) -> u32 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Since the agent started.
#[derive(Debug, Default)]
pub struct Counts {
    pub packets: Count,
    pub answers: Count,
    /// Could not be read.
    pub syntax: Count,
    pub versions: Count,
    pub communities: Count,
    /// Asked for what a community may not.
    pub community_uses: Count,
    pub security_models: Count,
    pub invalid: Count,
    /// Carried what an agent is not asked.
    pub handlers: Count,
    pub contexts: Count,
    pub levels: Count,
    pub times: Count,
    pub users: Count,
    pub engines: Count,
    pub digests: Count,
    pub decryptions: Count,
    /// Came from where nobody may come from.
    pub sources: Count,
    /// Were seen before.
    pub replays: Count,
    /// Did not fit into an answer.
    pub silent: Count,
}

impl Counts {
    /// In the words of the management interface.
    pub fn report(&self) -> ReportSnmp {
        let count = |count: &Count| u64::from(count.get());
        ReportSnmp {
            answered: count(&self.answers),
            malformed: count(&self.syntax) + count(&self.invalid),
            bad_versions: count(&self.versions) + count(&self.security_models),
            bad_communities: count(&self.communities),
            bad_sources: count(&self.sources),
            unknown_engines: count(&self.engines),
            unknown_users: count(&self.users),
            bad_signatures: count(&self.digests),
            undecipherable: count(&self.decryptions),
            bad_levels: count(&self.levels),
            not_in_time: count(&self.times),
            replayed: count(&self.replays),
        }
    }
}
