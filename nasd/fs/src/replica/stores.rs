//! The stores of a volume's replicas, this node's among them: putting chunks, making them durable.
//!
//! Flushes of many commits are shared: while one is under way at a node, the next gathers.

use crate::core::Core;
use crate::message::{Answer, Ask, decode, encode};
use crate::peers::PeerError;
use crate::replica::links::{Flush, ReplicaLink, next_flushes};
use bytes::Bytes;
use nasd_base::{ChunkId, NodeId};
use nasd_store::{ChunkKey, EncodedChunk, StoreError};
use parking_lot::Mutex;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;
use tokio::sync::{Semaphore, oneshot};
use tokio::time::Instant;

/// A flush may wait behind a queue of writes that a put has only entered.
const FLUSH_TIMEOUT_FACTOR: u32 = 4;

/// How long a replica whose disks are full counts as full.
const FULL_FOR: Duration = Duration::from_secs(5);

/// How long the answer to how much room there is stays good.
const ROOM_FOR: Duration = Duration::from_millis(100);

/// Why a store has not got a chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PutFailure {
    /// Its disks are full.
    NoSpace,
    /// Its node or disk does not answer; another time perhaps.
    Failed,
}

impl Core {
    fn link(&self, node: NodeId) -> Arc<ReplicaLink> {
        let fresh = || ReplicaLink {
            node,
            transfers: Semaphore::new(self.tuning.transfers_per_node),
            condition: Mutex::default(),
            flushes: Mutex::default(),
        };
        self.links.0.lock().entry(node).or_insert_with(|| Arc::new(fresh())).clone()
    }

    /// How many of the volume's replicas must hold what is acknowledged.
    pub(crate) fn majority(&self) -> usize {
        self.replicas.borrow().len() / 2 + 1
    }

    /// Whether `len` more bytes can be kept: here, and on enough others.
    pub(crate) fn has_room(&self, len: u64) -> bool {
        let needed = len.saturating_add(self.budget.held());
        if self.room_here() < needed {
            return false;
        }
        let replicas = self.replicas.borrow();
        let full = replicas.iter().filter(|node| **node != self.me && self.link(**node).is_full()).count();
        replicas.len() - full > replicas.len() / 2
    }

    /// Bytes that chunks may still take here, as of a moment ago: asking the store looks at every segment.
    fn room_here(&self) -> u64 {
        let now = Instant::now();
        let mut room = self.room.lock();
        match *room {
            Some((at, bytes)) if now - at < ROOM_FOR => bytes,
            _ => {
                let bytes = self.store.space().available_bytes;
                *room = Some((now, bytes));
                bytes
            }
        }
    }

    /// Asks another node, one question, one answer.
    pub(crate) async fn ask(
        &self,
        node: NodeId,
        ask: &Ask,
        body: Bytes,
        timeout: Duration,
    ) -> Result<(Answer, Bytes), PeerError> {
        let (header, body) = self.peers.call(node, encode(ask), body, timeout).await?;
        match decode(&header) {
            Ok(answer) => Ok((answer, body)),
            Err(error) => {
                if let Some(times) = self.alarms.answer.say() {
                    tracing::error!(%node, %error, times, "a peer gave an answer that cannot be read");
                }
                Err(PeerError::Lost)
            }
        }
    }

    /// Puts a chunk into the store of a replica. Not durable there before [`Core::flush_chunks`].
    pub(crate) async fn put_chunk(
        &self,
        node: NodeId,
        chunk: ChunkId,
        encoded: &EncodedChunk,
    ) -> Result<(), PutFailure> {
        let outcome = if node == self.me {
            self.put_here(chunk, encoded.clone()).await
        } else {
            self.put_there(node, chunk, encoded).await
        };
        if outcome == Err(PutFailure::NoSpace) {
            self.link(node).condition.lock().full_until = Some(Instant::now() + FULL_FOR);
        }
        outcome
    }

    pub(crate) async fn put_here(&self, chunk: ChunkId, encoded: EncodedChunk) -> Result<(), PutFailure> {
        self.store.put(self.key(chunk), encoded).await.map_err(|error| match error {
            StoreError::NoSpace => PutFailure::NoSpace,
            // The store tells once for all of them.
            StoreError::Short(_) => PutFailure::Failed,
            error => {
                if let Some(times) = self.alarms.put.say() {
                    tracing::warn!(%chunk, %error, times, "a chunk could not be written to this node's disks");
                }
                PutFailure::Failed
            }
        })
    }

    async fn put_there(
        &self,
        node: NodeId,
        chunk: ChunkId,
        encoded: &EncodedChunk,
    ) -> Result<(), PutFailure> {
        let link = self.link(node);
        if link.is_suspect() {
            return Err(PutFailure::Failed);
        }
        let _transfer = link.transfers.acquire().await.expect("the semaphore is never closed");
        // It may have become so while this call waited for its turn behind others.
        if link.is_suspect() {
            return Err(PutFailure::Failed);
        }
        let ask = Ask::PutChunk { volume: self.id, chunk };
        match self.ask(node, &ask, encoded.bytes().clone(), self.tuning.chunk_timeout).await {
            Ok((Answer::Stored, _)) => Ok(()),
            Ok((Answer::NoSpace, _)) => Err(PutFailure::NoSpace),
            _ => {
                self.suspect(&link);
                Err(PutFailure::Failed)
            }
        }
    }

    fn suspect(&self, link: &ReplicaLink) {
        link.condition.lock().suspect_until = Some(Instant::now() + self.tuning.suspect_for);
    }

    /// Makes chunks durable at a replica; returns those that are not there.
    pub(crate) async fn flush_chunks(self: &Arc<Self>, node: NodeId, chunks: Vec<ChunkId>) -> Vec<ChunkId> {
        let (done, missing) = oneshot::channel();
        let link = self.link(node);
        let all = chunks.clone();
        let start = {
            let mut flushes = link.flushes.lock();
            flushes.waiting.push(Flush { chunks, done });
            !std::mem::replace(&mut flushes.running, true)
        };
        if start {
            tokio::spawn(self.clone().run_flushes(link));
        }
        missing.await.unwrap_or(all)
    }

    async fn run_flushes(self: Arc<Self>, link: Arc<ReplicaLink>) {
        while let Some(batch) = next_flushes(&link) {
            let chunks: Vec<ChunkId> = batch.iter().flat_map(|flush| flush.chunks.iter().copied()).collect();
            self.stats.flushes.fetch_add(1, Relaxed);
            let missing = if link.node == self.me {
                self.flush_here(&chunks).await
            } else {
                self.flush_there(&link, chunks).await
            };
            for flush in batch {
                let missing = match &missing {
                    None => flush.chunks,
                    Some(all) => flush.chunks.into_iter().filter(|chunk| all.contains(chunk)).collect(),
                };
                let _ = flush.done.send(missing);
            }
        }
    }

    /// The chunks that are not here; `None` when nothing is known to be durable.
    pub(crate) async fn flush_here(&self, chunks: &[ChunkId]) -> Option<Vec<ChunkId>> {
        // What arrives while the flush runs is not covered by it.
        let there: Vec<bool> = chunks.iter().map(|chunk| self.store.contains(self.key(*chunk))).collect();
        if let Err(error) = self.store.flush().await {
            if let Some(times) = self.alarms.flush.say() {
                tracing::error!(%error, times, "this node's chunk store could not be flushed; its copies do not count");
            }
            return None;
        }
        let still = |(chunk, there): (&ChunkId, bool)| there && self.store.contains(self.key(*chunk));
        Some(chunks.iter().zip(there).filter(|pair| !still(*pair)).map(|(chunk, _)| *chunk).collect())
    }

    async fn flush_there(&self, link: &ReplicaLink, chunks: Vec<ChunkId>) -> Option<Vec<ChunkId>> {
        if link.is_suspect() {
            return None;
        }
        let ask = Ask::Flush { volume: self.id, chunks };
        let timeout = self.tuning.chunk_timeout * FLUSH_TIMEOUT_FACTOR;
        match self.ask(link.node, &ask, Bytes::new(), timeout).await {
            Ok((Answer::Flushed { missing }, _)) => Some(missing),
            _ => {
                self.suspect(link);
                None
            }
        }
    }

    pub(crate) fn key(&self, chunk: ChunkId) -> ChunkKey {
        ChunkKey { volume: self.id, chunk }
    }
}
