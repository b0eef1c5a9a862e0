//! Hands requests of other nodes to whom they are for.

use crate::pulse::Pulses;
use crate::report::Reporter;
use bytes::Bytes;
use nasd_base::net::{BoxFuture, Peer};
use nasd_base::{Clock, NodeId};
use nasd_cluster::{CurrentAuthority, Handler, Refusal, Service, serve_authority, serve_raft};
use nasd_fs::Router;
use nasd_raft::RaftNode;
use nasd_system::{JoinDesk, System};
use std::sync::Arc;
use tokio::time::Instant;

/// Everything on this node that answers other nodes.
pub struct Dispatcher {
    pub raft: RaftNode,
    pub router: Router,
    pub system: System,
    pub pulses: Arc<Pulses>,
    pub clock: Arc<dyn Clock>,
    pub reporter: Arc<Reporter>,
    /// Admits new nodes; absent where nobody can join (the simulation).
    pub desk: Option<JoinDesk>,
    /// What members get; absent as the desk is.
    pub authority: Option<Arc<CurrentAuthority>>,
}

impl Handler for Dispatcher {
    fn handle(
        &self,
        from: Peer,
        service: Service,
        header: Bytes,
        body: Bytes,
    ) -> BoxFuture<'_, Result<(Bytes, Bytes), Refusal>> {
        Box::pin(async move {
            match (service, from) {
                (Service::Join, _) => match &self.desk {
                    Some(desk) => desk.serve_join(header).await,
                    None => Err(Refusal("nobody can join here".to_owned())),
                },
                (_, Peer::Stranger) => Err(Refusal("only members may ask this".to_owned())),
                (service, Peer::Node(node)) => self.serve_member(node, service, header, body).await,
            }
        })
    }
}

impl Dispatcher {
    async fn serve_member(
        &self,
        node: NodeId,
        service: Service,
        header: Bytes,
        body: Bytes,
    ) -> Result<(Bytes, Bytes), Refusal> {
        match service {
            Service::Raft => serve_raft(&self.raft, node, header, body).await,
            Service::Files => self.router.serve(node, header, body).await.map_err(Refusal),
            Service::Control => self.system.serve_control(node, header, body).await,
            Service::Pulse => {
                self.pulses.hear(node, &header, Instant::now(), self.clock.now()).map_err(Refusal)?;
                Ok((Bytes::new(), Bytes::new()))
            }
            Service::Report => Ok((self.reporter.serve(&header).await, Bytes::new())),
            Service::Authority => match &self.authority {
                Some(authority) => Ok((serve_authority(authority), Bytes::new())),
                None => Err(Refusal("this node has no authority".to_owned())),
            },
            Service::Join => Err(Refusal("members have joined already".to_owned())),
        }
    }
}
