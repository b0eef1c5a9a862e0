//! What a replica does unasked, in bounded steps with a pause after each.

mod coalesce;
mod dead_sessions;
mod destage;
mod heal;
pub(crate) mod heal_queue;
pub(crate) mod orphan_watch;
mod orphans;
mod reconcile;
