//! Owns reading the stream of events (server-sent events, HTML Living Standard §9.2).

use super::{CALL_TIMEOUT, Client, ClientError};
use crate::{ApiError, Event, PREFIX};
use bytes::{Buf, Bytes, BytesMut};
use http_body_util::{BodyExt, Empty, Limited};
use hyper::body::Incoming;
use hyper::{Method, Request, header};
use tokio::task::JoinHandle;

/// Longest line of the stream that is read, in bytes.
const LINE_BYTES_MAX: usize = 64 << 10;

/// Events as they come. Ends when the server ends the stream, which it does every ten minutes: ask again.
pub struct EventReader {
    body: Incoming,
    unread: BytesMut,
    connection: JoinHandle<()>,
}

impl Drop for EventReader {
    fn drop(&mut self) {
        self.connection.abort();
    }
}

impl Client {
    /// What happens from now on.
    ///
    /// # Errors
    /// As every call: see [`ClientError`].
    pub async fn events(&self) -> Result<EventReader, ClientError> {
        self.listen("/events/stream").await
    }

    pub(super) async fn listen(&self, route: &str) -> Result<EventReader, ClientError> {
        let request = Request::builder()
            .method(Method::GET)
            .uri(format!("{PREFIX}{route}"))
            .header(header::HOST, self.carrier.host())
            .header(header::ACCEPT, "text/event-stream");
        let request = self.sign(request).body(Empty::<Bytes>::new());
        let request = request.map_err(|error| self.broken(error))?;
        let io = self.carrier.open().await?;
        let handshake = hyper::client::conn::http1::handshake(io).await;
        let (mut sender, connection) = handshake.map_err(|error| self.broken(error))?;
        let connection = tokio::spawn(async move {
            let _ = connection.await;
        });
        let answer = tokio::time::timeout(CALL_TIMEOUT, sender.send_request(request)).await;
        let answer = answer.map_err(|_| ClientError::TimedOut { at: self.carrier.to_string() })?;
        let (parts, body) = answer.map_err(|error| self.broken(error))?.into_parts();
        if !parts.status.is_success() {
            let body = Limited::new(body, LINE_BYTES_MAX)
                .collect()
                .await
                .map_err(|error| self.broken(error))?
                .to_bytes();
            let refusal = serde_json::from_slice::<ApiError>(&body).map_err(|error| self.broken(error))?;
            return Err(ClientError::Refused(refusal));
        }
        Ok(EventReader { body, unread: BytesMut::new(), connection })
    }
}

impl EventReader {
    /// The next event; `None` when the stream has ended. Lines that are no events, such as the server's signs of
    /// life, are skipped.
    pub async fn next(&mut self) -> Option<Event> {
        loop {
            let data = self.data().await?;
            if let Ok(event) = serde_json::from_slice(&data) {
                return Some(event);
            }
        }
    }

    /// Waits until something is told, whatever it is. False when the stream has ended.
    pub async fn is_told(&mut self) -> bool {
        self.data().await.is_some()
    }

    async fn data(&mut self) -> Option<Vec<u8>> {
        loop {
            while let Some(line) = self.line() {
                if let Some(data) = line.strip_prefix(b"data:") {
                    return Some(data.to_vec());
                }
            }
            if self.unread.len() > LINE_BYTES_MAX {
                return None;
            }
            let frame = self.body.frame().await?.ok()?;
            if let Ok(data) = frame.into_data() {
                self.unread.extend_from_slice(&data);
            }
        }
    }

    fn line(&mut self) -> Option<Vec<u8>> {
        let end = self.unread.iter().position(|byte| *byte == b'\n')?;
        let line = self.unread[..end].to_vec();
        self.unread.advance(end + 1);
        Some(line)
    }
}
