//! The answering side: accepted connections, their limits, and who is turned away.

use super::frame::{Frame, Kind, Limits, Prefix};
use super::link::{BYTES_IN_FLIGHT_MAX, CALLS_IN_FLIGHT_MAX, QUEUE_FRAMES};
use super::stream::{FrameReader, Outgoing, StreamError, write_frame, write_frames};
use super::{Handler, Refusal, Service};
use crate::task::Task;
use bytes::Bytes;
use futures::FutureExt;
use nasd_base::NodeId;
use nasd_base::door::{Door, DoorLimits, Place};
use nasd_base::net::{Listener, Peer, Stream};
use nasd_base::rarely::Rarely;
use parking_lot::Mutex;
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{ReadHalf, split};
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

/// Strangers' connections: joining is rare, and everybody can reach the port. One whose request is not here yet leaves
/// for the next that comes. Who they are is the network's to say, so that here they are one host's.
const STRANGERS: DoorLimits = DoorLimits {
    strangers_max: 256,
    strangers_per_host_max: 256,
    // Requests that are carried out; the desk sends those away at once that bring no token it knows.
    known_max: 32,
    known_per_host_max: 32,
};
/// A stranger's request must be here within this.
const STRANGER_REQUEST_MAX: Duration = Duration::from_secs(5);
/// A join waits for the system group, which may be electing a leader.
const STRANGER_ANSWER_MAX: Duration = Duration::from_secs(60);
/// Connections of one member at once: its lanes, and old ones that are not yet known to be dead.
const CONNECTIONS_PER_NODE_MAX: usize = 64;
/// A caller that takes no byte of its replies for this long is cut off: callers always read.
const REPLY_STALL_MAX: Duration = Duration::from_secs(10);
const COMPLAINTS_EVERY: Duration = Duration::from_secs(60);
/// The pause after the listener itself failed (out of descriptors).
const ACCEPT_RETRY: Duration = Duration::from_millis(100);

/// What all accepted connections share.
pub struct Server {
    pub handler: Arc<dyn Handler>,
    /// Nodes that are members no more.
    pub removed: watch::Receiver<BTreeSet<NodeId>>,
    pub closing: watch::Receiver<bool>,
    pub strangers: Door,
    pub connections: Mutex<BTreeMap<NodeId, usize>>,
    /// Each of these lines can be caused any number of times: by a removed node, or by one that runs wild.
    complaints: Rarely,
}

impl Server {
    pub fn new(
        handler: Arc<dyn Handler>,
        removed: watch::Receiver<BTreeSet<NodeId>>,
        closing: watch::Receiver<bool>,
    ) -> Arc<Server> {
        let strangers = Door::new("joining", STRANGERS);
        let complaints = Rarely::new(3, COMPLAINTS_EVERY);
        Arc::new(Server { handler, removed, closing, strangers, connections: Mutex::default(), complaints })
    }

    /// Accepts until the transport closes. Every connection task holds a clone of `alive`.
    pub async fn run(self: Arc<Self>, mut listener: Box<dyn Listener>, alive: mpsc::Sender<()>) {
        let mut closing = self.closing.clone();
        loop {
            let accepted = tokio::select! {
                biased;
                _ = closing.wait_for(|closing| *closing) => return,
                accepted = listener.accept() => accepted,
            };
            match accepted {
                Ok((stream, peer)) => {
                    let (server, alive) = (self.clone(), alive.clone());
                    tokio::spawn(async move {
                        server.serve(stream, peer).await;
                        drop(alive);
                    });
                }
                Err(error) => {
                    tracing::warn!("cannot accept connections from other nodes: {error}; trying again");
                    sleep(ACCEPT_RETRY).await;
                }
            }
        }
    }

    async fn serve(self: Arc<Self>, stream: Box<dyn Stream>, peer: Peer) {
        let mut closing = self.closing.clone();
        let mut removed = self.removed.clone();
        let gone = async move {
            match peer {
                Peer::Node(node) => drop(removed.wait_for(|removed| removed.contains(&node)).await),
                Peer::Stranger => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            _ = closing.wait_for(|closing| *closing) => {}
            () = gone => self.complain(peer, "refused a connection of a node that was removed"),
            () = self.serve_peer(stream, peer) => {}
        }
    }

    fn complain(&self, peer: Peer, what: &str) {
        if let Some(times) = self.complaints.say(Instant::now()) {
            tracing::warn!(?peer, times, "{what}");
        }
    }

    async fn serve_peer(&self, stream: Box<dyn Stream>, peer: Peer) {
        match peer {
            Peer::Node(node) => match Counted::new(&self.connections, node) {
                Some(counted) => {
                    // Dropped with this future (removal, shutdown) they end; after a lost connection they
                    // finish, because what they began may be half done.
                    let mut handlers = JoinSet::new();
                    let lost = self.serve_member(stream, node, &mut handlers).await;
                    tracing::debug!(%node, "connection ended: {lost}");
                    drop(counted);
                    while handlers.join_next().await.is_some() {}
                }
                None => self.complain(peer, "too many connections from one node; refused one"),
            },
            Peer::Stranger => {
                let Some(place) = self.strangers.enter(IpAddr::V4(Ipv4Addr::UNSPECIFIED)) else { return };
                if let Err(error) = self.serve_stranger(stream, place).await {
                    tracing::debug!("a stranger's connection ended: {error}");
                }
            }
        }
    }

    async fn serve_member(
        &self,
        stream: Box<dyn Stream>,
        node: NodeId,
        handlers: &mut JoinSet<()>,
    ) -> StreamError {
        let (read, write) = split(stream);
        let (queue, outgoing) = mpsc::channel(QUEUE_FRAMES);
        let mut writer = Task::spawn(write_frames(write, outgoing, Some(REPLY_STALL_MAX)));
        let reading = Reading {
            handler: &self.handler,
            node,
            slots: Arc::new(Semaphore::new(CALLS_IN_FLIGHT_MAX)),
            room: Arc::new(Semaphore::new(BYTES_IN_FLIGHT_MAX)),
            queue,
        };
        tokio::select! {
            biased;
            written = writer.join() => written.err().unwrap_or(StreamError::Closed),
            lost = reading.run(read, handlers) => lost,
        }
    }

    /// One small request to join, one answer.
    async fn serve_stranger(&self, mut stream: Box<dyn Stream>, mut place: Place) -> Result<(), StreamError> {
        let mut reader = FrameReader::patient(&mut stream, Limits::STRANGER, STRANGER_REQUEST_MAX);
        let request = async {
            let prefix = reader.prefix().await?;
            if prefix.kind != Kind::Request {
                return Err(StreamError::Unexpected("frame that is no request"));
            }
            Ok((prefix, reader.payload(&prefix).await?))
        };
        let (prefix, (header, body)) = tokio::select! {
            biased;
            () = place.displaced() => return Err(StreamError::Closed),
            request = timeout(STRANGER_REQUEST_MAX, request) => {
                request.map_err(|_| StreamError::Silent(STRANGER_REQUEST_MAX))??
            }
        };
        let outcome = if prefix.service != Service::Join as u8 {
            Err(Refusal("a node that is no member may only ask to join".to_owned()))
        } else if !place.become_known() {
            Err(Refusal("many machines ask to join at this moment; try again".to_owned()))
        } else {
            let handled = answer(&self.handler, Peer::Stranger, &prefix, header, body);
            let late = || Err(Refusal("the cluster did not answer in time; try again".to_owned()));
            timeout(STRANGER_ANSWER_MAX, handled).await.unwrap_or_else(|_| late())
        };
        let reply = reply_frame(prefix.call, outcome);
        let sent = write_frame(&mut stream, &reply);
        timeout(REPLY_STALL_MAX, sent).await.map_err(|_| StreamError::Stalled(REPLY_STALL_MAX))??;
        Ok(())
    }
}

/// Reads a member's requests and starts a handler for each.
struct Reading<'a> {
    handler: &'a Arc<dyn Handler>,
    node: NodeId,
    slots: Arc<Semaphore>,
    /// Bytes of requests being carried out and of replies not yet written. Running handlers may make more
    /// than fits; until that is written, no further request is read.
    room: Arc<Semaphore>,
    queue: mpsc::Sender<Outgoing>,
}

impl Reading<'_> {
    async fn run(self, read: ReadHalf<Box<dyn Stream>>, handlers: &mut JoinSet<()>) -> StreamError {
        let mut reader = FrameReader::new(read, Limits::MEMBER);
        loop {
            while handlers.try_join_next().is_some() {}
            if let Err(lost) = self.one(&mut reader, handlers).await {
                return lost;
            }
        }
    }

    async fn one(
        &self,
        reader: &mut FrameReader<ReadHalf<Box<dyn Stream>>>,
        handlers: &mut JoinSet<()>,
    ) -> Result<(), StreamError> {
        let prefix = reader.prefix().await?;
        match prefix.kind {
            Kind::Beat => return Ok(()),
            Kind::Request => {}
            Kind::Reply | Kind::Refusal => return Err(StreamError::Unexpected("reply")),
        }
        let slot = self.slots.clone().acquire_owned().await.expect("never closed");
        let room = self.room.clone().acquire_many_owned(prefix.payload_bytes() as u32);
        let request_room = room.await.expect("never closed");
        let (header, body) = reader.payload(&prefix).await?;
        let (handler, room, queue) = (self.handler.clone(), self.room.clone(), self.queue.clone());
        let from = Peer::Node(self.node);
        handlers.spawn(async move {
            let outcome = answer(&handler, from, &prefix, header, body).await;
            // Given back first: holding on to it while waiting for more could block everybody.
            drop(request_room);
            let frame = reply_frame(prefix.call, outcome);
            let bytes = (frame.header.len() + frame.body.len()) as u32;
            let reply_room = room.acquire_many_owned(bytes).await.expect("never closed");
            let _ = queue.send(Outgoing { frame, room: vec![slot, reply_room] }).await;
        });
        Ok(())
    }
}

/// Calls the handler. A panic in it is an answer like any other, not the end of the connection.
async fn answer(
    handler: &Arc<dyn Handler>,
    from: Peer,
    prefix: &Prefix,
    header: Bytes,
    body: Bytes,
) -> Result<(Bytes, Bytes), Refusal> {
    let Some(service) = Service::from_byte(prefix.service) else {
        return Err(Refusal(format!("service {} is not known here; is this node older?", prefix.service)));
    };
    let handled = AssertUnwindSafe(async { handler.handle(from, service, header, body).await });
    match handled.catch_unwind().await {
        Ok(outcome) => outcome,
        Err(_) => Err(Refusal("the request failed inside the node; its journal has the details".to_owned())),
    }
}

fn reply_frame(call: u64, outcome: Result<(Bytes, Bytes), Refusal>) -> Frame {
    match outcome {
        Ok((header, body)) if Frame::fits(&header, &body) => Frame::reply(call, header, body),
        Ok(_) => Frame::refusal(call, "the reply is larger than a frame can be"),
        Err(Refusal(reason)) => Frame::refusal(call, &reason),
    }
}

/// Counts a node's connections.
struct Counted<'a> {
    connections: &'a Mutex<BTreeMap<NodeId, usize>>,
    node: NodeId,
}

impl<'a> Counted<'a> {
    fn new(connections: &'a Mutex<BTreeMap<NodeId, usize>>, node: NodeId) -> Option<Counted<'a>> {
        let mut counts = connections.lock();
        let count = counts.entry(node).or_default();
        if *count >= CONNECTIONS_PER_NODE_MAX {
            return None;
        }
        *count += 1;
        Some(Counted { connections, node })
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        let mut counts = self.connections.lock();
        if let Some(count) = counts.get_mut(&self.node) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.node);
            }
        }
    }
}
