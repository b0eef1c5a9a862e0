//! A network in memory for the crate's tests, with connections that can be cut and frozen.

use nasd_base::NodeId;
use nasd_base::net::{BoxFuture, Listener, Net, Peer, Stream};
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, ReadHalf, WriteHalf, duplex, split};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

const PIPE_BYTES: usize = 64 << 10;

type Accepted = (Box<dyn Stream>, Peer);

/// All hosts of one test.
#[derive(Clone, Default)]
pub struct World(Arc<Mutex<Hosts>>);

#[derive(Default)]
struct Hosts {
    listeners: BTreeMap<String, mpsc::Sender<Accepted>>,
    pumps: Vec<JoinHandle<()>>,
    gate: watch::Sender<bool>,
    dials: usize,
}

impl World {
    pub fn net(&self, me: Peer) -> Arc<dyn Net> {
        Arc::new(MemNet { world: self.clone(), me })
    }

    /// Ends all connections, as a switch that loses power.
    pub fn cut(&self) {
        self.0.lock().pumps.drain(..).for_each(|pump| pump.abort());
    }

    /// Holds all bytes back, or lets them flow again.
    pub fn freeze(&self, frozen: bool) {
        self.0.lock().gate.send_replace(frozen);
    }

    /// Connection attempts so far.
    pub fn dials(&self) -> usize {
        self.0.lock().dials
    }

    /// A raw stream to a listener.
    pub async fn connect(&self, address: &str, me: Peer) -> io::Result<DuplexStream> {
        let (near, middle_near) = duplex(PIPE_BYTES);
        let (middle_far, far) = duplex(PIPE_BYTES);
        let listener = {
            let mut hosts = self.0.lock();
            hosts.dials += 1;
            let gate = hosts.gate.subscribe();
            hosts.pumps.push(tokio::spawn(pump(middle_near, middle_far, gate)));
            hosts.listeners.get(address).cloned()
        };
        let refused = || io::Error::from(io::ErrorKind::ConnectionRefused);
        let listener = listener.ok_or_else(refused)?;
        listener.send((Box::new(far), me)).await.map_err(|_| refused())?;
        Ok(near)
    }
}

async fn pump(near: DuplexStream, far: DuplexStream, gate: watch::Receiver<bool>) {
    let ((near_read, near_write), (far_read, far_write)) = (split(near), split(far));
    // Like TCP after a close: when one way ends, so does the other.
    tokio::select! {
        biased;
        () = carry(near_read, far_write, gate.clone()) => {}
        () = carry(far_read, near_write, gate) => {}
    }
}

async fn carry(
    mut from: ReadHalf<DuplexStream>,
    mut to: WriteHalf<DuplexStream>,
    mut gate: watch::Receiver<bool>,
) {
    let mut buffer = vec![0; 16 << 10];
    loop {
        let Ok(count @ 1..) = from.read(&mut buffer).await else { return };
        if gate.wait_for(|frozen| !frozen).await.is_err() || to.write_all(&buffer[..count]).await.is_err() {
            return;
        }
    }
}

struct MemNet {
    world: World,
    me: Peer,
}

impl Net for MemNet {
    fn connect(&self, _node: NodeId, address: &str) -> BoxFuture<'_, io::Result<Box<dyn Stream>>> {
        let address = address.to_owned();
        Box::pin(async move { Ok(Box::new(self.world.connect(&address, self.me).await?) as Box<dyn Stream>) })
    }

    fn listen(&self, address: &str) -> BoxFuture<'_, io::Result<Box<dyn Listener>>> {
        let (sender, accepted) = mpsc::channel(16);
        self.world.0.lock().listeners.insert(address.to_owned(), sender);
        let listener = MemListener { address: address.to_owned(), accepted };
        Box::pin(async { Ok(Box::new(listener) as Box<dyn Listener>) })
    }
}

struct MemListener {
    address: String,
    accepted: mpsc::Receiver<Accepted>,
}

impl Listener for MemListener {
    fn accept(&mut self) -> BoxFuture<'_, io::Result<Accepted>> {
        Box::pin(async { self.accepted.recv().await.ok_or_else(|| io::ErrorKind::NotConnected.into()) })
    }

    fn local_address(&self) -> io::Result<String> {
        Ok(self.address.clone())
    }
}
