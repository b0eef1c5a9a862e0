//! The seam to the other nodes: one opaque call, which the daemon carries over its transport.

use bytes::Bytes;
use nasd_base::NodeId;
use nasd_base::net::BoxFuture;
use std::time::Duration;

/// Why a call to another node brought no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PeerError {
    /// Surely not executed: there was no connection to send it on.
    #[error("the node cannot be reached")]
    Unreachable,
    /// Sent, but no answer came: it may have been executed, or still be.
    #[error("the node did not answer")]
    Lost,
}

/// Calls between nodes.
///
/// What [`crate::Router`] sends here arrives at [`crate::Router::serve`] of node `to`, and that call's
/// result comes back. The header is small (bounded by the number of chunks one commit names: below 1 MiB);
/// the body is file data of at most 1 MiB and a little framing.
pub trait Peers: Send + Sync + 'static {
    /// # Errors
    /// [`PeerError::Unreachable`] only when the call was surely not executed. An answer that takes longer
    /// than `timeout`, and an error that the other side's `serve` returned, are [`PeerError::Lost`].
    fn call(
        &self,
        to: NodeId,
        header: Bytes,
        body: Bytes,
        timeout: Duration,
    ) -> BoxFuture<'_, Result<(Bytes, Bytes), PeerError>>;
}
