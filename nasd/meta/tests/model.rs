//! Random histories against a file system in plain maps: the same answers, names, attributes and bytes.

mod common;

use bytes::Bytes;
use common::Volume;
use nasd_base::file::{Caller, FileKind, NewNode, SetAttr};
use nasd_base::{ChunkId, Errno, Ino, OpId, Timestamp};
use nasd_meta::{Change, ChangeResult, CreateMode, FreshChunk, Outcome, Piece, RenameMode, Source, Stamp};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// A step of a history. Inodes are picked by number among all ever made, names among a few.
#[derive(Clone, Debug)]
enum Step {
    Create {
        dir: usize,
        name: usize,
        directory: bool,
        mode: u32,
    },
    Link {
        ino: usize,
        dir: usize,
        name: usize,
    },
    Unlink {
        dir: usize,
        name: usize,
    },
    Rmdir {
        dir: usize,
        name: usize,
    },
    Rename {
        from: (usize, usize),
        to: (usize, usize),
        mode: RenameMode,
    },
    Chmod {
        ino: usize,
        mode: u32,
    },
    Resize {
        ino: usize,
        size: u64,
    },
    /// Pieces `(offset, len, as a chunk)`.
    Write {
        ino: usize,
        pieces: Vec<(u64, u64, bool)>,
    },
    Punch {
        ino: usize,
        offset: u64,
        len: u64,
    },
    /// Copies up to three runs of what is there, in the order of the file, to new chunks.
    Stage {
        ino: usize,
    },
    /// Proposes a copy that was made, maybe some steps ago.
    Restage {
        number: usize,
    },
    Reap,
    Restart,
}

const NAMES: [&str; 5] = ["a", "b", "c", "d", "e"];
/// Just before the end of the first row of extents.
const EDGE: u64 = (8 << 20) - 3000;

fn any_offset() -> impl Strategy<Value = u64> {
    prop_oneof![3 => 0u64..6000, 1 => EDGE..EDGE + 6000]
}

fn any_mode() -> impl Strategy<Value = u32> {
    prop_oneof![4 => Just(0o777u32), 1 => Just(0o755), 1 => Just(0o1777), 1 => Just(0o700), 1 => Just(0o4770)]
}

fn any_step() -> impl Strategy<Value = Step> {
    let (ino, name) = (|| 0usize..64, || 0usize..NAMES.len());
    let rename_mode = prop_oneof![4 => Just(RenameMode::Replace), 1 => Just(RenameMode::NoReplace), 2 => Just(RenameMode::Exchange)];
    let pieces = proptest::collection::vec((any_offset(), 1u64..6000, any::<bool>()), 1..4);
    prop_oneof![
        6 => (ino(), name(), any::<bool>(), any_mode())
            .prop_map(|(dir, name, directory, mode)| Step::Create { dir, name, directory, mode }),
        2 => (ino(), ino(), name()).prop_map(|(ino, dir, name)| Step::Link { ino, dir, name }),
        3 => (ino(), name()).prop_map(|(dir, name)| Step::Unlink { dir, name }),
        2 => (ino(), name()).prop_map(|(dir, name)| Step::Rmdir { dir, name }),
        6 => ((ino(), name()), (ino(), name()), rename_mode)
            .prop_map(|(from, to, mode)| Step::Rename { from, to, mode }),
        1 => (ino(), any_mode()).prop_map(|(ino, mode)| Step::Chmod { ino, mode }),
        2 => (ino(), any_offset()).prop_map(|(ino, size)| Step::Resize { ino, size }),
        8 => (ino(), pieces).prop_map(|(ino, pieces)| Step::Write { ino, pieces }),
        2 => (ino(), any_offset(), 1u64..9000).prop_map(|(ino, offset, len)| Step::Punch { ino, offset, len }),
        3 => ino().prop_map(|ino| Step::Stage { ino }),
        3 => ino().prop_map(|number| Step::Restage { number }),
        1 => Just(Step::Reap),
        1 => Just(Step::Restart),
    ]
}

#[derive(Clone, Debug)]
struct Node {
    directory: bool,
    mode: u32,
    uid: u32,
    nlink: u32,
    parent: u64,
    names: BTreeMap<String, u64>,
    size: u64,
    bytes: BTreeMap<u64, u8>,
}

/// The file system as it should be. Reaped inodes are gone from it.
struct Model {
    nodes: BTreeMap<u64, Node>,
    next: u64,
}

fn node(directory: bool, mode: u32, uid: u32, parent: u64) -> Node {
    let nlink = if directory { 2 } else { 1 };
    Node { directory, mode, uid, nlink, parent, names: BTreeMap::new(), size: 0, bytes: BTreeMap::new() }
}

fn ensure(holds: bool, errno: Errno) -> Result<(), Errno> {
    if holds { Ok(()) } else { Err(errno) }
}

impl Model {
    fn new() -> Model {
        Model { nodes: BTreeMap::from([(1, node(true, 0o777, 0, 1))]), next: 2 }
    }

    /// Users' groups have their numbers, so that the group's bits go with the owner's only for the owner.
    fn may(&self, ino: u64, uid: u32, want: u32) -> bool {
        let node = &self.nodes[&ino];
        let bits = if uid == node.uid { node.mode >> 6 } else { node.mode };
        uid == 0 || bits & want == want
    }

    fn dir(&self, ino: u64, uid: u32) -> Result<(), Errno> {
        let node = self.nodes.get(&ino).ok_or(Errno::Stale)?;
        ensure(node.directory, Errno::NotDir)?;
        ensure(self.may(ino, uid, 1), Errno::Access)
    }

    fn may_add(&self, dir: u64, uid: u32) -> Result<(), Errno> {
        ensure(self.nodes[&dir].nlink > 0, Errno::NoEnt)?;
        ensure(self.may(dir, uid, 3), Errno::Access)
    }

    fn may_remove(&self, dir: u64, victim: u64, uid: u32) -> Result<(), Errno> {
        ensure(self.may(dir, uid, 3), Errno::Access)?;
        let (dir, victim) = (&self.nodes[&dir], &self.nodes[&victim]);
        let owns = uid == 0 || uid == dir.uid || uid == victim.uid;
        ensure(dir.mode & 0o1000 == 0 || owns, Errno::Perm)
    }

    fn named(&self, dir: u64, name: &str) -> Option<u64> {
        self.nodes[&dir].names.get(name).copied()
    }

    fn set_name(&mut self, dir: u64, name: &str, ino: Option<u64>) {
        let names = &mut self.nodes.get_mut(&dir).unwrap().names;
        match ino {
            Some(ino) => names.insert(name.to_owned(), ino),
            None => names.remove(name),
        };
    }

    fn node(&mut self, ino: u64) -> &mut Node {
        self.nodes.get_mut(&ino).unwrap()
    }

    fn create(&mut self, dir: u64, name: &str, directory: bool, mode: u32, uid: u32) -> Result<(), Errno> {
        self.dir(dir, uid)?;
        ensure(self.named(dir, name).is_none(), Errno::Exist)?;
        self.may_add(dir, uid)?;
        let ino = self.next;
        self.next += 1;
        self.nodes.insert(ino, node(directory, mode, uid, dir));
        self.set_name(dir, name, Some(ino));
        self.node(dir).nlink += u32::from(directory);
        Ok(())
    }

    fn link(&mut self, ino: u64, dir: u64, name: &str, uid: u32) -> Result<(), Errno> {
        ensure(self.nodes.contains_key(&ino), Errno::Stale)?;
        self.dir(dir, uid)?;
        ensure(self.named(dir, name).is_none(), Errno::Exist)?;
        self.may_add(dir, uid)?;
        ensure(!self.nodes[&ino].directory, Errno::Perm)?;
        ensure(self.nodes[&ino].nlink > 0, Errno::NoEnt)?;
        self.node(ino).nlink += 1;
        self.set_name(dir, name, Some(ino));
        Ok(())
    }

    fn drop_link(&mut self, ino: u64) {
        let node = self.node(ino);
        node.nlink = if node.directory { 0 } else { node.nlink - 1 };
    }

    fn remove(&mut self, dir: u64, name: &str, directory: bool, uid: u32) -> Result<(), Errno> {
        self.dir(dir, uid)?;
        let ino = self.named(dir, name).ok_or(Errno::NoEnt)?;
        self.may_remove(dir, ino, uid)?;
        let victim = &self.nodes[&ino];
        if directory {
            ensure(victim.directory, Errno::NotDir)?;
            ensure(victim.names.is_empty(), Errno::NotEmpty)?;
        } else {
            ensure(!victim.directory, Errno::IsDir)?;
        }
        self.set_name(dir, name, None);
        self.node(dir).nlink -= u32::from(directory);
        self.drop_link(ino);
        Ok(())
    }

    fn within(&self, mut dir: u64, ancestor: u64) -> bool {
        loop {
            if dir == ancestor {
                return true;
            }
            match self.nodes.get(&dir) {
                Some(node) if node.parent != dir => dir = node.parent,
                _ => return false,
            }
        }
    }

    fn rename(
        &mut self,
        (from, from_name): (u64, &str),
        (to, to_name): (u64, &str),
        mode: RenameMode,
        uid: u32,
    ) -> Result<(), Errno> {
        self.dir(from, uid)?;
        self.dir(to, uid)?;
        let source = self.named(from, from_name).ok_or(Errno::NoEnt)?;
        let target = self.named(to, to_name);
        ensure(mode != RenameMode::NoReplace || target.is_none(), Errno::Exist)?;
        let exchange = mode == RenameMode::Exchange;
        ensure(!exchange || target.is_some(), Errno::NoEnt)?;
        if target == Some(source) {
            return Ok(());
        }
        let is_dir = |model: &Model, ino: u64| model.nodes[&ino].directory;
        let source_dir = is_dir(self, source);
        ensure(!(source_dir && self.within(to, source)), Errno::Inval)?;
        let swallows = |target| exchange && is_dir(self, target) && self.within(from, target);
        ensure(!target.is_some_and(swallows), Errno::Inval)?;
        self.may_remove(from, source, uid)?;
        match target {
            None => self.may_add(to, uid)?,
            Some(target) => {
                self.may_remove(to, target, uid)?;
                if !exchange {
                    ensure(!source_dir || is_dir(self, target), Errno::NotDir)?;
                    ensure(source_dir || !is_dir(self, target), Errno::IsDir)?;
                    ensure(self.nodes[&target].names.is_empty(), Errno::NotEmpty)?;
                }
            }
        }
        for moved in [Some(source), target.filter(|_| exchange)].into_iter().flatten() {
            let writable = from == to || !is_dir(self, moved) || self.may(moved, uid, 2);
            ensure(writable, Errno::Access)?;
        }
        let back = if exchange { target } else { None };
        self.set_name(from, from_name, back);
        self.set_name(to, to_name, Some(source));
        for (moved, old, new) in [(Some(source), from, to), (back, to, from)] {
            let Some(moved) = moved.filter(|moved| is_dir(self, *moved)) else { continue };
            self.node(moved).parent = new;
            self.node(old).nlink -= 1;
            self.node(new).nlink += 1;
        }
        if let Some(target) = target.filter(|_| !exchange) {
            self.drop_link(target);
            self.node(to).nlink -= u32::from(is_dir(self, target));
        }
        Ok(())
    }

    fn file(&self, ino: u64) -> Result<(), Errno> {
        let node = self.nodes.get(&ino).ok_or(Errno::Stale)?;
        ensure(!node.directory, Errno::IsDir)
    }

    fn may_change_data(&self, ino: u64, uid: u32) -> Result<(), Errno> {
        ensure(uid == self.nodes[&ino].uid || self.may(ino, uid, 2), Errno::Access)
    }

    fn drop_privileges(&mut self, ino: u64, uid: u32) {
        if uid != 0 {
            self.node(ino).mode &= !0o4000;
        }
    }

    fn cut(&mut self, ino: u64, offset: u64, end: u64) {
        self.node(ino).bytes.retain(|at, _| *at < offset || *at >= end);
    }

    fn resize(&mut self, ino: u64, size: u64, uid: u32) -> Result<(), Errno> {
        self.file(ino)?;
        self.may_change_data(ino, uid)?;
        self.cut(ino, size, u64::MAX);
        self.node(ino).size = size;
        self.drop_privileges(ino, uid);
        Ok(())
    }

    fn punch(&mut self, ino: u64, offset: u64, len: u64, uid: u32) -> Result<(), Errno> {
        self.file(ino)?;
        self.may_change_data(ino, uid)?;
        self.cut(ino, offset, offset + len);
        self.drop_privileges(ino, uid);
        Ok(())
    }

    fn chmod(&mut self, ino: u64, mode: u32, uid: u32) -> Result<(), Errno> {
        let node = self.nodes.get_mut(&ino).ok_or(Errno::Stale)?;
        ensure(uid == 0 || uid == node.uid, Errno::Perm)?;
        node.mode = mode;
        Ok(())
    }

    fn write(&mut self, ino: u64, writes: &[(u64, Vec<u8>)], uid: u32) -> Result<(), Errno> {
        self.file(ino)?;
        for (offset, bytes) in writes {
            let node = self.node(ino);
            node.size = node.size.max(offset + bytes.len() as u64);
            node.bytes.extend(bytes.iter().enumerate().map(|(i, byte)| (offset + i as u64, *byte)));
        }
        self.drop_privileges(ino, uid);
        Ok(())
    }
}

fn fresh_of(change: &Change) -> Vec<ChunkId> {
    match change {
        Change::Restage { fresh, .. } => fresh.iter().map(|fresh| fresh.chunk).collect(),
        _ => vec![],
    }
}

/// The machine beside the model, and the bytes of the chunks the test has made up.
struct Pair {
    volume: Volume,
    model: Model,
    chunks: BTreeMap<ChunkId, Vec<u8>>,
    freed: BTreeSet<ChunkId>,
    staged: Vec<Change>,
    now: i64,
}

impl Pair {
    fn new() -> Pair {
        let (volume, model) = (Volume::new(), Model::new());
        let (chunks, freed) = (BTreeMap::new(), BTreeSet::new());
        Pair { volume, model, chunks, freed, staged: vec![], now: 1 }
    }

    fn change(&mut self, uid: u32, change: Change) -> ChangeResult {
        self.now += 1;
        let now = Timestamp { secs: self.now, nanos: 0 };
        let caller = Caller { uid, gid: uid, groups: vec![] };
        let before = self.volume.dump();
        let started = self.volume.view().totals().unwrap().txg.0 > 0;
        let result = self.volume.batch(&[(Stamp { now, caller, op: OpId::NONE }, change)]).remove(0);
        if result.is_err() && started {
            assert_eq!(before, self.volume.dump(), "a refusal left something behind");
        }
        for effects in self.volume.heard.0.lock().drain(..) {
            for chunk in effects.freed {
                assert!(self.freed.insert(chunk), "chunk {chunk} was freed twice");
            }
        }
        result
    }

    fn fresh(&mut self, bytes: Vec<u8>) -> FreshChunk {
        let Ok(Outcome::Allocated { first, .. }) = self.change(0, Change::AllocateChunks { count: 1 }) else {
            panic!("allocation was refused")
        };
        let len = bytes.len() as u32;
        self.chunks.insert(first, bytes);
        FreshChunk { chunk: first, len, stored: len / 3, digest: [first.0 as u8; 32] }
    }

    /// Bytes that differ from piece to piece.
    fn invent(&self, len: u64) -> Vec<u8> {
        (0..len).map(|i| (i as i64 * 7 + self.now * 31 + 1) as u8).collect()
    }

    /// Mostly an inode of the kind, sometimes any that ever was.
    fn pick(&self, number: usize, directory: bool) -> u64 {
        let fitting: Vec<u64> = self
            .model
            .nodes
            .iter()
            .filter(|(_, node)| node.directory == directory)
            .map(|(ino, _)| *ino)
            .collect();
        match number {
            0..56 if !fitting.is_empty() => fitting[number % fitting.len()],
            _ => 1 + number as u64 % (self.model.next - 1),
        }
    }

    fn pick_dir(&self, number: usize) -> u64 {
        self.pick(number, true)
    }

    fn pick_file(&self, number: usize) -> u64 {
        self.pick(number, false)
    }

    fn run(&mut self, uid: u32, step: &Step) {
        let name = |index: usize| Bytes::from_static(NAMES[index].as_bytes());
        let (expected, result) = match *step {
            Step::Create { dir, name: at, directory, mode } => {
                let dir = self.pick_dir(dir);
                let node = if directory { NewNode::Directory } else { NewNode::File };
                let set = SetAttr { mode: Some(mode), ..Default::default() };
                let (parent, create) = (Ino(dir), CreateMode::Guarded);
                let change = Change::Create { parent, name: name(at), node, set, mode: create };
                (self.model.create(dir, NAMES[at], directory, mode, uid), self.change(uid, change))
            }
            Step::Link { ino, dir, name: at } => {
                let (ino, dir) = (self.pick_file(ino), self.pick_dir(dir));
                let change = Change::Link { ino: Ino(ino), parent: Ino(dir), name: name(at) };
                (self.model.link(ino, dir, NAMES[at], uid), self.change(uid, change))
            }
            Step::Unlink { dir, name: at } => {
                let dir = self.pick_dir(dir);
                let change = Change::Unlink { parent: Ino(dir), name: name(at) };
                (self.model.remove(dir, NAMES[at], false, uid), self.change(uid, change))
            }
            Step::Rmdir { dir, name: at } => {
                let dir = self.pick_dir(dir);
                let change = Change::Rmdir { parent: Ino(dir), name: name(at) };
                (self.model.remove(dir, NAMES[at], true, uid), self.change(uid, change))
            }
            Step::Rename { from, to, mode } => {
                let (from, to) = ((self.pick_dir(from.0), from.1), (self.pick_dir(to.0), to.1));
                let change = Change::Rename {
                    from_parent: Ino(from.0),
                    from_name: name(from.1),
                    to_parent: Ino(to.0),
                    to_name: name(to.1),
                    mode,
                };
                let (from, to) = ((from.0, NAMES[from.1]), (to.0, NAMES[to.1]));
                (self.model.rename(from, to, mode, uid), self.change(uid, change))
            }
            Step::Chmod { ino, mode } => {
                let ino = self.pick_file(ino);
                let set = SetAttr { mode: Some(mode), ..Default::default() };
                let change = Change::SetAttr { ino: Ino(ino), set, guard: None };
                (self.model.chmod(ino, mode, uid), self.change(uid, change))
            }
            Step::Resize { ino, size } => {
                let ino = self.pick_file(ino);
                let set = SetAttr { size: Some(size), ..Default::default() };
                let change = Change::SetAttr { ino: Ino(ino), set, guard: None };
                (self.model.resize(ino, size, uid), self.change(uid, change))
            }
            Step::Punch { ino, offset, len } => {
                let ino = self.pick_file(ino);
                let change = Change::Punch { ino: Ino(ino), offset, len };
                (self.model.punch(ino, offset, len, uid), self.change(uid, change))
            }
            Step::Write { ino, ref pieces } => self.write(uid, ino, pieces),
            Step::Stage { ino } => return self.stage(ino),
            Step::Restage { number } => return self.restage(number),
            Step::Reap => return self.reap(),
            Step::Restart => {
                return nasd_state::Machine::prepare(&mut self.volume.machine, &self.volume.db).unwrap();
            }
        };
        assert_eq!(result.map(|_| ()), expected, "{step:?} by {uid}");
    }

    fn write(
        &mut self,
        uid: u32,
        ino: usize,
        parts: &[(u64, u64, bool)],
    ) -> (Result<(), Errno>, ChangeResult) {
        let ino = self.pick_file(ino);
        let (mut pieces, mut fresh, mut writes) = (vec![], vec![], vec![]);
        for (offset, len, in_chunk) in parts {
            let bytes = self.invent(*len);
            let source = if *in_chunk {
                // The piece's bytes with some around them that nobody names.
                let chunk = self.fresh([&[0xee; 10], &bytes[..], &[0xee; 20]].concat());
                fresh.push(chunk);
                Source::Chunk { chunk: chunk.chunk, start: 10 }
            } else {
                Source::Inline { data: bytes.clone().into() }
            };
            pieces.push(Piece { offset: *offset, len: *len, source });
            writes.push((*offset, bytes));
        }
        let modified = Timestamp { secs: self.now, nanos: 0 };
        let change = Change::Write { ino: Ino(ino), pieces, fresh, modified };
        (self.model.write(ino, &writes, uid), self.change(uid, change))
    }

    fn stage(&mut self, ino: usize) {
        let ino = Ino(self.pick_file(ino));
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
            pair.model.nodes.keys().map(|ino| pair.volume.view().attr(Ino(*ino)).unwrap()).collect()
        };
        let before = attrs(self);
        self.change(0, change).unwrap();
        assert_eq!(attrs(self), before);
    }

    fn reap(&mut self) {
        let inos = self.volume.view().orphans(100).unwrap();
        let orphans = self.model.nodes.iter().filter(|(_, node)| node.nlink == 0);
        assert_eq!(inos, orphans.map(|(ino, _)| Ino(*ino)).collect::<Vec<_>>());
        let count = inos.len() as u32;
        assert_eq!(self.change(0, Change::Reap { inos }), Ok(Outcome::Reaped { count }));
        self.model.nodes.retain(|_, node| node.nlink > 0);
    }

    fn bytes_of(&self, piece: &Piece) -> Vec<u8> {
        match &piece.source {
            Source::Inline { data } => data.to_vec(),
            Source::Chunk { chunk, start } => {
                assert!(!self.freed.contains(chunk), "chunk {chunk} is named and was freed");
                self.chunks[chunk][*start as usize..][..piece.len as usize].to_vec()
            }
        }
    }

    /// Compares all that both sides have.
    fn compare(&self) {
        let view = self.volume.view();
        let (mut allocated, mut live) = (0, BTreeMap::<ChunkId, u64>::new());
        for (ino, node) in &self.model.nodes {
            let attr = view.attr(Ino(*ino)).unwrap();
            let expected = (node.nlink, node.mode, node.uid, node.directory);
            let directory = attr.kind == FileKind::Directory;
            assert_eq!((attr.nlink, attr.mode, attr.uid, directory), expected, "inode {ino}");
            if node.directory {
                self.compare_names(*ino, node);
                continue;
            }
            assert_eq!(attr.size, node.size, "inode {ino}");
            let (_, pieces) = view.pieces(Ino(*ino), 0..u64::MAX).unwrap();
            assert!(pieces.windows(2).all(|pair| pair[0].offset + pair[0].len <= pair[1].offset));
            let named: u64 = pieces.iter().map(|piece| piece.len).sum();
            assert_eq!(attr.allocated, named, "inode {ino}");
            allocated += named;
            let mut bytes = BTreeMap::new();
            for piece in &pieces {
                if let Source::Chunk { chunk, .. } = piece.source {
                    *live.entry(chunk).or_default() += piece.len;
                }
                let data = self.bytes_of(piece);
                bytes.extend(data.into_iter().enumerate().map(|(i, byte)| (piece.offset + i as u64, byte)));
            }
            // A hole punched into a small file is a run of zeros.
            let zeros = |bytes: &BTreeMap<u64, u8>| -> BTreeMap<u64, u8> {
                bytes.iter().filter(|(_, byte)| **byte != 0).map(|(at, byte)| (*at, *byte)).collect()
            };
            assert!(zeros(&bytes) == zeros(&node.bytes), "the bytes of inode {ino} differ");
        }
        self.compare_totals(allocated, &live);
    }

    fn compare_names(&self, ino: u64, node: &Node) {
        let (attr, entries, end) = self.volume.view().read_dir(Ino(ino), 0, 100, u32::MAX, true).unwrap();
        assert!(end);
        assert_eq!((attr.size, entries.len()), (node.names.len() as u64, node.names.len() + 2));
        assert_eq!(entries[1].ino, Ino(node.parent));
        assert!(entries.windows(2).all(|pair| pair[0].cookie < pair[1].cookie));
        let listed: BTreeMap<String, u64> = entries[2..]
            .iter()
            .map(|entry| {
                assert_eq!(entry.attr.unwrap().ino, entry.ino);
                assert_eq!(entry.attr.unwrap().kind, entry.kind);
                (String::from_utf8(entry.name.to_vec()).unwrap(), entry.ino.0)
            })
            .collect();
        assert_eq!(listed, node.names, "directory {ino}");
    }

    fn compare_totals(&self, allocated: u64, live: &BTreeMap<ChunkId, u64>) {
        let view = self.volume.view();
        let rows = view.chunks_after(ChunkId(0), 10_000).unwrap();
        let registered: BTreeMap<_, _> = rows.iter().map(|row| (row.chunk.chunk, row.live)).collect();
        assert_eq!(&registered, live);
        let waiting: BTreeSet<ChunkId> = self.staged.iter().flat_map(fresh_of).collect();
        let made: BTreeSet<_> = self.chunks.keys().copied().filter(|id| !waiting.contains(id)).collect();
        let accounted: BTreeSet<_> = registered.keys().copied().chain(self.freed.iter().copied()).collect();
        assert_eq!(made, accounted, "every chunk is registered or was freed");
        let totals = view.totals().unwrap();
        assert_eq!(totals.inodes, self.model.nodes.len() as u64);
        assert_eq!((totals.logical_bytes, totals.chunks), (allocated, rows.len() as u64));
        let stored: u64 = rows.iter().map(|row| u64::from(row.chunk.stored)).sum();
        assert_eq!(totals.stored_bytes, stored);
    }
}

proptest! {
    #[test]
    fn a_history_has_the_outcome_that_plain_maps_have(
        steps in proptest::collection::vec((prop_oneof![2 => Just(0u32), 2 => Just(10), 1 => Just(11)], any_step()), 1..60)
    ) {
        let mut pair = Pair::new();
        for (number, (uid, step)) in steps.iter().enumerate() {
            pair.run(*uid, step);
            if number % 8 == 7 {
                pair.compare();
            }
        }
        pair.compare();
    }
}
