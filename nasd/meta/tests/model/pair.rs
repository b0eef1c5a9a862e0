//! The machine beside the oracle: a step becomes a change, both carry it out, and the answers are held against each
//! other.

use crate::common::Volume;
use crate::locks::{owner, range};
use crate::plain::{Answer, Plain, Told};
use crate::step::{Doing, Guard, NAMES, Step, XATTRS, caller};
use crate::story::{answer, describe};
use bytes::Bytes;
use nasd_base::file::{FileKind, NewNode};
use nasd_base::{ChunkId, Ino, OpId, Timestamp};
use nasd_meta::{Change, ChangeResult, FreshChunk, Outcome, Piece, Source, Stamp};
use rusqlite::types::ValueRef;
use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};

pub struct Pair {
    pub volume: Volume,
    pub plain: Plain,
    pub freed: BTreeSet<ChunkId>,
    /// Copies that were made and not proposed yet.
    pub staged: Vec<Change>,
    /// A line for each change.
    pub story: Vec<String>,
    /// A query for all of each table.
    tables: Vec<String>,
    now: i64,
}

/// The tables' order is that of their keys, which is all that a comparison needs.
fn tables(volume: &Volume) -> Vec<String> {
    let sql = "SELECT 'SELECT * FROM ' || name FROM sqlite_schema WHERE type = 'table' ORDER BY name";
    let mut statement = volume.db.prepare(sql).unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

fn name(index: usize) -> Bytes {
    Bytes::from_static(NAMES[index].as_bytes())
}

impl Pair {
    pub fn new() -> Pair {
        let (volume, plain, freed) = (Volume::new(), Plain::new(), BTreeSet::new());
        let tables = tables(&volume);
        let mut pair = Pair { volume, plain, freed, staged: vec![], story: vec![], tables, now: 0 };
        // The first command of all dates the root.
        pair.allocate().unwrap();
        pair
    }

    pub fn step(&mut self, doing: &Doing) {
        let change = match &doing.step {
            Step::Stage { ino } => return self.stage(*ino),
            Step::Restage { number } => return self.restage(*number),
            Step::Reap { open, ino } => return self.reap(*open, *ino),
            Step::Restart => return self.restart(),
            step => self.change_of(step),
        };
        // Refusals are answers like others.
        let _ = self.change(doing.user, doing.twice, change);
    }

    /// What the step means now.
    fn change_of(&mut self, step: &Step) -> Change {
        match *step {
            Step::Create { dir, name: at, kind, set, mode } => {
                Change::Create { parent: self.pick_dir(dir), name: name(at), node: new_node(kind), set, mode }
            }
            Step::Link { ino, dir, name: at } => {
                Change::Link { ino: self.pick_file(ino), parent: self.pick_dir(dir), name: name(at) }
            }
            Step::Unlink { dir, name: at } => Change::Unlink { parent: self.pick_dir(dir), name: name(at) },
            Step::Rmdir { dir, name: at } => Change::Rmdir { parent: self.pick_dir(dir), name: name(at) },
            Step::Rename { from, to, mode } => Change::Rename {
                from_parent: self.pick_dir(from.0),
                from_name: name(from.1),
                to_parent: self.pick_dir(to.0),
                to_name: name(to.1),
                mode,
            },
            Step::SetAttr { ino, set, guard } => {
                let ino = self.pick_any(ino);
                let ctime = self.plain.get(ino.0).map_or(Timestamp::default(), |node| node.ctime);
                let guard = match guard {
                    Guard::None => None,
                    Guard::Right => Some(ctime),
                    Guard::Wrong => Some(Timestamp { secs: ctime.secs - 1, nanos: 0 }),
                };
                Change::SetAttr { ino, set, guard }
            }
            Step::SetXattr { ino, name: at, len, mode } => {
                let value = self.invent(len as u64).into();
                let name = Bytes::from_static(XATTRS[at].as_bytes());
                Change::SetXattr { ino: self.pick_any(ino), name, value, mode }
            }
            Step::RemoveXattr { ino, name: at } => Change::RemoveXattr {
                ino: self.pick_any(ino),
                name: Bytes::from_static(XATTRS[at].as_bytes()),
            },
            Step::Write { ino, ref pieces } => self.write_of(ino, pieces),
            Step::Punch { ino, offset, len } => Change::Punch { ino: self.pick_file(ino), offset, len },
            Step::Lock { ino, owner: by, range: cells, exclusive } => {
                let (ino, owner, range) = (self.pick_any(ino), owner(by), range(cells));
                Change::Lock { ino, owner, range, exclusive, pid: 1 }
            }
            Step::Unlock { ino, owner: by, range: cells } => {
                Change::Unlock { ino: self.pick_any(ino), owner: owner(by), range: range(cells) }
            }
            Step::EndSession { owner: by } => Change::EndSession { session: owner(by).session },
            Step::Stage { .. } | Step::Restage { .. } | Step::Reap { .. } | Step::Restart => {
                unreachable!("no change")
            }
        }
    }

    fn write_of(&mut self, ino: usize, parts: &[(u64, u64, bool)]) -> Change {
        let ino = self.pick_file(ino);
        let (mut pieces, mut fresh) = (vec![], vec![]);
        for (offset, len, in_chunk) in parts {
            let bytes = self.invent(*len);
            let source = if *in_chunk {
                // The piece's bytes with some around them that nobody names.
                let chunk = self.fresh([&[0xee; 10], &bytes[..], &[0xee; 20]].concat());
                fresh.push(chunk);
                Source::Chunk { chunk: chunk.chunk, start: 10 }
            } else {
                Source::Inline { data: bytes.into() }
            };
            pieces.push(Piece { offset: *offset, len: *len, source });
        }
        // Somewhat earlier than it is proposed.
        let modified = Timestamp { secs: self.now, nanos: 0 };
        Change::Write { ino, pieces, fresh, modified }
    }

    /// Stands for all rows of all tables.
    fn fingerprint(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        for table in &self.tables {
            let mut statement = self.volume.db.prepare_cached(table).unwrap();
            let columns = statement.column_count();
            let mut rows = statement.query([]).unwrap();
            while let Some(row) = rows.next().unwrap() {
                for column in 0..columns {
                    match row.get_ref(column).unwrap() {
                        ValueRef::Null => 0u8.hash(&mut hasher),
                        ValueRef::Integer(number) => (1u8, number).hash(&mut hasher),
                        ValueRef::Real(number) => (2u8, number.to_bits()).hash(&mut hasher),
                        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => (3u8, bytes).hash(&mut hasher),
                    }
                }
            }
            table.hash(&mut hasher);
        }
        hasher.finish()
    }

    /// Has both carry it out and compares what they say.
    fn change(&mut self, user: u32, twice: bool, change: Change) -> ChangeResult {
        self.now += 1;
        let now = Timestamp { secs: self.now, nanos: 0 };
        let op = if twice { OpId(self.now as u128) } else { OpId::NONE };
        let stamp = Stamp { now, caller: caller(user), op };
        let before = self.fingerprint();
        let result = self.volume.batch(&[(stamp.clone(), change.clone())]).remove(0);
        let who = if user == 0 { "root".to_owned() } else { format!("user {user}") };
        let line = format!("{:4}  {who}: {} -> {}", self.story.len() + 1, describe(&change), answer(&result));
        self.story.push(line);
        let expected = self.plain.apply(&stamp, &change);
        assert_eq!(told(&result), expected, "the answer, and the oracle's");
        self.hear_of_freed_chunks();
        self.note_change();
        self.check_outcome(&result);
        if twice {
            self.again(stamp, change, &result);
        } else if result.is_err() {
            assert!(before == self.fingerprint(), "a refusal left something behind");
        }
        result
    }

    /// A repetition is answered with the first answer, also after a restart, and changes nothing.
    fn again(&mut self, stamp: Stamp, change: Change, first: &ChangeResult) {
        if self.now % 2 == 0 {
            self.restart();
        }
        let before = self.fingerprint();
        let second = self.volume.batch(&[(stamp, change)]).remove(0);
        assert_eq!(second, *first, "the second answer, and the first");
        assert!(before == self.fingerprint(), "a repetition changed something");
        self.volume.heard.0.lock().clear();
    }

    fn hear_of_freed_chunks(&mut self) {
        for effects in self.volume.heard.0.lock().drain(..) {
            for chunk in effects.freed {
                assert!(self.freed.insert(chunk), "chunk {chunk} was freed twice");
            }
        }
    }

    /// What has changed shows the number of the change.
    fn note_change(&mut self) {
        let txg = self.volume.view().totals().unwrap().txg.0;
        let touched: Vec<u64> = self.plain.touched.iter().copied().collect();
        for ino in touched {
            self.plain.node(ino).change = txg;
        }
    }

    /// The attributes in an answer are those that whoever asks next is told.
    fn check_outcome(&self, result: &ChangeResult) {
        let attrs = match result {
            Ok(Outcome::Created { attr, dir, .. } | Outcome::Linked { attr, dir }) => vec![*attr, dir.after],
            Ok(Outcome::Removed { dir, .. }) => vec![dir.after],
            Ok(Outcome::Renamed { from, to, .. }) => vec![from.after, to.after],
            Ok(Outcome::Changed(wcc)) => vec![wcc.after],
            _ => vec![],
        };
        for attr in attrs {
            assert_eq!(
                attr,
                self.volume.view().attr(attr.ino).unwrap(),
                "attributes in the answer, and kept"
            );
        }
    }

    fn fresh(&mut self, bytes: Vec<u8>) -> FreshChunk {
        let Ok(Outcome::Allocated { first, .. }) = self.allocate() else { panic!("allocation was refused") };
        let len = bytes.len() as u32;
        self.plain.chunks.insert(first, bytes);
        FreshChunk { chunk: first, len, stored: len / 3, digest: [first.0 as u8; 32] }
    }

    fn allocate(&mut self) -> ChangeResult {
        let now = Timestamp { secs: self.now, nanos: 0 };
        let stamp = Stamp { now, caller: caller(0), op: OpId::NONE };
        self.volume.batch(&[(stamp, Change::AllocateChunks { count: 1 })]).remove(0)
    }

    /// Bytes that differ from piece to piece.
    fn invent(&mut self, len: u64) -> Vec<u8> {
        self.now += 1;
        (0..len).map(|i| (i as i64 * 7 + self.now * 31 + 1) as u8).collect()
    }

    /// Mostly an inode that fits, sometimes any that ever was.
    fn pick(&self, number: usize, fits: impl Fn(FileKind) -> bool) -> Ino {
        let nodes = self.plain.nodes.iter().filter(|(_, node)| fits(node.kind));
        let fitting: Vec<u64> = nodes.map(|(ino, _)| *ino).collect();
        Ino(match number {
            0..56 if !fitting.is_empty() => fitting[number % fitting.len()],
            _ => 1 + number as u64 % (self.plain.next - 1),
        })
    }

    fn pick_dir(&self, number: usize) -> Ino {
        self.pick(number, |kind| kind == FileKind::Directory)
    }

    fn pick_file(&self, number: usize) -> Ino {
        self.pick(number, |kind| kind == FileKind::File)
    }

    fn pick_any(&self, number: usize) -> Ino {
        self.pick(number, |_| true)
    }

    fn restart(&mut self) {
        nasd_state::Machine::prepare(&mut self.volume.machine, &self.volume.db).unwrap();
    }

    fn stage(&mut self, ino: usize) {
        let ino = self.pick_file(ino);
        let Ok((_, pieces)) = self.volume.view().pieces(ino, 0..u64::MAX) else { return };
        let as_of = self.volume.view().data_change(ino).unwrap();
        let (mut moved, mut fresh) = (vec![], vec![]);
        for piece in pieces.into_iter().take(3) {
            let chunk = self.fresh(self.bytes_of(&piece));
            fresh.push(chunk);
            let source = Source::Chunk { chunk: chunk.chunk, start: 0 };
            moved.push(Piece { source, ..piece });
        }
        self.staged.push(Change::Restage { ino, pieces: moved, fresh, as_of });
    }

    /// Its effect is that nothing changes but where the bytes are.
    fn restage(&mut self, number: usize) {
        if self.staged.is_empty() {
            return;
        }
        let change = self.staged.swap_remove(number % self.staged.len());
        let attrs = |pair: &Pair| -> Vec<_> {
            pair.plain.nodes.keys().map(|ino| pair.volume.view().attr(Ino(*ino)).unwrap()).collect()
        };
        let before = attrs(self);
        self.change(0, false, change).unwrap();
        assert_eq!(attrs(self), before);
    }

    fn reap(&mut self, open: u8, ino: usize) {
        let orphans = self.volume.view().orphans(1_000).unwrap();
        let expected = self.plain.nodes.iter().filter(|(_, node)| node.nlink == 0);
        assert_eq!(orphans, expected.map(|(ino, _)| Ino(*ino)).collect::<Vec<_>>(), "orphans");
        let is_open = |index: &usize| open >> (index % 8) & 1 == 1;
        let closed = orphans.iter().enumerate().filter(|(index, _)| !is_open(index)).map(|(_, ino)| *ino);
        let mut inos: Vec<Ino> = closed.collect();
        let asked = self.pick_any(ino);
        if !orphans.contains(&asked) {
            inos.push(asked);
        }
        self.change(0, false, Change::Reap { inos }).unwrap();
    }

    pub fn bytes_of(&self, piece: &Piece) -> Vec<u8> {
        match &piece.source {
            Source::Inline { data } => data.to_vec(),
            Source::Chunk { chunk, start } => {
                assert!(!self.freed.contains(chunk), "chunk {chunk} is named and was freed");
                self.plain.chunks[chunk][*start as usize..][..piece.len as usize].to_vec()
            }
        }
    }
}

fn new_node(kind: FileKind) -> NewNode {
    match kind {
        FileKind::Directory => NewNode::Directory,
        FileKind::Symlink => NewNode::Symlink { target: "over/there".into() },
        FileKind::Fifo => NewNode::Fifo,
        _ => NewNode::File,
    }
}

/// A result as the oracle would have said it.
fn told(result: &ChangeResult) -> Answer {
    result.clone().map(|outcome| match outcome {
        Outcome::Created { attr, made, .. } => Told::Created(attr.ino.0, made),
        Outcome::Removed { ino, nlink, .. } => Told::Removed(ino.0, nlink),
        Outcome::Renamed { replaced, .. } => Told::Replaced(replaced.map(|(ino, nlink)| (ino.0, nlink))),
        Outcome::Reaped { count } | Outcome::Unlocked { count } => Told::Count(count),
        Outcome::Linked { .. }
        | Outcome::Changed(_)
        | Outcome::Cut { .. }
        | Outcome::Locked
        | Outcome::Restaged { .. }
        | Outcome::Allocated { .. }
        | Outcome::Limited => Told::Done,
    })
}
