//! Who leads a group, as this replica sees it, and whether this replica may act as its leader.

use crate::config::Timing;
use crate::types::{Metrics, ServerMetrics, Types};
use nasd_base::NodeId;
use openraft::async_runtime::WatchReceiver;
use openraft::type_config::alias::WatchReceiverOf;
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
///
/// `begins` is called whenever this replica becomes ready to lead.
///
/// openraft tells of a change of leader in two places, first in `server` and a moment later in `metrics`.
pub(crate) async fn follow(
    mut metrics: WatchReceiverOf<Types, Metrics>,
    mut server: WatchReceiverOf<Types, ServerMetrics>,
    timing: Timing,
    (standing, leading): (watch::Sender<Leadership>, watch::Sender<bool>),
    begins: impl Fn(),
) {
    let silence_max = Duration::from_millis(2 * timing.lease_ms);
    loop {
        let (now, leads, running, agreed, cut_off) = {
            let metrics = metrics.borrow_and_update();
            let agreed = agree(&metrics, &server.borrow_and_update());
            let (now, leads, running) = view(&metrics, silence_max);
            (now, leads, running, agreed, !leads && metrics.state == ServerState::Leader)
        };
        if now.ready && !standing.borrow().ready {
            begins();
        }
        standing.send_if_modified(|old| std::mem::replace(old, now) != now);
        leading.send_if_modified(|old| std::mem::replace(old, leads) != leads);
        if !running {
            return;
        }
        // The full metrics change with every batch: look at them only while something there matters.
        // To be in touch with a majority again is not a change of leader.
        let settled = agreed && !cut_off && (now.ready || !leads);
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

/// Whether the full metrics show the change of leader that the server's do.
fn agree(metrics: &Metrics, server: &ServerMetrics) -> bool {
    metrics.state == server.state
        && metrics.vote == server.vote
        && metrics.current_leader == server.current_leader
}

fn view(metrics: &Metrics, silence_max: Duration) -> (Leadership, bool, bool) {
    let running = metrics.running_state.is_ok();
    let leads = running && metrics.state == ServerState::Leader && in_touch(metrics, silence_max);
    let leader = metrics.current_leader.filter(|_| running).map(NodeId);
    let ready = leads && is_ready(metrics);
    (Leadership { leader, term: metrics.vote.leader_id.term, ready }, leads, running)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::{LogId, Vote};
    use openraft::async_runtime::WatchSender;
    use openraft::type_config::TypeConfigExt;

    const LEADER: NodeId = NodeId(1);

    fn server(metrics: &Metrics) -> ServerMetrics {
        ServerMetrics {
            id: metrics.id,
            vote: metrics.vote,
            state: metrics.state,
            current_leader: metrics.current_leader,
            membership_config: metrics.membership_config.clone(),
            committed_membership_config: metrics.committed_membership_config.clone(),
        }
    }

    /// Nodes on a busy machine lost each other for three seconds. Nobody else was elected, the leader heard from
    /// them again, and yet served nobody until it was restarted: it waited for the next change of leader.
    #[tokio::test(start_paused = true)]
    async fn a_leader_that_was_out_of_touch_for_a_while_serves_again() {
        let timing = crate::RaftConfig::new(LEADER, std::sync::Arc::new(nasd_base::OsEntropy)).timing();
        let mut metrics = Metrics::new_initial(LEADER.0);
        metrics.state = ServerState::Leader;
        metrics.vote = Vote::new_committed(1, LEADER.0);
        metrics.current_leader = Some(LEADER.0);
        metrics.last_applied = Some(LogId { leader_id: metrics.vote.leader_id, index: 1 });
        metrics.last_quorum_acked = Some(Types::now().into());
        let (metrics_sender, metrics_receiver) = Types::watch_channel(metrics.clone());
        let (_server_sender, server_metrics) = Types::watch_channel(server(&metrics));
        let (standing_sender, mut standing) = watch::channel(Leadership::default());
        tokio::spawn(follow(
            metrics_receiver,
            server_metrics,
            timing,
            (standing_sender, watch::channel(false).0),
            || {},
        ));
        let patience = Duration::from_secs(60);
        let ready = async |standing: &mut watch::Receiver<Leadership>, wanted: bool| {
            let seen = tokio::time::timeout(patience, standing.wait_for(|now| now.ready == wanted)).await;
            seen.expect("in time").unwrap();
        };
        ready(&mut standing, true).await;
        ready(&mut standing, false).await;
        metrics.last_quorum_acked = Some(Types::now().into());
        metrics_sender.send(metrics).unwrap();
        ready(&mut standing, true).await;
    }

    /// A copy of thousands of files came to a stop after the leader was killed, and in CI after a restart:
    /// the new leader led, but its replica did not hear of it and served nobody. It had looked between
    /// openraft's two announcements, and went to sleep until the next change of leader.
    #[tokio::test(start_paused = true)]
    async fn a_leader_that_is_announced_in_two_steps_is_heard_of() {
        let before = Metrics::new_initial(LEADER.0);
        let (metrics_sender, metrics) = Types::watch_channel(before.clone());
        let (server_sender, server_metrics) = Types::watch_channel(server(&before));
        let (standing_sender, mut standing) = watch::channel(Leadership::default());
        let timing = crate::RaftConfig::new(LEADER, std::sync::Arc::new(nasd_base::OsEntropy)).timing();
        let senders = (standing_sender, watch::channel(false).0);
        tokio::spawn(follow(metrics, server_metrics, timing, senders, || {}));
        tokio::time::sleep(Duration::from_millis(1)).await;

        let mut after = before;
        after.state = ServerState::Leader;
        after.vote = Vote::new_committed(1, LEADER.0);
        after.current_leader = Some(LEADER.0);
        after.last_applied = Some(LogId { leader_id: after.vote.leader_id, index: 1 });
        server_sender.send(server(&after)).unwrap();
        tokio::time::sleep(Duration::from_millis(1)).await;
        metrics_sender.send(after).unwrap();
        let heard = tokio::time::timeout(Duration::from_secs(5), standing.wait_for(|now| now.ready)).await;
        assert_eq!(heard.expect("in time").unwrap().leader, Some(LEADER));
    }
}
