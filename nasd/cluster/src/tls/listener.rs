//! The listening end: handshakes beside each other, so that a slow one keeps nobody waiting, and a door whose places no
//! stranger can keep from a member.

use super::guarded::Guarded;
use super::pace::Pace;
use super::{shake, tune};
use crate::authority::node_of;
use crate::task::Task;
use nasd_base::door::{Door, DoorLimits, Place};
use nasd_base::net::{BoxFuture, Listener, Peer, Stream};
use nasd_base::rarely::Rarely;
use rustls::ServerConfig;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep};
use tokio_rustls::TlsAcceptor;

/// Unfinished handshakes, and strangers after theirs, may displace each other; members have places of their own.
pub const DOOR: DoorLimits = DoorLimits {
    strangers_max: 256,
    strangers_per_host_max: 32,
    known_max: 1024,
    // Several nodes may share an address, in a demo or behind a proxy; each has 64 at most.
    known_per_host_max: 512,
};
/// Finished connections of members, and of strangers, that nobody has accepted yet.
const READY_MAX: usize = 64;
/// The pause after the system refused to accept (out of descriptors).
const ACCEPT_RETRY: Duration = Duration::from_millis(100);
const COMPLAINTS_EVERY: Duration = Duration::from_secs(60);

type Ready = (Box<dyn Stream>, Peer);

/// A listening socket. Dropping it ends unfinished handshakes.
pub struct TlsListener {
    local: SocketAddr,
    members: mpsc::Receiver<Ready>,
    strangers: mpsc::Receiver<Ready>,
    _accepting: Task<()>,
}

/// Where finished connections go. Strangers wait in a line of their own, and where it is full they leave.
#[derive(Clone)]
struct Lines {
    members: mpsc::Sender<Ready>,
    strangers: mpsc::Sender<Ready>,
}

impl TlsListener {
    pub async fn bind(
        address: &str,
        config: Arc<ServerConfig>,
        limits: DoorLimits,
    ) -> io::Result<TlsListener> {
        let listener = TcpListener::bind(address).await?;
        let local = listener.local_addr()?;
        let (to_members, members) = mpsc::channel(READY_MAX);
        let (to_strangers, strangers) = mpsc::channel(READY_MAX);
        let lines = Lines { members: to_members, strangers: to_strangers };
        let accepting =
            Task::spawn(accept_all(listener, TlsAcceptor::from(config), lines, Door::new("node", limits)));
        Ok(TlsListener { local, members, strangers, _accepting: accepting })
    }
}

impl Listener for TlsListener {
    fn accept(&mut self) -> BoxFuture<'_, io::Result<Ready>> {
        Box::pin(async {
            let ready = tokio::select! {
                biased;
                ready = self.members.recv() => ready,
                ready = self.strangers.recv() => ready,
            };
            ready.ok_or_else(|| io::Error::new(io::ErrorKind::NotConnected, "the listener has stopped"))
        })
    }

    fn local_address(&self) -> io::Result<String> {
        Ok(self.local.to_string())
    }
}

async fn accept_all(listener: TcpListener, acceptor: TlsAcceptor, lines: Lines, door: Door) {
    let pace = Arc::new(Pace::default());
    let complaints = Rarely::new(1, COMPLAINTS_EVERY);
    loop {
        let (tcp, from) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                if let Some(times) = complaints.say(Instant::now()) {
                    tracing::warn!(
                        "cannot accept connections from other nodes: {error} ({times} since the last line)"
                    );
                }
                sleep(ACCEPT_RETRY).await;
                continue;
            }
        };
        // A handshake costs its caller less than this node: how many there are is for this node to say.
        if !pace.begin(from.ip(), Instant::now()) {
            continue;
        }
        let Some(place) = door.enter(from.ip()) else { continue };
        let (acceptor, lines, pace) = (acceptor.clone(), lines.clone(), pace.clone());
        tokio::spawn(async move {
            // Also when the listener is gone: nobody would take the connection.
            let accepted = tokio::select! {
                biased;
                () = lines.members.closed() => return,
                () = place.displaced() => return,
                accepted = accept(tcp, &acceptor) => accepted,
            };
            match accepted {
                Ok((stream, peer)) => {
                    if matches!(peer, Peer::Node(_)) {
                        pace.forgive(from.ip());
                    }
                    lines.pass_on(stream, peer, place).await;
                }
                Err(error) => tracing::debug!(%from, "refused a connection: {error}"),
            }
        });
    }
}

impl Lines {
    async fn pass_on(&self, stream: Box<dyn Stream>, peer: Peer, mut place: Place) {
        match peer {
            Peer::Node(node) if !place.become_known() => {
                tracing::debug!(%node, "no place for another connection of a member");
            }
            Peer::Node(_) => drop(self.members.send((Box::new(Guarded::new(stream, place)), peer)).await),
            Peer::Stranger => drop(self.strangers.try_send((Box::new(Guarded::new(stream, place)), peer))),
        }
    }
}

async fn accept(tcp: TcpStream, acceptor: &TlsAcceptor) -> io::Result<Ready> {
    tune(&tcp)?;
    let stream = shake(acceptor.accept(tcp)).await?;
    let peer = match stream.get_ref().1.peer_certificates() {
        None | Some([]) => Peer::Stranger,
        Some([certificate, ..]) => {
            let unnamed =
                || io::Error::new(io::ErrorKind::InvalidData, "the peer's certificate names no node");
            Peer::Node(node_of(certificate).ok_or_else(unnamed)?)
        }
    };
    Ok((Box::new(stream), peer))
}
