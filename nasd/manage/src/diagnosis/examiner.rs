//! Keeps what was found last, and how far a run is that goes on. One run at a time.

use nasd_api::{CheckKind, Diagnosis, DiagnosisState, Finding};
use nasd_files::{Folder, Mode};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

const FILE: &str = "diagnosis.json";
/// As many checks with as much evidence as there can be are a tenth of it.
const FILE_BYTES_MAX: usize = 1 << 20;

/// What is kept over restarts: the newest finding of each check.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Kept {
    findings: BTreeMap<String, Finding>,
    /// When the last run began that nobody asked for.
    night: Option<i64>,
}

#[derive(Default)]
struct Inner {
    kept: Kept,
    /// Checks that are done, and all of the run that goes on.
    running: Option<(u32, u32)>,
}

/// This node's diagnosis.
pub struct Examiner {
    folder: Folder,
    inner: Mutex<Inner>,
    /// What threads are busy with.
    busy: Arc<Mutex<BTreeSet<PathBuf>>>,
}

impl Examiner {
    /// What cannot be read is found anew.
    pub fn open(dir: &Path) -> Examiner {
        let folder = Folder::new(dir);
        let bytes = folder.read(FILE, FILE_BYTES_MAX).ok().flatten();
        let kept = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default();
        Examiner { folder, inner: Mutex::new(Inner { kept, running: None }), busy: Arc::default() }
    }

    /// Begins a run of so many checks; false while another one goes on.
    pub fn begin(&self, checks: u32) -> bool {
        let mut inner = self.inner.lock();
        let is_free = inner.running.is_none();
        if is_free {
            inner.running = Some((0, checks));
        }
        is_free
    }

    /// Takes the place of what the check found before.
    pub fn found(&self, finding: Finding) {
        let mut inner = self.inner.lock();
        if let Some((done, _)) = &mut inner.running {
            *done += 1;
        }
        inner.kept.findings.insert(finding.check.name().to_owned(), finding);
    }

    pub fn end(&self) {
        self.inner.lock().running = None;
        self.save();
    }

    /// When the last nightly run began.
    pub fn last_night(&self) -> Option<i64> {
        self.inner.lock().kept.night
    }

    pub fn note_night(&self, at: i64) {
        self.inner.lock().kept.night = Some(at);
        self.save();
    }

    /// Lost findings are found again: that they cannot be saved is no more than worth a line.
    fn save(&self) {
        let kept = self.inner.lock().kept.clone();
        let saved = serde_json::to_vec(&kept).map_err(std::io::Error::from);
        let saved = saved.and_then(|bytes| self.folder.replace(FILE, &bytes, Mode::Owner));
        if let Err(error) = saved {
            tracing::warn!(%error, "what the diagnosis found could not be saved");
        }
    }

    /// Its node is filled in by who asks.
    pub fn diagnosis(&self) -> Diagnosis {
        let inner = self.inner.lock();
        let findings = CheckKind::ALL.iter().filter_map(|kind| inner.kept.findings.get(kind.name()));
        let findings: Vec<Finding> = findings.cloned().collect();
        let state = match (inner.running, findings.is_empty()) {
            (Some(_), _) => DiagnosisState::Running,
            (None, true) => DiagnosisState::Never,
            (None, false) => DiagnosisState::Done,
        };
        let (done, total) = inner.running.unwrap_or_default();
        Diagnosis { node: 0, node_name: String::new(), state, done, total, findings }
    }

    /// Does the work on a thread that may hang; nothing while an earlier one on the same thing has not ended.
    pub async fn alone<T: Send + 'static>(
        &self,
        about: PathBuf,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Option<T> {
        if !self.busy.lock().insert(about.clone()) {
            return None;
        }
        let busy = self.busy.clone();
        let working = tokio::task::spawn_blocking(move || {
            let done = work();
            busy.lock().remove(&about);
            done
        });
        working.await.ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nasd_api::CheckState;

    fn finding(check: CheckKind, state: CheckState) -> Finding {
        Finding { check, state, evidence: Vec::new(), advice: Vec::new(), at: 7, took_millis: 1 }
    }

    #[test]
    fn the_newest_finding_of_each_check_outlives_the_process() {
        let dir = tempfile::tempdir().unwrap();
        let examiner = Examiner::open(dir.path());
        assert_eq!(examiner.diagnosis().state, DiagnosisState::Never);
        assert!(examiner.begin(3));
        assert!(!examiner.begin(1), "the run that goes on is joined");
        for state in [CheckState::Failed, CheckState::Passed] {
            examiner.found(finding(CheckKind::Nfs, state));
        }
        examiner.found(finding(CheckKind::Flush, CheckState::Warning));
        let running = examiner.diagnosis();
        assert_eq!((running.state, running.done, running.total), (DiagnosisState::Running, 3, 3));
        examiner.end();
        examiner.note_night(7);
        let again = Examiner::open(dir.path());
        let said: Vec<_> = again.diagnosis().findings.iter().map(|it| (it.check, it.state)).collect();
        assert_eq!(said, [(CheckKind::Flush, CheckState::Warning), (CheckKind::Nfs, CheckState::Passed)]);
        assert_eq!((again.diagnosis().state, again.last_night()), (DiagnosisState::Done, Some(7)));
        std::fs::write(dir.path().join(FILE), "{").unwrap();
        assert_eq!(Examiner::open(dir.path()).diagnosis().state, DiagnosisState::Never);
    }

    #[tokio::test]
    async fn a_thread_that_hangs_is_not_followed_by_another() {
        let dir = tempfile::tempdir().unwrap();
        let examiner = Arc::new(Examiner::open(dir.path()));
        let (go, waits) = std::sync::mpsc::channel::<()>();
        let (here, first) = (PathBuf::from("/srv/a"), examiner.clone());
        let hanging = tokio::spawn(async move { first.alone("/srv/a".into(), move || waits.recv()).await });
        while examiner.busy.lock().is_empty() {
            tokio::task::yield_now().await;
        }
        assert_eq!(examiner.alone(here.clone(), || 1).await, None);
        assert_eq!(examiner.alone("/srv/b".into(), || 2).await, Some(2), "another disk is another matter");
        drop(go);
        assert!(hanging.await.unwrap().is_some());
        assert_eq!(examiner.alone(here, || 3).await, Some(3));
    }
}
