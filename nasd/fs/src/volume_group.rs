//! The Raft group of a volume as this crate needs it: a seam, so that a volume can run without a cluster.

use bytes::Bytes;
use nasd_base::net::BoxFuture;
pub use nasd_raft::{Leadership, ProposeError, Proposed, ReadMode};
use std::time::Duration;
use tokio::sync::watch;

/// Puts commands into one total order and applies each to the volume's state on every replica.
pub trait VolumeGroup: Send + Sync + 'static {
    /// Appends a command; returns the state machine's reply once a majority holds it and this node applied
    /// it. Commands proposed one after the other are applied in that order.
    fn propose(&self, command: Bytes) -> BoxFuture<'_, Result<Proposed, ProposeError>>;

    /// Who leads. `ready` is set once everything from earlier terms has been applied here.
    fn leadership(&self) -> watch::Receiver<Leadership>;

    /// Returns once reads of the local state are as new as any reply given before the call, and this node
    /// leads.
    fn read_barrier(&self, mode: ReadMode) -> BoxFuture<'_, Result<(), ProposeError>>;

    /// For how long from now surely nobody else leads; zero while this node does not.
    fn sole_for(&self) -> Duration;
}

impl VolumeGroup for nasd_raft::Group {
    fn propose(&self, command: Bytes) -> BoxFuture<'_, Result<Proposed, ProposeError>> {
        Box::pin(nasd_raft::Group::propose_timed(self, command))
    }

    fn leadership(&self) -> watch::Receiver<Leadership> {
        nasd_raft::Group::leadership(self)
    }

    fn read_barrier(&self, mode: ReadMode) -> BoxFuture<'_, Result<(), ProposeError>> {
        Box::pin(nasd_raft::Group::read_barrier(self, mode))
    }

    fn sole_for(&self) -> Duration {
        nasd_raft::Group::sole_for(self)
    }
}
