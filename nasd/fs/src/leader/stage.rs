//! Chunks on their way: built once, sent to every replica as soon as they are full, named by a commit later.

use crate::core::Core;
use crate::leader::budget::Charge;
use crate::leader::staged::{Inner, Staged};
use crate::leader::tenure::Tenure;
use crate::refusal::ExecuteError;
use crate::replica::stores::PutFailure;
use bytes::Bytes;
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use nasd_base::{ChunkId, Errno, NodeId};
use nasd_store::EncodedChunk;
use parking_lot::Mutex;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;
use tokio::sync::watch;

/// Between attempts to reach a replica that a commit needs.
const RETRY_FIRST: Duration = Duration::from_millis(50);
const RETRY_LONGEST: Duration = Duration::from_secs(1);

impl Core {
    /// Makes a chunk of `data` and starts to send it to every replica. `charge` pays for the memory.
    pub(crate) fn stage(
        self: &Arc<Self>,
        tenure: &Arc<Tenure>,
        data: Bytes,
        charge: Option<Charge>,
    ) -> Arc<Staged> {
        let staged = Arc::new(Staged {
            len: data.len() as u32,
            progress: watch::Sender::default(),
            inner: Mutex::new(Inner { data: Some(data.clone()), charge, ..Inner::default() }),
            discards: tenure.discards.clone(),
        });
        self.stats.chunks_staged.fetch_add(1, Relaxed);
        tokio::spawn(self.clone().upload(tenure.clone(), staged.clone(), data));
        staged
    }

    async fn upload(self: Arc<Self>, tenure: Arc<Tenure>, staged: Arc<Staged>, data: Bytes) {
        if let Some(chunk) = self.chunk_id(&tenure).await {
            let encoded = EncodedChunk::encode(&data);
            drop(data);
            staged.prepare(chunk, encoded.clone());
            self.spread(&staged, chunk, &encoded).await;
        }
        let kept_here = staged.progress.borrow().tried.get(&self.me) == Some(&true);
        if kept_here {
            let mut inner = staged.inner.lock();
            (inner.encoded, inner.charge) = (None, None);
        }
        staged.progress.send_modify(|progress| progress.settled = true);
    }

    /// An id, or `None` when the tenure ends.
    async fn chunk_id(self: &Arc<Self>, tenure: &Arc<Tenure>) -> Option<ChunkId> {
        loop {
            match self.next_chunk(tenure).await {
                Ok(chunk) => return Some(chunk),
                Err(_) if tenure.has_ended() => return None,
                Err(error) => {
                    tracing::debug!(%error, "chunk ids could not be had; trying again");
                    tokio::time::sleep(RETRY_FIRST).await;
                }
            }
        }
    }

    /// Puts a chunk on all replicas at once; each is tried once.
    async fn spread(&self, staged: &Staged, chunk: ChunkId, encoded: &EncodedChunk) {
        let replicas = self.replicas.borrow().clone();
        let majority = self.majority();
        let put = |node| async move { (node, self.put_chunk(node, chunk, encoded).await.is_ok()) };
        let mut puts: FuturesUnordered<_> = replicas.into_iter().map(put).collect();
        while let Some((node, taken)) = puts.next().await {
            staged.note_try(node, taken);
            let mut inner = staged.inner.lock();
            if node == self.me && taken {
                inner.data = None;
            }
            if inner.data.is_none() && staged.copies() >= majority {
                inner.charge = None;
            }
        }
    }

    /// Returns once a majority of the replicas holds all these chunks durably. Waits as long as it takes.
    ///
    /// # Errors
    /// `NoSpace` when so many disks are full that it cannot be; `NotLeader` when the tenure ends.
    pub(crate) async fn make_durable(
        self: &Arc<Self>,
        tenure: &Arc<Tenure>,
        chunks: &[Arc<Staged>],
    ) -> Result<(), ExecuteError> {
        if chunks.is_empty() {
            return Ok(());
        }
        let replicas = self.replicas.borrow().clone();
        let majority = self.majority();
        let (mut held, mut full) = (0, 0);
        let mut holds: FuturesUnordered<_> =
            replicas.iter().map(|node| self.hold(tenure, *node, chunks)).collect();
        loop {
            let outcome = tokio::select! {
                biased;
                () = tenure.ended() => return Err(ExecuteError::NotLeader { leader: self.leader_hint() }),
                Some(outcome) = holds.next() => outcome,
            };
            match outcome {
                Ok(()) => held += 1,
                Err(_) => full += 1,
            }
            if held >= majority {
                return Ok(());
            }
            if replicas.len() - full < majority {
                return Err(Errno::NoSpace.into());
            }
        }
    }

    /// Returns once `node` holds all these chunks durably; an error when its disks are full.
    async fn hold(
        self: &Arc<Self>,
        tenure: &Arc<Tenure>,
        node: NodeId,
        chunks: &[Arc<Staged>],
    ) -> Result<(), PutFailure> {
        let mut absent = Vec::new();
        for chunk in chunks {
            if !chunk.first_try(node).await {
                absent.push(chunk.clone());
            }
        }
        let mut pause = RETRY_FIRST;
        loop {
            absent = self.put_absent(node, absent).await?;
            if absent.is_empty() {
                let ids = chunks.iter().filter_map(|chunk| Some(chunk.fresh()?.chunk)).collect();
                let missing = self.flush_chunks(node, ids).await;
                let is_missing =
                    |chunk: &&Arc<Staged>| chunk.fresh().is_none_or(|fresh| missing.contains(&fresh.chunk));
                absent = chunks.iter().filter(is_missing).cloned().collect();
                if absent.is_empty() {
                    return Ok(());
                }
            }
            if tenure.has_ended() {
                return std::future::pending().await;
            }
            tokio::time::sleep(pause).await;
            pause = RETRY_LONGEST.min(pause * 2);
        }
    }

    /// Tries to put chunks again; returns those that still could not be put.
    async fn put_absent(
        &self,
        node: NodeId,
        chunks: Vec<Arc<Staged>>,
    ) -> Result<Vec<Arc<Staged>>, PutFailure> {
        let mut absent = Vec::new();
        for staged in chunks {
            let taken = match self.encoded_form(&staged).await {
                Some((chunk, encoded)) => self.put_chunk(node, chunk, &encoded).await,
                None => Err(PutFailure::Failed),
            };
            match taken {
                Ok(()) => staged.note_try(node, true),
                Err(PutFailure::NoSpace) => return Err(PutFailure::NoSpace),
                Err(PutFailure::Failed) => absent.push(staged),
            }
        }
        Ok(absent)
    }

    async fn encoded_form(&self, staged: &Staged) -> Option<(ChunkId, EncodedChunk)> {
        staged.prepared().await;
        let (fresh, kept) = {
            let inner = staged.inner.lock();
            (inner.fresh?, inner.encoded.clone())
        };
        match kept {
            Some(encoded) => Some((fresh.chunk, encoded)),
            None => Some((fresh.chunk, self.store.encoded(self.key(fresh.chunk)).await.ok()?)),
        }
    }
}
