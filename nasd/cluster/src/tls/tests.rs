use super::*;
use crate::authority::KeyFingerprint;
use crate::authority::{Authority, NodeKey};
use crate::transport::{CallError, Handler, Refusal, Service, Transport};
use bytes::Bytes;
use nasd_base::net::Peer;
use nasd_base::{OsEntropy, SystemClock, Timestamp};
use parking_lot::Mutex;
use std::collections::BTreeMap;
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

/// What the state of a cluster says, and the authority whose key all its nodes hold.
struct Members {
    authority: Arc<Authority>,
    keys: Arc<NodeKeys>,
    registered: Mutex<BTreeMap<NodeId, Option<KeyFingerprint>>>,
}

impl Members {
    fn new() -> Members {
        Members { authority: authority(), keys: Arc::default(), registered: Mutex::default() }
    }

    fn set(&self, node: u64, key: Option<KeyFingerprint>) {
        let mut registered = self.registered.lock();
        registered.insert(NodeId(node), key);
        self.keys.learn(registered.clone());
    }

    /// A node with a key of its own, which the state knows.
    fn net(&self, node: u64) -> TlsNet {
        let identity = identity(&self.authority, node);
        self.set(node, Some(identity.key_fingerprint()));
        self.net_of(&identity)
    }

    /// A machine with an identity that the state need not know.
    fn net_of(&self, identity: &Identity) -> TlsNet {
        TlsNet::new(identity, self.keys.clone()).unwrap()
    }
}

/// Whether the listener takes the machine for a member.
async fn is_admitted(machine: &TlsNet, address: &str, listener: &mut Box<dyn Listener>) -> bool {
    let dialed = machine.connect(NodeId(2), address).await;
    let accepted = timeout(Duration::from_millis(300), listener.accept()).await;
    drop(dialed);
    accepted.is_ok()
}

/// Every node holds the authority's key, and so could make a certificate for every other, a removed one too; what was
/// registered was never looked at.
#[tokio::test]
async fn a_certificate_for_another_key_than_the_registered_one_is_refused() {
    let members = Members::new();
    let mut listener = members.net(2).listen("127.0.0.1:0").await.unwrap();
    let address = listener.local_address().unwrap();
    let honest = identity(&members.authority, 1);
    members.set(1, Some(honest.key_fingerprint()));
    let forged = identity(&members.authority, 1);
    assert!(!is_admitted(&members.net_of(&forged), &address, &mut listener).await, "signed by the authority");
    assert!(is_admitted(&members.net_of(&honest), &address, &mut listener).await);
    members.set(1, Some(honest.key_fingerprint()));
    assert!(is_admitted(&members.net_of(&honest), &address, &mut listener).await, "it becomes a member so");
    members.set(1, None);
    assert!(!is_admitted(&members.net_of(&honest), &address, &mut listener).await, "it was removed");
    let unknown = identity(&members.authority, 77);
    assert!(!is_admitted(&members.net_of(&unknown), &address, &mut listener).await, "nobody knows it");
}

#[tokio::test]
async fn nobody_dials_a_node_that_shows_another_key() {
    let members = Members::new();
    let dialer = members.net(1);
    let forger = members.net_of(&identity(&members.authority, 2));
    let listener = forger.listen("127.0.0.1:0").await.unwrap();
    let address = listener.local_address().unwrap();
    let unknown = dialer.connect(NodeId(2), &address).await.err().unwrap();
    assert!(unknown.to_string().contains("node 2 is not known here"), "{unknown}");
    members.set(2, Some([9; 32]));
    let error = dialer.connect(NodeId(2), &address).await.err().unwrap();
    assert!(error.to_string().contains("not the key that node 2 is registered with"), "{error}");
}

/// A node that comes back after long does not know who joined meanwhile, and one of those may lead.
#[tokio::test]
async fn who_is_not_known_is_admitted_once_a_member_spoke_for_them() {
    let members = Members::new();
    let mut listener = members.net(2).listen("127.0.0.1:0").await.unwrap();
    let address = listener.local_address().unwrap();
    let joined = identity(&members.authority, 9);
    assert!(!is_admitted(&members.net_of(&joined), &address, &mut listener).await);
    timeout(LONG, members.keys.missed()).await.expect("somebody is to be asked");
    members.keys.hear([(NodeId(9), joined.key_fingerprint()), (NodeId(2), [9; 32])]);
    assert!(is_admitted(&members.net_of(&joined), &address, &mut listener).await);
    members.set(9, None);
    assert!(
        !is_admitted(&members.net_of(&joined), &address, &mut listener).await,
        "the state goes before words"
    );
}

/// Whose certificate another authority signed is known by its key all the same: so a node that was off while the
/// authority changed comes back.
#[tokio::test]
async fn a_registered_key_is_enough_whoever_signed_for_it() {
    let members = Members::new();
    let mut listener = members.net(2).listen("127.0.0.1:0").await.unwrap();
    let address = listener.local_address().unwrap();
    let was_off = identity(&authority(), 1);
    members.set(1, Some(was_off.key_fingerprint()));
    assert!(is_admitted(&members.net_of(&was_off), &address, &mut listener).await);
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
    let members = Members::new();
    let listener = members.net(2).listen("127.0.0.1:0").await.unwrap();
    let address = listener.local_address().unwrap();
    let served = tokio::spawn(echo_once(listener));
    let mut stream = members.net(1).connect(NodeId(2), &address).await.unwrap();
    speak(&mut stream).await.unwrap();
    assert_eq!(served.await.unwrap().1, Peer::Node(NodeId(1)));
}

#[tokio::test]
async fn a_node_that_is_not_the_expected_one_is_refused() {
    let members = Members::new();
    let listener = members.net(2).listen("127.0.0.1:0").await.unwrap();
    let address = listener.local_address().unwrap();
    let error = members.net(1).connect(NodeId(3), &address).await.err().unwrap();
    assert!(error.to_string().contains("not valid for name"), "{error}");
}

#[tokio::test]
async fn a_node_of_another_cluster_is_refused_at_both_ends() {
    let (ours, theirs) = (Members::new(), Members::new());
    let mut listener = ours.net(2).listen("127.0.0.1:0").await.unwrap();
    let address = listener.local_address().unwrap();
    let stranger = theirs.net(1);
    theirs.net(2);
    assert!(stranger.connect(NodeId(2), &address).await.is_err());
    ours.net(1);
    // One that knows our keys, but has one of its own: only the listener can refuse it.
    let pretender = ours.net_of(&identity(&theirs.authority, 1));
    if let Ok(mut stream) = pretender.connect(NodeId(2), &address).await {
        assert!(speak(&mut stream).await.is_err());
    }
    let accepted = timeout(Duration::from_millis(300), listener.accept()).await;
    assert!(accepted.is_err(), "nobody was accepted");
}

#[tokio::test]
async fn clocks_that_are_an_hour_apart_do_no_harm() {
    let members = Members::new();
    for ahead in [false, true] {
        let clock = Arc::new(SkewedClock { ahead, by: HOUR });
        let listener = members.net(2).listen("127.0.0.1:0").await.unwrap();
        let address = listener.local_address().unwrap();
        let served = tokio::spawn(echo_once(listener));
        let authority = members.authority.fingerprint();
        speak(&mut connect_to_join(&address, authority, clock).await.unwrap()).await.unwrap();
        served.await.unwrap();
    }
    let years = Arc::new(SkewedClock { ahead: false, by: 24 * 365 * HOUR });
    let listener = members.net(2).listen("127.0.0.1:0").await.unwrap();
    let (address, authority) = (listener.local_address().unwrap(), members.authority.fingerprint());
    let error = connect_to_join(&address, authority, years).await.err().unwrap();
    assert!(error.to_string().contains("not valid yet"), "{error}");
}

#[tokio::test]
async fn a_joining_node_is_a_stranger_and_knows_the_cluster_by_its_fingerprint() {
    let members = Members::new();
    let listener = members.net(2).listen("127.0.0.1:0").await.unwrap();
    let address = listener.local_address().unwrap();
    let wrong = connect_to_join(&address, [9; 32], Arc::new(SystemClock)).await.err().unwrap();
    assert!(wrong.to_string().contains("another cluster"), "{wrong}");
    let served = tokio::spawn(echo_once(listener));
    let mut stream =
        connect_to_join(&address, members.authority.fingerprint(), Arc::new(SystemClock)).await.unwrap();
    speak(&mut stream).await.unwrap();
    assert_eq!(served.await.unwrap().1, Peer::Stranger);
}

#[tokio::test]
async fn handshakes_that_hang_keep_nobody_waiting() {
    let members = Members::new();
    let listener = members.net(2).listen("127.0.0.1:0").await.unwrap();
    let address = listener.local_address().unwrap();
    let mut silent = Vec::new();
    for _ in 0..20 {
        silent.push(TcpStream::connect(&address).await.unwrap());
    }
    let start = Instant::now();
    let served = tokio::spawn(echo_once(listener));
    let mut stream = members.net(1).connect(NodeId(2), &address).await.unwrap();
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
    let members = Members::new();
    let listener = members.net(2).listen("127.0.0.1:0").await.unwrap();
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
    let mut stream = members.net(1).connect(NodeId(2), &address).await.unwrap();
    speak(&mut stream).await.unwrap();
    let (listener, peer) = served.await.unwrap();
    assert_eq!(peer, Peer::Node(NodeId(1)));
    assert!(start.elapsed() < HANDSHAKE_MAX, "no stranger's time ran out for it: {:?}", start.elapsed());
    let served = tokio::spawn(echo_once(listener));
    let mut joiner =
        connect_to_join(&address, members.authority.fingerprint(), Arc::new(SystemClock)).await.unwrap();
    speak(&mut joiner).await.unwrap();
    assert_eq!(served.await.unwrap().1, Peer::Stranger);
    flood.abort();
}

/// Connections that strangers finished lay in one line with members', 64 of them.
#[tokio::test]
async fn members_are_accepted_before_strangers_that_fill_the_line() {
    let members = Members::new();
    let mut listener = members.net(2).listen("127.0.0.1:0").await.unwrap();
    let address = listener.local_address().unwrap();
    let mut strangers = Vec::new();
    for _ in 0..100 {
        let clock = Arc::new(SystemClock);
        strangers.push(connect_to_join(&address, members.authority.fingerprint(), clock).await);
    }
    let _member = members.net(1).connect(NodeId(2), &address).await.unwrap();
    // Its handshake is done at both ends a moment later.
    tokio::time::sleep(Duration::from_millis(300)).await;
    let (_stream, peer) = timeout(LONG, listener.accept()).await.unwrap().unwrap();
    assert_eq!(peer, Peer::Node(NodeId(1)));
}

#[tokio::test]
async fn plain_bytes_and_other_protocols_get_no_further_than_the_handshake() {
    let members = Members::new();
    let mut listener = members.net(2).listen("127.0.0.1:0").await.unwrap();
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
    assert!(Members::new().net(1).connect(NodeId(2), &unused.to_string()).await.is_err());
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
    let members = Members::new();
    let one = Transport::new(Arc::new(members.net(1)), NodeId(1));
    let two = Transport::new(Arc::new(members.net(2)), NodeId(2));
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
