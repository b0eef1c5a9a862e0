//! Chunks that this replica should have and has not, or has damaged: fetched from the other replicas.

use crate::core::Core;
use crate::message::{Answer, Ask};
use crate::refusal::ExecuteError;
use bytes::Bytes;
use futures::StreamExt;
use nasd_base::{ChunkId, Errno};
use nasd_meta::FreshChunk;
use nasd_store::{EncodedChunk, StoreError};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

/// A chunk's upload may arrive just after the change that names it: wait before fetching it.
const SETTLE: Duration = Duration::from_secs(1);

/// After a round in which nothing could be fetched.
const DISCOURAGED: Duration = Duration::from_secs(5);

/// Chunks looked at in one round.
const ROUND: usize = 64;

enum Healing {
    Done,
    /// It is there already, or not needed any more.
    Unneeded,
    /// No replica that answered has a good copy.
    Unreachable,
}

impl Core {
    /// Fetches what is missing. Runs as long as the replica does.
    pub(crate) async fn heal_loop(self: Arc<Self>) {
        loop {
            let arrived = self.heal.arrived.notified();
            if self.heal.len() == 0 {
                arrived.await;
            }
            tokio::time::sleep(SETTLE).await;
            while self.heal.len() > 0 {
                if !self.heal_round().await {
                    tokio::time::sleep(DISCOURAGED).await;
                }
            }
        }
    }

    /// Whether anything came of it.
    async fn heal_round(self: &Arc<Self>) -> bool {
        let chunks = self.heal.take(ROUND);
        let heal = |chunk| async move { (chunk, self.heal_one(chunk).await) };
        let mut outcomes =
            futures::stream::iter(chunks).map(heal).buffer_unordered(self.tuning.heals_in_flight);
        let (mut progress, mut healed) = (false, 0);
        while let Some((chunk, outcome)) = outcomes.next().await {
            match outcome {
                Ok(Healing::Done) => healed += 1,
                Ok(Healing::Unneeded) => progress = true,
                Ok(Healing::Unreachable) | Err(_) => {
                    self.stats.unhealed.fetch_add(1, Relaxed);
                    self.heal.add(chunk);
                }
            }
        }
        drop(outcomes);
        self.stats.healed.fetch_add(healed, Relaxed);
        if healed > 0 {
            // A failure has been reported by the store; the chunks are found missing again if they are.
            self.flush_here(&[]).await;
        }
        progress || healed > 0
    }

    async fn heal_one(&self, chunk: ChunkId) -> Result<Healing, ExecuteError> {
        if self.store.contains(self.key(chunk)) {
            return Ok(Healing::Unneeded);
        }
        let Some(row) = self.meta.chunk(chunk)? else {
            // Deleted while it was damaged: what is left of it goes too, if nothing can name it any more.
            self.delete_garbage(vec![chunk]).await;
            return Ok(Healing::Unneeded);
        };
        let Some(encoded) = self.fetch_copy(row.chunk).await else { return Ok(Healing::Unreachable) };
        match self.put_here(chunk, encoded).await {
            Ok(()) => Ok(Healing::Done),
            Err(_) => Ok(Healing::Unreachable),
        }
    }

    /// A good copy of a chunk from another replica, the leader first.
    async fn fetch_copy(&self, fresh: FreshChunk) -> Option<EncodedChunk> {
        let leader = self.leader_hint();
        let mut others = self.replicas.borrow().clone();
        others.retain(|node| *node != self.me);
        others.sort_by_key(|node| Some(*node) != leader);
        for node in others {
            let ask = Ask::GetChunk { volume: self.id, chunk: fresh.chunk };
            let Ok((Answer::Chunk, body)) =
                self.ask(node, &ask, Bytes::new(), self.tuning.chunk_timeout).await
            else {
                continue;
            };
            match EncodedChunk::parse(body) {
                Ok(encoded) if encoded.digest() == fresh.digest => return Some(encoded),
                _ => tracing::warn!(%node, chunk = %fresh.chunk, "a replica sent a damaged copy of a chunk"),
            }
        }
        None
    }

    /// Answers a read whose chunk is bad or missing here from another replica, and puts the copy right.
    pub(crate) async fn repair(
        &self,
        fresh: FreshChunk,
        start: u32,
        len: u32,
        found: &StoreError,
    ) -> Result<Bytes, ExecuteError> {
        let (volume, chunk, said) = (self.id, fresh.chunk, self.alarms.repair.say());
        if let Some(times) = said {
            tracing::warn!(%volume, %chunk, error = %found, times, "repairing a chunk from another replica");
        }
        let Some(encoded) = self.fetch_copy(fresh).await else {
            if let Some(times) = said {
                tracing::error!(%volume, %chunk, times, "no replica that answers has a good copy of a chunk");
            }
            return Err(Errno::Io.into());
        };
        self.stats.repairs.fetch_add(1, Relaxed);
        let part = encoded.read(start, len).map_err(|_| Errno::Io)?;
        if self.put_here(fresh.chunk, encoded).await.is_err() {
            self.heal.add(fresh.chunk);
        }
        Ok(part)
    }

    /// Carries out what applied changes mean for the store. Runs as long as the replica does.
    pub(crate) async fn effects_loop(self: Arc<Self>) {
        let mut unflushed = false;
        loop {
            let pending = tokio::select! {
                biased;
                pending = self.effects.take() => pending,
                () = tokio::time::sleep(SETTLE), if unflushed => {
                    // This copy may be one that no commit waited for.
                    self.flush_here(&[]).await;
                    unflushed = false;
                    continue;
                }
            };
            unflushed |= !pending.named.is_empty();
            for fresh in &pending.named {
                if !self.store.contains(self.key(fresh.chunk)) {
                    self.heal.add(fresh.chunk);
                }
            }
            self.delete_here(&pending.freed).await;
            if pending.overflowed {
                self.reconcile().await;
            }
        }
    }

    /// Takes chunks out of this node's store. Failures leave garbage, which a sweep finds.
    pub(crate) async fn delete_here(&self, chunks: &[ChunkId]) {
        let keys: Vec<_> = chunks.iter().map(|chunk| self.key(*chunk)).collect();
        let keys: Vec<_> = keys.into_iter().filter(|key| self.store.holds(*key)).collect();
        if keys.is_empty() {
            return;
        }
        match self.store.delete(&keys).await {
            Ok(()) => {
                self.stats.chunks_deleted.fetch_add(keys.len() as u64, Relaxed);
            }
            Err(error) => tracing::warn!(%error, "chunks that are not needed could not be removed"),
        }
    }
}
