//! Takes the samples and keeps them in a file, so that a restart loses minutes at most.

use super::history::{Bucket, FILE_BYTES_MAX, History, forecast};
use nasd_api::{Performance, PerformancePoint, Range};
use nasd_base::{Clock, NodeId};
use nasd_files::{Folder, Mode};
use nasd_node::{LoadReport, Report, Reporter};
use nasd_system::System;
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::sleep;

const SAMPLE_EVERY: Duration = Duration::from_secs(10);
/// Samples between two writes of the file: five minutes.
const SAMPLES_PER_SAVE: u32 = 30;
const FILE: &str = "performance";

/// The record and what it needs to go on.
pub struct Recorder {
    dir: Folder,
    history: Mutex<History>,
    last: Mutex<BTreeMap<NodeId, Last>>,
}

/// What a node said last.
#[derive(Clone, Copy)]
struct Last {
    load: LoadReport,
    used_bytes: u64,
    total_bytes: u64,
}

impl Last {
    fn of(report: &Report) -> Last {
        let sum = |pick: fn(&nasd_node::DiskReport) -> u64| report.disks.iter().map(pick).sum();
        Last {
            load: report.load,
            used_bytes: sum(|disk| disk.used_bytes),
            total_bytes: sum(|disk| disk.total_bytes),
        }
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
        Recorder { dir, history: Mutex::new(history), last: Mutex::default() }
    }

    /// Counts what the nodes did since they were heard last.
    fn sample(&self, reports: &BTreeMap<NodeId, Report>, now: i64) {
        let mut last = self.last.lock();
        let seconds = SAMPLE_EVERY.as_secs();
        let mut sample = Bucket { at: now - seconds as i64, seconds: seconds as u32, ..Bucket::default() };
        for (node, report) in reports {
            let heard = Last::of(report);
            // After a restart a node's figures begin at 0 again.
            if let Some(before) =
                last.insert(*node, heard).filter(|before| before.load.start == heard.load.start)
            {
                let (new, old) = (heard.load.load, before.load.load);
                sample.operations += new.operations.saturating_sub(old.operations);
                sample.read_bytes += new.read_bytes.saturating_sub(old.read_bytes);
                sample.written_bytes += new.written_bytes.saturating_sub(old.written_bytes);
                sample.busy_micros += new.busy_micros.saturating_sub(old.busy_micros);
            }
        }
        // Disks of a node that is away are not gone.
        sample.used_bytes = last.values().map(|last| last.used_bytes).sum();
        sample.total_bytes = last.values().map(|last| last.total_bytes).sum();
        self.history.lock().add(&sample);
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

    /// What a page shows.
    pub fn performance(&self, range: Range, now: i64) -> Performance {
        let history = self.history.lock();
        let (step_seconds, buckets) = history.range(range, now);
        let points = buckets.map(|bucket| {
            let per_second = |sum: u64| sum as f64 / f64::from(bucket.seconds.max(1));
            PerformancePoint {
                at: bucket.at,
                operations_per_second: per_second(bucket.operations),
                read_bytes_per_second: per_second(bucket.read_bytes),
                written_bytes_per_second: per_second(bucket.written_bytes),
                latency_micros: bucket.busy_micros as f64 / bucket.operations.max(1) as f64,
                used_bytes: bucket.used_bytes,
                total_bytes: bucket.total_bytes,
            }
        });
        Performance { range, step_seconds, points: points.collect(), forecast: forecast(&history, now) }
    }
}

/// Samples for ever.
pub async fn run(recorder: Arc<Recorder>, system: System, reporter: Arc<Reporter>, clock: Arc<dyn Clock>) {
    for samples in 1u32.. {
        sleep(SAMPLE_EVERY).await;
        let view = system.view();
        let members = view.members();
        let members: Vec<NodeId> = members.map(|node| node.id).collect();
        let reports = reporter.gather(members.iter().copied()).await;
        recorder.forget_all_but(&members);
        recorder.sample(&reports, clock.now().secs);
        if samples.is_multiple_of(SAMPLES_PER_SAVE) {
            let recorder = recorder.clone();
            let _ = tokio::task::spawn_blocking(move || recorder.save()).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nasd_fs::Load;
    use nasd_node::DiskReport;

    fn report(start: u64, operations: u64, used_bytes: u64) -> Report {
        let load = LoadReport { start, load: Load { operations, ..Load::default() } };
        let disk = DiskReport {
            path: "d".into(),
            total_bytes: 1_000,
            used_bytes,
            available_bytes: 0,
            failed: None,
            short_of: None,
        };
        Report { disks: vec![disk], load, ..Report::default() }
    }

    fn said(reports: [(u64, Report); 2]) -> BTreeMap<NodeId, Report> {
        reports.into_iter().map(|(node, report)| (NodeId(node), report)).collect()
    }

    #[test]
    fn nodes_are_added_up_and_a_restart_is_no_leap() {
        let dir = tempfile::tempdir().unwrap();
        let recorder = Recorder::open(dir.path());
        recorder.sample(&said([(1, report(7, 100, 10)), (2, report(8, 50, 20))]), 1_000);
        recorder.sample(&said([(1, report(7, 150, 10)), (2, report(9, 10, 20))]), 1_010);
        let alone = BTreeMap::from([(NodeId(1), report(7, 160, 30))]);
        recorder.sample(&alone, 1_020);
        let shown = recorder.performance(Range::Hour, 1_020).points;
        let rates: Vec<f64> = shown.iter().map(|point| point.operations_per_second).collect();
        assert_eq!(rates, [0.0, 5.0, 1.0]);
        assert_eq!(shown[2].used_bytes, 50, "the absent node's disks still count");
    }

    #[test]
    fn the_file_is_gone_on_with_and_a_damaged_one_is_begun_anew() {
        let dir = tempfile::tempdir().unwrap();
        let recorder = Recorder::open(dir.path());
        recorder.sample(&said([(1, report(7, 100, 10)), (2, report(8, 50, 20))]), 1_000);
        recorder.save();
        assert_eq!(Recorder::open(dir.path()).performance(Range::Day, 1_000).points.len(), 1);
        for damaged in [&b"GPF1 nonsense"[..], b"", b"GPF1", &[0; FILE_BYTES_MAX + 1]] {
            std::fs::write(dir.path().join(FILE), damaged).unwrap();
            let anew = Recorder::open(dir.path());
            assert!(anew.performance(Range::Day, 1_000).points.is_empty());
            anew.sample(&said([(1, report(7, 100, 10)), (2, report(8, 50, 20))]), 1_000);
            anew.save();
            assert_eq!(Recorder::open(dir.path()).performance(Range::Day, 1_000).points.len(), 1);
        }
    }
}
