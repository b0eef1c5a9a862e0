//! A web server that keeps what it is sent.

use super::{ARRIVES_WITHIN, Authority, accepted};
use ring::hmac;
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::{Mutex, mpsc};
use tokio::time::timeout;

pub struct Request {
    pub line: String,
    headers: Vec<(String, String)>,
    pub body: String,
}

impl Request {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Whether it is signed with this secret, as whoever gets `t=SECONDS,v1=HEX` has to check it: HMAC-SHA256 of
    /// `SECONDS.BODY`.
    pub fn is_signed_with(&self, secret: &str) -> bool {
        let parts =
            self.header("gotgan-signature").and_then(|text| text.strip_prefix("t=")?.split_once(",v1="));
        let Some((at, hex)) = parts else { return false };
        let byte = |place: usize| u8::from_str_radix(hex.get(place..place + 2)?, 16).ok();
        let tag: Option<Vec<u8>> = (0..hex.len()).step_by(2).map(byte).collect();
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
        let signed = format!("{at}.{}", self.body);
        tag.is_some_and(|tag| hmac::verify(&key, signed.as_bytes(), &tag).is_ok())
    }

    /// Nothing before all of it is there.
    fn read(bytes: &[u8]) -> Option<Request> {
        let text = std::str::from_utf8(bytes).ok()?;
        let (head, body) = text.split_once("\r\n\r\n")?;
        let mut lines = head.lines();
        let line = lines.next()?.to_owned();
        let header =
            |line: &str| line.split_once(": ").map(|(key, value)| (key.to_lowercase(), value.to_owned()));
        let request = Request { line, headers: lines.filter_map(header).collect(), body: body.to_owned() };
        let length: usize = request.header("content-length")?.parse().ok()?;
        (request.body.len() == length).then_some(request)
    }
}

/// Instead of a status: it takes what it is sent, and says nothing.
pub const SILENCE: u16 = 0;

pub struct Receiver {
    url: String,
    status: Arc<AtomicU16>,
    requests: Mutex<mpsc::UnboundedReceiver<Request>>,
}

impl Receiver {
    /// Answers everything with this status.
    pub async fn start(status: u16, authority: Option<&Authority>) -> Receiver {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback");
        let port = listener.local_addr().expect("bound").port();
        let tls = authority.map(Authority::acceptor);
        let scheme = if tls.is_some() { "https" } else { "http" };
        let (sender, requests) = mpsc::unbounded_channel();
        let answers = Arc::new(AtomicU16::new(status));
        let status = answers.clone();
        tokio::spawn(async move {
            let mut silent = Vec::new();
            while let Ok((stream, _)) = listener.accept().await {
                let Some(mut stream) = accepted(stream, tls.as_ref()).await else { continue };
                let (mut bytes, mut part) = (Vec::new(), [0; 4096]);
                while let Ok(count @ 1..) = stream.read(&mut part).await {
                    bytes.extend_from_slice(&part[..count]);
                    let Some(request) = Request::read(&bytes) else { continue };
                    let said = format!(
                        "said {}",
                        request.line.trim_start_matches("POST /").split(' ').next().unwrap_or_default()
                    );
                    let said = if said == "said " { "said no".to_owned() } else { said };
                    let status = status.load(Ordering::Relaxed);
                    if status == SILENCE {
                        silent.push(stream);
                        let _ = sender.send(request);
                        break;
                    }
                    let length = if status == 204 { 0 } else { said.len() };
                    let answer = format!("HTTP/1.1 {status} x\r\ncontent-length: {length}\r\n\r\n");
                    let _ = stream.write_all(format!("{answer}{}", &said[..length]).as_bytes()).await;
                    let _ = sender.send(request);
                    break;
                }
            }
        });
        let url = format!("{scheme}://localhost:{port}");
        Receiver { url, status: answers, requests: Mutex::new(requests) }
    }

    /// From now on.
    pub fn answer(&self, status: u16) {
        self.status.store(status, Ordering::Relaxed);
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    pub async fn next(&self) -> Request {
        let mut requests = self.requests.lock().await;
        timeout(ARRIVES_WITHIN, requests.recv()).await.expect("a request").expect("it listens")
    }
}
