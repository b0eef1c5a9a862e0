//! What a replica does unasked, in bounded steps with a pause after each.

pub(crate) mod coalesce;
pub(crate) mod dead_sessions;
pub(crate) mod destage;
pub(crate) mod heal;
pub(crate) mod heal_queue;
pub(crate) mod orphan_watch;
pub(crate) mod orphans;
pub(crate) mod reconcile;
