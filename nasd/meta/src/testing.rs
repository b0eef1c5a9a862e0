//! A volume in memory for the tests of single changes.

use crate::{
    Change, ChangeResult, Effects, FreshChunk, Observer, Outcome, Piece, RenameMode, Source, Stamp, View,
    VolumeMachine, VolumeOptions, decode_replies, encode_commands,
};
use bytes::Bytes;
use nasd_base::file::{Attr, Caller, NewNode, SetAttr};
use nasd_base::{ChunkId, Errno, Ino, OpId, Timestamp};
use nasd_state::Machine;
use parking_lot::Mutex;
use rusqlite::Connection;
use std::sync::Arc;

pub fn stamp() -> Stamp {
    Stamp { now: Timestamp { secs: 1000, nanos: 0 }, caller: Caller::root(), op: OpId::NONE }
}

pub fn user(uid: u32) -> Caller {
    Caller { uid, gid: uid, groups: vec![] }
}

/// Keeps the effects it hears of.
#[derive(Default)]
pub struct Heard(pub Mutex<Vec<Effects>>);

impl Observer for Heard {
    fn committed(&self, effects: &Effects) {
        self.0.lock().push(effects.clone());
    }
}

/// A machine and its database. Each change is one command in one transaction, a second after the last.
pub struct Volume {
    pub db: Connection,
    pub machine: VolumeMachine,
    pub heard: Arc<Heard>,
    pub caller: Caller,
    pub now: Timestamp,
}

impl Volume {
    pub fn new() -> Volume {
        Volume::with(VolumeOptions { root_mode: 0o777, ..Default::default() })
    }

    pub fn with(options: VolumeOptions) -> Volume {
        let db = Connection::open_in_memory().unwrap();
        let heard = Arc::new(Heard::default());
        let mut machine = VolumeMachine::new(options, heard.clone());
        machine.prepare(&db).unwrap();
        let now = Timestamp { secs: 1000, nanos: 5 };
        Volume { db, machine, heard, caller: Caller::root(), now }
    }

    pub fn view(&self) -> View<'_> {
        View::new(&self.db)
    }

    /// Everything after this is asked by `uid`, whose group has the same number.
    pub fn become_user(&mut self, uid: u32) -> &mut Volume {
        self.caller = user(uid);
        self
    }

    pub fn become_root(&mut self) -> &mut Volume {
        self.caller = Caller::root();
        self
    }

    pub fn command(&mut self, command: &[u8]) -> Bytes {
        let transaction = self.db.unchecked_transaction().unwrap();
        let reply = self.machine.apply(&transaction, 0, command).unwrap();
        transaction.commit().unwrap();
        self.machine.committed();
        reply
    }

    pub fn batch(&mut self, batch: &[(Stamp, Change)]) -> Vec<ChangeResult> {
        decode_replies(&self.command(&encode_commands(batch))).unwrap()
    }

    pub fn stamp(&self) -> Stamp {
        Stamp { now: self.now, caller: self.caller.clone(), op: OpId::NONE }
    }

    /// Applies one change. A refused one must leave the tables as they were.
    pub fn change(&mut self, change: Change) -> ChangeResult {
        self.now.secs += 1;
        let before = self.dump();
        let result = self.batch(&[(self.stamp(), change)]).remove(0);
        if result.is_err() && self.view().totals().unwrap().txg.0 > 0 {
            assert_eq!(before, self.dump(), "a refused change left something behind");
        }
        result
    }

    /// All rows of all tables.
    pub fn dump(&self) -> String {
        dump(&self.db)
    }

    pub fn make(&mut self, parent: Ino, name: &str, node: NewNode, mode: u32) -> Result<Attr, Errno> {
        let set = SetAttr { mode: Some(mode), ..Default::default() };
        let name = Bytes::copy_from_slice(name.as_bytes());
        let create = Change::Create { parent, name, node, set, mode: crate::CreateMode::Guarded };
        match self.change(create)? {
            Outcome::Created { attr, made: true, .. } => Ok(attr),
            other => panic!("{other:?}"),
        }
    }

    pub fn file(&mut self, parent: Ino, name: &str) -> Ino {
        self.make(parent, name, NewNode::File, 0o644).unwrap().ino
    }

    pub fn dir(&mut self, parent: Ino, name: &str) -> Ino {
        self.make(parent, name, NewNode::Directory, 0o755).unwrap().ino
    }

    pub fn unlink(&mut self, parent: Ino, at: &str) -> ChangeResult {
        self.change(Change::Unlink { parent, name: name(at) })
    }

    pub fn rmdir(&mut self, parent: Ino, at: &str) -> ChangeResult {
        self.change(Change::Rmdir { parent, name: name(at) })
    }

    pub fn link(&mut self, ino: Ino, parent: Ino, at: &str) -> ChangeResult {
        self.change(Change::Link { ino, parent, name: name(at) })
    }

    pub fn rename(&mut self, from: (Ino, &str), to: (Ino, &str)) -> ChangeResult {
        self.rename_as(from, to, RenameMode::Replace)
    }

    pub fn rename_as(&mut self, from: (Ino, &str), to: (Ino, &str), mode: RenameMode) -> ChangeResult {
        self.change(Change::Rename {
            from_parent: from.0,
            from_name: name(from.1),
            to_parent: to.0,
            to_name: name(to.1),
            mode,
        })
    }

    pub fn set(&mut self, ino: Ino, set: SetAttr) -> ChangeResult {
        self.change(Change::SetAttr { ino, set, guard: None })
    }

    pub fn chmod(&mut self, ino: Ino, mode: u32) -> ChangeResult {
        self.set(ino, SetAttr { mode: Some(mode), ..Default::default() })
    }

    pub fn chown(&mut self, ino: Ino, uid: Option<u32>, gid: Option<u32>) -> ChangeResult {
        self.set(ino, SetAttr { uid, gid, ..Default::default() })
    }

    pub fn resize(&mut self, ino: Ino, size: u64) -> ChangeResult {
        self.set(ino, SetAttr { size: Some(size), ..Default::default() })
    }

    pub fn write(&mut self, ino: Ino, pieces: Vec<Piece>, fresh: Vec<FreshChunk>) -> ChangeResult {
        let modified = self.now;
        self.change(Change::Write { ino, pieces, fresh, modified })
    }

    /// Writes bytes that stay in the metadata.
    pub fn write_inline(&mut self, ino: Ino, offset: u64, data: &[u8]) -> ChangeResult {
        self.write(ino, vec![inline(offset, data)], vec![])
    }

    /// A chunk of `len` bytes with an id of its own.
    pub fn fresh_chunk(&mut self, len: u32) -> FreshChunk {
        match self.change(Change::AllocateChunks { count: 1 }).unwrap() {
            Outcome::Allocated { first: chunk, count: 1 } => {
                FreshChunk { chunk, len, stored: len / 2, digest: [chunk.0 as u8; 32] }
            }
            other => panic!("{other:?}"),
        }
    }

    /// Writes a whole new chunk at `offset`.
    pub fn write_chunk(&mut self, ino: Ino, offset: u64, len: u32) -> FreshChunk {
        let fresh = self.fresh_chunk(len);
        self.write(ino, vec![piece(offset, len, &fresh, 0)], vec![fresh]).unwrap();
        fresh
    }

    pub fn pieces(&self, ino: Ino, range: std::ops::Range<u64>) -> Vec<Piece> {
        self.view().pieces(ino, range).unwrap().1
    }

    /// The live bytes of a chunk, `None` when it is not registered.
    pub fn live(&self, chunk: ChunkId) -> Option<u64> {
        self.view().chunk(chunk).unwrap().map(|row| row.live)
    }

    /// The inline bytes of a file, zeros where nothing is.
    pub fn read_inline(&self, ino: Ino) -> Vec<u8> {
        let mut bytes = vec![0; self.attr(ino).size as usize];
        for piece in self.pieces(ino, 0..u64::MAX) {
            let Source::Inline { data } = piece.source else { panic!("{piece:?}") };
            bytes[piece.offset as usize..][..data.len()].copy_from_slice(&data);
        }
        bytes
    }

    pub fn attr(&self, ino: Ino) -> Attr {
        self.view().attr(ino).unwrap()
    }

    pub fn find(&self, parent: Ino, name: &str) -> Result<Ino, Errno> {
        self.view().lookup(parent, name.as_bytes()).map(|(attr, _)| attr.ino).map_err(|error| error.errno())
    }

    /// The effects of the last commit.
    pub fn effects(&self) -> Effects {
        self.heard.0.lock().last().cloned().unwrap_or_default()
    }
}

pub fn inline(offset: u64, data: &[u8]) -> Piece {
    let source = Source::Inline { data: Bytes::copy_from_slice(data) };
    Piece { offset, len: data.len() as u64, source }
}

/// `len` bytes of a chunk from `start` on.
pub fn piece(offset: u64, len: u32, chunk: &FreshChunk, start: u32) -> Piece {
    Piece { offset, len: len.into(), source: Source::Chunk { chunk: chunk.chunk, start } }
}

pub fn name(name: &str) -> Bytes {
    Bytes::copy_from_slice(name.as_bytes())
}

pub fn dump(db: &Connection) -> String {
    use std::fmt::Write;
    let mut text = String::new();
    let mut tables = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").unwrap();
    let tables: Vec<String> = tables.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    for table in tables {
        let columns = db.prepare(&format!("SELECT * FROM {table}")).unwrap().column_count();
        let order: Vec<String> = (1..=columns).map(|column| column.to_string()).collect();
        let sql = format!("SELECT * FROM {table} ORDER BY {}", order.join(", "));
        let mut statement = db.prepare(&sql).unwrap();
        let mut rows = statement.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            write!(text, "{table}").unwrap();
            for column in 0..columns {
                write!(text, " {:?}", row.get_ref(column).unwrap()).unwrap();
            }
            text.push('\n');
        }
    }
    text
}
