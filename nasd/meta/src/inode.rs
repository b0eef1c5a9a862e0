//! Inode rows, and the few of them that a command keeps in memory while it works.

use crate::error::{MetaError, damaged};
use crate::schema::{kind_from, kind_number};
use nasd_base::file::Attr;
use nasd_base::{Ino, Timestamp, Txg};
use rusqlite::{Connection, OptionalExtension, Row, params};
use std::collections::HashMap;

/// Inodes kept after their command: the directories that the next commands work in. An inode takes about
/// 250 bytes, and a node may have a thousand volumes.
const KEPT_MAX: usize = 512;

/// Where a file's bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layout {
    /// There are none: all holes, or not a file.
    Empty = 0,
    /// The first bytes in one row of `small`, the rest is a hole.
    Small = 1,
    /// In rows of `extent` and `inline`.
    Extents = 2,
}

/// A row of `inode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Inode {
    pub attr: Attr,
    /// The change that last touched the data.
    pub data_txg: Txg,
    /// A directory's parent; 0 for the rest.
    pub parent: Ino,
    pub layout: Layout,
    /// Of the exclusive creation that made it.
    pub verifier: Option<u64>,
}

/// The columns that [`from_row`] reads, in order; `inode` must be in scope under that name.
macro_rules! inode_columns {
    () => {
        "inode.ino, inode.generation, inode.kind, inode.mode, inode.nlink, inode.uid, inode.gid, inode.rdev, \
         inode.size, inode.allocated, inode.atime, inode.mtime, inode.ctime, inode.btime, inode.txg, \
         inode.data_txg, inode.parent, inode.layout, inode.verifier"
    };
}
pub(crate) use inode_columns;

/// Reads the columns of [`inode_columns`] that start at column `first`.
pub(crate) fn from_row(row: &Row<'_>, first: usize) -> Result<Inode, MetaError> {
    let number = |column: usize| row.get::<_, i64>(first + column);
    let time = |column| number(column).map(Timestamp::from_nanos);
    let rdev = number(7)? as u64;
    let attr = Attr {
        ino: Ino(number(0)? as u64),
        generation: number(1)? as u64,
        kind: kind_from(number(2)?)?,
        mode: number(3)? as u32,
        nlink: number(4)? as u32,
        uid: number(5)? as u32,
        gid: number(6)? as u32,
        major: (rdev >> 32) as u32,
        minor: rdev as u32,
        size: number(8)? as u64,
        allocated: number(9)? as u64,
        atime: time(10)?,
        mtime: time(11)?,
        ctime: time(12)?,
        btime: time(13)?,
        change: Txg(number(14)? as u64),
    };
    let verifier = row.get::<_, Option<i64>>(first + 18)?.map(|v| v as u64);
    Ok(Inode {
        attr,
        data_txg: Txg(number(15)? as u64),
        parent: Ino(number(16)? as u64),
        layout: layout_from(number(17)?)?,
        verifier,
    })
}

fn layout_from(number: i64) -> Result<Layout, MetaError> {
    match number {
        0 => Ok(Layout::Empty),
        1 => Ok(Layout::Small),
        2 => Ok(Layout::Extents),
        _ => Err(damaged(format!("file layout {number} is unknown"))),
    }
}

/// The inode's row, or `None` when there is none.
pub(crate) fn select(db: &Connection, ino: Ino) -> Result<Option<Inode>, MetaError> {
    let mut statement =
        db.prepare_cached(concat!("SELECT ", inode_columns!(), " FROM inode WHERE ino = ?1"))?;
    let found = statement.query_row([ino.0 as i64], |row| Ok(from_row(row, 0))).optional()?;
    found.transpose()
}

fn insert(db: &Connection, inode: &Inode) -> Result<(), MetaError> {
    write(
        db,
        "INSERT INTO inode (ino, generation, kind, mode, nlink, uid, gid, rdev, size, allocated, atime, mtime,
                ctime, btime, txg, data_txg, parent, layout, verifier)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19)",
        inode,
    )
}

fn update(db: &Connection, inode: &Inode) -> Result<(), MetaError> {
    write(
        db,
        "UPDATE inode SET generation = ?2, kind = ?3, mode = ?4, nlink = ?5, uid = ?6, gid = ?7, rdev = ?8,
                size = ?9, allocated = ?10, atime = ?11, mtime = ?12, ctime = ?13, btime = ?14, txg = ?15,
                data_txg = ?16, parent = ?17, layout = ?18, verifier = ?19 WHERE ino = ?1",
        inode,
    )
}

fn write(db: &Connection, sql: &str, inode: &Inode) -> Result<(), MetaError> {
    let attr = &inode.attr;
    let rows = db.prepare_cached(sql)?.execute(params![
        attr.ino.0 as i64,
        attr.generation as i64,
        kind_number(attr.kind),
        attr.mode,
        attr.nlink,
        attr.uid,
        attr.gid,
        ((u64::from(attr.major) << 32) | u64::from(attr.minor)) as i64,
        attr.size as i64,
        attr.allocated as i64,
        attr.atime.as_nanos(),
        attr.mtime.as_nanos(),
        attr.ctime.as_nanos(),
        attr.btime.as_nanos(),
        attr.change.0 as i64,
        inode.data_txg.0 as i64,
        inode.parent.0 as i64,
        inode.layout as i64,
        inode.verifier.map(|v| v as i64),
    ])?;
    match rows {
        1 => Ok(()),
        _ => Err(damaged(format!("inode {} has no row", attr.ino))),
    }
}

fn delete(db: &Connection, ino: Ino) -> Result<(), MetaError> {
    db.prepare_cached("DELETE FROM inode WHERE ino = ?1")?.execute([ino.0 as i64])?;
    Ok(())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Clean,
    Dirty,
    New,
}

/// The inodes a command has touched; rows are written once, when it ends. The tables may be behind until
/// then, so nothing in apply reads `inode` but through here.
#[derive(Default)]
pub(crate) struct InodeCache {
    slots: HashMap<Ino, (Inode, State)>,
    /// Those to write, in the order they were first changed.
    dirty: Vec<Ino>,
}

impl InodeCache {
    pub fn get(&mut self, db: &Connection, ino: Ino) -> Result<Option<Inode>, MetaError> {
        if let Some((inode, _)) = self.slots.get(&ino) {
            return Ok(Some(*inode));
        }
        let found = select(db, ino)?;
        if let Some(inode) = found {
            self.slots.insert(ino, (inode, State::Clean));
        }
        Ok(found)
    }

    /// Takes the new version of an inode that [`InodeCache::get`] has returned.
    pub fn put(&mut self, inode: Inode) {
        let ino = inode.attr.ino;
        let state = match self.slots.get(&ino) {
            Some((_, state @ (State::Dirty | State::New))) => *state,
            _ => {
                self.dirty.push(ino);
                State::Dirty
            }
        };
        self.slots.insert(ino, (inode, state));
    }

    /// Takes an inode that has no row yet.
    pub fn add(&mut self, inode: Inode) {
        self.dirty.push(inode.attr.ino);
        self.slots.insert(inode.attr.ino, (inode, State::New));
    }

    pub fn remove(&mut self, db: &Connection, ino: Ino) -> Result<(), MetaError> {
        match self.slots.remove(&ino) {
            Some((_, State::New)) => Ok(()),
            _ => delete(db, ino),
        }
    }

    /// Writes what has changed, and forgets all when there is too much.
    pub fn flush(&mut self, db: &Connection) -> Result<(), MetaError> {
        for ino in std::mem::take(&mut self.dirty) {
            let Some((inode, state)) = self.slots.get_mut(&ino) else { continue };
            match state {
                State::New => insert(db, inode)?,
                State::Dirty => update(db, inode)?,
                State::Clean => {}
            }
            *state = State::Clean;
        }
        if self.slots.len() > KEPT_MAX {
            self.slots.clear();
        }
        Ok(())
    }
}
