//! Owns a random walk: any client does anything to a few names, and after each step every client must see what a
//! model in memory has.

use crate::model::{Model, Seen};
use crate::side::Side;
use nasd_base::{Entropy, SeededEntropy};
use rustix::io::Errno;
use std::collections::BTreeSet;

/// Few enough to meet each other all the time, deep enough for directories to move.
const PATHS: &[&str] = &["x", "y", "a", "b", "a/x", "a/y", "b/x", "b/y"];
const FILE_BYTES_MAX: u64 = 20_000;
/// Operations that a failure shows.
const SHOWN: usize = 25;

pub struct Walk<'a> {
    sides: &'a [&'a dyn Side],
    dir: String,
    model: Model,
    chance: SeededEntropy,
    log: Vec<String>,
    done: usize,
}

impl<'a> Walk<'a> {
    pub fn new(sides: &'a [&'a dyn Side], dir: &str, seed: u64) -> Walk<'a> {
        sides[0].mkdir(dir).expect("mkdir");
        let (chance, log) = (SeededEntropy::new(seed), vec![format!("seed {seed}")]);
        Walk { sides, dir: dir.to_owned(), model: Model::default(), chance, log, done: 0 }
    }

    /// Does `steps` operations, some of which are refused, and says how many were done.
    pub fn run(&mut self, steps: usize) -> usize {
        for _ in 0..steps {
            self.step();
            for side in self.sides {
                self.compare(*side);
            }
        }
        self.done
    }

    fn below(&self, limit: u64) -> u64 {
        self.chance.next_u64() % limit
    }

    fn any_path(&self) -> &'static str {
        PATHS[self.below(PATHS.len() as u64) as usize]
    }

    /// Mostly a name that is there.
    fn a_path(&self) -> String {
        let there: Vec<&String> = self.model.paths().collect();
        match there.len() as u64 {
            0 => self.any_path().to_owned(),
            _ if self.below(4) == 0 => self.any_path().to_owned(),
            count => there[self.below(count) as usize].clone(),
        }
    }

    fn any_data(&self) -> Vec<u8> {
        // Mostly small, sometimes more than a page or than an inode's row takes.
        let most = if self.below(4) == 0 { FILE_BYTES_MAX } else { 40 };
        vec![self.below(255) as u8 + 1; self.below(most) as usize + 1]
    }

    fn step(&mut self) {
        let side = self.sides[self.below(self.sides.len() as u64) as usize];
        let what = self.below(13);
        // What makes names takes any; what changes them mostly one that is there.
        let path = if matches!(what, 0..=2 | 7) { self.any_path().to_owned() } else { self.a_path() };
        let (path, other) = (path.as_str(), self.any_path());
        let (at, to) = (self.full(path), self.full(other));
        let (what, done, expected) = match what {
            0..=2 => {
                let data = self.any_data();
                (
                    format!("create {path} {}", data.len()),
                    side.create(&at, &data),
                    self.model.create(path, &data),
                )
            }
            3 => {
                let (data, offset) = (self.any_data(), self.below(FILE_BYTES_MAX) as usize);
                let end = offset + data.len();
                let written = self.model.change(path, |bytes| {
                    bytes.resize(bytes.len().max(end), 0);
                    bytes[offset..end].copy_from_slice(&data);
                });
                (format!("write {path} {offset}..{end}"), side.write(&at, offset as u64, &data), written)
            }
            4 => {
                let data = self.any_data();
                let appended = self.model.change(path, |bytes| bytes.extend_from_slice(&data));
                (format!("append {path} {}", data.len()), side.append(&at, &data), appended)
            }
            5 => {
                let size = self.below(FILE_BYTES_MAX);
                let resized = self.model.change(path, |bytes| bytes.resize(size as usize, 0));
                (format!("resize {path} {size}"), side.resize(&at, size), resized)
            }
            6 => {
                let mode = 0o600 | self.below(0o100) as u32;
                // A directory's would be inherited by nothing here, so it stays as it is.
                let is_file = self.model.chmod(path, mode);
                let done = if is_file { side.chmod(&at, mode) } else { Err(Errno::ISDIR) };
                (format!("chmod {path} {mode:o}"), done, is_file)
            }
            7 => (format!("mkdir {path}"), side.mkdir(&at), self.model.mkdir(path)),
            8 => (format!("rmdir {path}"), side.rmdir(&at), self.model.rmdir(path)),
            9 => (format!("unlink {path}"), side.unlink(&at), self.model.unlink(path)),
            10 => (format!("link {path} {other}"), side.link(&at, &to), self.model.link(path, other)),
            _ => (format!("rename {path} {other}"), side.rename(&at, &to), self.model.rename(path, other)),
        };
        self.log.push(format!("{what} at {}: {done:?}", side.name()));
        self.done += usize::from(done.is_ok());
        assert_eq!(done.is_ok(), expected, "whether it may be done:\n{}", self.story());
    }

    fn full(&self, path: &str) -> String {
        if path.is_empty() { self.dir.clone() } else { format!("{}/{path}", self.dir) }
    }

    fn compare(&self, side: &dyn Side) {
        let paths: BTreeSet<&str> =
            self.model.paths().map(String::as_str).chain(PATHS.iter().copied()).collect();
        for path in paths {
            let at = self.full(path);
            let (expected, reference) = (self.model.seen(path), self.sides[0].stat(&at));
            let seen = side.stat(&at);
            assert_eq!(seen, reference, "{path} at {}:\n{}", side.name(), self.story());
            match (expected, seen) {
                (None, Err(_)) => {}
                (Some(expected), Ok(stat)) => {
                    let data = expected.data.as_ref().map(|_| side.read(&at).expect("read"));
                    let mode = expected.mode.map(|_| stat.mode);
                    let found = Seen { kind: stat.kind, nlink: stat.nlink, mode, data };
                    assert!(
                        found == expected,
                        "{path} at {}:\n{}\nis now {}, must be {}",
                        side.name(),
                        self.story(),
                        brief(&found),
                        brief(&expected)
                    );
                    let size = expected.data.map_or(stat.size, |data| data.len() as u64);
                    assert_eq!(stat.size, size, "{path} at {}:\n{}", side.name(), self.story());
                }
                (expected, seen) => panic!(
                    "{path} at {} is {seen:?}, must be {:?}:\n{}",
                    side.name(),
                    expected.as_ref().map(brief),
                    self.story()
                ),
            }
        }
        for dir in ["", "a", "b"] {
            let expected = self.model.list(dir);
            let listed = side.list(&self.full(dir)).ok().filter(|_| expected.is_some());
            assert_eq!(listed, expected, "names in {dir:?} at {}:\n{}", side.name(), self.story());
        }
    }

    fn story(&self) -> String {
        self.log[self.log.len().saturating_sub(SHOWN)..].join("\n")
    }
}

fn brief(seen: &Seen) -> String {
    let data = seen.data.as_ref().map(|data| (data.len(), &data[..data.len().min(8)]));
    format!("{:?} {} links, mode {:?}, {data:?}", seen.kind, seen.nlink, seen.mode)
}
