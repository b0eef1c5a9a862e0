//! Of what an operation's time is made, as its client's node tells it.

use crate::common::*;
use nasd_base::file::SetAttr;
use nasd_fs::{Change, FileService, LedgerReport, Measure, Origin, Request, Stability, Stage, Stages, Work};
use std::fmt::{Debug, Write};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::Instant;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

/// Everything that the mounts of a node did of late.
fn told(client: &Client) -> LedgerReport {
    client.router.ledger().report(60, Instant::now())
}

fn sum(report: &LedgerReport) -> Work {
    let mut sum = Work::default();
    report.rows.iter().for_each(|(_, work)| sum.add(work));
    sum
}

fn millis(stages: &Stages) -> [u64; 7] {
    Stage::ALL.map(|stage| stages.of(stage) / 1000)
}

const SLOW_LOG: Duration = Duration::from_secs(2);

/// A majority of the replicas is frozen for two seconds, so that nothing becomes durable: whoever looks for the reason
/// must find it in the log, and neither in the network nor in the way to the leader.
#[tokio::test(start_paused = true)]
async fn a_log_that_does_not_flush_shows_as_the_log_and_not_as_the_network() {
    let cluster = Cluster::new(3, quiet()).await;
    *cluster.log.latency.lock() = SLOW_LOG;
    for node in [1, 2] {
        let client = cluster.client(node).holding_open();
        client.create(&format!("f{node}")).await;
        let Work { tally, stages } = sum(&told(&client));
        assert_eq!(tally.operations, 1, "through node {node}");
        let [network, queue, hop, flush, apply, read, write] = millis(&stages);
        assert_eq!((flush, network, queue, apply, read, write), (2000, 0, 0, 0, 0, 0), "through node {node}");
        assert!(hop <= 1, "100 µs to the leader: {hop} ms");
        assert!(
            stages.total() <= tally.micros && tally.micros - stages.total() < 1000,
            "{stages:?} of {tally:?}"
        );
        assert_eq!(stages.of(Stage::Hop) > 0, node == 2, "the first one leads itself");
    }
    let slowest = told(&cluster.client(2)).slowest;
    assert!((2_000_000..2_005_000).contains(&slowest[0].micros), "{:?}", slowest[0]);
    assert_eq!(slowest[0].origin, Origin::Mount);
    assert_eq!(slowest[0].id.node.0, 2, "it is known by where it came in");
}

/// Two change the size of a file: the first saves what is unsaved of it, the second waits for its turn.
#[tokio::test(start_paused = true)]
async fn waiting_for_ones_turn_is_told_apart_from_the_log() {
    let cluster = Cluster::new(3, quiet()).await;
    let client = cluster.client(1).holding_open();
    let file = client.create("f").await;
    client.write(file.ino, 0, noise(1, 1 << 20), Stability::Unstable).await.unwrap();
    // The chunk is on its way.
    tokio::time::sleep(Duration::from_secs(1)).await;
    *cluster.log.latency.lock() = SLOW_LOG;
    let change = async |client: Client, size| {
        let set = SetAttr { size: Some(size), ..SetAttr::default() };
        client.change(Change::SetAttr { ino: file.ino, set, guard: None }).await
    };
    let before = sum(&told(&client)).stages;
    let (one, two) = tokio::join!(change(client.clone(), 10), change(client.clone(), 20));
    one.and(two).unwrap();
    let after = sum(&told(&client)).stages;
    let grown = |stage| (after.of(stage) - before.of(stage)) / 1000;
    // The first saves the file and cuts it: two entries. The second waits for both, then cuts it again.
    let (flush, queue) = (grown(Stage::Flush), grown(Stage::Queue));
    assert!((6000..6010).contains(&flush) && (4000..4010).contains(&queue), "{after:?}");
}

#[tokio::test(start_paused = true)]
async fn busy_files_and_their_directories_are_known_by_operations_and_bytes() {
    let cluster = Cluster::new(3, quiet()).await;
    let client = cluster.client(3).holding_open();
    let (small, large) = (client.create("small").await, client.create("large").await);
    client.write(large.ino, 0, noise(1, 1 << 20), Stability::Unstable).await.unwrap();
    client.write(small.ino, 0, "x", Stability::Unstable).await.unwrap();
    for _ in 0..20 {
        client.read(small.ino, 0, 1).await.unwrap();
    }
    let report = told(&client);
    let first = |by: Measure| report.files[by as usize].entries[0];
    assert_eq!(first(Measure::Operations).key, (VOLUME, small.ino));
    assert_eq!(
        (first(Measure::Operations).tally.operations, first(Measure::Operations).tally.bytes),
        (22, 21)
    );
    assert_eq!(
        (first(Measure::Bytes).key, first(Measure::Bytes).tally.bytes),
        ((VOLUME, large.ino), 1 << 20)
    );
    let root = report.directories[Measure::Operations as usize].entries[0];
    assert_eq!((root.key.1, root.tally.operations), (nasd_base::Ino::ROOT, 24), "where both were made");
    assert!(report.parents.contains(&((VOLUME, small.ino), nasd_base::Ino::ROOT)));
    // Not of a mount: its front end says when it is over.
    let other = cluster.client(3);
    other.router.call(VOLUME, &other.context, Request::StatVolume, Default::default()).await.unwrap();
    assert_eq!(sum(&told(&client)).tally.operations, 24);
}

/// What is written to the log, a line each.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<String>>>);

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0, "{field}={value:?} ").expect("strings take anything");
    }
}

impl Subscriber for Lines {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() == Level::WARN
    }
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, event: &Event<'_>) {
        let mut line = Line(String::new());
        event.record(&mut line);
        self.0.lock().expect("nobody panics here").push(line.0);
    }
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

/// Whoever reads one node's log finds the same operation in the other's, and no flood of slow operations fills either.
#[tokio::test(start_paused = true)]
async fn a_slow_operation_is_in_the_logs_of_both_nodes_under_one_id_and_a_flood_of_them_is_counted() {
    let lines = Lines::default();
    let _guard = tracing::subscriber::set_default(lines.clone());
    let cluster = Cluster::new(3, quiet()).await;
    let client = cluster.client(2).holding_open();
    client.create("quick").await;
    let said = || std::mem::take(&mut *lines.0.lock().unwrap());
    assert_eq!(said(), [""; 0], "it took no second");
    *cluster.log.latency.lock() = SLOW_LOG;
    client.create("slow").await;
    let slow = said();
    let id = told(&client).slowest[0].id;
    let of = |part: &str| {
        let found: Vec<_> = slow.iter().filter(|line| line.contains(&format!("part=\"{part}\""))).collect();
        assert_eq!(found.len(), 1, "{slow:#?}");
        assert!(
            found[0].contains(&format!("request={id} ")) && found[0].contains("flush_ms=2000 "),
            "{slow:#?}"
        );
    };
    of("leader");
    of("whole");
    let many = (0..100).map(|number| {
        let client = client.clone();
        async move { client.create(&format!("f{number}")).await }
    });
    futures::future::join_all(many).await;
    assert_eq!(said().len(), 2 * 19, "20 lines a minute, of which each node has written one");
    tokio::time::sleep(Duration::from_secs(60)).await;
    client.create("last").await;
    assert!(said().iter().all(|line| line.contains("left_out=81 ")), "the others are counted");
}
