//! Takes the samples and keeps them in a file, so that a restart loses minutes at most.

use super::history::{Bucket, FILE_BYTES_MAX, History, forecast};
use super::parts::{Part, Parts};
use super::used::Used;
use crate::event::Happenings;
use crate::health::{Observed, Patience};
use crate::refused_mount::told;
use nasd_api::{Performance, PerformancePoint, Range, Space};
use nasd_base::NodeId;
use nasd_files::{Folder, Mode};
use nasd_fs::Load;
use nasd_node::{LoadReport, Node, Report};
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio::time::{Instant, sleep};

const SAMPLE_EVERY: Duration = Duration::from_secs(10);
/// Samples between two writes of the file: five minutes.
const SAMPLES_PER_SAVE: u32 = 30;
const FILE: &str = "performance";

/// The record and what it needs to go on.
pub struct Recorder {
    dir: Folder,
    history: Mutex<History>,
    parts: Mutex<Parts>,
    /// What the nodes and volumes said last.
    last: Mutex<BTreeMap<NodeId, LoadReport>>,
    used: Mutex<Used>,
}

/// What was done between two reports of one start.
fn grown(at: i64, new: &Load, old: Option<&Load>) -> Bucket {
    let old = old.copied().unwrap_or_default();
    Bucket {
        at,
        seconds: SAMPLE_EVERY.as_secs() as u32,
        operations: new.operations.saturating_sub(old.operations),
        read_bytes: new.read_bytes.saturating_sub(old.read_bytes),
        written_bytes: new.written_bytes.saturating_sub(old.written_bytes),
        busy_micros: new.busy_micros.saturating_sub(old.busy_micros),
        ..Bucket::default()
    }
}

impl Recorder {
    /// Goes on with the file in `dir`; a damaged one is said and begun anew.
    pub fn open(dir: &Path) -> Recorder {
        let dir = Folder::new(dir);
        let history = match dir.read(FILE, FILE_BYTES_MAX) {
            Ok(None) => Some(History::default()),
            Ok(Some(bytes)) => History::decode(&bytes),
            Err(_) => None,
        };
        let history = history.unwrap_or_else(|| {
            let path = dir.path().join(FILE);
            tracing::warn!(path = %path.display(), "the record of performance is damaged; it begins anew");
            History::default()
        });
        Recorder {
            dir,
            history: Mutex::new(history),
            parts: Mutex::default(),
            last: Mutex::default(),
            used: Mutex::default(),
        }
    }

    /// Counts what the nodes did since they were heard last, and how much is used, where that is known.
    fn sample(&self, reports: &BTreeMap<NodeId, Report>, space: Option<Space>, now: i64) {
        let at = now - SAMPLE_EVERY.as_secs() as i64;
        let mut sample = grown(at, &Load::default(), None);
        if let Some(Space { used_bytes, free_bytes }) = space {
            (sample.used_bytes, sample.total_bytes) = (used_bytes, used_bytes.saturating_add(free_bytes));
        }
        let mut parts: BTreeMap<Part, Bucket> = BTreeMap::new();
        for (node, report) in reports {
            for (part, did) in self.did(*node, &report.load, at) {
                if let Part::Node(_) = part {
                    sample.absorb(&Bucket { seconds: 0, ..did });
                }
                let sum =
                    parts.entry(part).or_insert(Bucket { seconds: did.seconds, at, ..Bucket::default() });
                sum.absorb(&Bucket { seconds: 0, ..did });
            }
        }
        self.parts.lock().add(&sample, parts);
        self.history.lock().add(&sample);
    }

    /// What a node did since it was heard last, and what each volume had of it; nothing after a restart, when its
    /// figures begin at 0 again.
    fn did(&self, node: NodeId, heard: &LoadReport, at: i64) -> Vec<(Part, Bucket)> {
        let before = self.last.lock().insert(node, heard.clone());
        let Some(before) = before.filter(|before| before.start == heard.start) else { return Vec::new() };
        let old: BTreeMap<_, _> = before.volumes.into_iter().collect();
        let volumes = heard
            .volumes
            .iter()
            .map(|(volume, load)| (Part::Volume(*volume), grown(at, load, old.get(volume))));
        let busy = volumes.filter(|(_, did)| did.operations > 0);
        busy.chain([(Part::Node(node), grown(at, &heard.load, Some(&before.load)))]).collect()
    }

    /// How much is used and free, once every volume has been heard of.
    fn space(&self, observed: &Observed) -> Option<Space> {
        let used_bytes = self.used.lock().look(observed.used())?;
        Some(Space { used_bytes, ..observed.space() })
    }

    fn forget_all_but(&self, members: &[NodeId]) {
        self.last.lock().retain(|node, _| members.contains(node));
    }

    /// Flushes: not for a thread that serves others.
    pub fn save(&self) {
        let bytes = self.history.lock().encode();
        if let Err(error) = self.dir.replace(FILE, &bytes, Mode::Owner) {
            let path = self.dir.path().join(FILE);
            tracing::warn!(path = %path.display(), %error, "the record of performance is not saved");
        }
    }

    /// What a page shows: of everything, or of a part.
    pub fn performance(&self, range: Range, part: Option<Part>, now: i64) -> Performance {
        if let Some(part) = part {
            let parts = self.parts.lock();
            let (step_seconds, buckets) = parts.range(part, range, now);
            let points = buckets.iter().map(point).collect();
            return Performance { range, step_seconds, since: parts.begun, points, forecast: None };
        }
        let history = self.history.lock();
        let (step_seconds, buckets) = history.range(range, now);
        let (points, forecast) = (buckets.map(point).collect(), forecast(&history, now));
        Performance { range, step_seconds, since: history.begun, points, forecast }
    }
}

fn point(bucket: &Bucket) -> PerformancePoint {
    let per_second = |sum: u64| sum as f64 / f64::from(bucket.seconds.max(1));
    let known = |bytes: u64| (bucket.total_bytes > 0).then_some(bytes);
    PerformancePoint {
        at: bucket.at,
        operations_per_second: per_second(bucket.operations),
        read_bytes_per_second: per_second(bucket.read_bytes),
        written_bytes_per_second: per_second(bucket.written_bytes),
        latency_micros: bucket.busy_micros as f64 / bucket.operations.max(1) as f64,
        used_bytes: known(bucket.used_bytes),
        total_bytes: known(bucket.total_bytes),
    }
}

/// Samples for as long as the node runs.
pub async fn run(
    recorder: Arc<Recorder>,
    node: Weak<Node>,
    patience: Arc<Patience>,
    happenings: Arc<Happenings>,
) {
    for samples in 1u32.. {
        sleep(SAMPLE_EVERY).await;
        let Some(node) = node.upgrade() else { return };
        let observed = Observed::by(&node, &patience, Instant::now());
        let (reporter, clock) = (node.reporter.clone(), node.clock.clone());
        drop(node);
        let members: Vec<NodeId> = observed.view.members().map(|node| node.id).collect();
        let reports = reporter.gather(members.iter().copied()).await;
        recorder.forget_all_but(&members);
        happenings.refused(&told::all(&observed, &reports));
        recorder.sample(&reports, recorder.space(&observed), clock.now().secs);
        if samples.is_multiple_of(SAMPLES_PER_SAVE) {
            let recorder = recorder.clone();
            let _ = tokio::task::spawn_blocking(move || recorder.save()).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nasd_base::VolumeId;

    fn report(start: u64, operations: u64) -> Report {
        let of = |operations| Load { operations, ..Load::default() };
        let volumes = vec![(VolumeId(1), of(operations / 2)), (VolumeId(2), of(7))];
        Report { load: LoadReport { start, load: of(operations), volumes }, ..Report::default() }
    }

    fn said(reports: [(u64, Report); 2]) -> BTreeMap<NodeId, Report> {
        reports.into_iter().map(|(node, report)| (NodeId(node), report)).collect()
    }

    fn rates(shown: Performance) -> Vec<f64> {
        shown.points.iter().map(|point| point.operations_per_second).collect()
    }

    #[test]
    fn nodes_are_added_up_and_a_restart_is_no_leap() {
        let dir = tempfile::tempdir().unwrap();
        let recorder = Recorder::open(dir.path());
        let space = Some(Space { used_bytes: 50, free_bytes: 50 });
        recorder.sample(&said([(1, report(7, 100)), (2, report(8, 50))]), None, 1_010);
        recorder.sample(&said([(1, report(7, 150)), (2, report(9, 10))]), space, 1_020);
        recorder.sample(&BTreeMap::from([(NodeId(1), report(7, 160))]), space, 1_030);
        let shown = recorder.performance(Range::Hour, None, 1_030);
        let used: Vec<_> = shown.points.iter().map(|point| point.used_bytes.zip(point.total_bytes)).collect();
        assert_eq!(used, [None, Some((50, 100)), Some((50, 100))]);
        assert_eq!(shown.since, Some(1_000));
        assert_eq!(rates(shown), [0.0, 5.0, 1.0]);
    }

    #[test]
    fn each_volume_and_node_has_its_own_share() {
        let dir = tempfile::tempdir().unwrap();
        let recorder = Recorder::open(dir.path());
        let both = |operations| said([(1, report(7, operations)), (2, report(8, operations))]);
        recorder.sample(&both(100), None, 70);
        recorder.sample(&both(200), None, 130);
        let of = |part| rates(recorder.performance(Range::Hour, Some(part), 130));
        assert_eq!(of(Part::Volume(VolumeId(1))), [0.0, 10.0], "half of what two nodes did");
        assert_eq!(of(Part::Volume(VolumeId(2))), [0.0, 0.0]);
        assert_eq!(of(Part::Node(NodeId(2))), [10.0]);
        assert_eq!(of(Part::Node(NodeId(3))), [0.0; 0]);
        assert_eq!(recorder.performance(Range::Hour, Some(Part::Node(NodeId(2))), 130).since, Some(60));
    }

    #[test]
    fn the_file_is_gone_on_with_and_a_damaged_one_is_begun_anew() {
        let dir = tempfile::tempdir().unwrap();
        let recorder = Recorder::open(dir.path());
        let sample = |recorder: &Recorder| {
            recorder.sample(&said([(1, report(7, 100)), (2, report(8, 50))]), None, 1_000);
        };
        let kept = || Recorder::open(dir.path()).performance(Range::Day, None, 1_000).points.len();
        sample(&recorder);
        recorder.save();
        assert_eq!(kept(), 1);
        for damaged in [&b"GPF2 nonsense"[..], b"", b"GPF2", b"GPF1", &[0; FILE_BYTES_MAX + 1]] {
            std::fs::write(dir.path().join(FILE), damaged).unwrap();
            let anew = Recorder::open(dir.path());
            assert!(anew.performance(Range::Day, None, 1_000).points.is_empty());
            sample(&anew);
            anew.save();
            assert_eq!(kept(), 1);
        }
    }
}
