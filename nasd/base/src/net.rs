//! How nodes reach each other: byte streams between authenticated peers, as a seam.
//!
//! The appliance's implementation is mutual TLS over TCP (in `cluster`); the simulation's is turmoil's
//! network. Everything above sees only these traits.

use crate::NodeId;
use std::future::Future;
use std::io;
use std::pin::Pin;
use tokio::io::{AsyncRead, AsyncWrite};

/// A future that can be sent between threads.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// An ordered, reliable stream of bytes.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// Who is at the other end, as the transport has proved it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peer {
    /// A member: its certificate was signed by the cluster's authority and names this node.
    Node(NodeId),
    /// Nobody that is known: may only ask to join.
    Stranger,
}

/// The node-to-node network.
pub trait Net: Send + Sync + 'static {
    /// Opens a stream to a member at `address` (`host:port`). Fails when the peer there cannot prove that it
    /// is `node`.
    fn connect(&self, node: NodeId, address: &str) -> BoxFuture<'_, io::Result<Box<dyn Stream>>>;

    /// Starts to listen at `address`.
    fn listen(&self, address: &str) -> BoxFuture<'_, io::Result<Box<dyn Listener>>>;
}

/// Accepts streams. An error of one handshake is not an error of the listener: it is skipped.
pub trait Listener: Send {
    fn accept(&mut self) -> BoxFuture<'_, io::Result<(Box<dyn Stream>, Peer)>>;

    /// The address that was bound, with its real port.
    fn local_address(&self) -> io::Result<String>;
}
