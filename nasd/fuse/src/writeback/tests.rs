//! Write-back through whole operations, against a leader that forgets.

use super::*;
use crate::kernel::KernelCache;
use crate::memory::{Memory, VOLUME};
use crate::ops::{Creation, Ops};
use nasd_base::{OsEntropy, SeededEntropy, Timestamp};
use nasd_fs::RenameMode;
use proptest::prelude::*;

struct Bench {
    memory: Arc<Memory>,
    ops: Arc<Ops>,
    writeback: Arc<WriteBack>,
}

const ROOT: Who = Who::root();

fn no_cache(memory: &Memory) -> Arc<KernelCache> {
    Arc::new(KernelCache::new(memory.new_session(), false))
}

impl Bench {
    fn new() -> Bench {
        Bench::with(WriteBackTuning::default())
    }

    fn with(tuning: WriteBackTuning) -> Bench {
        let memory = Arc::new(Memory::new());
        let volume = Arc::new(MountedVolume::new(
            memory.clone(),
            VOLUME,
            Arc::new(SeededEntropy::new(1)),
            no_cache(&memory),
        ));
        let writeback = Arc::new(WriteBack::new(volume.clone(), tuning));
        let ops = Arc::new(Ops::new(volume, writeback.clone(), memory.clone()));
        Bench { memory, ops, writeback }
    }

    async fn create(&self, name: &str) -> (Ino, u64) {
        let how = Creation { mode: 0o644, exclusive: true, truncate: false, readable: true, writable: true };
        let made = self.ops.create(&ROOT, Ino::ROOT, name.to_owned().into(), how).await;
        made.map(|(attr, handle, _)| (attr.ino, handle)).unwrap()
    }

    async fn write(&self, handle: u64, offset: u64, data: &[u8]) -> Result<(), Errno> {
        self.ops.write(&ROOT, handle, offset, data.into(), None).await
    }

    async fn read(&self, handle: u64, offset: u64, len: u32) -> Vec<u8> {
        self.ops.read(&ROOT, handle, offset, len).await.unwrap().to_vec()
    }
}

#[tokio::test(start_paused = true)]
async fn small_writes_reach_the_server_as_large_ones() {
    let bench = Bench::new();
    let (_, handle) = bench.create("f").await;
    for index in 0..512u64 {
        bench.write(handle, index * 4096, &[index as u8; 4096]).await.unwrap();
    }
    bench.ops.fsync(handle).await.unwrap();
    let writes = bench.memory.writes();
    assert!(writes.len() <= 4, "{writes:?}");
    assert_eq!(bench.memory.durable("f").len(), 2 << 20);
    assert_eq!(bench.memory.durable("f")[4096 * 300], 300u64 as u8);
}

#[tokio::test(start_paused = true)]
async fn fsync_after_a_lost_leader_has_written_everything_again() {
    let bench = Bench::new();
    let (_, handle) = bench.create("f").await;
    bench.write(handle, 0, b"first ").await.unwrap();
    bench.ops.flush(handle).await.unwrap();
    bench.memory.fail_over();
    assert_eq!(bench.memory.visible("f"), b"");
    bench.write(handle, 6, b"second").await.unwrap();
    bench.ops.fsync(handle).await.unwrap();
    assert_eq!(bench.memory.durable("f"), b"first second");
    assert!(!bench.writeback.is_dirty(bench.memory.ino("f")));
}

#[tokio::test(start_paused = true)]
async fn a_leader_lost_at_any_call_of_an_fsync_loses_nothing() {
    for calls in 0..8 {
        let bench = Bench::new();
        let (_, handle) = bench.create("f").await;
        bench.write(handle, 0, &[1; 5000]).await.unwrap();
        bench.ops.flush(handle).await.unwrap();
        bench.write(handle, 100_000, &[2; 5000]).await.unwrap();
        bench.write(handle, 50, &[3; 100]).await.unwrap();
        bench.memory.fail_over_in(calls);
        bench.ops.fsync(handle).await.unwrap();
        let durable = bench.memory.durable("f");
        assert_eq!(
            (durable[0], durable[50], durable[150], durable[104_999]),
            (1, 3, 1, 2),
            "at call {calls}"
        );
        assert_eq!(durable.len(), 105_000);
    }
}

#[tokio::test(start_paused = true)]
async fn a_newer_write_is_not_overwritten_by_the_replay_of_an_older_one() {
    let bench = Bench::new();
    let (_, handle) = bench.create("f").await;
    bench.write(handle, 0, b"oldoldold").await.unwrap();
    bench.ops.flush(handle).await.unwrap();
    bench.memory.fail_over();
    bench.write(handle, 3, b"NEW").await.unwrap();
    bench.ops.fsync(handle).await.unwrap();
    assert_eq!(bench.memory.durable("f"), b"oldNEWold");
}

#[tokio::test(start_paused = true)]
async fn a_truncation_is_not_undone_by_a_replay() {
    let bench = Bench::new();
    let (ino, handle) = bench.create("f").await;
    bench.write(handle, 0, b"0123456789").await.unwrap();
    let set = SetAttr { size: Some(4), ..SetAttr::default() };
    assert_eq!(bench.ops.set_attr(&ROOT, ino, set, Some(handle)).await.unwrap().0.size, 4);
    bench.memory.fail_over();
    bench.ops.fsync(handle).await.unwrap();
    assert_eq!(bench.memory.durable("f"), b"0123");
}

#[tokio::test(start_paused = true)]
async fn readers_never_see_the_gap_between_a_lost_leader_and_the_replay() {
    let bench = Bench::new();
    let (ino, handle) = bench.create("f").await;
    bench.write(handle, 0, b"precious").await.unwrap();
    assert_eq!(bench.read(handle, 0, 100).await, b"precious");
    bench.memory.fail_over();
    assert_eq!(bench.read(handle, 0, 100).await, b"precious");
    bench.memory.fail_over();
    assert_eq!(bench.ops.get_attr(&ROOT, ino).await.unwrap().0.size, 8);
    bench.memory.fail_over();
    let found = bench.ops.lookup(&ROOT, Ino::ROOT, "f".into()).await.unwrap();
    assert_eq!(found.0.unwrap().size, 8);
}

#[tokio::test(start_paused = true)]
async fn attributes_count_what_was_only_gathered() {
    let bench = Bench::new();
    let (ino, handle) = bench.create("f").await;
    bench.write(handle, 0, b"abc").await.unwrap();
    assert!(bench.memory.writes().is_empty());
    assert_eq!(bench.ops.get_attr(&ROOT, ino).await.unwrap().0.size, 3);
}

#[tokio::test(start_paused = true)]
async fn close_sends_and_the_background_commits() {
    let bench = Bench::new();
    let run = tokio::spawn(bench.writeback.clone().run());
    let (ino, handle) = bench.create("f").await;
    bench.write(handle, 0, b"data").await.unwrap();
    bench.ops.flush(handle).await.unwrap();
    bench.ops.release(handle);
    assert_eq!(bench.memory.visible("f"), b"data");
    assert_eq!(bench.memory.durable("f"), b"");
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert_eq!(bench.memory.durable("f"), b"data");
    assert!(bench.writeback.find(ino).is_none(), "nothing is left to remember");
    run.abort();
}

#[tokio::test(start_paused = true)]
async fn an_open_file_is_committed_in_the_background_too() {
    let bench = Bench::new();
    let run = tokio::spawn(bench.writeback.clone().run());
    let (_, handle) = bench.create("f").await;
    bench.write(handle, 0, b"log line").await.unwrap();
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert_eq!(bench.memory.durable("f"), b"log line");
    run.abort();
}

#[tokio::test(start_paused = true)]
async fn writers_wait_for_commits_when_memory_is_used_up() {
    let bench = Bench::with(WriteBackTuning {
        memory_bytes: 1 << 20,
        commit_every: Duration::from_secs(3600),
        ..WriteBackTuning::default()
    });
    let run = tokio::spawn(bench.writeback.clone().run());
    let (_, handle) = bench.create("f").await;
    for index in 0..64u64 {
        bench.write(handle, index << 17, &[7; 1 << 17]).await.unwrap();
        assert!(bench.writeback.unsaved_bytes() <= 1 << 20);
    }
    assert!(bench.memory.counts().commits >= 7);
    run.abort();
}

#[tokio::test(start_paused = true)]
async fn a_full_volume_is_told_at_the_next_fsync_once_and_stops_the_writer() {
    let bench = Bench::new();
    bench.memory.set_capacity(8192);
    let (_, handle) = bench.create("f").await;
    bench.write(handle, 0, &[1; 100_000]).await.unwrap();
    bench.writeback.commit_all().await;
    assert_eq!(bench.write(handle, 0, b"more").await, Err(Errno::NoSpace));
    assert_eq!(bench.ops.fsync(handle).await, Err(Errno::NoSpace));
    assert_eq!(bench.ops.fsync(handle).await, Ok(()));
    assert_eq!(bench.write(handle, 0, b"more").await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn a_volume_without_a_leader_loses_nothing() {
    let bench = Bench::new();
    let (_, handle) = bench.create("f").await;
    bench.write(handle, 0, b"patience").await.unwrap();
    bench.memory.refuse(Some(Errno::TimedOut));
    assert_eq!(bench.ops.fsync(handle).await, Err(Errno::TimedOut));
    assert_eq!(bench.ops.flush(handle).await, Err(Errno::TimedOut));
    bench.memory.refuse(None);
    assert_eq!(bench.ops.fsync(handle).await, Ok(()));
    assert_eq!(bench.memory.durable("f"), b"patience");
}

#[tokio::test(start_paused = true)]
async fn synchronous_writes_are_durable_at_once_and_beat_older_data() {
    let bench = Bench::new();
    let (_, handle) = bench.create("f").await;
    bench.write(handle, 0, b"aaaaaa").await.unwrap();
    bench.ops.write(&ROOT, handle, 2, "SS"[..].into(), Some(Stability::FileSync)).await.unwrap();
    assert_eq!(&bench.memory.durable("f")[2..4], b"SS");
    bench.memory.fail_over();
    bench.ops.fsync(handle).await.unwrap();
    assert_eq!(bench.memory.durable("f"), b"aaSSaa");
}

/// `cp -p`, `tar` and `rsync` set the time of a file right after writing it; a leader lost a moment later
/// gave the file the time of the replay, and the next rsync copied it once more.
#[tokio::test(start_paused = true)]
async fn a_replay_keeps_the_modification_time_that_was_set() {
    let bench = Bench::new();
    let (ino, handle) = bench.create("f").await;
    bench.write(handle, 0, b"data").await.unwrap();
    bench.ops.flush(handle).await.unwrap();
    let then = Timestamp { secs: 1_000_000, nanos: 5 };
    let set = SetAttr { mtime: Some(SetTime::To(then)), ..SetAttr::default() };
    bench.ops.set_attr(&ROOT, ino, set, None).await.unwrap();
    bench.memory.fail_over();
    bench.ops.fsync(handle).await.unwrap();
    assert_eq!(bench.memory.durable("f"), b"data");
    assert_eq!(bench.ops.get_attr(&ROOT, ino).await.unwrap().0.mtime, then);
}

#[tokio::test(start_paused = true)]
async fn a_removed_and_closed_file_takes_its_unsaved_data_along() {
    let bench = Bench::new();
    let (ino, handle) = bench.create("f").await;
    bench.write(handle, 0, b"scratch").await.unwrap();
    bench.ops.unlink(&ROOT, Ino::ROOT, "f".into()).await.unwrap();
    assert_eq!(bench.read(handle, 0, 100).await, b"scratch");
    bench.ops.flush(handle).await.unwrap();
    bench.ops.release(handle);
    assert_eq!(bench.memory.open_handles(), 0);
    bench.writeback.commit_all().await;
    assert!(bench.writeback.find(ino).is_none());
    assert_eq!(bench.writeback.unsaved_bytes(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_file_replaced_by_rename_does_not_disturb_the_other() {
    let bench = Bench::new();
    let (_, old) = bench.create("config").await;
    bench.write(old, 0, b"old").await.unwrap();
    let (_, new) = bench.create("config.tmp").await;
    bench.write(new, 0, b"newer").await.unwrap();
    bench.ops.fsync(new).await.unwrap();
    let (from, to) = ((Ino::ROOT, "config.tmp".into()), (Ino::ROOT, "config".into()));
    bench.ops.rename(&ROOT, from, to, RenameMode::Replace).await.unwrap();
    bench.memory.fail_over();
    bench.writeback.commit_all().await;
    assert_eq!(bench.memory.durable("config"), b"newer");
}

#[tokio::test(start_paused = true)]
async fn zeroing_and_punching_are_not_undone_by_a_replay() {
    let bench = Bench::new();
    let (_, handle) = bench.create("f").await;
    bench.write(handle, 0, &[9; 10_000]).await.unwrap();
    bench.ops.fallocate(&ROOT, handle, 1000, 2000, 0x03).await.unwrap();
    bench.ops.fallocate(&ROOT, handle, 9000, 3000, 0x10).await.unwrap();
    bench.memory.fail_over();
    bench.ops.fsync(handle).await.unwrap();
    let durable = bench.memory.durable("f");
    assert_eq!((durable[999], durable[1000], durable[2999], durable[3000]), (9, 0, 0, 9));
    assert_eq!((durable.len(), durable[8999], durable[9000]), (12_000, 9, 0));
}

/// Written, punched at its end, and lost with its leader: the replay sent only what the hole had left, and
/// the file came back shorter. Found by the histories below.
#[tokio::test(start_paused = true)]
async fn a_hole_at_the_end_does_not_take_the_size_along() {
    let bench = Bench::new();
    let (ino, handle) = bench.create("f").await;
    bench.write(handle, 0, &[9; 1000]).await.unwrap();
    bench.ops.fallocate(&ROOT, handle, 600, 400, 0x03).await.unwrap();
    bench.memory.fail_over();
    assert_eq!(bench.ops.get_attr(&ROOT, ino).await.unwrap().0.size, 1000);
}

#[derive(Clone, Debug)]
enum Step {
    Write { offset: u64, len: usize, byte: u8 },
    WriteThrough { offset: u64, len: usize, byte: u8 },
    Truncate(u64),
    Punch { offset: u64, len: u64 },
    Read { offset: u64, len: u32 },
    Flush,
    Fsync,
    Background,
    FailOver,
    FailOverSoon(u32),
}

fn step() -> impl Strategy<Value = Step> {
    let place = || (0u64..40_000, 1usize..9000, 1u8..);
    prop_oneof![
        6 => place().prop_map(|(offset, len, byte)| Step::Write { offset, len, byte }),
        1 => place().prop_map(|(offset, len, byte)| Step::WriteThrough { offset, len, byte }),
        1 => (0u64..50_000).prop_map(Step::Truncate),
        1 => (0u64..40_000, 1u64..9000).prop_map(|(offset, len)| Step::Punch { offset, len }),
        3 => (0u64..50_000, 0u32..20_000).prop_map(|(offset, len)| Step::Read { offset, len }),
        1 => Just(Step::Flush),
        1 => Just(Step::Fsync),
        1 => Just(Step::Background),
        1 => Just(Step::FailOver),
        1 => (0u32..6).prop_map(Step::FailOverSoon),
    ]
}

fn put(file: &mut Vec<u8>, offset: u64, len: usize, byte: u8) {
    let end = offset as usize + len;
    file.resize(file.len().max(end), 0);
    file[offset as usize..end].fill(byte);
}

/// Whatever leaders do, every read sees every write, and fsync makes the disk the same.
async fn run(steps: Vec<Step>) {
    let bench = Bench::with(WriteBackTuning {
        send_bytes: 16 << 10,
        unsent_bytes: 32 << 10,
        ..WriteBackTuning::default()
    });
    let (ino, handle) = bench.create("f").await;
    let mut model: Vec<u8> = Vec::new();
    for step in steps {
        match step {
            Step::Write { offset, len, byte } => {
                put(&mut model, offset, len, byte);
                bench.write(handle, offset, &vec![byte; len]).await.unwrap();
            }
            Step::WriteThrough { offset, len, byte } => {
                put(&mut model, offset, len, byte);
                let data = vec![byte; len][..].into();
                bench.ops.write(&ROOT, handle, offset, data, Some(Stability::DataSync)).await.unwrap();
            }
            Step::Truncate(size) => {
                model.resize(size as usize, 0);
                let set = SetAttr { size: Some(size), ..SetAttr::default() };
                bench.ops.set_attr(&ROOT, ino, set, Some(handle)).await.unwrap();
            }
            Step::Punch { offset, len } => {
                let end = model.len().min((offset + len) as usize);
                model[end.min(offset as usize)..end].fill(0);
                bench.ops.fallocate(&ROOT, handle, offset, len, 0x03).await.unwrap();
            }
            Step::Read { offset, len } => {
                let from = model.len().min(offset as usize);
                let to = model.len().min(offset as usize + len as usize);
                assert!(bench.read(handle, offset, len).await == model[from..to], "at {offset}");
            }
            Step::Flush => bench.ops.flush(handle).await.unwrap(),
            Step::Fsync => {
                bench.ops.fsync(handle).await.unwrap();
                assert!(bench.memory.durable("f") == model, "after fsync");
            }
            Step::Background => bench.writeback.commit_all().await,
            Step::FailOver => bench.memory.fail_over(),
            Step::FailOverSoon(calls) => bench.memory.fail_over_in(calls),
        }
    }
    bench.ops.fsync(handle).await.unwrap();
    assert!(bench.memory.durable("f") == model, "at the end");
    assert_eq!(bench.writeback.unsaved_bytes(), 0);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]
    #[test]
    fn every_read_sees_every_write_whatever_leaders_do(steps in proptest::collection::vec(step(), 1..50)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
        runtime.unwrap().block_on(run(steps));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_writers_commits_and_lost_leaders_lose_nothing() {
    let memory = Arc::new(Memory::new());
    let volume = Arc::new(MountedVolume::new(memory.clone(), VOLUME, Arc::new(OsEntropy), no_cache(&memory)));
    let tuning = WriteBackTuning {
        send_bytes: 8192,
        unsent_bytes: 32 << 10,
        memory_bytes: 1 << 20,
        ..WriteBackTuning::default()
    };
    let writeback = Arc::new(WriteBack::new(volume.clone(), tuning));
    let ops = Arc::new(Ops::new(volume, writeback.clone(), memory.clone()));
    let bench = Bench { memory, ops, writeback };
    let (_, handle) = bench.create("f").await;
    let mut writers = JoinSet::new();
    for writer in 0..4u64 {
        let ops = bench.ops.clone();
        writers.spawn(async move {
            for index in 0..200u64 {
                let offset = (index * 4 + writer) * 1000;
                let data = vec![(index % 250) as u8 + 1; 1000];
                ops.write(&ROOT, handle, offset, data[..].into(), None).await.unwrap();
                if index % 17 == writer {
                    ops.fsync(handle).await.unwrap();
                }
            }
        });
    }
    let memory = bench.memory.clone();
    let chaos = tokio::spawn(async move {
        loop {
            memory.fail_over();
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    });
    while let Some(written) = writers.join_next().await {
        written.unwrap();
    }
    chaos.abort();
    bench.ops.fsync(handle).await.unwrap();
    let durable = bench.memory.durable("f");
    assert_eq!(durable.len(), 800_000);
    for (block, bytes) in durable.chunks(1000).enumerate() {
        let expected = ((block / 4) % 250) as u8 + 1;
        assert!(bytes.iter().all(|byte| *byte == expected), "block {block}");
    }
}
