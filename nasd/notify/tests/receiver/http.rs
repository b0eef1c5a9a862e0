//! A web server that keeps what it is sent.

use super::{Authority, accepted};
use std::time::Duration;
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

pub struct Receiver {
    url: String,
    requests: Mutex<mpsc::UnboundedReceiver<Request>>,
}

impl Receiver {
    /// Answers everything with this status.
    pub async fn start(status: u16, authority: Option<&Authority>) -> Receiver {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let tls = authority.map(Authority::acceptor);
        let scheme = if tls.is_some() { "https" } else { "http" };
        let (sender, requests) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let Some(mut stream) = accepted(stream, tls.as_ref()).await else { continue };
                let (mut bytes, mut part) = (Vec::new(), [0; 4096]);
                while let Ok(count @ 1..) = stream.read(&mut part).await {
                    bytes.extend_from_slice(&part[..count]);
                    let Some(request) = Request::read(&bytes) else { continue };
                    let said = format!(
                        "said {}",
                        request.line.trim_start_matches("POST /").split(' ').next().unwrap()
                    );
                    let said = if said == "said " { "said no".to_owned() } else { said };
                    let length = if status == 204 { 0 } else { said.len() };
                    let answer = format!("HTTP/1.1 {status} x\r\ncontent-length: {length}\r\n\r\n");
                    let _ = stream.write_all(format!("{answer}{}", &said[..length]).as_bytes()).await;
                    let _ = sender.send(request);
                    break;
                }
            }
        });
        let url = format!("{scheme}://localhost:{port}");
        Receiver { url, requests: Mutex::new(requests) }
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    pub async fn next(&self) -> Request {
        let mut requests = self.requests.lock().await;
        timeout(Duration::from_secs(10), requests.recv()).await.expect("a request").unwrap()
    }
}
