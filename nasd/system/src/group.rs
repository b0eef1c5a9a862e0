//! The system group as the service above it sees it.

use bytes::Bytes;
use nasd_base::net::BoxFuture;
use nasd_raft::{Group, Leadership, ProposeError};
use tokio::sync::watch;

/// The replicated log under the system's state.
pub trait SystemGroup: Send + Sync + 'static {
    /// Proposes an entry and returns the state machine's reply to it.
    fn propose(&self, entry: Bytes) -> BoxFuture<'_, Result<Bytes, ProposeError>>;

    fn leadership(&self) -> watch::Receiver<Leadership>;
}

impl SystemGroup for Group {
    fn propose(&self, entry: Bytes) -> BoxFuture<'_, Result<Bytes, ProposeError>> {
        Box::pin(Group::propose(self, entry))
    }

    fn leadership(&self) -> watch::Receiver<Leadership> {
        Group::leadership(self)
    }
}
