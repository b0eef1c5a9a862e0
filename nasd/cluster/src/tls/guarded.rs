//! Owns a stream with its place at the door: who lost the place to another caller is read from no more.
//!
//! Only reading ends. A stranger whose whole request is here is not read from while it is carried out, and gets its
//! answer, however many come meanwhile; how many such there are is bounded where they are carried out.

use nasd_base::door::Place;
use nasd_base::net::{BoxFuture, Stream};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

pub struct Guarded {
    stream: Box<dyn Stream>,
    /// `None` for a member, whom nobody displaces.
    displaced: Option<BoxFuture<'static, ()>>,
    _place: Place,
}

impl Guarded {
    pub fn new(stream: Box<dyn Stream>, place: Place) -> Guarded {
        let displaced: Option<BoxFuture<'static, ()>> = match place.is_known() {
            true => None,
            false => Some(Box::pin(place.displaced())),
        };
        Guarded { stream, displaced, _place: place }
    }

    fn must_leave(&mut self, context: &mut Context<'_>) -> bool {
        self.displaced.as_mut().is_some_and(|displaced| displaced.as_mut().poll(context).is_ready())
    }
}

impl AsyncRead for Guarded {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.must_leave(context) {
            self.displaced = Some(Box::pin(std::future::ready(())));
            return Poll::Ready(Err(io::Error::new(
                io::ErrorKind::ConnectionAborted,
                "another caller has taken the place of this one, which said nothing",
            )));
        }
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Guarded {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
