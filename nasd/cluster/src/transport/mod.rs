//! Requests and replies between nodes, over any [`Net`]: many in flight, answered in any order.
//!
//! ```text
//!   call ── Route ── Lane ── Link ═══ frames ═══ Server ── Handler
//!           per node  per kind  one connection
//! ```
//!
//! A connection carries requests one way only, from the node that opened it. Consensus, control, files and
//! bulk data have connections of their own, so that none queues behind the other. Both ends send beats; a
//! peer that was silent for two of them is dead. What is in flight is bounded in number and bytes; more waits.
//! See `docs/formats/node-frames.md` for the bytes.

pub mod frame;
mod lane;
mod link;
mod server;
pub mod stream;

use bytes::Bytes;
use frame::Frame;
use lane::{Dial, LaneKind, Route};
use link::{Answer, Sent};
use nasd_base::NodeId;
use nasd_base::net::{BoxFuture, Net, Peer};
use parking_lot::Mutex;
use server::Server;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, timeout_at};

/// Whom a request is for, within a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Service {
    /// The only one that strangers may use.
    Join = 0,
    Raft = 1,
    Files = 2,
    Control = 3,
    /// Each node's news for the others, once a second.
    Pulse = 4,
    /// What a node says of its disks, clients and load when it is asked.
    Report = 5,
    /// A member hands the cluster's authority to a member.
    Authority = 6,
}

impl Service {
    pub fn from_byte(byte: u8) -> Option<Service> {
        const ALL: [Service; 7] = [
            Service::Join,
            Service::Raft,
            Service::Files,
            Service::Control,
            Service::Pulse,
            Service::Report,
            Service::Authority,
        ];
        ALL.into_iter().find(|service| *service as u8 == byte)
    }
}

/// Answers requests. Calls overlap. A handler whose caller is gone runs on, unless its node was removed.
pub trait Handler: Send + Sync + 'static {
    /// `from` was proved by the network; strangers come with [`Service::Join`] only.
    fn handle(
        &self,
        from: Peer,
        service: Service,
        header: Bytes,
        body: Bytes,
    ) -> BoxFuture<'_, Result<(Bytes, Bytes), Refusal>>;
}

/// Why a request was not carried out, for the caller's operator.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Refusal(pub String);

/// Why a call has no reply.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// Never sent.
    #[error("{0}")]
    Unreachable(String),
    /// No reply in time. The request may have been carried out, or may be yet.
    #[error("no reply in time")]
    TimedOut,
    /// The connection was lost after sending. The request may have been carried out, or may be yet.
    #[error("the connection was lost before the reply came")]
    Broken,
    /// The other side's [`Refusal`].
    #[error("{0}")]
    Refused(String),
}

/// A node's connections to the others.
#[derive(Clone)]
pub struct Transport {
    inner: Arc<Inner>,
}

struct Inner {
    net: Arc<dyn Net>,
    me: NodeId,
    routes: Mutex<BTreeMap<NodeId, Arc<Route>>>,
    removed: watch::Sender<BTreeSet<NodeId>>,
    closing: watch::Sender<bool>,
    /// Each server task holds a clone; `close` waits until all are gone.
    alive: Mutex<Option<mpsc::Sender<()>>>,
    ended: tokio::sync::Mutex<mpsc::Receiver<()>>,
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Inner {
    fn stop(&self) {
        self.closing.send_replace(true);
        for route in self.routes.lock().values() {
            route.close();
        }
        self.alive.lock().take();
    }
}

impl Transport {
    pub fn new(net: Arc<dyn Net>, me: NodeId) -> Transport {
        let (alive, ended) = mpsc::channel(1);
        Transport {
            inner: Arc::new(Inner {
                net,
                me,
                routes: Mutex::default(),
                removed: watch::Sender::new(BTreeSet::new()),
                closing: watch::Sender::new(false),
                alive: Mutex::new(Some(alive)),
                ended: tokio::sync::Mutex::new(ended),
            }),
        }
    }

    /// This node.
    pub fn me(&self) -> NodeId {
        self.inner.me
    }

    /// Starts to answer at `address` and returns the address that was bound, with its real port.
    pub async fn listen(&self, address: &str, handler: Arc<dyn Handler>) -> io::Result<String> {
        let closed = || io::Error::new(io::ErrorKind::NotConnected, "the transport is closed");
        let alive = self.inner.alive.lock().clone().ok_or_else(closed)?;
        let listener = self.inner.net.listen(address).await?;
        let bound = listener.local_address()?;
        let server = Server::new(handler, self.inner.removed.subscribe(), self.inner.closing.subscribe());
        tokio::spawn(server.run(listener, alive));
        Ok(bound)
    }

    /// Says where a node is (`host:port`). `None`: it was removed; its connections are dropped, and it is
    /// refused in both directions. A node that was never named here is accepted, because the network has
    /// proved that it is a member, but cannot be called.
    pub fn set_address(&self, node: NodeId, address: Option<String>) {
        self.inner.removed.send_if_modified(|removed| match address {
            Some(_) => removed.remove(&node),
            None => removed.insert(node),
        });
        let mut routes = self.inner.routes.lock();
        if routes.get(&node).map(|route| &route.address) == address.as_ref() {
            return;
        }
        let old = match address {
            Some(address) => routes.insert(node, Route::new(address)),
            None => routes.remove(&node),
        };
        if let Some(old) = old {
            old.close();
        }
    }

    /// Sends a request and waits for its reply, `limit` in all.
    ///
    /// # Errors
    /// Only after `TimedOut` and `Broken` may the request have been carried out. A header above 1 MiB or a
    /// body above 8 MiB (and 64 KiB) is `Refused` without being sent.
    pub async fn call(
        &self,
        to: NodeId,
        service: Service,
        header: Bytes,
        body: Bytes,
        limit: Duration,
    ) -> Result<(Bytes, Bytes), CallError> {
        if !Frame::fits(&header, &body) {
            return Err(CallError::Refused("the request is larger than a frame can be".to_owned()));
        }
        let deadline = Instant::now() + limit;
        let sent = match timeout_at(deadline, self.send(to, service, header, body)).await {
            Ok(sent) => sent?,
            Err(_) => {
                let reason = format!("node {to} took no request within {} ms", limit.as_millis());
                return Err(CallError::Unreachable(reason));
            }
        };
        match timeout_at(deadline, sent.answer()).await {
            Ok(Some(Answer::Reply(header, body))) => Ok((header, body)),
            Ok(Some(Answer::Refusal(reason))) => Err(CallError::Refused(reason)),
            Ok(None) => Err(CallError::Broken),
            Err(_) => Err(CallError::TimedOut),
        }
    }

    /// Sends on the current connection, or on a new one when that turns out to be gone.
    async fn send(
        &self,
        to: NodeId,
        service: Service,
        header: Bytes,
        body: Bytes,
    ) -> Result<Sent, CallError> {
        const ATTEMPTS: usize = 3;
        let kind = LaneKind::of(service, body.len());
        let dial = Dial { net: self.inner.net.clone(), node: to };
        for _ in 0..ATTEMPTS {
            let link = self.route(to)?.link(&dial, kind).await?;
            if let Ok(sent) = link.send(service, header.clone(), body.clone()).await {
                return Ok(sent);
            }
        }
        Err(CallError::Unreachable(format!("connections to node {to} are lost as soon as they are opened")))
    }

    fn route(&self, to: NodeId) -> Result<Arc<Route>, CallError> {
        let unreachable = |reason: String| Err(CallError::Unreachable(reason));
        if *self.inner.closing.borrow() {
            return unreachable("this node is shutting down".to_owned());
        }
        if self.inner.removed.borrow().contains(&to) {
            return unreachable(format!("node {to} was removed from the cluster"));
        }
        match self.inner.routes.lock().get(&to) {
            Some(route) => Ok(route.clone()),
            None => unreachable(format!("no address is known for node {to}")),
        }
    }

    /// Stops listening, drops all connections and ends the handlers. Open calls fail with `Broken`.
    pub async fn close(&self) {
        self.inner.stop();
        let mut ended = self.inner.ended.lock().await;
        while ended.recv().await.is_some() {}
    }
}

#[cfg(test)]
mod tests;
