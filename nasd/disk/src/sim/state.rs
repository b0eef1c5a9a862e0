//! What a simulated disk holds: what is durable, what is only in its memory, and what a crash leaves.

use super::pages::Pages;
use crate::{BLOCK_BYTES, Shortage};
use bytes::Bytes;
use nasd_base::{Entropy, SeededEntropy};
use std::collections::{BTreeMap, BTreeSet};

/// What a disk writes atomically.
const SECTOR_BYTES: u64 = 512;

pub(super) type FileNumber = u64;

/// A change of a file that is not durable yet. Those of one file are kept in order.
#[derive(Clone)]
pub(super) enum SimChange {
    Write { offset: u64, data: Bytes },
    Length(u64),
}

impl SimChange {
    fn apply(&self, pages: &mut Pages) {
        match self {
            SimChange::Write { offset, data } => pages.write(*offset, data),
            SimChange::Length(len) => pages.set_len(*len),
        }
    }

    fn touches(&self, other: &SimChange) -> bool {
        match (self, other) {
            (SimChange::Write { offset: a, data: x }, SimChange::Write { offset: b, data: y }) => {
                *a < b + y.len() as u64 && *b < a + x.len() as u64
            }
            _ => true,
        }
    }
}

#[derive(Default)]
pub(super) struct SimFileState {
    pub(super) current: Pages,
    durable: Pages,
    pending: Vec<(u64, SimChange)>,
    pub(super) handles: usize,
    pub(super) poisoned: bool,
}

impl SimFileState {
    /// Makes every change that `which` names durable, in order.
    fn flush(&mut self, which: impl Fn(u64) -> bool) {
        self.pending.retain(|(number, change)| {
            let flush = which(*number);
            if flush {
                change.apply(&mut self.durable);
            }
            !flush
        });
    }

    /// Everything that was not durable is gone, from memory too.
    fn forget(&mut self) {
        self.pending.clear();
        self.current = self.durable.clone();
    }
}

/// A change of the directory that is not durable yet.
#[derive(Clone)]
enum NameChange {
    Create(String, FileNumber),
    Remove(String),
    Rename(String, String),
}

impl NameChange {
    fn apply(&self, names: &mut BTreeMap<String, FileNumber>) {
        match self {
            NameChange::Create(name, number) => {
                names.insert(name.clone(), *number);
            }
            NameChange::Remove(name) => {
                names.remove(name);
            }
            NameChange::Rename(from, to) => {
                if let Some(number) = names.remove(from) {
                    names.insert(to.clone(), number);
                }
            }
        }
    }

    fn names(&self) -> Vec<&String> {
        match self {
            NameChange::Create(name, _) | NameChange::Remove(name) => vec![name],
            NameChange::Rename(from, to) => vec![from, to],
        }
    }
}

/// How a crash treats what was not durable. Extremes are tried as often as mixtures.
#[derive(Clone, Copy)]
enum Lottery {
    KeepAll,
    DropAll,
    Mixed,
}

pub(super) struct State {
    pub(super) entropy: SeededEntropy,
    pub(super) generation: u64,
    pub(super) capacity_bytes: u64,
    pub(super) slowness: u32,
    pub(super) fail_next_sync: bool,
    pub(super) lacks: Option<Shortage>,
    pub(super) names: BTreeMap<String, FileNumber>,
    durable_names: BTreeMap<String, FileNumber>,
    name_changes: Vec<(u64, NameChange)>,
    pub(super) files: BTreeMap<FileNumber, SimFileState>,
    /// Numbers files and changes.
    counter: u64,
}

impl State {
    pub(super) fn new(seed: u64, capacity_bytes: u64) -> State {
        State {
            entropy: SeededEntropy::new(seed),
            generation: 0,
            capacity_bytes,
            slowness: 1,
            fail_next_sync: false,
            lacks: None,
            names: BTreeMap::new(),
            durable_names: BTreeMap::new(),
            name_changes: Vec::new(),
            files: BTreeMap::new(),
            counter: 0,
        }
    }

    fn next_number(&mut self) -> u64 {
        self.counter += 1;
        self.counter
    }

    /// The number that the next change will exceed: marks "everything until now".
    pub(super) fn now(&self) -> u64 {
        self.counter
    }

    pub(super) fn create(&mut self, name: &str) -> FileNumber {
        let number = self.next_number();
        self.files.insert(number, SimFileState::default());
        self.change_names(NameChange::Create(name.to_owned(), number));
        number
    }

    pub(super) fn remove(&mut self, name: &str) {
        self.change_names(NameChange::Remove(name.to_owned()));
        self.drop_unreachable();
    }

    pub(super) fn rename(&mut self, from: &str, to: &str) {
        self.change_names(NameChange::Rename(from.to_owned(), to.to_owned()));
        self.drop_unreachable();
    }

    fn change_names(&mut self, change: NameChange) {
        change.apply(&mut self.names);
        let number = self.next_number();
        self.name_changes.push((number, change));
    }

    pub(super) fn flush_names(&mut self, until: u64) {
        let durable = &mut self.durable_names;
        self.name_changes.retain(|(number, change)| {
            let flush = *number <= until;
            if flush {
                change.apply(durable);
            }
            !flush
        });
        self.drop_unreachable();
    }

    /// Frees files that have neither a name, now or after a crash, nor an open handle.
    pub(super) fn drop_unreachable(&mut self) {
        let mut named: BTreeSet<FileNumber> =
            self.names.values().chain(self.durable_names.values()).copied().collect();
        named.extend(self.name_changes.iter().filter_map(|(_, change)| match change {
            NameChange::Create(_, number) => Some(*number),
            _ => None,
        }));
        self.files.retain(|number, file| file.handles > 0 || named.contains(number));
    }

    /// Bytes in use, holes included: whole blocks of every file that has a name or an open handle.
    pub(super) fn used_bytes(&self) -> u64 {
        let named: BTreeSet<FileNumber> = self.names.values().copied().collect();
        let counts =
            |(number, file): &(&FileNumber, &SimFileState)| file.handles > 0 || named.contains(number);
        self.files.iter().filter(counts).map(|(_, file)| blocks(file.current.len())).sum()
    }

    /// Whether a file may grow to `len`.
    pub(super) fn fits(&self, number: FileNumber, len: u64) -> bool {
        let current = self.files.get(&number).map_or(0, |file| blocks(file.current.len()));
        let growth = blocks(len).saturating_sub(current);
        growth == 0 || self.used_bytes().saturating_add(growth) <= self.capacity_bytes
    }

    /// Changes what readers see; durable only later. Returns the change's number.
    pub(super) fn change(&mut self, number: FileNumber, change: SimChange) -> u64 {
        let at = self.next_number();
        if let Some(file) = self.files.get_mut(&number) {
            change.apply(&mut file.current);
            file.pending.push((at, change));
        }
        at
    }

    pub(super) fn flush_file(&mut self, number: FileNumber, until: u64) {
        if let Some(file) = self.files.get_mut(&number) {
            file.flush(|at| at <= until);
        }
    }

    /// Makes one change durable, and those before it that it touches.
    pub(super) fn flush_change(&mut self, number: FileNumber, at: u64) {
        let Some(file) = self.files.get_mut(&number) else { return };
        let Some((_, this)) = file.pending.iter().find(|(pending, _)| *pending == at).cloned() else {
            return;
        };
        let entangled = file.pending.iter().any(|(pending, other)| *pending < at && other.touches(&this));
        file.flush(|pending| pending == at || entangled && pending < at);
    }

    /// A flush failed: the data is gone, and so is the trust in the file. Of a durable write that failed,
    /// nobody knows how much arrived.
    pub(super) fn fail_file(&mut self, number: FileNumber, write: Option<u64>) {
        let Some(mut file) = self.files.remove(&number) else { return };
        if let Some(at) = write {
            file.pending.retain(|(pending, _)| *pending == at);
            self.draw_lots(&mut file, Lottery::Mixed);
        }
        file.forget();
        file.poisoned = true;
        self.files.insert(number, file);
    }

    /// The process ends: its handles are void.
    pub(super) fn kill(&mut self) {
        self.generation += 1;
        self.files.values_mut().for_each(|file| file.handles = 0);
        self.drop_unreachable();
    }

    /// The power fails: every change that is not durable is kept, dropped or torn, by chance.
    pub(super) fn crash(&mut self) {
        self.kill();
        let lottery = match self.entropy.next_u64() % 4 {
            0 => Lottery::KeepAll,
            1 => Lottery::DropAll,
            _ => Lottery::Mixed,
        };
        self.draw_lots_for_names(lottery);
        let mut files = std::mem::take(&mut self.files);
        for file in files.values_mut() {
            self.draw_lots(file, lottery);
            file.forget();
            file.poisoned = false;
        }
        self.files = files;
        self.drop_unreachable();
    }

    /// A lost change takes the later ones of the same names with it: file systems journal a directory in order.
    fn draw_lots_for_names(&mut self, lottery: Lottery) {
        let mut lost = BTreeSet::new();
        for (_, change) in std::mem::take(&mut self.name_changes) {
            let keep = match lottery {
                Lottery::KeepAll => true,
                Lottery::DropAll => false,
                Lottery::Mixed => {
                    self.entropy.next_u64().is_multiple_of(2)
                        && !change.names().iter().any(|name| lost.contains(*name))
                }
            };
            if keep {
                change.apply(&mut self.durable_names);
            } else {
                lost.extend(change.names().into_iter().cloned());
            }
        }
        self.names = self.durable_names.clone();
    }

    fn draw_lots(&self, file: &mut SimFileState, lottery: Lottery) {
        for (_, change) in std::mem::take(&mut file.pending) {
            let lot = match lottery {
                Lottery::KeepAll => 0,
                Lottery::DropAll => 1,
                Lottery::Mixed => self.entropy.next_u64() % 3,
            };
            match (lot, &change) {
                (0, _) => change.apply(&mut file.durable),
                (1, _) | (_, SimChange::Length(_)) => {}
                (_, SimChange::Write { offset, data }) => self.tear(&mut file.durable, *offset, data),
            }
        }
    }

    /// Some sectors of the write arrive: the first ones, or any.
    fn tear(&self, pages: &mut Pages, offset: u64, data: &[u8]) {
        let sectors = (offset + data.len() as u64).div_ceil(SECTOR_BYTES) - offset / SECTOR_BYTES;
        let in_order = self.entropy.next_u64().is_multiple_of(2);
        let cut = self.entropy.next_u64() % sectors.max(1);
        let mut at = 0;
        for sector in 0..sectors {
            let rest_of_sector = SECTOR_BYTES - (offset + at as u64) % SECTOR_BYTES;
            let end = data.len().min(at + rest_of_sector as usize);
            let arrives = if in_order { sector < cut } else { self.entropy.next_u64().is_multiple_of(2) };
            if arrives {
                pages.write(offset + at as u64, &data[at..end]);
            }
            at = end;
        }
    }

    /// Flips one bit of what is stored; `false` beyond the end of the file.
    pub(super) fn corrupt(&mut self, number: FileNumber, offset: u64) -> bool {
        let mask = 1 << (self.entropy.next_u64() % 8);
        let Some(file) = self.files.get_mut(&number).filter(|file| offset < file.current.len()) else {
            return false;
        };
        file.current.flip(offset, mask);
        if offset < file.durable.len() {
            file.durable.flip(offset, mask);
        }
        true
    }
}

fn blocks(len: u64) -> u64 {
    len.next_multiple_of(BLOCK_BYTES as u64)
}
