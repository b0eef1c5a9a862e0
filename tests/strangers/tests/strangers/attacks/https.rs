//! Strangers at the HTTPS doors of a node: its management interface and its console.

use super::{REFUSED_PAUSE, Tally, Targets, hold_tls, many, stranger};
use crate::tls::connect_tls;
use bytes::Bytes;
use http_body_util::Empty;
use hyper_util::rt::{TokioExecutor, TokioIo};
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::task::JoinSet;
use tokio::time::sleep;

/// As many as either door has ever let in at once.
const PINGERS: usize = 256;
const UNFINISHED: usize = 256;
const SLOW: usize = 64;
/// Requests without end, one after the other, on so many connections.
const GREEDY: usize = 4;
/// Between two of them.
const ASK_PAUSE: Duration = Duration::from_millis(50);
const HTTP_1: &[u8] = b"http/1.1";
/// A login whose body does not come.
const UNFINISHED_API: &[u8] =
    b"POST /api/v1/login HTTP/1.1\r\nhost: node\r\ncontent-type: application/json\r\n\
    content-length: 400\r\n\r\n{";
const UNFINISHED_CONSOLE: &[u8] = b"POST /login HTTP/1.1\r\nhost: node\r\n\
    content-type: application/x-www-form-urlencoded\r\ncontent-length: 400\r\n\r\nu";
const CONTRACT: &[u8] = b"GET /api/v1/openapi.json HTTP/1.1\r\nhost: node\r\n\r\n";
const PAGE: &[u8] = b"GET /login HTTP/1.1\r\nhost: node\r\n\r\n";
/// A wrong password; the length is that of the body.
const WRONG: &[u8] = b"POST /api/v1/login HTTP/1.1\r\nhost: node\r\ncontent-type: application/json\r\n\
    content-length: 41\r\n\r\n{\"user\":\"mallory\",\"password\":\"mellon....\"}";

pub fn begin(attacks: &mut JoinSet<()>, targets: &Targets, tally: &Tally) {
    for (to, unfinished) in [(targets.https, UNFINISHED_API), (targets.console, UNFINISHED_CONSOLE)] {
        let t = tally.clone();
        attacks.spawn(many(PINGERS, move |_| Box::pin(only_answer_pings(t.clone(), stranger(0), to))));
        let t = tally.clone();
        attacks.spawn(many(UNFINISHED, move |number| {
            let what = "POSTs whose body does not come";
            Box::pin(hold_tls(t.clone(), what, stranger(number), to, HTTP_1, unfinished))
        }));
        let t = tally.clone();
        attacks.spawn(many(SLOW, move |number| Box::pin(send_slowly(t.clone(), stranger(number), to))));
    }
    for (what, to, request) in [
        ("fetches of openapi.json", targets.https, CONTRACT),
        ("fetches of the login page", targets.console, PAGE),
        ("logins with a wrong password", targets.https, WRONG),
    ] {
        let t = tally.clone();
        attacks.spawn(many(GREEDY, move |number| {
            Box::pin(ask_again(t.clone(), what, stranger(number), to, request))
        }));
    }
}

/// A connection of HTTP/2 on which nothing is ever asked.
async fn only_answer_pings(tally: Tally, from: Ipv4Addr, to: SocketAddr) {
    loop {
        if let Ok(stream) = connect_tls(from, to, &[b"h2"]).await {
            let shaken = hyper::client::conn::http2::handshake::<_, _, Empty<Bytes>>(
                TokioExecutor::new(),
                TokioIo::new(stream),
            );
            if let Ok((sender, connection)) = shaken.await {
                tally.add("connections of HTTP/2 that only answer pings", 1);
                let _ = connection.await;
                drop(sender);
            }
        }
        sleep(REFUSED_PAUSE).await;
    }
}

/// A request's head, a byte each second.
async fn send_slowly(tally: Tally, from: Ipv4Addr, to: SocketAddr) {
    loop {
        if let Ok(mut stream) = connect_tls(from, to, &[HTTP_1]).await {
            tally.add("heads that come slowly", 1);
            for byte in PAGE.iter().cycle() {
                if stream.write_all(&[*byte]).await.is_err() || stream.flush().await.is_err() {
                    break;
                }
                sleep(Duration::from_secs(1)).await;
            }
        }
        sleep(REFUSED_PAUSE).await;
    }
}

/// The same request over and over, on one connection as long as it lasts.
async fn ask_again(tally: Tally, what: &'static str, from: Ipv4Addr, to: SocketAddr, request: &'static [u8]) {
    loop {
        if let Ok(mut stream) = connect_tls(from, to, &[HTTP_1]).await {
            let mut answer = vec![0; 1 << 20];
            while stream.write_all(request).await.is_ok() && stream.flush().await.is_ok() {
                if !stream.read(&mut answer).await.is_ok_and(|bytes| bytes > 0) {
                    break;
                }
                tally.add(what, 1);
                sleep(ASK_PAUSE).await;
            }
        }
        sleep(REFUSED_PAUSE).await;
    }
}
