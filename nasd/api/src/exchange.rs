//! Owns one request on a connection: how long its body and its answer may take, what becomes of a body that nobody
//! read, and how its end is noticed.

use crate::extract::BODY_BYTES_MAX;
use crate::standing::{InProgress, Standing};
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, Version, header};
use axum::response::{IntoResponse, Response};
use axum::{BoxError, Router};
use hyper::body::{Body as HttpBody, Frame, Incoming, SizeHint};
use hyper::service::Service;
use hyper_util::service::TowerToHyperService;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::oneshot;
use tokio::time::{Instant, Sleep, sleep, timeout};

/// Longest that the body of a request may take to arrive: 64 KiB at 2 KiB/s.
const BODY_TIME: Duration = Duration::from_secs(30);
/// Longest until an answer begins; what answers has its own, shorter limits, and says more.
const ANSWER_TIME: Duration = Duration::from_secs(300);
/// Longest that an answer waits for the rest of a body that nobody read, and the largest rest: what is in order is a
/// moment away and as small as the largest request.
const REST_TIME: Duration = Duration::from_secs(1);
const REST_BYTES_MAX: usize = BODY_BYTES_MAX;

/// Has the router answer, within limits. The caller is told to try again later by a refused stream in HTTP/2.
pub(crate) async fn exchange(
    router: TowerToHyperService<Router>,
    standing: Standing,
    request: hyper::Request<Incoming>,
) -> Result<Response, BoxError> {
    let Some(in_progress) = standing.begin() else {
        return Err(h2::Error::from(h2::Reason::REFUSED_STREAM).into());
    };
    // In HTTP/2 every request has its own stream, which is reset.
    let shares_its_stream = request.version() < Version::HTTP_2;
    let asks_first = request.headers().contains_key(header::EXPECT);
    let (unread, left) = oneshot::channel();
    let mut request: Request =
        request.map(|body| Body::new(Arriving { body: Some(body), late: None, unread: Some(unread) }));
    request.extensions_mut().insert(standing);
    let mut response = match timeout(ANSWER_TIME, router.call(request)).await {
        Ok(Ok(response)) => response,
        Err(_) => StatusCode::GATEWAY_TIMEOUT.into_response(),
    };
    if shares_its_stream && !(asks_first || takes_the_rest(left).await) {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    Ok(response.map(|body| Body::new(Leaving { body, in_progress })))
}

/// Reads what is left of a body that was refused unread: the next request comes behind it, and a connection that is
/// closed before it came may lose the answer, too (RFC 9112, section 9.6). False when there is more than that.
async fn takes_the_rest(mut left: oneshot::Receiver<Incoming>) -> bool {
    let Ok(mut body) = left.try_recv() else { return true };
    let taken = async {
        let mut bytes = 0;
        while let Some(frame) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
            let Ok(frame) = frame else { return false };
            bytes += frame.data_ref().map_or(0, Bytes::len);
            if bytes > REST_BYTES_MAX {
                return false;
            }
        }
        true
    };
    timeout(REST_TIME, taken).await.unwrap_or(false)
}

/// A request's body, which has to arrive in time.
struct Arriving {
    /// Until it is dropped.
    body: Option<Incoming>,
    late: Option<Pin<Box<Sleep>>>,
    /// For what was not read of it.
    unread: Option<oneshot::Sender<Incoming>>,
}

impl Drop for Arriving {
    fn drop(&mut self) {
        if let (Some(body), Some(unread)) = (self.body.take(), self.unread.take())
            && !body.is_end_stream()
        {
            let _ = unread.send(body);
        }
    }
}

impl HttpBody for Arriving {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let Some(body) = &mut self.body else { return Poll::Ready(None) };
        if let Poll::Ready(frame) = Pin::new(body).poll_frame(context) {
            return Poll::Ready(frame.map(|frame| frame.map_err(Into::into)));
        }
        let late = self.late.get_or_insert_with(|| Box::pin(sleep(BODY_TIME)));
        ready!(late.as_mut().poll(context));
        Poll::Ready(Some(Err("the body did not arrive in time".into())))
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(HttpBody::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or_else(SizeHint::default, HttpBody::size_hint)
    }
}

/// An answer's body: what was handed over and no more is asked for is unread.
struct Leaving {
    body: Body,
    in_progress: InProgress,
}

impl HttpBody for Leaving {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        self.in_progress.is_unread_since(None);
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        self.in_progress.is_unread_since(Some(Instant::now()));
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// A stream whose reads count.
pub(crate) struct Counted<S> {
    pub stream: S,
    pub standing: Standing,
}

impl<S: AsyncRead + Unpin> AsyncRead for Counted<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
        match self.standing.count_read(buffer.filled().len() - before) {
            true => Poll::Ready(Ok(())),
            false => Poll::Ready(Err(io::Error::other("a stranger sent too much"))),
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Counted<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
