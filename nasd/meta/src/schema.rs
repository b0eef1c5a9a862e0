//! The tables of a volume and their first rows. `docs/formats/metadata.md` says what each column means.

use crate::error::{MetaError, damaged};
use nasd_base::Ino;
use nasd_base::file::FileKind;
use nasd_state::StateError;
use rusqlite::{Connection, OptionalExtension};

/// Version of the tables' layout.
pub(crate) const FORMAT: i64 = 1;

/// The first cookie that a name gets; those below are of `.` and `..`.
pub const FIRST_COOKIE: u64 = 3;

/// How a volume begins. Used once, by the first `prepare` of an empty database, so it must be the same on
/// every replica: take it from the volume's record, never from a node's own settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VolumeOptions {
    /// Owner of the root directory.
    pub root_uid: u32,
    pub root_gid: u32,
    /// Permission bits of the root directory.
    pub root_mode: u32,
    pub bounds: StateBounds,
}

/// Bounds that are part of a volume's state. What an operator lets a volume hold is `VolumeLimits`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StateBounds {
    /// Most inodes; a creation beyond is refused with `NoSpace`.
    pub inodes_max: u64,
    /// Most replies remembered for retries; the oldest go first.
    pub replies_max: u64,
    /// How long a reply is remembered, by the leaders' stamps, in seconds.
    pub reply_secs_max: u64,
}

impl Default for VolumeOptions {
    fn default() -> Self {
        VolumeOptions { root_uid: 0, root_gid: 0, root_mode: 0o755, bounds: StateBounds::default() }
    }
}

impl Default for StateBounds {
    fn default() -> Self {
        StateBounds { inodes_max: 1 << 40, replies_max: 65_536, reply_secs_max: 15 * 60 }
    }
}

const TABLES: &str = "
CREATE TABLE volume (
    id INTEGER PRIMARY KEY CHECK (id = 0),
    format INTEGER NOT NULL,
    inodes_max INTEGER NOT NULL,
    replies_max INTEGER NOT NULL,
    reply_secs_max INTEGER NOT NULL,
    txg INTEGER NOT NULL,
    next_ino INTEGER NOT NULL,
    next_cookie INTEGER NOT NULL,
    next_chunk INTEGER NOT NULL,
    next_reply INTEGER NOT NULL,
    inodes INTEGER NOT NULL,
    logical_bytes INTEGER NOT NULL,
    chunks INTEGER NOT NULL,
    stored_bytes INTEGER NOT NULL
);
CREATE TABLE inode (
    ino INTEGER PRIMARY KEY,
    generation INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    mode INTEGER NOT NULL,
    nlink INTEGER NOT NULL,
    uid INTEGER NOT NULL,
    gid INTEGER NOT NULL,
    rdev INTEGER NOT NULL,
    size INTEGER NOT NULL,
    allocated INTEGER NOT NULL,
    atime INTEGER NOT NULL,
    mtime INTEGER NOT NULL,
    ctime INTEGER NOT NULL,
    btime INTEGER NOT NULL,
    txg INTEGER NOT NULL,
    data_txg INTEGER NOT NULL,
    parent INTEGER NOT NULL,
    layout INTEGER NOT NULL,
    verifier INTEGER
);
CREATE INDEX inode_txg ON inode (txg);
CREATE TABLE dirent (
    parent INTEGER NOT NULL,
    name BLOB NOT NULL,
    ino INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    cookie INTEGER NOT NULL,
    txg INTEGER NOT NULL,
    PRIMARY KEY (parent, name)
) WITHOUT ROWID;
CREATE UNIQUE INDEX dirent_cookie ON dirent (parent, cookie, ino, kind);
CREATE TABLE small (
    ino INTEGER PRIMARY KEY,
    txg INTEGER NOT NULL,
    data BLOB NOT NULL
);
CREATE TABLE inline (
    ino INTEGER NOT NULL,
    start INTEGER NOT NULL,
    txg INTEGER NOT NULL,
    stamp INTEGER NOT NULL,
    data BLOB NOT NULL,
    PRIMARY KEY (ino, start)
);
CREATE TABLE extent (
    ino INTEGER NOT NULL,
    block INTEGER NOT NULL,
    txg INTEGER NOT NULL,
    pieces BLOB NOT NULL,
    PRIMARY KEY (ino, block)
) WITHOUT ROWID;
CREATE TABLE chunk (
    id INTEGER PRIMARY KEY,
    len INTEGER NOT NULL,
    stored INTEGER NOT NULL,
    live INTEGER NOT NULL,
    txg INTEGER NOT NULL,
    digest BLOB NOT NULL
);
CREATE TABLE xattr (
    ino INTEGER NOT NULL,
    name BLOB NOT NULL,
    txg INTEGER NOT NULL,
    value BLOB NOT NULL,
    PRIMARY KEY (ino, name)
) WITHOUT ROWID;
CREATE TABLE orphan (ino INTEGER PRIMARY KEY);
CREATE TABLE reply (
    seq INTEGER PRIMARY KEY,
    op BLOB NOT NULL,
    at INTEGER NOT NULL,
    reply BLOB NOT NULL
);
";

/// Came after the first volumes of format 1, so it is added to those that lack it. No row of it means the same
/// as no table.
const LOCK_TABLE: &str = "
CREATE TABLE IF NOT EXISTS lock (
    ino INTEGER NOT NULL,
    node INTEGER NOT NULL,
    session INTEGER NOT NULL,
    owner INTEGER NOT NULL,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    exclusive INTEGER NOT NULL,
    pid INTEGER NOT NULL,
    PRIMARY KEY (ino, node, session, owner, first)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS lock_owner ON lock (node, session, owner);
";

/// Came later still; likewise.
const LIMIT_TABLE: &str = "
CREATE TABLE IF NOT EXISTS volume_limit (
    id INTEGER PRIMARY KEY CHECK (id = 0),
    bytes INTEGER,
    files INTEGER
);
";

/// Creates the tables and the root directory unless they are there, in one transaction.
pub(crate) fn prepare(db: &Connection, options: &VolumeOptions) -> Result<(), StateError> {
    let there = db
        .query_row("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'volume'", [], |_| Ok(()))
        .optional()?;
    if there.is_some() {
        check_format(db)?;
        db.execute_batch(LOCK_TABLE)?;
        return Ok(db.execute_batch(LIMIT_TABLE)?);
    }
    if db.is_autocommit() {
        let transaction = db.unchecked_transaction()?;
        begin(&transaction, options)?;
        return Ok(transaction.commit()?);
    }
    begin(db, options)
}

fn check_format(db: &Connection) -> Result<(), StateError> {
    let format: i64 = db.query_row("SELECT format FROM volume", [], |row| row.get(0))?;
    if format != FORMAT {
        let what = format!("the volume's metadata has format {format}, this version reads format {FORMAT}");
        return Err(StateError::Damaged(what));
    }
    Ok(())
}

fn begin(db: &Connection, options: &VolumeOptions) -> Result<(), StateError> {
    db.execute_batch(TABLES)?;
    db.execute_batch(LOCK_TABLE)?;
    db.execute_batch(LIMIT_TABLE)?;
    let bounds = options.bounds;
    db.execute(
        "INSERT INTO volume VALUES (0, ?1, ?2, ?3, ?4, 0, ?5, ?6, 1, 1, 1, 0, 0, 0)",
        [
            FORMAT,
            bounds.inodes_max.min(i64::MAX as u64) as i64,
            bounds.replies_max.min(i64::MAX as u64) as i64,
            bounds.reply_secs_max.min(i64::MAX as u64) as i64,
            Ino::ROOT.0 as i64 + 1,
            FIRST_COOKIE as i64,
        ],
    )?;
    db.execute(
        "INSERT INTO inode VALUES (?1, 1, ?2, ?3, 2, ?4, ?5, 0, 0, 0, 0, 0, 0, 0, 0, 0, ?1, 0, NULL)",
        [
            Ino::ROOT.0 as i64,
            kind_number(FileKind::Directory),
            i64::from(options.root_mode & 0o7777),
            i64::from(options.root_uid),
            i64::from(options.root_gid),
        ],
    )?;
    Ok(())
}

/// A file kind as the tables have it: the number in the mode's type bits, `S_IFMT >> 12`.
pub(crate) fn kind_number(kind: FileKind) -> i64 {
    match kind {
        FileKind::Fifo => 1,
        FileKind::CharDevice => 2,
        FileKind::Directory => 4,
        FileKind::BlockDevice => 6,
        FileKind::File => 8,
        FileKind::Symlink => 10,
        FileKind::Socket => 12,
    }
}

pub(crate) fn kind_from(number: i64) -> Result<FileKind, MetaError> {
    Ok(match number {
        1 => FileKind::Fifo,
        2 => FileKind::CharDevice,
        4 => FileKind::Directory,
        6 => FileKind::BlockDevice,
        8 => FileKind::File,
        10 => FileKind::Symlink,
        12 => FileKind::Socket,
        _ => return Err(damaged(format!("file kind {number} is unknown"))),
    })
}
