//! The appliance's network: mutual TLS 1.3 over TCP.
//!
//! A node's certificate names it (`node-<id>.gotgan`); the dialer accepts exactly the node it wants, the
//! listener learns who came. Both hold the key against the one that the cluster's state has for the node
//! ([`NodeKeys`]). Without a certificate a peer is a stranger; with another key it is nobody, and the handshake
//! fails. There is no resumption: every connection proves itself anew.

mod guarded;
mod keys;
mod listener;
mod member;
mod pace;
mod shown;
mod stranger;

pub use keys::NodeKeys;
pub use stranger::connect_to_join;

use crate::authority::node_name;
use crate::identity::Identity;
use listener::TlsListener;
use member::RegisteredMember;
use nasd_base::door::DoorLimits;
use nasd_base::net::{BoxFuture, Listener, Net, Stream};
use nasd_base::{Clock, NodeId};
use rustls::client::Resumption;
use rustls::crypto::{CryptoProvider, ring};
use rustls::server::NoServerSessionStorage;
use rustls::time_provider::TimeProvider;
use rustls::version::TLS13;
use rustls::{ClientConfig, ServerConfig};
use rustls_pki_types::{ServerName, UnixTime};
use shown::Shown;
use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

/// A peer that does not answer within this is down.
const CONNECT_MAX: Duration = Duration::from_secs(1);
/// A handshake that takes longer is somebody who holds a place.
const HANDSHAKE_MAX: Duration = Duration::from_secs(5);
/// Sent bytes that nobody acknowledges for this long end a connection.
const UNACKNOWLEDGED_MAX_MS: u32 = 5_000;
/// The protocol's name within TLS (ALPN): no other TLS client or server gets further.
const PROTOCOL: &[u8] = b"gotgan-node/1";

/// [`Net`] over TLS. Connections carry the identity's certificate, and are made with nodes whose keys are known.
pub struct TlsNet {
    client: TlsConnector,
    server: Arc<ServerConfig>,
    shown: Arc<Shown>,
    door: DoorLimits,
}

impl TlsNet {
    /// # Errors
    /// When the identity's certificates cannot be used for TLS.
    pub fn new(identity: &Identity, keys: Arc<NodeKeys>) -> io::Result<TlsNet> {
        let shown = Arc::new(Shown::new(identity).map_err(io::Error::other)?);
        let algorithms = provider().signature_verification_algorithms;
        let member = Arc::new(RegisteredMember { keys, algorithms });
        let client = client_config(shown.clone(), member.clone()).map_err(io::Error::other)?;
        let server = server_config(shown.clone(), member).map_err(io::Error::other)?;
        Ok(TlsNet {
            client: TlsConnector::from(Arc::new(client)),
            server: Arc::new(server),
            shown,
            door: listener::DOOR,
        })
    }

    /// With so many places where it listens, for a process that has not more descriptors to give.
    pub fn with_door(self, door: DoorLimits) -> TlsNet {
        TlsNet { door, ..self }
    }

    /// Shows this identity from the next handshake on.
    ///
    /// # Errors
    /// As [`TlsNet::new`]; then nothing has changed.
    pub fn show(&self, identity: &Identity) -> io::Result<()> {
        self.shown.replace(identity).map_err(io::Error::other)
    }
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

fn client_config(shown: Arc<Shown>, member: Arc<RegisteredMember>) -> Result<ClientConfig, rustls::Error> {
    let mut config = ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&TLS13])?
        .dangerous()
        .with_custom_certificate_verifier(member)
        .with_client_cert_resolver(shown);
    config.resumption = Resumption::disabled();
    config.alpn_protocols = vec![PROTOCOL.to_vec()];
    Ok(config)
}

fn server_config(shown: Arc<Shown>, member: Arc<RegisteredMember>) -> Result<ServerConfig, rustls::Error> {
    let mut config = ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&TLS13])?
        .with_client_cert_verifier(member)
        .with_cert_resolver(shown);
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    config.alpn_protocols = vec![PROTOCOL.to_vec()];
    Ok(config)
}

impl Net for TlsNet {
    fn connect(&self, node: NodeId, address: &str) -> BoxFuture<'_, io::Result<Box<dyn Stream>>> {
        let address = address.to_owned();
        Box::pin(async move {
            let tcp = dial(&address).await?;
            let name = ServerName::try_from(node_name(node)).map_err(io::Error::other)?;
            let stream = shake(self.client.connect(name, tcp)).await?;
            Ok(Box::new(stream) as Box<dyn Stream>)
        })
    }

    fn listen(&self, address: &str) -> BoxFuture<'_, io::Result<Box<dyn Listener>>> {
        let address = address.to_owned();
        Box::pin(async move {
            let listener = TlsListener::bind(&address, self.server.clone(), self.door).await?;
            Ok(Box::new(listener) as Box<dyn Listener>)
        })
    }
}

async fn dial(address: &str) -> io::Result<TcpStream> {
    let late = || io::Error::new(io::ErrorKind::TimedOut, "no answer to the connection attempt");
    let tcp = timeout(CONNECT_MAX, TcpStream::connect(address)).await.map_err(|_| late())??;
    tune(&tcp)?;
    Ok(tcp)
}

async fn shake<T>(handshake: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    let late = || io::Error::new(io::ErrorKind::TimedOut, "the TLS handshake took too long");
    let shaken = timeout(HANDSHAKE_MAX, handshake).await.map_err(|_| late())?;
    shaken.map_err(|error| io::Error::new(error.kind(), format!("TLS handshake: {error}")))
}

/// Small frames leave at once; a peer that vanished is noticed while bytes are on their way to it.
fn tune(tcp: &TcpStream) -> io::Result<()> {
    tcp.set_nodelay(true)?;
    rustix::net::sockopt::set_tcp_user_timeout(tcp, UNACKNOWLEDGED_MAX_MS)?;
    Ok(())
}

/// The node's clock, as TLS asks for it.
struct WallTime(Arc<dyn Clock>);

impl WallTime {
    fn now(&self) -> UnixTime {
        let secs = u64::try_from(self.0.now().secs).unwrap_or(0);
        UnixTime::since_unix_epoch(Duration::from_secs(secs))
    }
}

impl fmt::Debug for WallTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WallTime")
    }
}

impl TimeProvider for WallTime {
    fn current_time(&self) -> Option<UnixTime> {
        Some(self.now())
    }
}

#[cfg(test)]
mod tests;
