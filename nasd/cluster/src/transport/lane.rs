//! The connections to one member: opened when needed, shared by all callers, opened again when lost.

use super::frame::BODY_BYTES_MAX;
use super::link::Link;
use super::{CallError, Service};
use nasd_base::NodeId;
use nasd_base::net::Net;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, timeout};

/// A connection that is not there after this long will not come.
pub const CONNECT_MAX: Duration = Duration::from_secs(2);
/// The first pause after a failed attempt; it doubles with each.
const RETRY_FIRST: Duration = Duration::from_millis(50);
/// The longest pause: a healed network is found within this and `CONNECT_MAX`.
const RETRY_MAX: Duration = Duration::from_millis(800);
/// A connection that lived this long ends a row of failures.
const SETTLED: Duration = Duration::from_secs(1);
/// Requests with a body beyond this use a connection of their own, out of the way of small ones.
const BULK_BYTES: usize = 64 << 10;

const _: () = assert!(BULK_BYTES < BODY_BYTES_MAX);

/// Which of a member's connections a call uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LaneKind {
    /// Consensus must not queue behind data, or leaders are deposed under load.
    Raft,
    Control,
    Files,
    Bulk,
}

impl LaneKind {
    pub const ALL: [LaneKind; 4] = [LaneKind::Raft, LaneKind::Control, LaneKind::Files, LaneKind::Bulk];

    pub fn of(service: Service, body_bytes: usize) -> LaneKind {
        match service {
            Service::Raft => LaneKind::Raft,
            Service::Join | Service::Control | Service::Pulse | Service::Report | Service::Authority => {
                LaneKind::Control
            }
            Service::Files if body_bytes > BULK_BYTES => LaneKind::Bulk,
            Service::Files => LaneKind::Files,
        }
    }
}

/// One member at one address.
pub struct Route {
    pub address: String,
    lanes: [watch::Sender<Lane>; LaneKind::ALL.len()],
    /// Becomes true when the member moved or was removed, or the transport closes.
    closing: watch::Sender<bool>,
}

enum Lane {
    Down { failures: u32, retry_at: Option<Instant>, reason: String },
    Dialing { failures: u32 },
    Up(Arc<Link>),
}

impl Route {
    pub fn new(address: String) -> Arc<Route> {
        let down = || Lane::Down { failures: 0, retry_at: None, reason: String::new() };
        let lanes = LaneKind::ALL.map(|_| watch::Sender::new(down()));
        Arc::new(Route { address, lanes, closing: watch::Sender::new(false) })
    }

    /// Ends the route's connections and attempts. Callers on it get `Unreachable` or `Broken`.
    pub fn close(&self) {
        self.closing.send_replace(true);
    }

    /// The lane's connection, opened if there is none.
    ///
    /// # Errors
    /// `Unreachable` when the attempt failed or the last failure was a moment ago. The attempt itself goes
    /// on when the caller gives up.
    pub async fn link(self: &Arc<Self>, dial: &Dial, kind: LaneKind) -> Result<Arc<Link>, CallError> {
        let lane = &self.lanes[kind as usize];
        let mut watching = lane.subscribe();
        loop {
            if *self.closing.borrow() {
                return Err(CallError::Unreachable(format!(
                    "node {} is no longer at {}",
                    dial.node, self.address
                )));
            }
            let now = Instant::now();
            let start = lane.send_if_modified(|state| match state {
                Lane::Down { failures, retry_at, .. } if retry_at.is_none_or(|at| at <= now) => {
                    *state = Lane::Dialing { failures: *failures };
                    true
                }
                _ => false,
            });
            if start {
                self.start(dial.clone(), kind);
            }
            match &*watching.borrow_and_update() {
                Lane::Up(link) if !link.is_closed() => return Ok(link.clone()),
                Lane::Down { retry_at: None, .. } => continue,
                Lane::Down { reason, .. } => return Err(CallError::Unreachable(reason.clone())),
                // A lost link is about to be marked down by the task that ran it.
                Lane::Dialing { .. } | Lane::Up(_) => {}
            }
            if watching.changed().await.is_err() {
                return Err(CallError::Unreachable("the node is shutting down".to_owned()));
            }
        }
    }

    /// Dials, and then runs the connection until it is lost.
    fn start(self: &Arc<Self>, dial: Dial, kind: LaneKind) {
        let route = self.clone();
        let mut closing = self.closing.subscribe();
        tokio::spawn(async move {
            tokio::select! {
                biased;
                _ = closing.wait_for(|closing| *closing) => {}
                () = route.run(&dial, kind) => return,
            }
            let reason = format!("node {} is no longer at {}", dial.node, route.address);
            route.lanes[kind as usize].send_replace(Lane::Down { failures: 0, retry_at: None, reason });
        });
    }

    async fn run(&self, dial: &Dial, kind: LaneKind) {
        let lane = &self.lanes[kind as usize];
        let failures = match &*lane.borrow() {
            Lane::Dialing { failures } => *failures,
            _ => 0,
        };
        let mut connected_at = None;
        let reason = match timeout(CONNECT_MAX, dial.net.connect(dial.node, &self.address)).await {
            Err(_) => format!("no connection within {} s", CONNECT_MAX.as_secs()),
            Ok(Err(error)) => error.to_string(),
            Ok(Ok(stream)) => {
                tracing::debug!(node = %dial.node, address = self.address, ?kind, "connected");
                connected_at = Some(Instant::now());
                let (link, run) = Link::open(stream);
                lane.send_replace(Lane::Up(link));
                let lost = run.await.to_string();
                tracing::info!(node = %dial.node, address = self.address, ?kind, "connection lost: {lost}");
                lost
            }
        };
        let settled = connected_at.is_some_and(|at| at.elapsed() >= SETTLED);
        let failures = if settled { 0 } else { failures + 1 };
        // A connection that held is opened again at once; one that was refused at once is not.
        let retry_at = (!settled).then(|| Instant::now() + pause(failures));
        let reason = format!("node {} at {}: {reason}", dial.node, self.address);
        lane.send_replace(Lane::Down { failures, retry_at, reason });
    }
}

/// What a connection attempt needs.
#[derive(Clone)]
pub struct Dial {
    pub net: Arc<dyn Net>,
    pub node: NodeId,
}

fn pause(failures: u32) -> Duration {
    RETRY_FIRST.saturating_mul(1 << failures.saturating_sub(1).min(8)).min(RETRY_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_cap() {
        let pauses: Vec<u128> = (1..8).map(|failures| pause(failures).as_millis()).collect();
        assert_eq!(pauses, [50, 100, 200, 400, 800, 800, 800]);
        assert_eq!(pause(u32::MAX), RETRY_MAX);
    }

    #[test]
    fn bulk_data_stays_off_the_lane_of_small_requests() {
        assert_eq!(LaneKind::of(Service::Raft, 1 << 20), LaneKind::Raft);
        assert_eq!(LaneKind::of(Service::Files, 1 << 20), LaneKind::Bulk);
        assert_eq!(LaneKind::of(Service::Files, 4096), LaneKind::Files);
    }
}
