//! Carries `fs`'s calls between nodes over the cluster's transport.

use bytes::Bytes;
use nasd_base::NodeId;
use nasd_base::net::BoxFuture;
use nasd_cluster::{CallError, Service, Transport};
use nasd_fs::{PeerError, Peers};
use std::time::Duration;

/// [`Peers`] over [`Transport`].
pub struct TransportPeers(pub Transport);

impl Peers for TransportPeers {
    fn call(
        &self,
        to: NodeId,
        header: Bytes,
        body: Bytes,
        timeout: Duration,
    ) -> BoxFuture<'_, Result<(Bytes, Bytes), PeerError>> {
        Box::pin(async move {
            let answer = self.0.call(to, Service::Files, header, body, timeout).await;
            answer.map_err(|error| match error {
                CallError::Unreachable(_) => PeerError::Unreachable,
                CallError::TimedOut | CallError::Broken | CallError::Refused(_) => PeerError::Lost,
            })
        })
    }
}
