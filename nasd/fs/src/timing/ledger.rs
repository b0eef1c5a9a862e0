//! Takes note of every operation that has ended: in a tab of its connection, and of 16 at a time in the books of the node.

use super::books::{Books, LedgerReport, SLOT_SECONDS, SLOTS};
use super::ended::{Ended, Origin};
use super::stage::Stage;
use super::trace::{RequestId, Trace};
use nasd_base::rarely::Rarely;
use nasd_base::{NodeId, VolumeId};
use parking_lot::Mutex;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio::time::Instant;

/// Operations that a tab holds before they are put down in the books.
const TAB_ENTRIES: usize = 16;
/// How far back the books go.
pub const WINDOW_SECONDS_MAX: u64 = SLOT_SECONDS * SLOTS;
/// An operation that takes longer is written to the log, unless configured otherwise.
const SLOW: Duration = Duration::from_secs(1);
/// Lines of slow operations in a minute.
const LINES_MAX: u32 = 20;
const LINES_PERIOD: Duration = Duration::from_secs(60);

/// What all operations of a node took of late.
pub struct Ledger {
    node: NodeId,
    began: Instant,
    next: AtomicU64,
    slow_micros: AtomicU64,
    lines: Rarely,
    /// Locked after a tab.
    books: Mutex<Books>,
    tabs: Mutex<Vec<Weak<Tab>>>,
}

impl Ledger {
    /// `first`: the number of the first operation, another one after each start.
    pub fn new(node: NodeId, first: u64, now: Instant) -> Arc<Ledger> {
        Arc::new(Ledger {
            node,
            began: now,
            next: AtomicU64::new(first.max(1)),
            slow_micros: AtomicU64::new(SLOW.as_micros() as u64),
            lines: Rarely::new(LINES_MAX, LINES_PERIOD),
            books: Mutex::default(),
            tabs: Mutex::default(),
        })
    }

    /// What an operation that comes in here is known by.
    pub fn next_id(&self) -> RequestId {
        RequestId { node: self.node, number: self.next.fetch_add(1, Relaxed) }
    }

    /// Operations that take longer are written to the log.
    pub fn set_slow(&self, limit: Duration) {
        self.slow_micros.store(limit.as_micros() as u64, Relaxed);
    }

    /// A tab for a connection, or for another that does one thing after the other.
    pub fn open_tab(self: &Arc<Self>) -> Arc<Tab> {
        let tab = Arc::new(Tab { ledger: self.clone(), ended: Mutex::default() });
        let mut tabs = self.tabs.lock();
        tabs.retain(|tab| tab.strong_count() > 0);
        tabs.push(Arc::downgrade(&tab));
        tab
    }

    /// What there was in the last `seconds` before `now`, and a slot more.
    pub fn report(&self, seconds: u64, now: Instant) -> LedgerReport {
        let open: Vec<Arc<Tab>> = self.tabs.lock().iter().filter_map(Weak::upgrade).collect();
        let mut ended = Vec::new();
        open.iter().for_each(|tab| ended.append(&mut tab.ended.lock()));
        let window = {
            let mut books = self.books.lock();
            books.add(&ended);
            books.window(seconds, now.duration_since(self.began))
        };
        let mut report = window.report();
        self.books.lock().tell_parents(&mut report);
        report
    }

    /// Writes to the log what a node had to do with an operation if that took long; `part` says which.
    pub(crate) fn say_if_slow(&self, part: &'static str, ended: &Ended, now: Instant) {
        if ended.micros < self.slow_micros.load(Relaxed) {
            return;
        }
        if let Some(times) = self.lines.say(now) {
            let Ended { id, origin, volume, subject, micros, stages, .. } = ended;
            let ms = |stage| stages.of(stage) / 1000;
            tracing::warn!(
                request = %id, part, ?origin, %volume, kind = subject.kind.name(),
                file = subject.file.map_or(0, |ino| ino.0), took_ms = micros / 1000,
                network_ms = ms(Stage::Network), queue_ms = ms(Stage::Queue), hop_ms = ms(Stage::Hop),
                flush_ms = ms(Stage::Flush), apply_ms = ms(Stage::Apply), chunk_read_ms = ms(Stage::ChunkRead),
                chunk_write_ms = ms(Stage::ChunkWrite), left_out = times - 1,
                "a file operation was slow: see nasctl top"
            );
        }
    }

    /// What is known of an operation at its end; nothing of one that asked nothing of a volume.
    pub(crate) fn ended(
        &self,
        trace: &Trace,
        origin: Origin,
        volume: VolumeId,
        took: Duration,
        now: Instant,
    ) -> Option<Ended> {
        let (micros, at) = (took.as_micros() as u64, now.duration_since(self.began));
        let (id, subject, stages) = (trace.id(), trace.subject()?, trace.stages());
        Some(Ended { id, origin, volume, subject, micros, stages, at })
    }
}

/// Operations that have ended and are not in the books yet: of one connection, so that nobody waits here for others.
pub struct Tab {
    ledger: Arc<Ledger>,
    ended: Mutex<Vec<Ended>>,
}

impl Tab {
    /// An operation is over: it took so long, `now` is its end.
    pub fn end(&self, trace: &Trace, origin: Origin, volume: VolumeId, took: Duration, now: Instant) {
        let Some(ended) = self.ledger.ended(trace, origin, volume, took, now) else { return };
        self.ledger.say_if_slow("whole", &ended, now);
        let mut all = self.ended.lock();
        // Once for all operations of the connection.
        let room = TAB_ENTRIES - all.len();
        all.reserve_exact(room);
        all.push(ended);
        if all.len() >= TAB_ENTRIES {
            self.put_down(&mut all);
        }
    }

    fn put_down(&self, all: &mut Vec<Ended>) {
        if !all.is_empty() {
            self.ledger.books.lock().add(all);
            all.clear();
        }
    }
}

impl Drop for Tab {
    fn drop(&mut self) {
        self.put_down(&mut self.ended.lock());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::timing::{Measure, OperationKind, WorkClass};
    use nasd_base::Ino;

    const VOLUME: VolumeId = VolumeId(1);

    fn client(number: u32) -> Origin {
        Origin::Nfs(std::net::Ipv4Addr::from(0x0a00_0000 + number).into())
    }

    fn reads(tab: &Tab, by: Origin, file: u64, now: Instant) {
        let trace = Trace::new(tab.ledger.next_id());
        trace.note(OperationKind::Read, false, Some(Ino(file)), None);
        trace.count(Stage::ChunkRead, Duration::from_micros(30));
        tab.end(&trace, by, VOLUME, Duration::from_micros(50), now);
    }

    #[tokio::test(start_paused = true)]
    async fn the_last_minutes_are_told_by_client_and_older_ones_forgotten() {
        let began = Instant::now();
        let ledger = Ledger::new(NodeId(1), 1, began);
        let (one, two) = (ledger.open_tab(), ledger.open_tab());
        (0..100).for_each(|_| reads(&one, client(1), 7, began));
        let later = began + Duration::from_secs(60);
        (0..3).for_each(|_| reads(&two, client(2), 8, later));
        drop(two);
        let last = ledger.report(20, later);
        assert_eq!(last.rows.len(), 1, "{:?}", last.rows);
        let (row, work) = last.rows[0];
        assert_eq!((row.origin, row.class, work.tally.operations), (client(2), WorkClass::Read, 3));
        assert_eq!((work.tally.micros, work.stages.of(Stage::ChunkRead)), (150, 90));
        let all = ledger.report(300, later);
        assert_eq!(all.rows.iter().map(|(_, work)| work.tally.operations).collect::<Vec<_>>(), [100, 3]);
        assert_eq!(all.files[Measure::Operations as usize].entries[0].key, (VOLUME, Ino(7)));
        let much_later = began + Duration::from_secs(WINDOW_SECONDS_MAX + 5);
        reads(&one, client(3), 9, much_later);
        let left: Vec<_> = ledger.report(300, much_later).rows.iter().map(|(row, _)| row.origin).collect();
        assert_eq!(left, [client(2), client(3)], "the first ones are older than all slots");
    }

    /// A client that touches a million files, and a million that touch one each, take no more memory than a few do,
    /// and nothing of what they did is lost in the sums.
    #[tokio::test(start_paused = true)]
    async fn memory_is_bounded_and_sums_are_whole() {
        let now = Instant::now();
        let ledger = Ledger::new(NodeId(1), 1, now);
        let tab = ledger.open_tab();
        for number in 0..200_000 {
            reads(&tab, client(if number % 4 == 0 { 5 } else { 100 + number }), u64::from(number) + 2, now);
        }
        let report = ledger.report(60, now);
        let total: u64 = report.rows.iter().map(|(_, work)| work.tally.operations).sum();
        assert_eq!(total + report.others.tally.operations, 200_000);
        assert!(report.rows.len() <= 512 && report.slowest.len() <= 32, "{}", report.rows.len());
        assert_eq!((report.rows[0].0.origin, report.rows[0].1.tally.operations), (client(5), 50_000));
        let encoded = postcard::to_stdvec(&report).map(|bytes| bytes.len());
        assert!(encoded.as_ref().is_ok_and(|len| *len < 64 << 10), "{encoded:?}");
    }
}
