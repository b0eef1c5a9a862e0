//! A chunk on its way: what of it exists, and which replicas took it.

use crate::leader::budget::Charge;
use bytes::Bytes;
use nasd_base::{ChunkId, NodeId};
use nasd_meta::FreshChunk;
use nasd_store::EncodedChunk;
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::watch;

/// A chunk that is being uploaded, or was.
#[derive(Debug)]
pub(crate) struct Staged {
    pub(super) len: u32,
    pub(super) progress: watch::Sender<Progress>,
    pub(super) inner: Mutex<Inner>,
    pub(super) discards: Arc<Mutex<Vec<ChunkId>>>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Progress {
    /// The chunk has its id and its encoded form.
    pub(super) prepared: bool,
    /// The replicas that were tried, and whether they took it.
    pub(super) tried: BTreeMap<NodeId, bool>,
    /// Every replica was tried once.
    pub(super) settled: bool,
}

#[derive(Debug, Default)]
pub(super) struct Inner {
    pub(super) fresh: Option<FreshChunk>,
    /// Until this node's store has the chunk.
    pub(super) data: Option<Bytes>,
    /// Until every replica was tried and this node's store has it.
    pub(super) encoded: Option<EncodedChunk>,
    pub(super) charge: Option<Charge>,
    /// A change that names the chunk was proposed: it may be in use.
    pub(super) offered: bool,
}

impl Staged {
    /// Uncompressed bytes.
    pub(crate) fn len(&self) -> u32 {
        self.len
    }

    /// The chunk as the metadata names it, once it is prepared.
    pub(crate) fn fresh(&self) -> Option<FreshChunk> {
        self.inner.lock().fresh
    }

    /// The uncompressed bytes, until this node's store has them.
    pub(crate) fn data(&self) -> Option<Bytes> {
        self.inner.lock().data.clone()
    }

    /// From now on the chunk may be named, and is left to the metadata.
    pub(crate) fn offer(&self) {
        self.inner.lock().offered = true;
    }

    pub(super) fn prepare(&self, chunk: ChunkId, encoded: EncodedChunk) {
        let stored = encoded.stored_len();
        let fresh = FreshChunk { chunk, len: self.len, stored, digest: encoded.digest() };
        let mut inner = self.inner.lock();
        inner.fresh = Some(fresh);
        inner.encoded = Some(encoded);
        drop(inner);
        self.progress.send_modify(|progress| progress.prepared = true);
    }

    pub(super) fn note_try(&self, node: NodeId, taken: bool) {
        self.progress.send_modify(|progress| {
            progress.tried.insert(node, taken);
        });
    }

    pub(super) fn copies(&self) -> usize {
        self.progress.borrow().tried.values().filter(|taken| **taken).count()
    }

    /// Waits for the first attempt at `node`, and says whether it took the chunk.
    pub(super) async fn first_try(&self, node: NodeId) -> bool {
        let mut progress = self.progress.subscribe();
        let known =
            progress.wait_for(|progress| progress.settled || progress.tried.contains_key(&node)).await;
        known.is_ok_and(|progress| progress.tried.get(&node) == Some(&true))
    }

    pub(super) async fn prepared(&self) {
        // The sender lives as long as `self`.
        let _ = self.progress.subscribe().wait_for(|progress| progress.prepared || progress.settled).await;
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        let inner = self.inner.get_mut();
        if let Some(fresh) = inner.fresh.filter(|_| !inner.offered) {
            self.discards.lock().push(fresh.chunk);
        }
    }
}
