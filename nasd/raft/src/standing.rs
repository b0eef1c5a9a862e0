//! Who leads a group, as this replica sees it, and whether this replica may act as its leader.

use crate::config::Timing;
use crate::types::{Metrics, Raft};
use nasd_base::NodeId;
use openraft::async_runtime::WatchReceiver;
use openraft::{Instant, ServerState};
use std::time::Duration;
use tokio::sync::watch;

/// A replica's view of its group's leader.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Leadership {
    /// The leader of `term` as far as this replica knows.
    pub leader: Option<NodeId>,
    pub term: u64,
    /// This replica leads, has applied everything that earlier leaders have committed, and was in touch
    /// with a majority lately.
    pub ready: bool,
}

/// Whether this replica leads and has applied an entry of its own term, hence all earlier ones.
pub(crate) fn is_ready(metrics: &Metrics) -> bool {
    metrics.state == ServerState::Leader
        && metrics.vote.committed
        && metrics.vote.leader_id.node_id == metrics.id
        && metrics.last_applied.is_some_and(|applied| applied.leader_id == metrics.vote.leader_id)
}

/// Whether this replica is the only voter.
pub(crate) fn leads_alone(metrics: &Metrics) -> bool {
    let configs = metrics.membership_config.membership().get_joint_config();
    configs.iter().all(|voters| voters.len() == 1 && voters.contains(&metrics.id)) && !configs.is_empty()
}

/// Whether a leader has heard from a majority lately, or has just begun.
fn in_touch(metrics: &Metrics, silence_max: Duration) -> bool {
    leads_alone(metrics) || metrics.last_quorum_acked.is_none_or(|acked| acked.elapsed() < silence_max)
}

/// Keeps `standing` (for callers) and `leading` (whether proposals may still succeed) up to date until the
/// group stops.
pub(crate) async fn follow(
    raft: Raft,
    timing: Timing,
    standing: watch::Sender<Leadership>,
    leading: watch::Sender<bool>,
) {
    let silence_max = Duration::from_millis(2 * timing.lease_ms);
    let (mut metrics, mut server) = (raft.metrics(), raft.server_metrics());
    loop {
        let (now, leads, running) = {
            let metrics = metrics.borrow_and_update();
            server.borrow_and_update();
            view(&metrics, silence_max)
        };
        standing.send_if_modified(|old| std::mem::replace(old, now) != now);
        leading.send_if_modified(|old| std::mem::replace(old, leads) != leads);
        if !running {
            return;
        }
        // The full metrics change with every batch: look at them only while something there matters.
        let settled = now.ready || !leads;
        let changed = async {
            match settled {
                true => server.changed().await,
                false => metrics.changed().await,
            }
        };
        let pause = if leads { silence_max / 4 } else { Duration::from_secs(3600) };
        if let Ok(Err(_)) = tokio::time::timeout(pause, changed).await {
            standing.send_modify(|old| *old = Leadership { leader: None, ready: false, ..*old });
            leading.send_replace(false);
            return;
        }
    }
}

fn view(metrics: &Metrics, silence_max: Duration) -> (Leadership, bool, bool) {
    let running = metrics.running_state.is_ok();
    let leads = running && metrics.state == ServerState::Leader && in_touch(metrics, silence_max);
    let leader = metrics.current_leader.filter(|_| running).map(NodeId);
    let ready = leads && is_ready(metrics);
    (Leadership { leader, term: metrics.vote.leader_id.term, ready }, leads, running)
}
