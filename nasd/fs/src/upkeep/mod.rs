//! What a replica does unasked, in bounded steps with a pause after each.

pub(crate) mod coalesce;
pub(crate) mod destage;
pub(crate) mod heal;
pub(crate) mod orphans;
pub(crate) mod reconcile;
