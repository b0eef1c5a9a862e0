//! Freeing inodes whose last name is gone, once no node holds them open: some seconds later, or as soon as something
//! would be refused for want of the room that they take.

use crate::core::Core;
use crate::leader::tenure::Tenure;
use crate::message::{Answer, Ask, INOS_PER_MESSAGE_MAX};
use crate::peers::PeerError;
use crate::refusal::ExecuteError;
use crate::upkeep::orphan_watch::Watch;
use bytes::Bytes;
use nasd_base::file::Caller;
use nasd_base::{Ino, NodeId, OpId};
use nasd_meta::{Change, Outcome};
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;
use tokio::time::Instant;

/// How long a node may take to say what it holds open.
const ASK_TIMEOUT: Duration = Duration::from_secs(3);

/// How long an orphan is left alone where room is wanted: opens that are under way take milliseconds.
const PRESSED_GRACE: Duration = Duration::from_millis(250);

/// How long a write waits for the disks to give back what was removed, and between two looks.
const ROOM_PATIENCE: Duration = Duration::from_secs(5);
const ROOM_POLL: Duration = Duration::from_millis(100);

/// A file is freed in steps of some GiB: more of them than the largest file has.
const STEPS_MAX: usize = 4096;

/// Orphans looked at in one round.
const ROUND: u32 = INOS_PER_MESSAGE_MAX as u32;

impl Core {
    /// Runs as long as the replica does.
    pub(crate) async fn orphan_loop(self: Arc<Self>) {
        loop {
            tokio::time::sleep(self.tuning.orphan_interval).await;
            let Ok(tenure) = self.tenure() else { continue };
            let mut watch = self.orphans.0.lock().await;
            watch.begin(tenure.term);
            if let Err(error) = self.reap_round(&tenure, &mut watch).await {
                tracing::debug!(%error, "orphans could not be reaped this time");
            }
        }
    }

    async fn reap_round(&self, tenure: &Arc<Tenure>, watch: &mut Watch) -> Result<(), ExecuteError> {
        let ages = watch.ages(&self.meta.orphans(ROUND)?);
        let old = ages.into_iter().filter(|(_, age)| *age >= self.tuning.orphan_grace);
        let mut old: Vec<Ino> = old.map(|(ino, _)| ino).collect();
        if old.is_empty() {
            return Ok(());
        }
        let Some(open) = self.open_anywhere(&old, watch).await else { return Ok(()) };
        old.retain(|ino| !open.contains(ino));
        self.reap(tenure, &old).await
    }

    /// Frees at once what was removed and nobody holds open, for somebody who would be refused for want of room
    /// otherwise. Says whether there is more room than when it was called.
    pub(crate) async fn reclaim(&self, tenure: &Arc<Tenure>) -> bool {
        let reaped = || self.stats.reaped.load(Relaxed);
        let before = reaped();
        let mut watch = self.orphans.0.lock().await;
        if reaped() != before {
            return true;
        }
        watch.begin(tenure.term);
        if let Err(error) = self.reclaim_round(tenure, &mut watch).await {
            tracing::debug!(%error, "what was removed could not be freed this time");
        }
        reaped() != before
    }

    async fn reclaim_round(&self, tenure: &Arc<Tenure>, watch: &mut Watch) -> Result<(), ExecuteError> {
        let mut orphans = self.meta.orphans(ROUND)?;
        if orphans.is_empty() || watch.knows_held(&orphans) {
            return Ok(());
        }
        let youngest = watch.ages(&orphans).into_iter().map(|(_, age)| age).min().unwrap_or_default();
        tokio::time::sleep(PRESSED_GRACE.saturating_sub(youngest)).await;
        let Some(open) = self.open_anywhere(&orphans, watch).await else { return Ok(()) };
        watch.held =
            Some((Instant::now(), orphans.iter().filter(|ino| open.contains(ino)).copied().collect()));
        orphans.retain(|ino| !open.contains(ino));
        for _ in 0..STEPS_MAX {
            if orphans.is_empty() {
                break;
            }
            self.reap(tenure, &orphans).await?;
            let left: HashSet<Ino> = self.meta.orphans(ROUND)?.into_iter().collect();
            orphans.retain(|ino| left.contains(ino));
        }
        Ok(())
    }

    /// Waits until the disks have room for `bytes` more, if room is being given back.
    pub(crate) async fn await_room(&self, tenure: &Arc<Tenure>, bytes: u64) {
        if bytes == 0 || self.has_room(bytes) || !self.reclaim(tenure).await {
            return;
        }
        let until = Instant::now() + ROOM_PATIENCE;
        while !self.has_room(bytes) && Instant::now() < until && !tenure.has_ended() {
            tokio::time::sleep(ROOM_POLL).await;
        }
    }

    async fn reap(&self, tenure: &Arc<Tenure>, old: &[Ino]) -> Result<(), ExecuteError> {
        if old.is_empty() {
            return Ok(());
        }
        let change = Change::Reap { inos: old.to_vec() };
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
                    all_said &= since.elapsed() >= self.tuning.unreachable_grace;
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
