//! What a front end may ask of a volume: the one door that NFS and FUSE share.

use crate::timing::Trace;
use bytes::Bytes;
use nasd_base::file::{Attr, BeforeAttr, Caller, DirEntry, VolumeStat};
use nasd_base::net::BoxFuture;
use nasd_base::{Errno, Ino, OpId, VolumeId};
use nasd_meta::{Change, HeldLock, LockOwner, LockRange, LockSession, Outcome};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Who asks, and under which name a retry is recognised.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Context {
    pub caller: Caller,
    /// Names a [`Request::Change`], [`Request::Append`] or [`Request::Write`] whose caller may make it again, also
    /// through another node; ignored for the rest. A write with a name that comes too late is refused with `Again`:
    /// its caller must make sure that it is still wanted, as by asking its client anew.
    pub op: OpId,
    /// True for clients that hold files open (FUSE): they may use an inode whose last name is gone, and
    /// permission to its data was checked when it was opened. Others get `Stale`, and each READ and WRITE
    /// is checked against the mode (the owner always may, as NFS servers do).
    pub holds_open: bool,
    /// The mount that asks, if its kernel keeps caches: see [`FileService::call_keeping`].
    pub mount: Option<LockSession>,
    /// What the operation is known by, and what it has taken: whoever carries out a part of it counts here.
    pub trace: Trace,
}

/// Something that a kernel keeps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Cached {
    Attr(Ino),
    /// What a name in a directory means, or that it means nothing.
    Name {
        parent: Ino,
        name: Bytes,
    },
}

/// How durable a write must be before its reply (RFC 1813 §3.3.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Stability {
    Unstable,
    DataSync,
    FileSync,
}

/// Changes whenever a server may have lost writes that were not committed: a new leader, a new term or a
/// restart each make a new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WriteVerifier(pub u64);

/// One file operation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Request {
    /// A name in a directory; `..` of the root is the root. Needs execute permission on the directory.
    Lookup {
        parent: Ino,
        name: Bytes,
    },
    GetAttr {
        ino: Ino,
    },
    ReadLink {
        ino: Ino,
    },
    /// Entries after `cookie` (0: from the start), at most `entries_max` of them and about `bytes_max` of
    /// names. `.` and `..` come first, with cookies of their own. `attrs` asks for attributes, which only
    /// those get who may search the directory.
    ReadDir {
        ino: Ino,
        cookie: u64,
        entries_max: u32,
        bytes_max: u32,
        attrs: bool,
    },
    Read {
        ino: Ino,
        offset: u64,
        len: u32,
    },
    /// The data is the call's body. An empty one changes nothing and tells the verifier.
    Write {
        ino: Ino,
        offset: u64,
        stability: Stability,
    },
    /// Makes every write of the file before it durable on a majority.
    Commit {
        ino: Ino,
    },
    StatVolume,
    GetXattr {
        ino: Ino,
        name: Bytes,
    },
    ListXattrs {
        ino: Ino,
    },
    /// A metadata change that a client asked for. The leader refuses those that only it may make (`Write`,
    /// `Restage`, `AllocateChunks`, `Reap`) with `Perm`.
    Change(Change),
    /// The first byte at or after `offset` that is data, or in a hole (lseek(2), SEEK_DATA and SEEK_HOLE).
    /// The end of the file is a hole. `NxIo` when there is none before the end, or `offset` is past it.
    Seek {
        ino: Ino,
        offset: u64,
        hole: bool,
    },
    /// Who would refuse `owner` this lock (F_GETLK).
    TestLock {
        ino: Ino,
        owner: LockOwner,
        range: LockRange,
        exclusive: bool,
    },
    /// Waits until asking for this lock is worth while, at most some seconds; then it is the owner's turn for
    /// a moment. Grants nothing.
    AwaitLock {
        ino: Ino,
        owner: LockOwner,
        range: LockRange,
        exclusive: bool,
    },
    /// Puts the call's body behind the last byte that the file has by then, as an unstable write; the reply's
    /// attributes end with it. A repetition with the context's `op` finds what the same leader did before.
    Append {
        ino: Ino,
    },
}

/// The answer to one [`Request`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reply {
    /// `GetAttr`.
    Attr(Attr),
    /// `Lookup`: the object and the directory it was found in.
    Entry {
        attr: Attr,
        dir: Attr,
    },
    Target {
        target: Bytes,
        attr: Attr,
    },
    Dir {
        dir: Attr,
        entries: Vec<DirEntry>,
        end: bool,
    },
    /// The data is the reply's body.
    Data {
        attr: Attr,
        end: bool,
    },
    Written {
        before: BeforeAttr,
        attr: Attr,
        stability: Stability,
        verifier: WriteVerifier,
    },
    Committed {
        before: BeforeAttr,
        attr: Attr,
        verifier: WriteVerifier,
    },
    Volume(VolumeStat),
    Xattr(Bytes),
    Xattrs(Vec<Bytes>),
    Outcome(Outcome),
    /// `Seek`.
    Sought {
        offset: u64,
    },
    /// `TestLock`, and `AwaitLock` once it has waited: the lock that is in the way, if one is.
    Lock(Option<HeldLock>),
}

/// The result of a call: a reply and its body (empty unless the reply says otherwise).
pub type CallResult = Result<(Reply, Bytes), Errno>;

/// Carries out file operations. Only the daemon knows whether a local or a replicated volume answers.
///
/// Calls may overlap freely. A call returns when the operation is as durable as the request asks: a
/// `Change` on a majority's disks. While a volume has no leader, calls wait (up to a minute) and then fail
/// with `TimedOut`.
pub trait FileService: Send + Sync + 'static {
    fn call<'a>(
        &'a self,
        volume: VolumeId,
        context: &'a Context,
        request: Request,
        body: Bytes,
    ) -> BoxFuture<'a, CallResult>;

    /// Like `call`, and says for how long from now the mount's kernel may keep what the reply
    /// shows: attributes, the meaning of the name that was asked for (or that it has none), and the attributes of a
    /// listing's entries. Until then they are true, or are taken back through [`crate::CacheHolder::recall`] before
    /// anybody sees them changed. Changes made with the same `context.mount` take nothing back from it.
    fn call_keeping<'a>(
        &'a self,
        volume: VolumeId,
        context: &'a Context,
        request: Request,
        body: Bytes,
    ) -> BoxFuture<'a, (CallResult, Duration)>;
}

/// Largest body of one `Read` or `Write`, in bytes: NFS's rtmax and wtmax, FUSE's max_write.
pub const TRANSFER_BYTES_MAX: u32 = 1 << 20;
