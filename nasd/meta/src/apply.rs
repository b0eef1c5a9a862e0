//! What every change works with: the open transaction, the stamp, the volume's memory. Each change is a
//! method in a file of its own.
//!
//! A change first reads and checks all it needs, and only then writes: after its first write nothing but a
//! failing database stops it. So a refusal leaves nothing to undo.

use crate::effects::Effects;
use crate::error::{MetaError, damaged};
use crate::inode::Inode;
use crate::volume_memory::VolumeMemory;
use crate::{Change, Outcome, Stamp};
use nasd_base::file::{BeforeAttr, Caller, FileKind, Wcc};
use nasd_base::{Errno, Ino, Timestamp, Txg};
use rusqlite::Connection;

/// One change being applied.
pub(crate) struct Apply<'a> {
    pub db: &'a Connection,
    pub now: Timestamp,
    pub caller: &'a Caller,
    /// The number this change gets if it takes effect.
    pub txg: Txg,
    pub memory: &'a mut VolumeMemory,
    pub effects: &'a mut Effects,
    /// Whether anything was written yet.
    wrote: bool,
}

/// Applies one change, which takes effect completely or not at all.
pub(crate) fn apply(
    db: &Connection,
    memory: &mut VolumeMemory,
    effects: &mut Effects,
    stamp: &Stamp,
    change: &Change,
) -> Result<Outcome, MetaError> {
    let txg = Txg(memory.counters.txg.0 + 1);
    // Times are kept in nanoseconds; what replies show is what is kept.
    let now = Timestamp::from_nanos(stamp.now.as_nanos());
    let mut apply = Apply { db, now, caller: &stamp.caller, txg, memory, effects, wrote: false };
    let result = apply.dispatch(change);
    let wrote = apply.wrote;
    debug_assert!(!(wrote && matches!(result, Err(MetaError::Refused(_)))), "a refused change had written");
    if wrote {
        memory.counters.txg = txg;
        effects.txg = txg;
    }
    result
}

impl Apply<'_> {
    fn dispatch(&mut self, change: &Change) -> Result<Outcome, MetaError> {
        match change {
            Change::Create { parent, name, node, set, mode } => self.create(*parent, name, node, set, *mode),
            Change::Link { ino, parent, name } => self.link(*ino, *parent, name),
            Change::Unlink { parent, name } => self.unlink(*parent, name),
            Change::Rmdir { parent, name } => self.rmdir(*parent, name),
            Change::Rename { from_parent, from_name, to_parent, to_name, mode } => {
                self.rename((*from_parent, from_name), (*to_parent, to_name), *mode)
            }
            Change::SetAttr { ino, set, guard } => self.set_attr(*ino, set, *guard),
            Change::SetXattr { ino, name, value, mode } => self.set_xattr(*ino, name, value, *mode),
            Change::RemoveXattr { ino, name } => self.remove_xattr(*ino, name),
            Change::Write { ino, pieces, fresh, modified } => self.write(*ino, pieces, fresh, *modified),
            Change::Restage { ino, pieces, fresh, as_of } => self.restage(*ino, pieces, fresh, *as_of),
            Change::AllocateChunks { count } => self.allocate_chunks(*count),
            Change::Reap { inos } => self.reap(inos),
            Change::Punch { ino, offset, len } => self.punch(*ino, *offset, *len),
            Change::Lock { ino, owner, range, exclusive, pid } => {
                self.lock(*ino, *owner, *range, *exclusive, *pid)
            }
            Change::Unlock { ino, owner, range } => self.unlock(*ino, *owner, *range),
            Change::EndSession { session } => self.end_session(*session),
            Change::SetLimits { limits } => self.set_limits(*limits),
            Change::Reshape { ino, how } => self.reshape(*ino, *how),
        }
    }

    /// The inode, or `Stale`.
    pub fn inode(&mut self, ino: Ino) -> Result<Inode, MetaError> {
        Ok(self.memory.inodes.get(self.db, ino)?.ok_or(Errno::Stale)?)
    }

    /// The inode behind a row that names it: it must be there.
    pub fn named_inode(&mut self, ino: Ino) -> Result<Inode, MetaError> {
        let inode = self.memory.inodes.get(self.db, ino)?;
        inode.ok_or_else(|| damaged(format!("inode {ino} is named but has no row")))
    }

    /// The directory a name is looked up in: it must be one, and the caller must be allowed to search it.
    pub fn directory(&mut self, ino: Ino) -> Result<Inode, MetaError> {
        let dir = self.inode(ino)?;
        if dir.attr.kind != FileKind::Directory {
            return Err(Errno::NotDir.into());
        }
        self.may_search(&dir.attr)?;
        Ok(dir)
    }

    /// Notes that the tables, or what of them is in memory, are about to change.
    pub fn writing(&mut self) {
        self.wrote = true;
    }

    /// Stores the new version of an inode and stamps it with this change.
    pub fn put(&mut self, inode: &mut Inode) {
        inode.attr.change = self.txg;
        self.writing();
        self.memory.inodes.put(*inode);
        self.effects.changed.push(inode.attr.ino);
    }

    /// Stores a directory whose entries changed.
    pub fn put_directory(&mut self, dir: &mut Inode) {
        dir.attr.mtime = self.now;
        dir.attr.ctime = self.now;
        self.put(dir);
    }
}

/// An inode before and after.
pub(crate) fn wcc(before: &Inode, after: &Inode) -> Wcc {
    Wcc { before: BeforeAttr::from(&before.attr), after: after.attr }
}
