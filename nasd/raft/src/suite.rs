//! openraft's own conformance tests, run on our log and state machine.

use crate::counters::RaftCounters;
use crate::log_store::LogStore;
use crate::machine::StateMachine;
use crate::types::Types;
use bytes::Bytes;
use nasd_base::{GroupId, SeededEntropy};
use nasd_disk::{Disk, RealDisk, SimDisk, SimDiskOptions};
use nasd_log::{Log, LogOptions};
use nasd_state::{Machine, StateDb, StateError};
use openraft::StorageError;
use openraft::testing::log::{StoreBuilder, Suite};
use rusqlite::Connection;
use std::sync::Arc;
use tempfile::TempDir;

struct Nothing;

impl Machine for Nothing {
    fn prepare(&mut self, _db: &Connection) -> Result<(), StateError> {
        Ok(())
    }

    fn apply(&mut self, _db: &Connection, _index: u64, _command: &[u8]) -> Result<Bytes, StateError> {
        Ok(Bytes::new())
    }
}

struct Builder {
    real: bool,
}

impl StoreBuilder<Types, LogStore, StateMachine, TempDir> for Builder {
    async fn build(&self) -> Result<(TempDir, LogStore, StateMachine), StorageError<Types>> {
        let dir = tempfile::tempdir().unwrap();
        let disk: Arc<dyn Disk> = match self.real {
            true => Arc::new(RealDisk::open(dir.path()).unwrap()),
            false => Arc::new(SimDisk::new(1, SimDiskOptions::default())),
        };
        let options = LogOptions {
            segment_bytes: 1 << 20,
            entropy: Arc::new(SeededEntropy::new(1)),
            ..LogOptions::default()
        };
        let log = Log::open(disk, options).await.unwrap();
        let store = LogStore::new(log.group(GroupId(1)), RaftCounters::default(), false);
        let state = StateDb::open(&dir.path().join("state"), Nothing).unwrap();
        let (machine, _closed) = StateMachine::new(state, u64::MAX, RaftCounters::default()).unwrap();
        Ok((dir, store, machine))
    }
}

#[tokio::test(start_paused = true)]
async fn our_storage_is_what_openraft_expects() {
    Suite::test_all(Builder { real: false }).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn our_storage_is_what_openraft_expects_on_many_threads() {
    Suite::test_all(Builder { real: true }).await.unwrap();
}
