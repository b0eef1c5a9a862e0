//! What a replica does while it leads: it executes operations, and holds what is acknowledged and not saved.
//!
//! All of it belongs to a [`tenure`](tenure::Tenure), and is gone with it.

pub(crate) mod access;
pub(crate) mod append;
pub(crate) mod appended;
pub(crate) mod budget;
pub(crate) mod caches;
pub(crate) mod chunk_ids;
pub(crate) mod commit;
pub(crate) mod committer;
pub(crate) mod execute;
pub(crate) mod files;
pub(crate) mod fill_cache;
pub(crate) mod late;
pub(crate) mod lease;
pub(crate) mod lock;
pub(crate) mod lock_waits;
pub(crate) mod mutate;
pub(crate) mod names;
pub(crate) mod office;
pub(crate) mod overlay;
pub(crate) mod quota;
pub(crate) mod read;
pub(crate) mod read_ahead;
pub(crate) mod recall;
pub(crate) mod seek;
pub(crate) mod stage;
pub(crate) mod staged;
pub(crate) mod tenure;
pub(crate) mod write;
pub(crate) mod writeback;
