//! Freeing inodes whose last name is gone, once no node holds them open.

use crate::message::{Answer, Ask, INOS_PER_MESSAGE_MAX};
use crate::peers::PeerError;
use crate::refusal::ExecuteError;
use crate::tenure::Tenure;
use crate::volume::Core;
use bytes::Bytes;
use nasd_base::file::Caller;
use nasd_base::{Ino, NodeId, OpId};
use nasd_meta::{Change, Outcome};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;
use tokio::time::Instant;

/// How long a node may take to say what it holds open.
const ASK_TIMEOUT: Duration = Duration::from_secs(3);

/// Orphans looked at in one round.
const ROUND: u32 = INOS_PER_MESSAGE_MAX as u32;

/// What a leader remembers between rounds.
#[derive(Default)]
struct Watch {
    term: u64,
    /// When each orphan was first seen.
    seen: HashMap<Ino, Instant>,
    /// Since when each node has not answered.
    silent: HashMap<NodeId, Instant>,
}

impl Core {
    /// Runs as long as the replica does.
    pub(crate) async fn orphan_loop(self: Arc<Self>) {
        let mut watch = Watch::default();
        loop {
            tokio::time::sleep(self.limits.orphan_interval).await;
            let Ok(tenure) = self.tenure() else { continue };
            if watch.term != tenure.term {
                watch = Watch { term: tenure.term, ..Watch::default() };
            }
            if let Err(error) = self.reap_round(&tenure, &mut watch).await {
                tracing::debug!(%error, "orphans could not be reaped this time");
            }
        }
    }

    async fn reap_round(&self, tenure: &Arc<Tenure>, watch: &mut Watch) -> Result<(), ExecuteError> {
        let orphans = self.meta.orphans(ROUND)?;
        let now = Instant::now();
        let present: HashSet<Ino> = orphans.iter().copied().collect();
        watch.seen.retain(|ino, _| present.contains(ino));
        let mut old = orphans;
        old.retain(|ino| now - *watch.seen.entry(*ino).or_insert(now) >= self.limits.orphan_grace);
        if old.is_empty() {
            return Ok(());
        }
        let Some(open) = self.open_anywhere(&old, watch).await else { return Ok(()) };
        old.retain(|ino| !open.contains(ino));
        if old.is_empty() {
            return Ok(());
        }
        let change = Change::Reap { inos: old.clone() };
        let outcome = tenure.committer.submit(Caller::root(), OpId::NONE, change).await?;
        if let Outcome::Reaped { count } = outcome {
            self.stats.reaped.fetch_add(u64::from(count), Relaxed);
        }
        for file in old.iter().filter_map(|ino| tenure.files.peek(*ino)) {
            file.dirty().clear();
        }
        Ok(())
    }

    /// Those of `inos` that some node holds open; `None` while a node that may hold any does not say.
    async fn open_anywhere(&self, inos: &[Ino], watch: &mut Watch) -> Option<HashSet<Ino>> {
        let mut open: HashSet<Ino> = self.opens()?.open_of(self.id, inos).into_iter().collect();
        let nodes = self.nodes.borrow().clone();
        watch.silent.retain(|node, _| nodes.contains(node));
        let others = nodes.into_iter().filter(|node| *node != self.me);
        let asked = futures::future::join_all(
            others.map(|node| async move { (node, self.open_at(node, inos).await) }),
        )
        .await;
        let mut all_said = true;
        for (node, answer) in asked {
            match answer {
                Ok(held) => {
                    watch.silent.remove(&node);
                    open.extend(held);
                }
                Err(_) => {
                    let since = *watch.silent.entry(node).or_insert_with(Instant::now);
                    all_said &= since.elapsed() >= self.limits.unreachable_grace;
                }
            }
        }
        all_said.then_some(open)
    }

    async fn open_at(&self, node: NodeId, inos: &[Ino]) -> Result<Vec<Ino>, PeerError> {
        let ask = Ask::OpenInodes { volume: self.id, inos: inos.to_vec() };
        match self.ask(node, &ask, Bytes::new(), ASK_TIMEOUT).await? {
            (Answer::Open { inos }, _) => Ok(inos),
            _ => Err(PeerError::Lost),
        }
    }
}
