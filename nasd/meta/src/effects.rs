//! What committed changes did, for those outside the tables: the replica's chunk store goes by what is named and freed.

use crate::FreshChunk;
use bytes::Bytes;
use nasd_base::{ChunkId, Ino, Txg};
use std::collections::HashSet;

/// What one transaction did, for everything outside the tables. Each list is in the order of application.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Effects {
    /// Chunks that nothing names any more, among them fresh ones that ended unused or whose change was
    /// refused: every replica's store may drop its copy.
    pub freed: Vec<ChunkId>,
    /// Chunks named for the first time and still in use.
    pub named: Vec<FreshChunk>,
    /// Inodes whose attributes or data changed, or that are gone; sorted, each once.
    pub changed: Vec<Ino>,
    /// Names that were made, removed or now mean another inode.
    pub names: Vec<(Ino, Bytes)>,
    /// Inodes that lost their last name and wait for `Reap`.
    pub orphaned: Vec<Ino>,
    /// The last change applied.
    pub txg: Txg,
}

impl Effects {
    pub(crate) fn is_empty(&self) -> bool {
        let Effects { freed, named, changed, names, orphaned, txg: _ } = self;
        freed.is_empty() && named.is_empty() && changed.is_empty() && names.is_empty() && orphaned.is_empty()
    }

    /// Brings the lists of several changes into the form that observers see.
    pub(crate) fn settle(&mut self) {
        self.changed.sort_unstable();
        self.changed.dedup();
        if !self.named.is_empty() && !self.freed.is_empty() {
            let freed: HashSet<ChunkId> = self.freed.iter().copied().collect();
            self.named.retain(|fresh| !freed.contains(&fresh.chunk));
        }
    }
}

/// Hears of every committed transaction, on the thread that applied it and before the replies go out.
///
/// Must return quickly and not read the volume. A restart does not repeat effects that were lost with the
/// process: reconcile against the tables then.
pub trait Observer: Send + Sync + 'static {
    fn committed(&self, effects: &Effects);

    /// The whole state was replaced by a snapshot from a peer: nothing that was heard before need hold.
    fn replaced(&self) {}
}
