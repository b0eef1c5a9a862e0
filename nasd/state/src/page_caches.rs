//! The memory that all databases of a process share for their pages.
//!
//! Each database has the same part of it, and less when there are more. A connection hears of that when it is used
//! next; what it has too much of SQLite frees then.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Connections for reading that one database keeps at most while nobody uses them.
const IDLE_READERS_MAX: u64 = 16;
/// A reader's cache is worth its connection from this size on: its databases' hot pages are in the operating system's
/// cache as well.
const READER_BYTES: u64 = 1 << 20;
/// SQLite's own least: some pages for a transaction that touches every table.
const CONNECTION_BYTES_MIN: u64 = 128 << 10;
/// What a process of one or two databases has: for tests and tools.
const DEFAULT_BYTES: u64 = 64 << 20;

/// A budget of bytes. Clones are the same one.
#[derive(Clone, Debug)]
pub struct PageCaches(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    bytes: u64,
    databases: AtomicU64,
}

/// One database's part, as long as it is held.
#[derive(Debug)]
pub(crate) struct PageCache(PageCaches);

impl PageCaches {
    pub fn new(bytes: u64) -> PageCaches {
        PageCaches(Arc::new(Inner { bytes, databases: AtomicU64::new(0) }))
    }

    pub(crate) fn join(&self) -> PageCache {
        self.0.databases.fetch_add(1, Relaxed);
        PageCache(self.clone())
    }
}

impl Default for PageCaches {
    fn default() -> Self {
        PageCaches::new(DEFAULT_BYTES)
    }
}

impl Drop for PageCache {
    fn drop(&mut self) {
        self.0.0.databases.fetch_sub(1, Relaxed);
    }
}

impl PageCache {
    /// Bytes of this database.
    fn bytes(&self) -> u64 {
        let Inner { bytes, databases } = &*self.0.0;
        bytes / databases.load(Relaxed).max(1)
    }

    /// Bytes for the connection that writes: half.
    pub fn writer_bytes(&self) -> u64 {
        (self.bytes() / 2).max(CONNECTION_BYTES_MIN)
    }

    /// Readers that may be kept: their caches have the other half together.
    pub fn idle_readers_max(&self) -> u64 {
        (self.bytes() / 2 / READER_BYTES).clamp(1, IDLE_READERS_MAX)
    }

    /// Bytes for each of them.
    pub fn reader_bytes(&self) -> u64 {
        (self.bytes() / 2 / self.idle_readers_max()).max(CONNECTION_BYTES_MIN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sum(cache: &PageCache) -> u64 {
        cache.writer_bytes() + cache.idle_readers_max() * cache.reader_bytes()
    }

    proptest! {
        #[test]
        fn all_databases_together_have_what_there_is_or_their_least(
            bytes in 0u64..1 << 34,
            databases in 1usize..1_200,
        ) {
            let caches = PageCaches::new(bytes);
            let joined: Vec<PageCache> = (0..databases).map(|_| caches.join()).collect();
            let all: u64 = joined.iter().map(sum).sum();
            prop_assert!(all <= bytes.max(databases as u64 * 2 * CONNECTION_BYTES_MIN) + databases as u64 * CONNECTION_BYTES_MIN);
        }
    }

    #[test]
    fn a_database_that_is_closed_leaves_its_part_to_the_others() {
        let caches = PageCaches::new(64 << 20);
        let first = caches.join();
        assert_eq!((first.writer_bytes(), first.idle_readers_max()), (32 << 20, 16));
        let second = caches.join();
        assert_eq!(first.writer_bytes(), 16 << 20);
        drop(second);
        assert_eq!((first.writer_bytes(), first.reader_bytes()), (32 << 20, 2 << 20));
    }
}
