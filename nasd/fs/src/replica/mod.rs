//! What every replica does, whoever leads: it keeps chunks.

mod answers;
pub(crate) mod effects;
pub(crate) mod links;
pub(crate) mod stores;
