//! Whoever proved nothing, in numbers: the caller with a right gets its answers meanwhile, from the same address.

use crate::server::{Server, server};
use nasd_api::ListNodes;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_rustls::client::TlsStream;

/// As many as once were all the places that there were.
const CROWD: usize = 256;

/// Lets so many strangers connect, each of whom does this, and asks as an administrator while they hold on.
async fn in_a_crowd<F: Future<Output = ()> + Send + 'static>(
    server: &Server,
    protocol: &'static [u8],
    hold: impl Fn(TlsStream<TcpStream>) -> F,
) {
    let mut crowd = JoinSet::new();
    for number in 0..CROWD {
        crowd.spawn(hold(server.connect(&[protocol]).await.0));
        if number % 64 == 63 {
            assert_eq!(server.client().all::<ListNodes>().await.unwrap().len(), 1, "{number} strangers");
        }
    }
    server.client().all::<ListNodes>().await.unwrap();
}

/// Says something, and then nothing more.
async fn says(mut stream: TlsStream<TcpStream>, text: &'static str) {
    // Whoever had to leave already says nothing.
    let _ = stream.write_all(text.as_bytes()).await;
    std::future::pending().await
}

/// 256 connections of one address that never asked for anything, and answered each ping, were all the places: who
/// had a token waited for ever.
#[tokio::test]
async fn strangers_who_only_answer_pings_shut_nobody_out() {
    in_a_crowd(&server().await, b"h2", |stream| async {
        if let Ok((_requests, connection)) = h2::client::handshake(stream).await {
            let _ = connection.await;
        }
    })
    .await;
}

/// The same with the head of a login and a body that never came.
#[tokio::test]
async fn unfinished_requests_shut_nobody_out() {
    const LOGIN: &str = "POST /api/v1/login HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n\
                         content-length: 1000\r\n\r\n{";
    let server = server().await;
    in_a_crowd(&server, b"http/1.1", |stream| says(stream, LOGIN)).await;
    in_a_crowd(&server, b"http/1.1", |stream| says(stream, "GET /api/v1/health HTTP/1.1\r\nx-a: ")).await;
}

/// The same with answers that nobody reads: the largest that a stranger can have, again and again.
#[tokio::test]
async fn unread_answers_shut_nobody_out() {
    let server = server().await;
    in_a_crowd(&server, b"http/1.1", |mut stream| async move {
        let ask = b"GET /api/v1/openapi.json HTTP/1.1\r\nhost: x\r\n\r\n".repeat(100);
        let _ = stream.write_all(&ask).await;
        std::future::pending().await
    })
    .await;
}
