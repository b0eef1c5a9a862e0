//! Owns how this node measures the way to another: small calls, and a few large ones, over the connections that the
//! cluster uses.

use crate::machine::Question;
use bytes::Bytes;
use nasd_base::NodeId;
use nasd_cluster::{Service, Transport};
use std::time::Duration;
use tokio::time::{Instant, sleep};

const SMALL_CALLS: u32 = 10;
const SMALL_PATIENCE: Duration = Duration::from_millis(800);
/// Between two small calls.
const PAUSE: Duration = Duration::from_millis(20);
/// As many that were lost in a row, and the node counts as silent.
const LOST_MAX: u32 = 3;
/// Of a large call, and how many: a moment of a slow network, and clients hardly notice.
const LARGE_BYTES: usize = 1 << 20;
const LARGE_CALLS: u32 = 4;
const LARGE_PATIENCE: Duration = Duration::from_secs(4);

/// The way to a node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Way {
    /// How long each small call took that was answered.
    pub trips: Vec<Duration>,
    pub sent: u32,
    /// Bytes that were sent in large calls, and how long they took; nothing where one was lost.
    pub large: Option<(u64, Duration)>,
}

/// Asks until enough is known, or the node counts as silent.
pub async fn measure(transport: &Transport, node: NodeId) -> Way {
    let mut way = Way::default();
    let mut lost_in_a_row = 0;
    while way.sent < SMALL_CALLS && lost_in_a_row < LOST_MAX {
        way.sent += 1;
        match call(transport, node, Bytes::new(), SMALL_PATIENCE).await {
            Some(took) => {
                lost_in_a_row = 0;
                way.trips.push(took);
            }
            None => lost_in_a_row += 1,
        }
        sleep(PAUSE).await;
    }
    if lost_in_a_row < LOST_MAX {
        way.large = large(transport, node).await;
    }
    way
}

async fn large(transport: &Transport, node: NodeId) -> Option<(u64, Duration)> {
    // Bytes that no link on the way makes shorter.
    let load: Bytes = (0..LARGE_BYTES as u32).map(|at| (at.wrapping_mul(0x9E37_79B9) >> 24) as u8).collect();
    let begun = Instant::now();
    for _ in 0..LARGE_CALLS {
        call(transport, node, load.clone(), LARGE_PATIENCE).await?;
    }
    Some((LARGE_BYTES as u64 * u64::from(LARGE_CALLS), begun.elapsed()))
}

async fn call(transport: &Transport, node: NodeId, load: Bytes, patience: Duration) -> Option<Duration> {
    let question = postcard::to_stdvec(&Question::Ping).ok()?;
    let begun = Instant::now();
    transport.call(node, Service::Report, question.into(), load, patience).await.ok()?;
    Some(begun.elapsed())
}
