//! Owns the HTTPS server: handshakes, who is at the other end, how many at once, and how it ends.

use crate::access::Entrance;
use crate::connection::{self, Speaks};
use axum::http::{HeaderName, HeaderValue};
use axum::{Extension, Router};
use std::future::Future;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

/// Connections served at once; more wait in the backlog.
const CONNECTIONS_MAX: usize = 256;
/// A client that has not finished its handshake by then is cut off.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long requests may still run after the server was told to stop.
const GRACE: Duration = Duration::from_secs(5);
/// Pause after `accept` failed, so that a process out of file descriptors does not spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// HTTP/2 as TLS calls it (RFC 9113, section 3.1).
pub(crate) const HTTP_2: &[u8] = b"h2";

/// On every answer: nothing may run, frame or remember it.
const HEADERS: [(&str, &str); 6] = [
    ("strict-transport-security", "max-age=31536000"),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "no-referrer"),
    ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
    ("cache-control", "no-store"),
];

/// SHA-256 in lower-case hexadecimal: what a certificate (in DER) is pinned by.
pub fn sha256_hex(bytes: &[u8]) -> String {
    let digest = ring::digest::digest(&ring::digest::SHA256, bytes);
    digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Serves `router` through TLS until `shutdown` completes; then finishes the requests in progress, for at most
/// 5 s. Failures of single connections do not end it.
pub async fn serve_https(
    listener: TcpListener,
    tls: Arc<rustls::ServerConfig>,
    router: Router,
    shutdown: impl Future<Output = ()> + Send,
) {
    let router = router.layer(axum::middleware::map_response(strict));
    let (acceptor, places) = (TlsAcceptor::from(tls), Arc::new(Semaphore::new(CONNECTIONS_MAX)));
    let (stop, stopped) = watch::channel(());
    let mut connections = JoinSet::new();
    let mut shutdown = pin!(shutdown);
    loop {
        let next = async {
            let place = places.clone().acquire_owned().await.map_err(std::io::Error::other)?;
            let (stream, address) = listener.accept().await?;
            Ok::<_, std::io::Error>((stream, address.ip(), place))
        };
        let accepted = tokio::select! {
            accepted = next => accepted,
            Some(_) = connections.join_next() => continue,
            () = &mut shutdown => break,
        };
        match accepted {
            Ok((stream, address, place)) => {
                let (acceptor, router, stopped) = (acceptor.clone(), router.clone(), stopped.clone());
                connections.spawn(async move {
                    serve_connection(stream, address, acceptor, router, stopped).await;
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "cannot accept an HTTPS connection");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    drop(listener);
    let _ = stop.send(());
    let finished = async { while connections.join_next().await.is_some() {} };
    let _ = tokio::time::timeout(GRACE, finished).await;
}

async fn strict(mut response: axum::response::Response) -> axum::response::Response {
    for (name, value) in HEADERS {
        let header = HeaderName::from_static(name);
        response.headers_mut().entry(header).or_insert(HeaderValue::from_static(value));
    }
    response
}

async fn serve_connection(
    stream: TcpStream,
    address: IpAddr,
    acceptor: TlsAcceptor,
    router: Router,
    stopped: watch::Receiver<()>,
) {
    let Ok(Ok(stream)) = tokio::time::timeout(HANDSHAKE_TIMEOUT, acceptor.accept(stream)).await else {
        return;
    };
    let speaks = match stream.get_ref().1.alpn_protocol() {
        Some(HTTP_2) => Speaks::Http2,
        _ => Speaks::Http1,
    };
    connection::serve(stream, speaks, router.layer(Extension(Entrance::Network(address))), stopped).await;
}
