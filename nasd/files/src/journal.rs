//! What a power cut can leave of a directory: the steps that were done to it, played again and cut short.

use crate::steps::{Kernel, Steps};
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// The files of a directory after a power cut, by name.
pub type Left = BTreeMap<String, Vec<u8>>;

/// A way to the kernel that notes the steps taken in one directory. For tests.
#[derive(Debug, Default)]
pub struct Journal(Mutex<Vec<Step>>);

#[derive(Clone, Debug)]
enum Step {
    /// The file is there, and nothing of it is flushed.
    Write(String, Vec<u8>),
    Flush(String),
    Rename(String, String),
    Remove(String),
    FlushNames,
}

/// A file that exists: its bytes, and whether they are durable.
#[derive(Clone)]
struct Content {
    bytes: Vec<u8>,
    flushed: bool,
}

/// A change of names that a power cut may take back.
#[derive(Clone)]
enum Pending {
    Link(String, usize),
    Rename(String, String),
    Unlink(String),
}

/// What of a file's bytes a power cut leaves when they were not flushed.
#[derive(Clone, Copy)]
enum Fate {
    Nothing,
    Half,
    All,
}

impl Journal {
    /// What a power cut at any moment of the noted steps can leave of a directory that held `before` when they began:
    /// any of the names that were not flushed, and nothing, half or all of the bytes that were not.
    pub fn survivors(&self, before: &Left) -> BTreeSet<Left> {
        let steps = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut machine = Machine::new(before);
        let mut left = machine.survivors();
        for step in steps {
            machine.take(step);
            left.append(&mut machine.survivors());
        }
        left
    }

    /// Puts what a power cut left into an empty directory, for its owner only.
    pub fn lay_out(left: &Left, dir: &Path) -> io::Result<()> {
        left.iter().try_for_each(|(name, bytes)| Kernel.write(&dir.join(name), bytes, 0o600))
    }

    fn note(&self, step: Step) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(step);
    }
}

impl Steps for Journal {
    fn write(&self, path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
        self.note(Step::Write(name(path), bytes.to_vec()));
        Kernel.write(path, bytes, mode)?;
        self.note(Step::Flush(name(path)));
        Ok(())
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        Kernel.rename(from, to)?;
        self.note(Step::Rename(name(from), name(to)));
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        Kernel.remove(path)?;
        self.note(Step::Remove(name(path)));
        Ok(())
    }

    fn flush_names(&self, dir: &Path) -> io::Result<()> {
        Kernel.flush_names(dir)?;
        self.note(Step::FlushNames);
        Ok(())
    }
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// A directory whose disk forgets.
struct Machine {
    contents: Vec<Content>,
    /// What programs see.
    seen: BTreeMap<String, usize>,
    /// What a power cut leaves for certain.
    durable: BTreeMap<String, usize>,
    pending: Vec<Pending>,
}

impl Machine {
    fn new(before: &Left) -> Machine {
        let names: BTreeMap<String, usize> = before.keys().cloned().zip(0..).collect();
        let contents = before.values().map(|bytes| Content { bytes: bytes.clone(), flushed: true }).collect();
        Machine { contents, seen: names.clone(), durable: names, pending: Vec::new() }
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::Write(name, bytes) => {
                self.contents.push(Content { bytes, flushed: false });
                self.change(Pending::Link(name, self.contents.len() - 1));
            }
            Step::Flush(name) => {
                if let Some(&file) = self.seen.get(&name) {
                    self.contents[file].flushed = true;
                }
            }
            Step::Rename(from, to) => self.change(Pending::Rename(from, to)),
            Step::Remove(name) => self.change(Pending::Unlink(name)),
            Step::FlushNames => {
                self.durable.clone_from(&self.seen);
                self.pending.clear();
            }
        }
    }

    fn change(&mut self, change: Pending) {
        change.apply(&mut self.seen);
        self.pending.push(change);
    }

    fn survivors(&self) -> BTreeSet<Left> {
        // Any subset of the changes, in their order: a file system need not keep them in it.
        let subsets = 0u32..1 << self.pending.len();
        let names = subsets.map(|subset| {
            let mut names = self.durable.clone();
            let kept = self.pending.iter().enumerate().filter(|(at, _)| subset >> at & 1 == 1);
            kept.for_each(|(_, change)| change.apply(&mut names));
            names
        });
        let fates = [Fate::Nothing, Fate::Half, Fate::All];
        names.flat_map(|names| fates.map(|fate| self.read(&names, fate))).collect()
    }

    fn read(&self, names: &BTreeMap<String, usize>, fate: Fate) -> Left {
        let left = |file: &usize| {
            let Content { bytes, flushed } = &self.contents[*file];
            match (flushed, fate) {
                (true, _) | (_, Fate::All) => bytes.clone(),
                (_, Fate::Half) => bytes[..bytes.len() / 2].to_vec(),
                (_, Fate::Nothing) => Vec::new(),
            }
        };
        names.iter().map(|(name, file)| (name.clone(), left(file))).collect()
    }
}

impl Pending {
    fn apply(&self, names: &mut BTreeMap<String, usize>) {
        match self {
            Pending::Link(name, file) => {
                names.insert(name.clone(), *file);
            }
            Pending::Rename(from, to) => {
                if let Some(file) = names.remove(from) {
                    names.insert(to.clone(), file);
                }
            }
            Pending::Unlink(name) => {
                names.remove(name);
            }
        }
    }
}
