use super::*;
use crate::authority::{Authority, NodeKey};
use crate::transport::{CallError, Handler, Refusal, Service, Transport};
use bytes::Bytes;
use nasd_base::net::Peer;
use nasd_base::{OsEntropy, SystemClock, Timestamp};
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::Instant;

const LONG: Duration = Duration::from_secs(20);
const HOUR: Duration = Duration::from_secs(3600);

fn authority() -> Arc<Authority> {
    Arc::new(Authority::create(SystemClock.now(), &OsEntropy).unwrap())
}

fn identity(authority: &Arc<Authority>, node: u64) -> Identity {
    let key = NodeKey::generate().unwrap();
    let certificate = authority.issue(NodeId(node), &key.public_key(), SystemClock.now()).unwrap();
    Identity::new(authority.clone(), certificate, key).unwrap()
}

fn net(authority: &Arc<Authority>, node: u64) -> TlsNet {
    TlsNet::new(&identity(authority, node), Arc::new(SystemClock)).unwrap()
}

struct SkewedClock {
    ahead: bool,
    by: Duration,
}

impl Clock for SkewedClock {
    fn now(&self) -> Timestamp {
        let now = SystemClock.now();
        let secs = self.by.as_secs() as i64;
        Timestamp { secs: now.secs + if self.ahead { secs } else { -secs }, ..now }
    }
}

/// Accepts one stream, sends back what comes, and says who it was.
async fn echo_once(mut listener: Box<dyn Listener>) -> (Box<dyn Listener>, Peer) {
    let (mut stream, peer) = listener.accept().await.unwrap();
    let mut bytes = [0; 4];
    stream.read_exact(&mut bytes).await.unwrap();
    stream.write_all(&bytes).await.unwrap();
    stream.shutdown().await.unwrap();
    (listener, peer)
}

async fn speak(stream: &mut Box<dyn Stream>) -> io::Result<()> {
    stream.write_all(b"ping").await?;
    let mut bytes = [0; 4];
    stream.read_exact(&mut bytes).await?;
    assert_eq!(&bytes, b"ping");
    Ok(())
}

#[tokio::test]
async fn two_members_know_each_other() {
    let authority = authority();
    let listener = net(&authority, 2).listen("127.0.0.1:0").await.unwrap();
    let address = listener.local_address().unwrap();
    let served = tokio::spawn(echo_once(listener));
    let mut stream = net(&authority, 1).connect(NodeId(2), &address).await.unwrap();
    speak(&mut stream).await.unwrap();
    assert_eq!(served.await.unwrap().1, Peer::Node(NodeId(1)));
}

#[tokio::test]
async fn a_node_that_is_not_the_expected_one_is_refused() {
    let authority = authority();
    let listener = net(&authority, 2).listen("127.0.0.1:0").await.unwrap();
    let address = listener.local_address().unwrap();
    let error = net(&authority, 1).connect(NodeId(3), &address).await.err().unwrap();
    assert!(error.to_string().contains("not valid for name"), "{error}");
}

#[tokio::test]
async fn a_node_of_another_cluster_is_refused_at_both_ends() {
    let (ours, theirs) = (authority(), authority());
    let mut listener = net(&ours, 2).listen("127.0.0.1:0").await.unwrap();
    let address = listener.local_address().unwrap();
    assert!(net(&theirs, 1).connect(NodeId(2), &address).await.is_err());

    // One that trusts our authority, but has a certificate of its own: only the listener can refuse it.
    let pretender = Identity { authority: ours.clone(), ..identity(&theirs, 1) };
    let pretender = TlsNet::new(&pretender, Arc::new(SystemClock)).unwrap();
    if let Ok(mut stream) = pretender.connect(NodeId(2), &address).await {
        assert!(speak(&mut stream).await.is_err());
    }
    let accepted = timeout(Duration::from_millis(300), listener.accept()).await;
    assert!(accepted.is_err(), "nobody was accepted");
}

#[tokio::test]
async fn clocks_that_are_an_hour_apart_do_no_harm() {
    let authority = authority();
    for ahead in [false, true] {
        let clock = Arc::new(SkewedClock { ahead, by: HOUR });
        let skewed = TlsNet::new(&identity(&authority, 1), clock.clone()).unwrap();
        let listener = net(&authority, 2).listen("127.0.0.1:0").await.unwrap();
        let address = listener.local_address().unwrap();
        let served = tokio::spawn(echo_once(listener));
        speak(&mut skewed.connect(NodeId(2), &address).await.unwrap()).await.unwrap();
        let (listener, _) = served.await.unwrap();
        let served = tokio::spawn(echo_once(listener));
        speak(&mut connect_to_join(&address, authority.fingerprint(), clock).await.unwrap()).await.unwrap();
        served.await.unwrap();
    }
    let years = Arc::new(SkewedClock { ahead: false, by: 24 * 365 * HOUR });
    let lost = TlsNet::new(&identity(&authority, 1), years).unwrap();
    let listener = net(&authority, 2).listen("127.0.0.1:0").await.unwrap();
    let error = lost.connect(NodeId(2), &listener.local_address().unwrap()).await.err().unwrap();
    assert!(error.to_string().contains("not valid yet"), "{error}");
}

#[tokio::test]
async fn a_joining_node_is_a_stranger_and_knows_the_cluster_by_its_fingerprint() {
    let authority = authority();
    let listener = net(&authority, 2).listen("127.0.0.1:0").await.unwrap();
    let address = listener.local_address().unwrap();
    let wrong = connect_to_join(&address, [9; 32], Arc::new(SystemClock)).await.err().unwrap();
    assert!(wrong.to_string().contains("another cluster"), "{wrong}");
    let served = tokio::spawn(echo_once(listener));
    let mut stream = connect_to_join(&address, authority.fingerprint(), Arc::new(SystemClock)).await.unwrap();
    speak(&mut stream).await.unwrap();
    assert_eq!(served.await.unwrap().1, Peer::Stranger);
}

#[tokio::test]
async fn handshakes_that_hang_keep_nobody_waiting() {
    let authority = authority();
    let listener = net(&authority, 2).listen("127.0.0.1:0").await.unwrap();
    let address = listener.local_address().unwrap();
    let mut silent = Vec::new();
    for _ in 0..20 {
        silent.push(TcpStream::connect(&address).await.unwrap());
    }
    let start = Instant::now();
    let served = tokio::spawn(echo_once(listener));
    let mut stream = net(&authority, 1).connect(NodeId(2), &address).await.unwrap();
    speak(&mut stream).await.unwrap();
    served.await.unwrap();
    assert!(start.elapsed() < Duration::from_secs(2));
}

/// From this address of loopback; nothing is sent.
async fn silent_from(host: [u8; 4], to: &str) -> io::Result<TcpStream> {
    let socket = tokio::net::TcpSocket::new_v4()?;
    socket.bind(SocketAddr::from((host, 0)))?;
    socket.connect(to.parse().unwrap()).await
}

/// Nine addresses with 32 silent connections each had every place for handshakes: a node that came back was closed the
/// door until theirs ran out of time, again and again, and was away for 34 s instead of 7.
#[tokio::test]
async fn members_come_in_though_strangers_hold_every_place_and_take_each_that_is_free() {
    let authority = authority();
    let listener = net(&authority, 2).listen("127.0.0.1:0").await.unwrap();
    let address = listener.local_address().unwrap();
    let (flooded, served) = (address.clone(), tokio::spawn(echo_once(listener)));
    let flood = tokio::spawn(async move {
        let mut held = std::collections::VecDeque::new();
        for number in 0_u32.. {
            let host = [127, 0, 1, (number % 9) as u8 + 1];
            held.push_back(silent_from(host, &flooded).await);
            if held.len() > 150 {
                held.pop_front();
            }
            tokio::task::yield_now().await;
        }
    });
    let mut silent = Vec::new();
    for number in 0..9 * 34 {
        silent.push(silent_from([127, 0, 1, (number % 9) as u8 + 1], &address).await);
    }
    let start = Instant::now();
    let mut stream = net(&authority, 1).connect(NodeId(2), &address).await.unwrap();
    speak(&mut stream).await.unwrap();
    let (listener, peer) = served.await.unwrap();
    assert_eq!(peer, Peer::Node(NodeId(1)));
    assert!(start.elapsed() < HANDSHAKE_MAX, "no stranger's time ran out for it: {:?}", start.elapsed());
    let served = tokio::spawn(echo_once(listener));
    let mut joiner = connect_to_join(&address, authority.fingerprint(), Arc::new(SystemClock)).await.unwrap();
    speak(&mut joiner).await.unwrap();
    assert_eq!(served.await.unwrap().1, Peer::Stranger);
    flood.abort();
}

/// Connections that strangers finished lay in one line with members', 64 of them.
#[tokio::test]
async fn members_are_accepted_before_strangers_that_fill_the_line() {
    let authority = authority();
    let mut listener = net(&authority, 2).listen("127.0.0.1:0").await.unwrap();
    let address = listener.local_address().unwrap();
    let mut strangers = Vec::new();
    for _ in 0..100 {
        let clock = Arc::new(SystemClock);
        strangers.push(connect_to_join(&address, authority.fingerprint(), clock).await);
    }
    let _member = net(&authority, 1).connect(NodeId(2), &address).await.unwrap();
    // Its handshake is done at both ends a moment later.
    tokio::time::sleep(Duration::from_millis(300)).await;
    let (_stream, peer) = timeout(LONG, listener.accept()).await.unwrap().unwrap();
    assert_eq!(peer, Peer::Node(NodeId(1)));
}

#[tokio::test]
async fn plain_bytes_and_other_protocols_get_no_further_than_the_handshake() {
    let authority = authority();
    let mut listener = net(&authority, 2).listen("127.0.0.1:0").await.unwrap();
    let address = listener.local_address().unwrap();
    for bytes in [&b"GET / HTTP/1.1\r\n\r\n"[..], &[0x16, 3, 1, 255, 255, 1, 0], b"GNF1\x01\0\0\0"] {
        let mut tcp = TcpStream::connect(&address).await.unwrap();
        tcp.write_all(bytes).await.unwrap();
        tcp.shutdown().await.unwrap();
        let mut rest = Vec::new();
        let _ = timeout(LONG, tcp.read_to_end(&mut rest)).await.unwrap();
    }
    assert!(timeout(Duration::from_millis(200), listener.accept()).await.is_err());
}

#[tokio::test]
async fn an_address_where_nobody_listens_fails_at_once() {
    let unused: SocketAddr = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let start = Instant::now();
    assert!(net(&authority(), 1).connect(NodeId(2), &unused.to_string()).await.is_err());
    assert!(start.elapsed() < Duration::from_secs(1));
}

struct Who;

impl Handler for Who {
    fn handle(
        &self,
        from: Peer,
        _service: Service,
        _header: Bytes,
        body: Bytes,
    ) -> BoxFuture<'_, Result<(Bytes, Bytes), Refusal>> {
        Box::pin(async move { Ok((format!("{from:?}").into(), body)) })
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_cross_tls_until_the_node_is_removed() {
    let authority = authority();
    let one = Transport::new(Arc::new(net(&authority, 1)), NodeId(1));
    let two = Transport::new(Arc::new(net(&authority, 2)), NodeId(2));
    let address = two.listen("127.0.0.1:0", Arc::new(Who)).await.unwrap();
    one.set_address(NodeId(2), Some(address));
    let bodies: Vec<Bytes> = (0..64u8).map(|at| vec![at; usize::from(at) * 20_000 + 1].into()).collect();
    let calls =
        bodies.iter().map(|body| one.call(NodeId(2), Service::Files, Bytes::new(), body.clone(), LONG));
    for (reply, body) in futures::future::join_all(calls).await.into_iter().zip(&bodies) {
        assert_eq!(reply.unwrap(), (Bytes::from("Node(NodeId(1))"), body.clone()));
    }
    two.set_address(NodeId(1), None);
    for _ in 0..3 {
        let call =
            one.call(NodeId(2), Service::Raft, Bytes::new(), Bytes::new(), Duration::from_secs(2)).await;
        assert!(matches!(call, Err(CallError::Broken | CallError::Unreachable(_))), "{call:?}");
    }
    one.close().await;
    two.close().await;
}
