//! A log server that keeps what it is sent.

use super::{ARRIVES_WITHIN, Authority, accepted};
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;
use tokio::sync::{Mutex, mpsc};
use tokio::time::timeout;

pub struct Receiver {
    port: u16,
    frames: Mutex<mpsc::UnboundedReceiver<String>>,
}

impl Receiver {
    pub async fn start(authority: Option<&Authority>) -> Receiver {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback");
        let port = listener.local_addr().expect("bound").port();
        let tls = authority.map(Authority::acceptor);
        let (sender, frames) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let Some(mut stream) = accepted(stream, tls.as_ref()).await else { continue };
                let mut text = String::new();
                let _ = stream.read_to_string(&mut text).await;
                let _ = sender.send(text);
            }
        });
        Receiver { port, frames: Mutex::new(frames) }
    }

    pub fn address(&self) -> String {
        format!("localhost:{}", self.port)
    }

    pub async fn next(&self) -> String {
        let mut frames = self.frames.lock().await;
        timeout(ARRIVES_WITHIN, frames.recv()).await.expect("a frame").expect("it listens")
    }
}
