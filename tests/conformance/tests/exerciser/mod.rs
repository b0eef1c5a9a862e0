//! Owns one file that is used through two mounts in turn, and a model of it in memory.
//!
//! Cached data is close-to-open: the file is closed on one mount before it is opened on the other, and from
//! then on the other must show every byte and the size. fsx cannot do this: it has one path.

use nasd_base::{Entropy, SeededEntropy};
use rustix::fs::{FallocateFlags, fallocate};
use std::fs::{File, OpenOptions};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};

/// The file stays below two and a half chunks.
const FILE_BYTES_MAX: u64 = 2_500_000;
const OP_BYTES_MAX: u64 = 100_000;
/// Every so many operations, on average, the file changes hands.
const TURN: u64 = 4;
/// How many of the newest operations a failure shows.
const SHOWN: usize = 30;

pub struct Exerciser {
    paths: [PathBuf; 2],
    model: Vec<u8>,
    file: File,
    /// Which path `file` was opened by.
    side: usize,
    chance: SeededEntropy,
    seed: u64,
    log: Vec<String>,
    turns: u64,
    read_bytes: u64,
}

impl Exerciser {
    /// Makes the file, by the first of its paths.
    pub fn new(paths: [PathBuf; 2], seed: u64) -> Exerciser {
        let file = OpenOptions::new().read(true).write(true).create_new(true).open(&paths[0]);
        Exerciser {
            file: file.expect("create"),
            paths,
            model: Vec::new(),
            side: 0,
            chance: SeededEntropy::new(seed),
            seed,
            log: Vec::new(),
            turns: 0,
            read_bytes: 0,
        }
    }

    /// Does `ops` operations and compares the whole file, through both mounts, at the end.
    pub fn run(&mut self, ops: u64) {
        for _ in 0..ops {
            if self.below(TURN) == 0 {
                self.change_hands();
            }
            self.step();
        }
        for _ in 0..2 {
            self.change_hands();
            self.read(0, FILE_BYTES_MAX);
        }
    }

    pub fn summary(&self) -> String {
        let (turns, read) = (self.turns, self.read_bytes >> 20);
        format!("{} operations, {turns} changes of hands, {read} MiB compared", self.log.len())
    }

    fn below(&self, limit: u64) -> u64 {
        self.chance.next_u64() % limit.max(1)
    }

    fn change_hands(&mut self) {
        // Closed first, or what it wrote need not show elsewhere.
        self.file = File::open("/dev/null").expect("open");
        self.side = 1 - self.side;
        self.turns += 1;
        self.log.push(format!("open through mount {}", self.side));
        let path: &Path = &self.paths[self.side];
        self.file = OpenOptions::new().read(true).write(true).open(path).expect("open");
    }

    fn step(&mut self) {
        let size = self.model.len() as u64;
        let (offset, len) = (self.below(FILE_BYTES_MAX), 1 + self.below(OP_BYTES_MAX));
        let len = len.min(FILE_BYTES_MAX - offset);
        match self.below(20) {
            0..8 => self.read(self.below(size), len),
            8..13 => self.write(offset, len),
            // Small and in what is there: most programs do this.
            13..15 => self.write(self.below(size), 1 + self.below(300)),
            15..17 => self.truncate(self.below(2 * size + OP_BYTES_MAX).min(FILE_BYTES_MAX)),
            17 => self.punch(self.below(size), len),
            18 => self.append(1 + self.below(5_000)),
            _ => self.measure(),
        }
    }

    fn read(&mut self, offset: u64, len: u64) {
        self.log.push(format!("read {len} at {offset}"));
        let mut found = vec![0; len as usize];
        let mut filled = 0;
        loop {
            match self.file.read_at(&mut found[filled..], offset + filled as u64).expect("read") {
                0 => break,
                more => filled += more,
            }
        }
        let start = self.model.len().min(offset as usize);
        let expected = &self.model[start..self.model.len().min((offset + len) as usize)];
        self.read_bytes += filled as u64;
        if found[..filled] != *expected {
            let at = found.iter().zip(expected).position(|(found, expected)| found != expected);
            self.fail(&format!(
                "read {filled} of {} bytes; the first wrong one at {:?}",
                expected.len(),
                at.map(|at| at as u64 + offset)
            ));
        }
    }

    fn write(&mut self, offset: u64, len: u64) {
        self.log.push(format!("write {len} at {offset}"));
        let mut data = vec![0; len as usize];
        self.chance.fill(&mut data);
        self.file.write_all_at(&data, offset).expect("write");
        let end = (offset + len) as usize;
        self.model.resize(self.model.len().max(end), 0);
        self.model[offset as usize..end].copy_from_slice(&data);
    }

    fn append(&mut self, len: u64) {
        let size = self.model.len() as u64;
        if size + len <= FILE_BYTES_MAX {
            self.write(size, len);
        }
    }

    fn truncate(&mut self, size: u64) {
        self.log.push(format!("truncate to {size}"));
        self.file.set_len(size).expect("truncate");
        self.model.resize(size as usize, 0);
    }

    fn punch(&mut self, offset: u64, len: u64) {
        self.log.push(format!("punch {len} at {offset}"));
        fallocate(&self.file, FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE, offset, len)
            .expect("punch");
        let end = self.model.len().min((offset + len) as usize);
        if (offset as usize) < end {
            self.model[offset as usize..end].fill(0);
        }
    }

    /// The size as both mounts tell it: through the one that does not hold the file open, too, once sent.
    fn measure(&mut self) {
        self.log.push("measure".into());
        let size = self.file.metadata().expect("stat").size();
        if size != self.model.len() as u64 {
            self.fail(&format!("the size is {size}"));
        }
    }

    fn fail(&self, what: &str) -> ! {
        let newest = &self.log[self.log.len().saturating_sub(SHOWN)..];
        panic!(
            "seed {}, operation {}, through mount {}, with {} bytes expected: {what}\n  {}",
            self.seed,
            self.log.len(),
            self.side,
            self.model.len(),
            newest.join("\n  ")
        );
    }
}
