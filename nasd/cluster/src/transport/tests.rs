use super::*;
use crate::testing::World;
use frame::{Kind, Limits, PREFIX_BYTES, Prefix};
use nasd_base::{Entropy, SeededEntropy};
use proptest::prelude::*;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use stream::{FrameReader, StreamError, write_frame};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::Semaphore;
use tokio::time::sleep;

const ONE: NodeId = NodeId(1);
const TWO: NodeId = NodeId(2);
const SECOND: Duration = Duration::from_secs(1);
const LONG: Duration = Duration::from_secs(60);

/// Obeys the header: `echo`, `refuse`, `panic`, `sleep <ms>`, `gate` (waits for a permit), `large`.
struct Obedient {
    gate: Semaphore,
    running: AtomicUsize,
    most_running: AtomicUsize,
    finished: AtomicUsize,
}

impl Obedient {
    fn new() -> Arc<Obedient> {
        Arc::new(Obedient {
            gate: Semaphore::new(0),
            running: AtomicUsize::new(0),
            most_running: AtomicUsize::new(0),
            finished: AtomicUsize::new(0),
        })
    }

    async fn obey(&self, from: Peer, header: Bytes, body: Bytes) -> Result<(Bytes, Bytes), Refusal> {
        let order = String::from_utf8(header.to_vec()).unwrap();
        let running = self.running.fetch_add(1, SeqCst) + 1;
        self.most_running.fetch_max(running, SeqCst);
        let outcome = match order.split_once(' ').unwrap_or((&order, "")) {
            ("echo", _) => Ok((header, body)),
            ("who", _) => Ok((format!("{from:?}").into(), body)),
            ("refuse", why) => Err(Refusal(why.to_owned())),
            ("panic", _) => {
                self.running.fetch_sub(1, SeqCst);
                panic!("as ordered")
            }
            ("sleep", ms) => {
                sleep(Duration::from_millis(ms.parse().unwrap())).await;
                Ok((header, body))
            }
            ("gate", _) => {
                self.gate.acquire().await.unwrap().forget();
                Ok((header, Bytes::new()))
            }
            ("large", _) => Ok((header, Bytes::from(vec![0; frame::BODY_BYTES_MAX + 1]))),
            other => panic!("unknown order {other:?}"),
        };
        self.running.fetch_sub(1, SeqCst);
        self.finished.fetch_add(1, SeqCst);
        outcome
    }
}

impl Handler for Obedient {
    fn handle(
        &self,
        from: Peer,
        _service: Service,
        header: Bytes,
        body: Bytes,
    ) -> BoxFuture<'_, Result<(Bytes, Bytes), Refusal>> {
        Box::pin(self.obey(from, header, body))
    }
}

struct Pair {
    world: World,
    one: Transport,
    two: Transport,
    handler: Arc<Obedient>,
}

async fn pair() -> Pair {
    let world = World::default();
    let one = Transport::new(world.net(Peer::Node(ONE)), ONE);
    let two = Transport::new(world.net(Peer::Node(TWO)), TWO);
    let handler = Obedient::new();
    assert_eq!(two.listen("two:1", handler.clone()).await.unwrap(), "two:1");
    one.set_address(TWO, Some("two:1".to_owned()));
    Pair { world, one, two, handler }
}

impl Pair {
    async fn ask(&self, order: &str) -> Result<(Bytes, Bytes), CallError> {
        self.ask_within(order, LONG).await
    }

    async fn ask_within(&self, order: &str, limit: Duration) -> Result<(Bytes, Bytes), CallError> {
        self.one.call(TWO, Service::Files, order.to_owned().into(), Bytes::new(), limit).await
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_brings_header_and_body_there_and_back() {
    let pair = pair().await;
    let body = Bytes::from(vec![7; 3 << 20]);
    let (header, back) = pair.one.call(TWO, Service::Files, "echo".into(), body.clone(), LONG).await.unwrap();
    assert!(header == "echo" && back == body);
    assert_eq!(pair.ask("who").await.unwrap().0, "Node(NodeId(1))");
}

#[tokio::test(start_paused = true)]
async fn thousands_of_calls_each_get_their_own_reply() {
    let pair = Arc::new(pair().await);
    let chance = SeededEntropy::new(7);
    let calls: Vec<_> = (0..5000u64)
        .map(|number| {
            let (pair, ms) = (pair.clone(), chance.next_u64() % 50);
            tokio::spawn(async move {
                let order = format!("sleep {ms}");
                let body = Bytes::copy_from_slice(&number.to_le_bytes());
                let reply =
                    pair.one.call(TWO, Service::Files, order.clone().into(), body.clone(), LONG).await;
                assert_eq!(reply, Ok((order.into(), body)));
            })
        })
        .collect();
    for call in calls {
        call.await.unwrap();
    }
    assert!(pair.handler.most_running.load(SeqCst) > 500, "calls overlap");
    assert!(pair.handler.most_running.load(SeqCst) <= link::CALLS_IN_FLIGHT_MAX);
    assert_eq!(pair.world.dials(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_slow_call_keeps_no_other_waiting() {
    let pair = pair().await;
    let slow = pair.ask("sleep 30000");
    let fast = async {
        for _ in 0..100 {
            pair.ask_within("echo", SECOND).await.unwrap();
        }
    };
    let (slow, ()) = tokio::join!(slow, fast);
    slow.unwrap();
}

#[tokio::test(start_paused = true)]
async fn refusals_and_panics_are_answers() {
    let pair = pair().await;
    assert_eq!(
        pair.ask("refuse because I say so").await,
        Err(CallError::Refused("because I say so".to_owned()))
    );
    assert!(matches!(pair.ask("panic").await, Err(CallError::Refused(_))));
    pair.ask("echo").await.unwrap();
    assert_eq!(pair.world.dials(), 1, "the connection outlived the panic");
}

#[tokio::test(start_paused = true)]
async fn frames_that_are_too_large_are_refused_at_both_ends() {
    let pair = pair().await;
    let large = Bytes::from(vec![0; frame::BODY_BYTES_MAX + 1]);
    let refused = pair.one.call(TWO, Service::Files, "echo".into(), large.clone(), LONG).await;
    assert!(matches!(refused, Err(CallError::Refused(_))));
    let refused = pair.one.call(TWO, Service::Files, large, Bytes::new(), LONG).await;
    assert!(matches!(refused, Err(CallError::Refused(_))));
    assert!(matches!(pair.ask("large").await, Err(CallError::Refused(_))));
    let largest = Bytes::from(vec![1; frame::BODY_BYTES_MAX]);
    assert_eq!(
        pair.one.call(TWO, Service::Files, "echo".into(), largest.clone(), LONG).await.unwrap().1,
        largest
    );
}

#[tokio::test(start_paused = true)]
async fn a_call_without_a_reply_in_time_says_so_and_frees_its_place() {
    let pair = pair().await;
    for _ in 0..3 {
        assert_eq!(pair.ask_within("sleep 5000", SECOND).await, Err(CallError::TimedOut));
    }
    let given_up: Vec<_> =
        (0..link::CALLS_IN_FLIGHT_MAX).map(|_| pair.ask_within("sleep 1500", SECOND)).collect();
    for outcome in futures::future::join_all(given_up).await {
        assert_eq!(outcome, Err(CallError::TimedOut));
    }
    pair.ask("echo").await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_lost_connection_breaks_its_calls_and_is_opened_again() {
    let pair = pair().await;
    let cut = async {
        sleep(5 * SECOND).await;
        pair.world.cut();
    };
    let (broken, ()) = tokio::join!(pair.ask("sleep 30000"), cut);
    assert_eq!(broken, Err(CallError::Broken));
    pair.ask("echo").await.unwrap();
    assert_eq!(pair.world.dials(), 2);
    sleep(LONG).await;
    assert_eq!(pair.handler.finished.load(SeqCst), 2, "what was begun ran on");
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_falls_silent_is_dead_within_seconds() {
    let pair = pair().await;
    pair.ask("echo").await.unwrap();
    pair.world.freeze(true);
    let start = Instant::now();
    assert_eq!(pair.ask("echo").await, Err(CallError::Broken));
    assert!(start.elapsed() <= Duration::from_millis(2_600), "{:?}", start.elapsed());
    // While it is silent, a new connection opens and hears nothing either.
    assert!(pair.ask_within("echo", 5 * SECOND).await.is_err());
    pair.world.freeze(false);
    sleep(3 * SECOND).await;
    pair.ask_within("echo", SECOND).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_idle_connection_stays() {
    let pair = pair().await;
    pair.ask("echo").await.unwrap();
    sleep(Duration::from_secs(3600)).await;
    pair.ask("echo").await.unwrap();
    assert_eq!(pair.world.dials(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_node_that_is_down_is_unreachable_at_once_and_not_dialed_in_a_storm() {
    let world = World::default();
    let one = Transport::new(world.net(Peer::Node(ONE)), ONE);
    one.set_address(TWO, Some("two:1".to_owned()));
    let start = Instant::now();
    for _ in 0..1000 {
        let call = one.call(TWO, Service::Raft, Bytes::new(), Bytes::new(), LONG).await;
        assert!(
            matches!(&call, Err(CallError::Unreachable(why)) if why.contains("node 2 at two:1")),
            "{call:?}"
        );
        sleep(Duration::from_millis(10)).await;
    }
    assert!(start.elapsed() < 11 * SECOND);
    assert!(world.dials() < 25, "{} dials in ten seconds", world.dials());

    let two = Transport::new(world.net(Peer::Node(TWO)), TWO);
    two.listen("two:1", Obedient::new()).await.unwrap();
    sleep(SECOND).await;
    one.call(TWO, Service::Raft, "echo".into(), Bytes::new(), SECOND).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_node_without_an_address_cannot_be_called() {
    let pair = pair().await;
    let call = pair.one.call(NodeId(3), Service::Raft, Bytes::new(), Bytes::new(), LONG).await;
    assert_eq!(call, Err(CallError::Unreachable("no address is known for node 3".to_owned())));
}

#[tokio::test(start_paused = true)]
async fn a_node_that_moved_is_found_at_its_new_address() {
    let pair = pair().await;
    pair.ask("echo").await.unwrap();
    let moved = Obedient::new();
    pair.two.listen("two:2", moved.clone()).await.unwrap();
    pair.one.set_address(TWO, Some("two:2".to_owned()));
    pair.ask("echo").await.unwrap();
    assert_eq!(moved.finished.load(SeqCst), 1);
    pair.one.set_address(TWO, Some("two:2".to_owned()));
    pair.ask("echo").await.unwrap();
    assert_eq!(pair.world.dials(), 2, "the same address again changes nothing");
}

#[tokio::test(start_paused = true)]
async fn a_removed_node_is_cut_off_and_refused_both_ways() {
    let pair = pair().await;
    pair.ask("echo").await.unwrap();
    let removal = async {
        sleep(SECOND).await;
        pair.two.set_address(ONE, None);
    };
    let (cut, ()) = tokio::join!(pair.ask("sleep 30000"), removal);
    assert_eq!(cut, Err(CallError::Broken));
    sleep(LONG).await;
    assert_eq!(pair.handler.finished.load(SeqCst), 1, "what the removed node asked for was given up");
    assert!(pair.ask_within("echo", 5 * SECOND).await.is_err());
    assert_eq!(pair.handler.finished.load(SeqCst), 1);
    let call = pair.two.call(ONE, Service::Raft, Bytes::new(), Bytes::new(), LONG).await;
    assert_eq!(call, Err(CallError::Unreachable("node 1 was removed from the cluster".to_owned())));
}

#[tokio::test(start_paused = true)]
async fn large_requests_wait_for_room_and_consensus_does_not_wait_for_them() {
    let pair = Arc::new(pair().await);
    let body = Bytes::from(vec![0; 4 << 20]);
    let calls: Vec<_> = (0..40)
        .map(|_| {
            let (pair, body) = (pair.clone(), body.clone());
            tokio::spawn(async move { pair.one.call(TWO, Service::Files, "gate".into(), body, LONG).await })
        })
        .collect();
    sleep(SECOND).await;
    let running = pair.handler.running.load(SeqCst);
    assert!(
        (8..=link::BYTES_IN_FLIGHT_MAX / (4 << 20)).contains(&running),
        "{running} requests of 4 MiB at once"
    );
    // Full lanes still beat, and other lanes are free.
    sleep(10 * SECOND).await;
    pair.one.call(TWO, Service::Raft, "echo".into(), Bytes::new(), SECOND).await.unwrap();
    pair.ask_within("echo", SECOND).await.unwrap();
    pair.handler.gate.add_permits(40);
    for call in calls {
        call.await.unwrap().unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn closing_ends_calls_and_listening() {
    let pair = pair().await;
    let close = async {
        sleep(SECOND).await;
        pair.two.close().await;
    };
    let (broken, ()) = tokio::join!(pair.ask("sleep 30000"), close);
    assert_eq!(broken, Err(CallError::Broken));
    assert!(matches!(pair.ask_within("echo", SECOND).await, Err(CallError::Unreachable(_))));
    pair.one.close().await;
    assert!(matches!(pair.ask("echo").await, Err(CallError::Unreachable(_))));
    assert!(pair.two.listen("two:3", Obedient::new()).await.is_err());
}

async fn stranger_asks(pair: &Pair, service: u8, header: &[u8]) -> Result<(Kind, Bytes), StreamError> {
    let mut stream = pair.world.connect("two:1", Peer::Stranger).await.unwrap();
    let (header, body) = (Bytes::copy_from_slice(header), Bytes::new());
    let sent = write_frame(&mut stream, &Frame { kind: Kind::Request, service, call: 9, header, body }).await;
    drop(sent);
    let mut reader = FrameReader::patient(stream, Limits::MEMBER, LONG);
    let prefix = reader.prefix().await?;
    assert_eq!(prefix.call, 9);
    let (header, _) = reader.payload(&prefix).await?;
    assert!(matches!(reader.prefix().await, Err(StreamError::Closed)), "one answer, then the end");
    Ok((prefix.kind, header))
}

#[tokio::test(start_paused = true)]
async fn strangers_may_only_join() {
    let pair = pair().await;
    let (kind, header) = stranger_asks(&pair, Service::Join as u8, b"who").await.unwrap();
    assert!(kind == Kind::Reply && header == "Stranger");
    for service in [Service::Raft as u8, Service::Files as u8, Service::Control as u8, 77] {
        let (kind, reason) = stranger_asks(&pair, service, b"echo").await.unwrap();
        assert_eq!(kind, Kind::Refusal);
        assert_eq!(reason, "a node that is no member may only ask to join");
    }
    assert_eq!(pair.handler.finished.load(SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn a_stranger_with_a_large_request_is_cut_off() {
    let pair = pair().await;
    let large = vec![b'x'; (16 << 10) + 1];
    assert!(stranger_asks(&pair, 0, &large).await.is_err());
    assert_eq!(pair.handler.finished.load(SeqCst), 0);
}

/// Eight strangers that said nothing got every joiner refused, for ten seconds and again.
#[tokio::test(start_paused = true)]
async fn strangers_that_say_nothing_keep_no_joiner_out_and_leave() {
    let pair = pair().await;
    let mut silent = Vec::new();
    for _ in 0..1_000 {
        silent.push(pair.world.connect("two:1", Peer::Stranger).await.unwrap());
    }
    let began = Instant::now();
    stranger_asks(&pair, 0, b"who").await.unwrap();
    pair.ask("echo").await.unwrap();
    assert!(began.elapsed() < SECOND, "nobody was waited for");
    let mut rest = Vec::new();
    silent[0].read_to_end(&mut rest).await.unwrap();
    assert!(began.elapsed() < SECOND, "the first was displaced");
    silent[999].read_to_end(&mut rest).await.unwrap();
    assert!(rest.is_empty() && began.elapsed() < 10 * SECOND, "and the last left in time");
}

#[tokio::test(start_paused = true)]
async fn a_member_that_asks_for_an_unknown_service_is_refused_by_name() {
    let pair = pair().await;
    let mut stream = pair.world.connect("two:1", Peer::Node(ONE)).await.unwrap();
    let frame = Frame { kind: Kind::Request, service: 77, call: 3, header: Bytes::new(), body: Bytes::new() };
    write_frame(&mut stream, &frame).await.unwrap();
    let mut reader = FrameReader::new(stream, Limits::MEMBER);
    let prefix = reader.prefix().await.unwrap();
    assert_eq!((prefix.kind, prefix.call), (Kind::Refusal, 3));
    assert!(String::from_utf8_lossy(&reader.payload(&prefix).await.unwrap().0).contains("service 77"));
}

#[tokio::test(start_paused = true)]
async fn a_member_that_announces_too_much_is_cut_off_before_it_is_sent() {
    let pair = pair().await;
    let mut stream = pair.world.connect("two:1", Peer::Node(ONE)).await.unwrap();
    let prefix = Prefix { kind: Kind::Request, service: 2, call: 1, header_len: 0, body_len: u32::MAX };
    stream.write_all(&prefix.encode()).await.unwrap();
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).await.unwrap();
    assert!(rest.is_empty());
    pair.ask("echo").await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_server_that_answers_garbage_breaks_the_call_only() {
    let world = World::default();
    let one = Transport::new(world.net(Peer::Node(ONE)), ONE);
    let mut listener = world.net(Peer::Node(TWO)).listen("two:1").await.unwrap();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ = stream.write_all(&[0xa5; 4 * PREFIX_BYTES]).await;
            sleep(SECOND).await;
        }
    });
    one.set_address(TWO, Some("two:1".to_owned()));
    for _ in 0..10 {
        let call = one.call(TWO, Service::Files, "echo".into(), Bytes::new(), SECOND).await;
        assert!(matches!(call, Err(CallError::Broken | CallError::Unreachable(_))), "{call:?}");
        sleep(SECOND).await;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn garbage_ends_its_connection_and_nothing_else(
        bytes in prop::collection::vec(any::<u8>(), 1..300), good_prefix: bool, member: bool,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let pair = pair().await;
            let peer = if member { Peer::Node(NodeId(5)) } else { Peer::Stranger };
            let mut stream = pair.world.connect("two:1", peer).await.unwrap();
            if good_prefix {
                let prefix = Prefix { kind: Kind::Request, service: 2, call: 1, header_len: 4, body_len: 0 };
                stream.write_all(&prefix.encode()).await.unwrap();
                stream.write_all(b"echo").await.unwrap();
            }
            let _ = stream.write_all(&bytes).await;
            let _ = stream.shutdown().await;
            let mut rest = Vec::new();
            let _ = tokio::time::timeout(LONG, stream.read_to_end(&mut rest)).await.expect("the connection ends");
            pair.ask("echo").await.unwrap();
        });
    }
}
