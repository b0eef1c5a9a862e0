//! How long a connection lives, with the clock of the test: each case once kept a connection for ever.

use super::*;
use crate::standing::Standing;
use axum::Extension;
use axum::body::{Body, Bytes};
use axum::http::{Request, StatusCode};
use axum::routing::{get, post};
use futures::stream;
use h2::client::SendRequest;
use nasd_base::door::{Door, DoorLimits};
use std::convert::Infallible;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::task::JoinHandle;
use tokio::time::sleep;

const LIMITS: DoorLimits =
    DoorLimits { strangers_max: 4, strangers_per_host_max: 4, known_max: 4, known_per_host_max: 4 };
/// Whatever a stranger does, its connection has ended by then.
const STRANGERS_END: Duration = Duration::from_secs(70);

/// Becomes known, and hears of something every 15 s for ever.
async fn listen(Extension(standing): Extension<Standing>) -> Body {
    assert!(standing.become_known());
    Body::from_stream(stream::unfold((), |()| async {
        sleep(Duration::from_secs(15)).await;
        Some((Ok::<_, Infallible>(Bytes::from_static(&[b'x'; 1024])), ()))
    }))
}

fn router() -> Router {
    let echo = |body: axum::body::Bytes| async move { body.len().to_string() };
    let late = || async { sleep(Duration::from_secs(20)).await };
    let refuse = || async { StatusCode::FORBIDDEN };
    let router = Router::new().route("/listen", get(listen)).route("/echo", post(echo));
    router.route("/late", get(late)).route("/refuse", post(refuse))
}

/// A connection of a stranger to a server: its end of it, and the server's task.
fn connected(speaks: Speaks) -> (DuplexStream, JoinHandle<()>) {
    let (ours, theirs) = duplex(16 << 10);
    let standing = Standing::in_place(Door::new("test", LIMITS).enter([192, 0, 2, 1].into()).unwrap());
    let (stop, stopped) = watch::channel(());
    let served = tokio::spawn(async move {
        serve(theirs, speaks, router(), standing, stopped).await;
        drop(stop);
    });
    (ours, served)
}

async fn http_2() -> (SendRequest<Bytes>, JoinHandle<()>, JoinHandle<()>) {
    let (ours, served) = connected(Speaks::Http2);
    let (requests, connection) = h2::client::handshake(ours).await.unwrap();
    // It answers pings, whatever happens.
    let driven = tokio::spawn(async move { drop(connection.await) });
    (requests, driven, served)
}

fn ask(path: &str) -> Request<()> {
    Request::builder().uri(format!("http://x{path}")).body(()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_only_answers_pings_is_closed() {
    let (requests, _driven, served) = http_2().await;
    let began = Instant::now();
    tokio::time::timeout(STRANGERS_END, served).await.unwrap().unwrap();
    assert!(began.elapsed() < Duration::from_secs(25), "{:?}", began.elapsed());
    drop(requests);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_trickles_is_given_up() {
    let (mut ours, served) = connected(Speaks::Http1);
    ours.write_all(b"POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n").await.unwrap();
    let (mut answers, mut body) = tokio::io::split(ours);
    let trickle = tokio::spawn(async move {
        while body.write_all(b"x").await.is_ok() {
            sleep(Duration::from_secs(5)).await;
        }
    });
    let mut said = String::new();
    let read = tokio::time::timeout(STRANGERS_END, answers.read_to_string(&mut said)).await;
    assert!(read.is_ok() && said.starts_with("HTTP/1.1 400"), "{said}");
    tokio::time::timeout(STRANGERS_END, served).await.unwrap().unwrap();
    trickle.abort();
}

/// A user whose requests were refused faster than their bodies came lost the connection once in some thousand of them,
/// at times with the answer: the server closes where it does not know where the next request begins.
#[tokio::test(start_paused = true)]
async fn a_connection_goes_on_after_a_body_that_was_refused_unread() {
    let (mut ours, served) = connected(Speaks::Http1);
    for _ in 0..3 {
        ours.write_all(b"POST /refuse HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\n\r\n").await.unwrap();
        sleep(Duration::from_millis(300)).await;
        ours.write_all(b"four").await.unwrap();
        let answer = head(&mut ours).await;
        assert!(answer.starts_with("HTTP/1.1 403") && !answer.contains("connection: close"), "{answer}");
    }
    assert!(!served.is_finished());
}

#[tokio::test(start_paused = true)]
async fn a_refused_body_that_does_not_come_or_is_long_ends_the_connection_and_says_so() {
    for (size, sent) in [(4, 0), (1 << 20, 8 << 10), (1 << 20, 80 << 10)] {
        let (ours, served) = connected(Speaks::Http1);
        let (mut answers, mut requests) = tokio::io::split(ours);
        let begin = format!("POST /refuse HTTP/1.1\r\nhost: x\r\ncontent-length: {size}\r\n\r\n");
        let sends = tokio::spawn(async move {
            requests.write_all(begin.as_bytes()).await.unwrap();
            let _ = requests.write_all(&vec![b'x'; sent]).await;
            requests
        });
        let began = Instant::now();
        let answer = head(&mut answers).await;
        assert!(answer.starts_with("HTTP/1.1 403") && answer.contains("connection: close"), "{answer}");
        assert!(began.elapsed() <= Duration::from_secs(2), "{:?}", began.elapsed());
        tokio::time::timeout(STRANGERS_END, served).await.unwrap().unwrap();
        drop(sends.await);
    }
}

/// The head of the next answer, whose body is empty.
async fn head(answers: &mut (impl AsyncRead + Unpin)) -> String {
    let mut said = String::new();
    while !said.ends_with("\r\n\r\n") {
        match answers.read_u8().await {
            Ok(byte) => said.push(byte.into()),
            Err(error) => panic!("{error} after {said:?}"),
        }
    }
    said
}

#[tokio::test(start_paused = true)]
async fn a_head_that_trickles_or_is_too_long_is_given_up() {
    let (mut ours, served) = connected(Speaks::Http1);
    ours.write_all(b"GET /late HTTP/1.1\r\nx-a: ").await.unwrap();
    tokio::time::timeout(STRANGERS_END, served).await.unwrap().unwrap();
    let (mut ours, served) = connected(Speaks::Http1);
    let _ =
        ours.write_all(format!("GET / HTTP/1.1\r\nx-a: {}\r\n\r\n", "y".repeat(20 << 10)).as_bytes()).await;
    let mut said = String::new();
    let _ = ours.read_to_string(&mut said).await;
    assert!(said.starts_with("HTTP/1.1 431"), "{said}");
    served.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_known_caller_listens_for_hours() {
    let (mut requests, _driven, served) = http_2().await;
    let (answer, _) = requests.send_request(ask("/listen"), true).unwrap();
    let mut body = answer.await.unwrap().into_body();
    for _ in 0..4 * 60 * 4 {
        let part = body.data().await.unwrap().unwrap();
        body.flow_control().release_capacity(part.len()).unwrap();
    }
    assert!(!served.is_finished());
}

#[tokio::test(start_paused = true)]
async fn whoever_leaves_an_answer_unread_is_cut_off() {
    let (mut requests, driven, served) = http_2().await;
    let (answer, _) = requests.send_request(ask("/listen"), true).unwrap();
    let body = answer.await.unwrap().into_body();
    // A window of 64 KiB and as much that the server keeps are full after 32 minutes.
    tokio::time::timeout(Duration::from_secs(60 * 60), served).await.unwrap().unwrap();
    drop((body, driven));
}

#[tokio::test(start_paused = true)]
async fn a_stranger_who_asks_for_too_much_at_once_is_refused_the_rest() {
    let (mut requests, _driven, served) = http_2().await;
    let mut answers = Vec::new();
    for _ in 0..20 {
        requests = requests.ready().await.unwrap();
        answers.push(requests.send_request(ask("/late"), true).unwrap().0);
    }
    let answers = futures::future::join_all(answers).await;
    let refused = |answer: &Result<_, h2::Error>| {
        answer.as_ref().is_err_and(|error| error.reason() == Some(h2::Reason::REFUSED_STREAM))
    };
    assert_eq!(answers.iter().filter(|answer| refused(answer)).count(), 4);
    assert_eq!(answers.iter().flatten().filter(|answer| answer.status() == StatusCode::OK).count(), 16);
    assert!(!served.is_finished());
}

/// CVE-2023-44487: requests that are taken back at once.
#[tokio::test(start_paused = true)]
async fn requests_that_are_taken_back_end_the_connection() {
    let (mut requests, _driven, served) = http_2().await;
    let mut begun = 0;
    while begun < 10_000 {
        let Ok(ready) = requests.ready().await else { break };
        requests = ready;
        let Ok((_, mut stream)) = requests.send_request(ask("/late"), false) else { break };
        stream.send_reset(h2::Reason::CANCEL);
        begun += 1;
        tokio::task::yield_now().await;
    }
    assert!(begun < 10_000, "{begun} requests were begun and taken back");
    tokio::time::timeout(STRANGERS_END, served).await.unwrap().unwrap();
}

/// Pings and settings cost no place and no memory, and are not free.
#[tokio::test(start_paused = true)]
async fn frames_without_end_end_the_connection() {
    const PING: [u8; 17] = [0, 0, 8, 6, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8];
    const SETTINGS: [u8; 9] = [0, 0, 0, 4, 0, 0, 0, 0, 0];
    for frame in [&PING[..], &SETTINGS] {
        let (ours, served) = connected(Speaks::Http2);
        let (mut reads, mut writes) = tokio::io::split(ours);
        let drained = tokio::spawn(async move { tokio::io::copy(&mut reads, &mut tokio::io::sink()).await });
        writes.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await.unwrap();
        writes.write_all(&SETTINGS).await.unwrap();
        let mut sent = 0;
        while sent < 8 << 20 && writes.write_all(&frame.repeat(1000)).await.is_ok() {
            sent += frame.len() * 1000;
        }
        assert!(sent < 1 << 20, "{sent} bytes");
        served.await.unwrap();
        drained.abort();
    }
}

/// Heads in pieces without end (the CONTINUATION flood).
#[tokio::test(start_paused = true)]
async fn a_head_in_endless_pieces_ends_the_connection() {
    let (ours, served) = connected(Speaks::Http2);
    let (mut reads, mut writes) = tokio::io::split(ours);
    let drained = tokio::spawn(async move { tokio::io::copy(&mut reads, &mut tokio::io::sink()).await });
    writes.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await.unwrap();
    writes.write_all(b"\0\0\0\x01\0\0\0\0\x01").await.unwrap();
    let mut sent = 0;
    // Literal headers of one byte each, never indexed.
    while sent < 8 << 20 && writes.write_all(b"\0\0\x05\x09\0\0\0\0\x01\x10\x01a\x01b").await.is_ok() {
        sent += 14;
    }
    assert!(sent < 1 << 20, "{sent} bytes");
    served.await.unwrap();
    drained.abort();
}

#[tokio::test(start_paused = true)]
async fn a_request_in_time_is_answered() {
    let (mut requests, _driven, _served) = http_2().await;
    let request = Request::builder().method("POST").uri("http://x/echo").body(()).unwrap();
    let (answer, mut body) = requests.send_request(request, false).unwrap();
    sleep(Duration::from_secs(12)).await;
    body.send_data(Bytes::from_static(b"four"), true).unwrap();
    let mut answer = answer.await.unwrap().into_body();
    assert_eq!(answer.data().await.unwrap().unwrap(), "4");
}
