//! Strangers at the ports where the nodes talk to each other.

use super::{Tally, Targets, hold, hold_tls, many, stranger};
use tokio::task::JoinSet;

/// What nodes speak (ALPN).
const NODE_PROTOCOL: &[u8] = b"gotgan-node/1";
/// From a dozen addresses together: more than the handshakes that a node has ever let wait.
const SILENT_PER_NODE: usize = 400;
/// Twice the joiners that a node has ever listened to.
const JOINERS_PER_NODE: usize = 16;

pub fn begin(attacks: &mut JoinSet<()>, targets: &Targets, tally: &Tally) {
    for to in targets.node_ports.iter().copied() {
        let t = tally.clone();
        attacks.spawn(many(SILENT_PER_NODE, move |number| {
            Box::pin(hold(t.clone(), "silent connections to the node port", stranger(number), to, b""))
        }));
        let t = tally.clone();
        attacks.spawn(many(JOINERS_PER_NODE, move |number| {
            Box::pin(hold_tls(
                t.clone(),
                "joiners that say nothing",
                stranger(number),
                to,
                NODE_PROTOCOL,
                b"",
            ))
        }));
    }
}
