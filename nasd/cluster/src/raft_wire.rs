//! Consensus messages over the transport.

use crate::transport::{CallError, Refusal, Service, Transport};
use crate::wire::decode_all;
use bytes::Bytes;
use nasd_base::net::BoxFuture;
use nasd_base::{GroupId, NodeId};
use nasd_raft::{RaftNode, Wire, WireError};
use std::time::Duration;

/// Carries the messages of all groups. The header of a request is the group's number, the body the message.
#[derive(Clone)]
pub struct RaftWire(pub Transport);

impl Wire for RaftWire {
    fn call(
        &self,
        to: NodeId,
        group: GroupId,
        message: Bytes,
        timeout: Duration,
    ) -> BoxFuture<'_, Result<Bytes, WireError>> {
        let header = postcard::to_stdvec(&group).expect("a number encodes").into();
        Box::pin(async move {
            match self.0.call(to, Service::Raft, header, message, timeout).await {
                Ok((_, body)) => Ok(body),
                Err(CallError::TimedOut) => Err(WireError::Timeout),
                Err(error) => Err(WireError::Unreachable(error.to_string())),
            }
        })
    }
}

/// The receiving end of [`Service::Raft`].
pub async fn serve_raft(
    raft: &RaftNode,
    from: NodeId,
    header: Bytes,
    body: Bytes,
) -> Result<(Bytes, Bytes), Refusal> {
    let group =
        decode_all(&header).ok_or_else(|| Refusal("a consensus message names no group".to_owned()))?;
    let reply = raft.receive(from, group, body).await.map_err(|error| Refusal(error.to_string()))?;
    Ok((Bytes::new(), reply))
}
