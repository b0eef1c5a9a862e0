//! Owns what is done to names: lookup, the makers of nodes, link, rename, and the removers.

use super::Ops;
use crate::caller::Who;
use crate::kernel::Keep;
use crate::mounted_volume::unexpected;
use bytes::Bytes;
use nasd_base::file::{Attr, NewNode, SetAttr, want};
use nasd_base::{Errno, Ino};
use nasd_fs::{Change, CreateMode, Outcome, RenameMode, Reply, Request};

/// How a file is created and opened in one request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Creation {
    /// Permission bits, with the umask beside them.
    pub mode: u32,
    /// O_EXCL: an existing file is refused.
    pub exclusive: bool,
    /// O_TRUNC: an existing file is emptied.
    pub truncate: bool,
    pub readable: bool,
    pub writable: bool,
}

/// What was asked for by a name in a directory that is gone for good is not there: a walk cannot end up in it, so this
/// is a program that still works in it or has it open.
pub(super) fn in_directory<T>(answer: Result<T, Errno>) -> Result<T, Errno> {
    answer.map_err(|errno| if errno == Errno::Stale { Errno::NoEnt } else { errno })
}

impl Ops {
    /// An object by name, with all data written through this mount counted; `None` if it may be kept that there
    /// is none.
    pub(crate) async fn lookup(
        &self,
        who: &Who,
        parent: Ino,
        name: Bytes,
    ) -> Result<(Option<Attr>, Keep), Errno> {
        if name.as_ref() == b"." {
            return Ok((Some(self.by_number(who, parent).await?), Keep::NOT));
        }
        let up = name.as_ref() == b"..";
        let (answer, keep) = self.volume.ask_keeping(who, Request::Lookup { parent, name }).await;
        match answer {
            // No lock of the kernel's stands for this one.
            Ok((Reply::Entry { attr, .. }, _)) if up => Ok((Some(attr), Keep::NOT)),
            Ok((Reply::Entry { attr, .. }, _)) => {
                let (attr, keep) = self.current(who, attr, keep).await?;
                Ok((Some(attr), keep))
            }
            Ok((other, _)) => Err(unexpected(&other)),
            Err(Errno::NoEnt) if !keep.is_not() => Ok((None, keep)),
            Err(refused) => in_directory(Err(refused)),
        }
    }

    /// An object of any kind by its number, which a program has kept in a handle. Programs' paths never ask for it.
    async fn by_number(&self, who: &Who, ino: Ino) -> Result<Attr, Errno> {
        let (attr, _) = self.get_attr(who, ino).await?;
        if attr.nlink == 0 { Err(Errno::Stale) } else { Ok(attr) }
    }

    /// The attributes as they are once this mount's unsent data counts.
    pub(super) async fn current(&self, who: &Who, attr: Attr, keep: Keep) -> Result<(Attr, Keep), Errno> {
        self.setgid.note(&attr);
        match self.writeback.is_dirty(attr.ino) {
            // The name was asked for before.
            true => Ok((self.get_attr(who, attr.ino).await?.0, keep)),
            false => Ok((attr, keep)),
        }
    }

    /// The target of a symbolic link.
    pub(crate) async fn read_link(&self, who: &Who, ino: Ino) -> Result<Bytes, Errno> {
        match self.volume.ask(who, Request::ReadLink { ino }).await? {
            (Reply::Target { target, .. }, _) => Ok(target),
            (other, _) => Err(unexpected(&other)),
        }
    }

    /// Makes a node under a name that must be free. `mode` has the umask beside it.
    pub(crate) async fn make(
        &self,
        who: &Who,
        parent: Ino,
        name: Bytes,
        node: NewNode,
        mode: u32,
    ) -> Result<(Attr, Keep), Errno> {
        let set = SetAttr { mode: Some(mode), ..SetAttr::default() };
        let change = Change::Create { parent, name, node, set, mode: CreateMode::Guarded };
        let (outcome, keep) = in_directory(self.change_making(who, mode, change).await)?;
        Ok((created(outcome)?.0, keep))
    }

    /// A setgid bit asked for is granted to members of the group only, so the groups must be known.
    async fn change_making(&self, who: &Who, mode: u32, change: Change) -> Result<(Outcome, Keep), Errno> {
        if mode & 0o2000 != 0 {
            self.volume.change_in_full(who, change).await
        } else {
            self.volume.change_keeping(who, change).await
        }
    }

    /// Creates a regular file, or takes the one that is there, and opens it. Gives its attributes and handle, and how long
    /// the kernel may keep the former.
    pub(crate) async fn create(
        &self,
        who: &Who,
        parent: Ino,
        name: Bytes,
        how: Creation,
    ) -> Result<(Attr, u64, Keep), Errno> {
        let mode = if how.exclusive { CreateMode::Guarded } else { CreateMode::Unchecked };
        let size = how.truncate.then_some(0);
        let set = SetAttr { mode: Some(how.mode), size, ..SetAttr::default() };
        let change = Change::Create { parent, name, node: NewNode::File, set, mode };
        let (outcome, keep) = in_directory(self.change_making(who, how.mode, change).await)?;
        let (attr, made) = created(outcome)?;
        if made {
            return Ok((attr, self.open(attr.ino, how.readable, how.writable), keep));
        }
        // The name was made elsewhere since the kernel looked: it checked no permission on the file.
        let wanted = if how.readable { want::READ } else { 0 } | if how.writable { want::WRITE } else { 0 };
        self.require(who, &attr, wanted).await?;
        let (attr, keep) = self.current(who, attr, keep).await?;
        Ok((attr, self.open(attr.ino, how.readable, how.writable), keep))
    }

    /// Gives the attributes that the object has now. The kernel must not keep them: it sets a time of its own
    /// afterwards.
    pub(crate) async fn link(&self, who: &Who, ino: Ino, parent: Ino, name: Bytes) -> Result<Attr, Errno> {
        match in_directory(self.volume.change(who, Change::Link { ino, parent, name }).await)? {
            Outcome::Linked { attr, .. } => Ok(self.current(who, attr, Keep::NOT).await?.0),
            other => Err(unexpected(&other)),
        }
    }

    pub(crate) async fn unlink(&self, who: &Who, parent: Ino, name: Bytes) -> Result<(), Errno> {
        in_directory(self.volume.change(who, Change::Unlink { parent, name }).await).map(|_| ())
    }

    pub(crate) async fn rmdir(&self, who: &Who, parent: Ino, name: Bytes) -> Result<(), Errno> {
        in_directory(self.volume.change(who, Change::Rmdir { parent, name }).await).map(|_| ())
    }

    /// `from` and `to` are a directory and a name in it.
    pub(crate) async fn rename(
        &self,
        who: &Who,
        from: (Ino, Bytes),
        to: (Ino, Bytes),
        mode: RenameMode,
    ) -> Result<(), Errno> {
        let ((from_parent, from_name), (to_parent, to_name)) = (from, to);
        let change = Change::Rename { from_parent, from_name, to_parent, to_name, mode };
        in_directory(self.volume.change(who, change).await).map(|_| ())
    }
}

fn created(outcome: Outcome) -> Result<(Attr, bool), Errno> {
    match outcome {
        Outcome::Created { attr, made, .. } => Ok((attr, made)),
        other => Err(unexpected(&other)),
    }
}
