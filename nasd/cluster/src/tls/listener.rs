//! The listening end: handshakes beside each other, so that a slow one keeps nobody waiting.

use super::{shake, tune};
use crate::authority::node_of;
use crate::task::Task;
use nasd_base::net::{BoxFuture, Listener, Peer, Stream};
use parking_lot::Mutex;
use rustls::ServerConfig;
use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::sleep;
use tokio_rustls::TlsAcceptor;

/// Unfinished handshakes in all; further connections are closed.
const HANDSHAKES_MAX: usize = 256;
/// Unfinished handshakes of one address: a flood from one host leaves room for the others.
const HANDSHAKES_PER_HOST_MAX: usize = 32;
/// Finished connections that nobody has accepted yet.
const READY_MAX: usize = 64;
/// The pause after the system refused to accept (out of descriptors).
const ACCEPT_RETRY: Duration = Duration::from_millis(100);

type Ready = (Box<dyn Stream>, Peer);

/// A listening socket. Dropping it ends unfinished handshakes.
pub struct TlsListener {
    local: SocketAddr,
    ready: mpsc::Receiver<Ready>,
    _accepting: Task<()>,
}

impl TlsListener {
    pub async fn bind(address: &str, config: Arc<ServerConfig>) -> io::Result<TlsListener> {
        let listener = TcpListener::bind(address).await?;
        let local = listener.local_addr()?;
        let (sender, ready) = mpsc::channel(READY_MAX);
        let accepting = Task::spawn(accept_all(listener, TlsAcceptor::from(config), sender));
        Ok(TlsListener { local, ready, _accepting: accepting })
    }
}

impl Listener for TlsListener {
    fn accept(&mut self) -> BoxFuture<'_, io::Result<Ready>> {
        Box::pin(async {
            let gone = || io::Error::new(io::ErrorKind::NotConnected, "the listener has stopped");
            self.ready.recv().await.ok_or_else(gone)
        })
    }

    fn local_address(&self) -> io::Result<String> {
        Ok(self.local.to_string())
    }
}

async fn accept_all(listener: TcpListener, acceptor: TlsAcceptor, ready: mpsc::Sender<Ready>) {
    let waiting = Arc::new(Waiting::default());
    loop {
        let (tcp, from) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!("cannot accept a connection: {error}");
                sleep(ACCEPT_RETRY).await;
                continue;
            }
        };
        let Some(place) = Place::take(&waiting, from.ip()) else {
            tracing::debug!(%from, "too many unfinished handshakes; closed a connection");
            continue;
        };
        let (acceptor, ready) = (acceptor.clone(), ready.clone());
        tokio::spawn(async move {
            // Also when the listener is gone: nobody would take the connection.
            let accepted = tokio::select! {
                biased;
                () = ready.closed() => return,
                accepted = accept(tcp, &acceptor) => accepted,
            };
            drop(place);
            match accepted {
                Ok(accepted) => drop(ready.send(accepted).await),
                Err(error) => tracing::debug!(%from, "refused a connection: {error}"),
            }
        });
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

/// Unfinished handshakes by host.
#[derive(Default)]
struct Waiting(Mutex<BTreeMap<IpAddr, usize>>);

struct Place {
    waiting: Arc<Waiting>,
    host: IpAddr,
}

impl Place {
    fn take(waiting: &Arc<Waiting>, host: IpAddr) -> Option<Place> {
        let mut counts = waiting.0.lock();
        let of_host = counts.get(&host).copied().unwrap_or(0);
        if of_host >= HANDSHAKES_PER_HOST_MAX || counts.values().sum::<usize>() >= HANDSHAKES_MAX {
            return None;
        }
        counts.insert(host, of_host + 1);
        Some(Place { waiting: waiting.clone(), host })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut counts = self.waiting.0.lock();
        match counts.get_mut(&self.host) {
            Some(count) if *count > 1 => *count -= 1,
            _ => drop(counts.remove(&self.host)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_host_cannot_take_all_places() {
        let waiting = Arc::new(Waiting::default());
        let flood: IpAddr = "192.0.2.66".parse().unwrap();
        let mut places: Vec<Place> =
            (0..HANDSHAKES_PER_HOST_MAX).map(|_| Place::take(&waiting, flood).unwrap()).collect();
        assert!(Place::take(&waiting, flood).is_none());
        assert!(Place::take(&waiting, "192.0.2.1".parse().unwrap()).is_some());
        places.pop();
        assert!(Place::take(&waiting, flood).is_some());
        drop(places);
        assert!(waiting.0.lock().is_empty());
    }
}
