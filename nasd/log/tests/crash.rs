//! Random operations and power cuts at random moments: what was acknowledged is there, and what is there is
//! the result of the first so many operations, none of them left out.

mod common;

use bytes::Bytes;
use common::*;
use nasd_base::GroupId;
use nasd_disk::SimDisk;
use nasd_log::{Log, LogEntry, LogOptions};
use parking_lot::Mutex;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::time::Duration;

const GROUPS: u64 = 3;

#[derive(Clone, Debug)]
enum Step {
    Append {
        group: u64,
        count: u64,
        bytes: usize,
    },
    Vote {
        group: u64,
    },
    /// Keeps this many 256ths of the entries.
    Truncate {
        group: u64,
        keep: u8,
    },
    Purge {
        group: u64,
        part: u8,
    },
    PurgeBeyond {
        group: u64,
    },
    Remove {
        group: u64,
    },
    Pause {
        ms: u64,
    },
    Restart(Ending),
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Ending {
    /// The power fails.
    Crash,
    /// The process is killed; the machine goes on.
    Kill,
    Close,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let group = || 0..GROUPS;
    let step = prop_oneof![
        12 => (group(), 1..6u64, 0..6000usize).prop_map(|(group, count, bytes)| Step::Append { group, count, bytes }),
        3 => group().prop_map(|group| Step::Vote { group }),
        3 => (group(), any::<u8>()).prop_map(|(group, keep)| Step::Truncate { group, keep }),
        4 => (group(), any::<u8>()).prop_map(|(group, part)| Step::Purge { group, part }),
        1 => group().prop_map(|group| Step::PurgeBeyond { group }),
        1 => group().prop_map(|group| Step::Remove { group }),
        6 => (0..6u64).prop_map(|ms| Step::Pause { ms }),
        1 => Just(Step::Pause { ms: 2000 }),
        2 => Just(Step::Restart(Ending::Crash)),
        1 => Just(Step::Restart(Ending::Kill)),
        1 => Just(Step::Restart(Ending::Close)),
    ];
    proptest::collection::vec(step, 0..120)
}

#[derive(Clone, Debug, Default, PartialEq)]
struct ModelGroup {
    vote: Option<Bytes>,
    purged: Option<(u64, Bytes)>,
    entries: BTreeMap<u64, Bytes>,
}

type Model = BTreeMap<u64, ModelGroup>;

/// One record's worth of change.
#[derive(Clone, Debug)]
enum Change {
    Entry(u64, Bytes),
    Vote(Bytes),
    Truncate(Option<u64>),
    Purge(u64, Bytes),
    Remove,
}

fn apply(model: &mut Model, group: u64, change: &Change) {
    if matches!(change, Change::Remove) {
        model.remove(&group);
        return;
    }
    let held = model.entry(group).or_default();
    match change {
        Change::Entry(index, payload) => {
            held.entries.insert(*index, payload.clone());
        }
        Change::Vote(vote) => held.vote = Some(vote.clone()),
        Change::Truncate(Some(index)) => {
            held.entries.split_off(&(index + 1));
        }
        Change::Truncate(None) => held.entries.clear(),
        Change::Purge(through, log_id) => {
            held.purged = Some((*through, log_id.clone()));
            held.entries = held.entries.split_off(&(through + 1));
        }
        Change::Remove => {}
    }
    if *held == ModelGroup::default() {
        model.remove(&group);
    }
}

/// The log under test beside its model.
struct Bench {
    disk: SimDisk,
    options: LogOptions,
    log: Log,
    /// What surely was on the disk when the log was opened.
    base: Model,
    /// What was submitted since.
    changes: Vec<(u64, Change)>,
    /// The model with all changes.
    model: Model,
    /// How many of them are acknowledged.
    acknowledged: Arc<Mutex<usize>>,
    unique: u64,
}

impl Bench {
    async fn new(seed: u64, options: LogOptions) -> Bench {
        let disk = sim(seed);
        let log = open(&disk, &options).await;
        Bench {
            disk,
            options,
            log,
            base: Model::new(),
            changes: Vec::new(),
            model: Model::new(),
            acknowledged: Arc::default(),
            unique: 0,
        }
    }

    fn unique(&mut self, bytes: usize) -> Bytes {
        self.unique += 1;
        let mut payload = format!("{} ", self.unique).into_bytes();
        payload.resize(payload.len().max(bytes), self.unique as u8);
        payload.into()
    }

    fn submitted(&mut self, group: u64, change: Change) {
        apply(&mut self.model, group, &change);
        self.changes.push((group, change));
    }

    /// A callback that counts everything submitted until now as acknowledged.
    fn acknowledge(&self) -> impl FnOnce(io::Result<()>) + Send + 'static {
        let (acknowledged, count) = (self.acknowledged.clone(), self.changes.len());
        move |result: io::Result<()>| {
            if result.is_ok() {
                let mut acknowledged = acknowledged.lock();
                *acknowledged = count.max(*acknowledged);
            }
        }
    }

    fn watch(&self, future: impl Future<Output = io::Result<()>> + Send + 'static) {
        let acknowledge = self.acknowledge();
        start(async move { acknowledge(future.await) });
    }

    async fn step(&mut self, step: &Step) {
        match *step {
            Step::Append { group, count, bytes } => self.append(group, count, bytes),
            Step::Vote { group } => {
                let vote = self.unique(40);
                self.submitted(group, Change::Vote(vote.clone()));
                let log = self.log.group(GroupId(group));
                self.watch(async move { log.save_vote(vote).await });
            }
            Step::Truncate { group, keep } => self.truncate(group, keep),
            Step::Purge { group, part } => {
                let held = self.model.get(&group).cloned().unwrap_or_default();
                let part = held.entries.len() * usize::from(part) / 256;
                if let Some(through) = held.entries.keys().nth(part) {
                    self.purge(group, *through);
                }
            }
            Step::PurgeBeyond { group } => {
                let held = self.model.get(&group).cloned().unwrap_or_default();
                let last = held.entries.keys().last().copied().or(held.purged.map(|(through, _)| through));
                self.purge(group, last.unwrap_or(0) + 10);
            }
            Step::Remove { group } => {
                if self.model.contains_key(&group) {
                    self.submitted(group, Change::Remove);
                    let log = self.log.clone();
                    self.watch(
                        async move { log.remove_group(GroupId(group)).await.map_err(io::Error::from) },
                    );
                }
            }
            Step::Pause { ms } => tokio::time::sleep(Duration::from_millis(ms)).await,
            Step::Restart(ending) => self.restart(ending).await,
        }
    }

    fn append(&mut self, group: u64, count: u64, bytes: usize) {
        let held = self.model.get(&group).cloned().unwrap_or_default();
        let last = held.entries.keys().last().copied().or(held.purged.map(|(through, _)| through));
        let first = last.map_or(1, |last| last + 1);
        let mut entries = Vec::new();
        for index in first..first + count {
            let payload = self.unique(bytes);
            self.submitted(group, Change::Entry(index, payload.clone()));
            entries.push(LogEntry { index, payload });
        }
        self.log.group(GroupId(group)).append(entries, Box::new(self.acknowledge()));
    }

    fn truncate(&mut self, group: u64, keep: u8) {
        let held = self.model.get(&group).cloned().unwrap_or_default();
        let keep = held.entries.len() * usize::from(keep) / 256;
        let index = keep.checked_sub(1).and_then(|last| held.entries.keys().nth(last)).copied();
        self.submitted(group, Change::Truncate(index));
        let log = self.log.group(GroupId(group));
        self.watch(async move { log.truncate_after(index).await });
    }

    fn purge(&mut self, group: u64, through: u64) {
        let log_id = self.unique(20);
        self.submitted(group, Change::Purge(through, log_id.clone()));
        let log = self.log.group(GroupId(group));
        self.watch(async move { log.purge(through, log_id).await });
    }

    async fn restart(&mut self, ending: Ending) {
        match ending {
            Ending::Crash => self.disk.crash(),
            Ending::Kill => self.disk.kill(),
            Ending::Close => self.log.close().await,
        }
        // Callbacks of writes that were complete may still be on their way.
        tokio::time::sleep(Duration::from_millis(20)).await;
        let acknowledged = *self.acknowledged.lock();
        assert!(ending != Ending::Close || acknowledged == self.changes.len());
        self.log = open(&self.disk, &self.options).await;
        let found = contents(&self.log).await;
        let mut model = self.base.clone();
        let mut matches = acknowledged == 0 && model == found;
        for (count, (group, change)) in self.changes.iter().enumerate() {
            if matches {
                break;
            }
            apply(&mut model, *group, change);
            matches = count + 1 >= acknowledged && model == found;
        }
        assert!(
            matches,
            "{ending:?}: {acknowledged} of {} changes were acknowledged, found {:?}, all would be {:?}",
            self.changes.len(),
            summary(&found),
            summary(&self.model)
        );
        self.base = found.clone();
        self.model = found;
        self.changes.clear();
        self.acknowledged = Arc::default();
    }
}

fn summary(model: &Model) -> Vec<String> {
    let group = |(id, group): (&u64, &ModelGroup)| {
        let text =
            |bytes: &Bytes| String::from_utf8_lossy(bytes).split(' ').next().unwrap_or_default().to_owned();
        let entries: Vec<_> = group.entries.iter().map(|(index, payload)| (index, text(payload))).collect();
        let purged = group.purged.as_ref().map(|(through, id)| (through, text(id)));
        format!("{id}: vote {:?}, purged {purged:?}, {entries:?}", group.vote.as_ref().map(text))
    };
    model.iter().map(group).collect()
}

async fn contents(log: &Log) -> Model {
    let mut model = Model::new();
    for id in log.groups() {
        let group = log.group(id);
        let state = group.state();
        let mut held = ModelGroup { vote: state.vote, purged: state.purged, entries: BTreeMap::new() };
        if let (Some(first), Some(last)) = (state.first_index, state.last_index) {
            for entry in group.read(first..last + 1, usize::MAX).await.unwrap() {
                held.entries.insert(entry.index, entry.payload);
            }
            assert_eq!(held.entries.len() as u64, last + 1 - first);
        }
        model.insert(id.0, held);
    }
    model
}

async fn play(seed: u64, options: LogOptions, steps: &[Step]) -> Bench {
    let mut bench = Bench::new(seed, options).await;
    for step in steps {
        bench.step(step).await;
        assert_eq!(bench.log.failed(), None);
    }
    bench.restart(Ending::Crash).await;
    bench
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn acknowledged_operations_survive_crashes(steps in steps(), seed: u64) {
        run(play(seed, small(), &steps));
    }

    #[test]
    fn acknowledged_operations_survive_crashes_while_old_entries_are_moved(steps in steps(), seed: u64) {
        run(play(seed, LogOptions { segments_before_cleaning: 1, spare_segments: 2, ..small() }, &steps));
    }

    #[test]
    fn the_log_without_crashes_is_its_model(steps in steps(), seed: u64) {
        run(async {
            let mut bench = Bench::new(seed, small()).await;
            for step in steps.iter().filter(|step| !matches!(step, Step::Restart(_))) {
                bench.step(step).await;
                assert_eq!(contents(&bench.log).await, bench.model);
            }
            bench.restart(Ending::Close).await;
        });
    }
}

/// The same on one long history each, which goes through many segments.
#[test]
fn long_histories_survive_crashes() {
    for seed in 0..10u64 {
        let mut runner = proptest::test_runner::TestRunner::new_with_rng(
            Default::default(),
            proptest::test_runner::TestRng::from_seed(
                proptest::test_runner::RngAlgorithm::ChaCha,
                &[seed as u8; 32],
            ),
        );
        let mut all = Vec::new();
        for _ in 0..40 {
            all.extend(steps().new_tree(&mut runner).unwrap().current());
        }
        let bench = run(play(seed, LogOptions { segments_before_cleaning: 4, ..small() }, &all));
        assert!(bench.unique > 1000);
    }
}
