//! Owns one connection of either server, from its first request to its end.

use axum::Router;
use hyper::server::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::pin::{Pin, pin};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;

/// A client that has not sent its request's head by then is cut off.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// A client of HTTP/2 that is silent for so long is asked whether it lives, and has as long to say so.
const PING_EVERY: Duration = Duration::from_secs(20);
/// Requests that one client of HTTP/2 may have open at once: each tab keeps one for the news.
const STREAMS_MAX: u32 = 64;
/// Bytes that a request's head may take, in HTTP/2.
const HEAD_BYTES_MAX: u32 = 16 << 10;

/// What is spoken on a connection.
#[derive(Clone, Copy)]
pub enum Speaks {
    Http1,
    /// Many requests share the connection: a browser has one to a console, however many tabs wait for news.
    Http2,
}

/// Serves requests until the client or `stopped` ends it; the request in progress is finished.
pub async fn serve<S>(stream: S, speaks: Speaks, router: Router, stopped: watch::Receiver<()>)
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let (stream, service) = (TokioIo::new(stream), TowerToHyperService::new(router));
    let ended = match speaks {
        Speaks::Http1 => {
            let connection = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(HEAD_TIMEOUT)
                .serve_connection(stream, service);
            until(connection, http1::Connection::graceful_shutdown, stopped).await
        }
        Speaks::Http2 => {
            let connection = http2::Builder::new(TokioExecutor::new())
                .timer(TokioTimer::new())
                .keep_alive_interval(PING_EVERY)
                .keep_alive_timeout(PING_EVERY)
                .max_concurrent_streams(STREAMS_MAX)
                .max_header_list_size(HEAD_BYTES_MAX)
                .serve_connection(stream, service);
            until(connection, http2::Connection::graceful_shutdown, stopped).await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a management connection ended early");
    }
}

/// Drives the connection; `finish` has it take no more requests once `stopped` says so.
async fn until<C: Future<Output = hyper::Result<()>>>(
    connection: C,
    finish: impl FnOnce(Pin<&mut C>),
    mut stopped: watch::Receiver<()>,
) -> hyper::Result<()> {
    let mut connection = pin!(connection);
    tokio::select! {
        ended = connection.as_mut() => return ended,
        _ = stopped.changed() => finish(connection.as_mut()),
    }
    connection.await
}
