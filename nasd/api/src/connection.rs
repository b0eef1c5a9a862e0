//! Owns one connection of either server, from its first request to its end.

use crate::exchange::{Counted, exchange};
use crate::standing::{Due, Standing};
use axum::Router;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::pin::{Pin, pin};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

/// A client that has not sent its request's head by then is cut off.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// A client of HTTP/2 that is silent for so long is asked whether it lives, and has as long to say so.
const PING_EVERY: Duration = Duration::from_secs(20);
/// Requests that one client of HTTP/2 may have open at once: each tab keeps one for the news.
const STREAMS_MAX: u32 = 64;
/// Bytes that a request's head may take: other services of the same host name share their cookies with this one.
const HEAD_BYTES_MAX: u32 = 16 << 10;
/// Lines of a request's head.
const HEAD_LINES_MAX: usize = 64;
/// Bytes that are kept of what was not read or written yet, of a request and of the connection.
const BUFFER_BYTES_MAX: usize = 64 << 10;
const WINDOW_BYTES: u32 = 256 << 10;
/// Requests that a client of HTTP/2 may take back before they were looked at, and errors that it may cause, before
/// the connection ends (CVE-2023-44487 and its like).
const TAKEN_BACK_MAX: usize = 20;
const ERRORS_MAX: usize = 64;

/// What is spoken on a connection.
#[derive(Clone, Copy)]
pub enum Speaks {
    Http1,
    /// Many requests share the connection: a browser has one to a console, however many tabs wait for news.
    Http2,
}

/// Serves requests until the client or `stopped` ends it, or until its [`Standing`] says that it is time; the request
/// in progress is finished.
pub async fn serve<S>(
    stream: S,
    speaks: Speaks,
    router: Router,
    standing: Standing,
    stopped: watch::Receiver<()>,
) where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let stream = TokioIo::new(Counted { stream, standing: standing.clone() });
    let (router, asked) = (TowerToHyperService::new(router), standing.clone());
    let service = service_fn(move |request| exchange(router.clone(), asked.clone(), request));
    let ended = match speaks {
        Speaks::Http1 => {
            let connection = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(HEAD_TIMEOUT)
                .max_headers(HEAD_LINES_MAX)
                .max_header_size(HEAD_BYTES_MAX as usize)
                .max_buf_size(BUFFER_BYTES_MAX)
                .serve_connection(stream, service);
            until(connection, http1::Connection::graceful_shutdown, standing, stopped).await
        }
        Speaks::Http2 => {
            let connection = http2::Builder::new(TokioExecutor::new())
                .timer(TokioTimer::new())
                .keep_alive_interval(PING_EVERY)
                .keep_alive_timeout(PING_EVERY)
                .max_concurrent_streams(STREAMS_MAX)
                .max_header_list_size(HEAD_BYTES_MAX)
                .initial_stream_window_size(BUFFER_BYTES_MAX as u32)
                .initial_connection_window_size(WINDOW_BYTES)
                .max_send_buf_size(BUFFER_BYTES_MAX)
                .max_pending_accept_reset_streams(TAKEN_BACK_MAX)
                .max_local_error_reset_streams(ERRORS_MAX)
                .serve_connection(stream, service);
            until(connection, http2::Connection::graceful_shutdown, standing, stopped).await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a management connection ended early");
    }
}

/// Drives the connection; `finish` has it take no more requests once `stopped` or its standing says so.
async fn until<C: Future<Output = hyper::Result<()>>>(
    connection: C,
    finish: impl Fn(Pin<&mut C>),
    standing: Standing,
    mut stopped: watch::Receiver<()>,
) -> hyper::Result<()> {
    let mut connection = pin!(connection);
    let mut serves = true;
    loop {
        let due = standing.due(Instant::now());
        let look = match due {
            Due::Look(at) => at,
            Due::End => Instant::now(),
            Due::Cut => return Ok(()),
        };
        tokio::select! {
            ended = connection.as_mut() => return ended,
            _ = stopped.changed(), if serves => {}
            () = sleep_until(look) => if due != Due::End { continue },
        }
        serves = false;
        standing.ends(Instant::now());
        finish(connection.as_mut());
    }
}

#[cfg(test)]
#[path = "connection_tests.rs"]
mod tests;
