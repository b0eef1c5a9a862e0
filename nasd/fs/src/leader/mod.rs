//! What a replica does while it leads: it executes operations, and holds what is acknowledged and not saved.
//!
//! All of it belongs to a [`tenure`](tenure::Tenure), and is gone with it.

mod access;
mod append;
mod appended;
pub(crate) mod budget;
mod caches;
mod chunk_ids;
mod commit;
mod committer;
mod execute;
mod files;
mod fill_cache;
mod late;
mod lease;
mod lock;
mod lock_waits;
mod mutate;
mod names;
mod office;
mod overlay;
mod quota;
mod read;
pub(crate) mod read_ahead;
mod recall;
mod seek;
mod stage;
mod staged;
pub(crate) mod tenure;
mod write;
mod writeback;
