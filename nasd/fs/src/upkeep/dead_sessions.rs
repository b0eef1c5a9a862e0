//! Taking back the locks of mounts that are gone.
//!
//! The leader asks the node of every session that holds locks. Only that node's own word that the session is no
//! more, or the node's removal from the cluster, frees its locks: a node that does not answer may be cut off and
//! still believe in them.

use crate::core::Core;
use crate::leader::tenure::Tenure;
use crate::message::{Answer, Ask};
use crate::refusal::ExecuteError;
use bytes::Bytes;
use nasd_base::file::Caller;
use nasd_base::{NodeId, OpId};
use nasd_meta::{Change, LockSession};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// How long a node may take to say which of its mounts live.
const ASK_TIMEOUT: Duration = Duration::from_secs(3);

impl Core {
    /// Runs as long as the replica does.
    pub(crate) async fn session_loop(self: Arc<Self>) {
        loop {
            tokio::time::sleep(self.tuning.session_interval).await;
            let Ok(tenure) = self.tenure() else { continue };
            if let Err(error) = self.end_dead_sessions(&tenure).await {
                tracing::debug!(%error, "locks of mounts that ended could not be taken back this time");
            }
        }
    }

    async fn end_dead_sessions(&self, tenure: &Arc<Tenure>) -> Result<(), ExecuteError> {
        let mut by_node: BTreeMap<NodeId, Vec<u64>> = BTreeMap::new();
        for session in self.meta.lock_sessions()? {
            by_node.entry(session.node).or_default().push(session.id);
        }
        let asked = by_node.into_iter().map(|(node, sessions)| self.dead_of(node, sessions));
        for session in futures::future::join_all(asked).await.into_iter().flatten() {
            tracing::info!(node = %session.node, "a mount ended without giving its locks back: they are free now");
            tenure.committer.submit(Caller::root(), OpId::NONE, Change::EndSession { session }).await?;
            tenure.waits.wake();
        }
        Ok(())
    }

    /// The sessions that are surely over.
    async fn dead_of(&self, node: NodeId, sessions: Vec<u64>) -> Vec<LockSession> {
        // A node that is not among the members may also be one that this node has not heard of yet.
        let live = if self.removed.borrow().contains(&node) {
            // By the administrator: nobody listens to it any more.
            Vec::new()
        } else if node == self.me {
            let Some(table) = self.sessions() else { return Vec::new() };
            table.live_of(self.id, sessions.clone())
        } else {
            let ask = Ask::LiveSessions { volume: self.id, sessions: sessions.clone() };
            match self.ask(node, &ask, Bytes::new(), ASK_TIMEOUT).await {
                Ok((Answer::Live { sessions }, _)) => sessions,
                _ => return Vec::new(),
            }
        };
        let dead = sessions.into_iter().filter(|session| !live.contains(session));
        dead.map(|id| LockSession { node, id }).collect()
    }
}
