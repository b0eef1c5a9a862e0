//! Owns the HTTPS server: handshakes, who is at the other end, who has a place, and how it ends.

use crate::access::Entrance;
use crate::connection::{self, Speaks};
use crate::standing::Standing;
use axum::http::{HeaderName, HeaderValue};
use axum::{Extension, Router};
use nasd_base::door::{Door, DoorLimits};
use nasd_base::rarely::Rarely;
use std::future::Future;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_rustls::TlsAcceptor;

/// Connections served at once, unless the process says otherwise. Strangers have a fourth of them, and one host half
/// of what there is.
pub const HTTPS_DOOR: DoorLimits =
    DoorLimits { strangers_max: 64, strangers_per_host_max: 32, known_max: 192, known_per_host_max: 96 };
/// A client that has not finished its handshake by then is cut off.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long requests may still run after the server was told to stop.
const GRACE: Duration = Duration::from_secs(5);
/// Pause after `accept` failed, so that a process out of file descriptors does not spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// How often that is said.
const COMPLAINTS_EVERY: Duration = Duration::from_secs(60);

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

/// Serves `router` through TLS until `shutdown` completes, to whom `door` lets in; then finishes the requests in
/// progress, for at most 5 s. Failures of single connections do not end it.
pub async fn serve_https(
    listener: TcpListener,
    tls: Arc<rustls::ServerConfig>,
    router: Router,
    door: Door,
    shutdown: impl Future<Output = ()> + Send,
) {
    let router = router.layer(axum::middleware::map_response(strict));
    let (acceptor, complaints) = (TlsAcceptor::from(tls), Rarely::new(1, COMPLAINTS_EVERY));
    let (stop, stopped) = watch::channel(());
    let mut connections = JoinSet::new();
    let mut shutdown = pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            Some(_) = connections.join_next() => continue,
            () = &mut shutdown => break,
        };
        match accepted {
            Ok((stream, address)) => {
                let Some(place) = door.enter(address.ip()) else { continue };
                let standing = Standing::in_place(place);
                let (displaced, router) = (standing.displaced(), router.clone());
                let served = serve_connection(
                    stream,
                    address.ip(),
                    acceptor.clone(),
                    router,
                    standing,
                    stopped.clone(),
                );
                connections.spawn(async move {
                    tokio::select! {
                        () = served => {}
                        () = displaced => {}
                    }
                });
            }
            Err(error) => {
                if let Some(times) = complaints.say(Instant::now()) {
                    tracing::warn!(%error, times, "cannot accept an HTTPS connection");
                }
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
    standing: Standing,
    stopped: watch::Receiver<()>,
) {
    let Ok(Ok(stream)) = tokio::time::timeout(HANDSHAKE_TIMEOUT, acceptor.accept(stream)).await else {
        return;
    };
    let speaks = match stream.get_ref().1.alpn_protocol() {
        Some(HTTP_2) => Speaks::Http2,
        _ => Speaks::Http1,
    };
    let router = router.layer(Extension(Entrance::Network(address)));
    connection::serve(stream, speaks, router, standing, stopped).await;
}
