//! What outlives a simulated process: disks, databases, identities, and what the checker has to know.

use nasd_base::NodeId;
use nasd_disk::{SimDisk, SimDiskOptions};
use parking_lot::Mutex;
use rand::{Rng, RngExt};
use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How far a replica has come (the mark), and the checksum of its tables.
pub type Probe = (Vec<u8>, [u8; 32]);

pub const NODES: usize = 3;
pub const CLIENTS: usize = 3;

/// One machine: what stays when its process or its power goes.
pub struct Machine {
    pub log: SimDisk,
    pub chunks: SimDisk,
    pub state: PathBuf,
    /// Known once the node has been admitted to the cluster.
    pub id: Mutex<Option<NodeId>>,
}

/// Everything shared between the simulated hosts and the checker.
pub struct World {
    pub machines: Vec<Machine>,
    /// The volume exists and is exported: clients may come.
    pub serving: Mutex<bool>,
    /// Faults are over: clients finish what they do and stop.
    pub winding_up: Mutex<bool>,
    /// Clients that have finished and compared everything.
    pub clients_done: Mutex<usize>,
    /// Each node's state as of its last probe.
    pub probes: Mutex<BTreeMap<usize, Probe>>,
    /// The first thing that was wrong.
    pub violation: Mutex<Option<String>>,
    /// What happened, in order: the same seed must give the same.
    pub trace: Mutex<blake3::Hasher>,
    pub acknowledged: Mutex<u64>,
    pub restarts: Mutex<u64>,
    /// Segments given back and bytes scrubbed in each life of each node.
    pub upkeep: Mutex<BTreeMap<(usize, u64), (u64, u64)>>,
    _dir: tempfile::TempDir,
}

impl World {
    pub fn new(seed: u64) -> World {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let options = SimDiskOptions {
            capacity_bytes: 4 << 30,
            sync_latency: Duration::from_millis(2)..=Duration::from_millis(25),
            write_latency: Duration::ZERO..=Duration::from_millis(1),
            ..SimDiskOptions::default()
        };
        let machine = |number: usize| Machine {
            log: SimDisk::new(seed ^ (number as u64) << 8, options.clone()),
            chunks: SimDisk::new(seed ^ (number as u64) << 16 ^ 1, options.clone()),
            state: dir.path().join(format!("n{number}")),
            id: Mutex::new(None),
        };
        World {
            machines: (1..=NODES).map(machine).collect(),
            serving: Mutex::new(false),
            winding_up: Mutex::new(false),
            clients_done: Mutex::new(0),
            probes: Mutex::default(),
            violation: Mutex::new(None),
            trace: Mutex::new(blake3::Hasher::new()),
            acknowledged: Mutex::new(0),
            restarts: Mutex::new(0),
            upkeep: Mutex::default(),
            _dir: dir,
        }
    }

    /// Notes an event for the trace.
    pub fn note(&self, event: &str) {
        let at = turmoil::sim_elapsed().unwrap_or_default();
        let mut trace = self.trace.lock();
        trace.update(&at.as_nanos().to_le_bytes());
        trace.update(event.as_bytes());
        tracing::info!(target: "sim", at_ms = at.as_millis() as u64, "{event}");
    }

    /// Notes that a promise was broken; the run ends.
    pub fn violated(&self, what: String) {
        self.violation.lock().get_or_insert(what);
    }
}

impl Machine {
    /// The power goes: unflushed writes are lost or torn, and of each database's WAL, which nobody
    /// flushes, any part may be left.
    pub fn lose_power(&self, rng: &mut impl Rng) {
        self.log.crash();
        self.chunks.crash();
        cut_wals(&self.state, rng);
    }

    /// The process is killed: what it wrote stays.
    pub fn kill(&self) {
        self.log.kill();
        self.chunks.kill();
    }
}

fn cut_wals(dir: &Path, rng: &mut impl Rng) {
    let Ok(entries) = fs::read_dir(dir) else { return };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            cut_wals(&path, rng);
        } else if path.extension().is_some_and(|extension| extension == "db-shm") {
            fs::remove_file(&path).expect("the simulation's own file");
        } else if path.extension().is_some_and(|extension| extension == "db-wal") {
            let file = OpenOptions::new().write(true).open(&path).expect("the simulation's own file");
            let len = file.metadata().expect("an open file").len();
            if rng.random_bool(0.7) && len > 0 {
                file.set_len(rng.random_range(0..len)).expect("the simulation's own file");
            }
        }
    }
}
