//! What this node knows of the volume's replicas: who does not answer, who is full, and the flushes that wait.

use crate::message::CHUNKS_PER_MESSAGE_MAX;
use nasd_base::{ChunkId, NodeId};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::{Semaphore, oneshot};
use tokio::time::Instant;

/// What this node knows of one replica.
pub(crate) struct ReplicaLink {
    pub(super) node: NodeId,
    pub(super) transfers: Semaphore,
    pub(super) condition: Mutex<Condition>,
    pub(super) flushes: Mutex<Flushes>,
}

#[derive(Default)]
pub(super) struct Condition {
    pub(super) suspect_until: Option<Instant>,
    pub(super) full_until: Option<Instant>,
}

#[derive(Default)]
pub(super) struct Flushes {
    pub(super) waiting: Vec<Flush>,
    pub(super) running: bool,
}

pub(super) struct Flush {
    pub(super) chunks: Vec<ChunkId>,
    /// Gets the chunks that are not there.
    pub(super) done: oneshot::Sender<Vec<ChunkId>>,
}

#[derive(Default)]
pub(crate) struct ReplicaLinks(pub(super) Mutex<HashMap<NodeId, Arc<ReplicaLink>>>);

impl ReplicaLink {
    pub(super) fn is_suspect(&self) -> bool {
        self.condition.lock().suspect_until.is_some_and(|until| Instant::now() < until)
    }

    pub(super) fn is_full(&self) -> bool {
        self.condition.lock().full_until.is_some_and(|until| Instant::now() < until)
    }
}

/// What the next flush covers; ends the run when nobody waits.
pub(super) fn next_flushes(link: &ReplicaLink) -> Option<Vec<Flush>> {
    let mut flushes = link.flushes.lock();
    let (mut count, mut named) = (0, 0);
    while let Some(flush) = flushes.waiting.get(count) {
        named += flush.chunks.len();
        if count > 0 && named > CHUNKS_PER_MESSAGE_MAX {
            break;
        }
        count += 1;
    }
    flushes.running = count > 0;
    (count > 0).then(|| flushes.waiting.drain(..count).collect())
}
