//! What can be read of a volume: one moment of its tables, through one connection.

use crate::counters::{Totals, VolumeCounters};
use crate::error::MetaError;
use crate::extent_row::BLOCK_BYTES;
use crate::inode::{self, Inode, Layout, inode_columns};
use crate::names;
use crate::schema::{FIRST_COOKIE, kind_from};
use crate::volume_memory::load_limits;
use crate::{FreshChunk, Piece, Source, chunks, extents, small, xattr};
use bytes::Bytes;
use nasd_base::file::{Attr, DirEntry, FileKind, VolumeLimits};
use nasd_base::{ChunkId, Errno, Ino, Txg};
use rusqlite::{Connection, Row, Statement, params};
use std::ops::Range;

/// Cookies of `.` and `..`; those of names begin at [`FIRST_COOKIE`].
const DOT_COOKIE: u64 = 1;
const DOT_DOT_COOKIE: u64 = 2;
/// Most entries of one listing, whatever was asked for.
const ENTRIES_MAX: u32 = 16_384;

/// Directories above a file whose path is told, and names that are looked through in each.
const PATH_DEPTH_MAX: usize = 64;
const NAMES_SEARCHED_MAX: u32 = 10_000;

/// A registered chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChunkRow {
    pub chunk: FreshChunk,
    /// Bytes of it that files name. Less than half of its length: worth packing anew.
    pub live: u64,
}

/// A file with bytes that wait to be destaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backlog {
    pub ino: Ino,
    /// For `Restage`'s `as_of`, if the pieces are read after this.
    pub data_change: u64,
    /// How many bytes wait.
    pub inline_bytes: u64,
}

/// A part of a file that has data in chunks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExtentBlock {
    pub ino: Ino,
    pub block: u64,
}

impl ExtentBlock {
    /// Its bytes in the file: 8 MiB.
    pub fn range(&self) -> Range<u64> {
        self.block * BLOCK_BYTES..(self.block + 1) * BLOCK_BYTES
    }
}

/// One moment of a volume. Holds up the end of a checkpoint: read, then let go.
#[derive(Clone, Copy)]
pub struct View<'c>(pub(crate) &'c Connection);

impl<'c> View<'c> {
    /// Reads through `db`, which should be in a transaction, so that several reads see one moment.
    pub fn new(db: &'c Connection) -> View<'c> {
        View(db)
    }

    pub(crate) fn connection(&self) -> &'c Connection {
        self.0
    }

    fn inode(&self, ino: Ino) -> Result<Inode, MetaError> {
        Ok(inode::select(self.0, ino)?.ok_or(Errno::Stale)?)
    }

    fn directory(&self, ino: Ino) -> Result<Inode, MetaError> {
        let dir = self.inode(ino)?;
        if dir.attr.kind == FileKind::Directory { Ok(dir) } else { Err(Errno::NotDir.into()) }
    }

    /// The attributes, of orphans too. `Stale` when the inode is gone.
    pub fn attr(&self, ino: Ino) -> Result<Attr, MetaError> {
        Ok(self.inode(ino)?.attr)
    }

    /// The count of the inode's last data change, for `Restage`'s `as_of`.
    pub fn data_change(&self, ino: Ino) -> Result<u64, MetaError> {
        Ok(self.inode(ino)?.data_txg.0)
    }

    /// What a name means, and its directory. Knows `.` and `..`; the root's parent is the root.
    pub fn lookup(&self, parent: Ino, name: &[u8]) -> Result<(Attr, Attr), MetaError> {
        let dir = self.directory(parent)?;
        names::check(name)?;
        let attr = match name {
            b"." => dir.attr,
            b".." => self.attr(dir.parent)?,
            _ => {
                let entry = names::find(self.0, parent, name)?.ok_or(Errno::NoEnt)?;
                self.named(entry.ino)?
            }
        };
        Ok((attr, dir.attr))
    }

    /// The names that lead from the root to an inode, which was last found in `parent`, or is a directory; `None`
    /// where it cannot be found soon.
    pub fn path_of(&self, ino: Ino, parent: Option<Ino>) -> Result<Option<Vec<Vec<u8>>>, MetaError> {
        let (mut names, mut at, mut parent) = (Vec::new(), ino, parent);
        while at != Ino::ROOT {
            if names.len() >= PATH_DEPTH_MAX {
                return Ok(None);
            }
            let above = match parent.take() {
                Some(parent) => parent,
                None => match inode::select(self.0, at)? {
                    Some(dir) if dir.attr.kind == FileKind::Directory => dir.parent,
                    _ => return Ok(None),
                },
            };
            let Some(name) = names::name_of(self.0, above, at, NAMES_SEARCHED_MAX)? else { return Ok(None) };
            names.push(name);
            at = above;
        }
        names.reverse();
        Ok(Some(names))
    }

    fn named(&self, ino: Ino) -> Result<Attr, MetaError> {
        let found = inode::select(self.0, ino)?;
        let inode = found.ok_or_else(|| crate::error::damaged(format!("inode {ino} is named but gone")))?;
        Ok(inode.attr)
    }

    /// A symlink's target; `Inval` for anything else.
    pub fn readlink(&self, ino: Ino) -> Result<(Bytes, Attr), MetaError> {
        let attr = self.attr(ino)?;
        if attr.kind != FileKind::Symlink {
            return Err(Errno::Inval.into());
        }
        Ok((small::load(self.0, ino)?.into(), attr))
    }

    /// The entries after `cookie` (0: from the start) with `.` and `..` first, and whether they are the
    /// last. At least one entry is returned if there is one, then up to `entries_max` of them and about
    /// `bytes_max` bytes of names.
    ///
    /// A name that is there throughout is listed exactly once, whatever else changes between the calls.
    ///
    /// # Errors
    /// `BadCookie` for one that was never given out.
    pub fn read_dir(
        &self,
        ino: Ino,
        cookie: u64,
        entries_max: u32,
        bytes_max: u32,
        attrs: bool,
    ) -> Result<(Attr, Vec<DirEntry>, bool), MetaError> {
        let dir = self.directory(ino)?;
        if cookie >= VolumeCounters::load(self.0)?.next_cookie {
            return Err(Errno::BadCookie.into());
        }
        let mut room = Room { entries: entries_max.clamp(1, ENTRIES_MAX), bytes: bytes_max };
        let mut entries = Vec::new();
        for (name, dot_cookie, ino) in [(".", DOT_COOKIE, ino), ("..", DOT_DOT_COOKIE, dir.parent)] {
            if dot_cookie <= cookie {
                continue;
            }
            if !room.take(name.len()) {
                return Ok((dir.attr, entries, false));
            }
            let attr = if attrs { inode::select(self.0, ino)?.map(|inode| inode.attr) } else { None };
            let name = Bytes::from_static(name.as_bytes());
            entries.push(DirEntry { name, ino, kind: FileKind::Directory, cookie: dot_cookie, attr });
        }
        let end = self.list_names(ino, cookie.max(DOT_DOT_COOKIE), attrs, &mut room, &mut entries)?;
        Ok((dir.attr, entries, end))
    }

    fn list_names(
        &self,
        parent: Ino,
        cookie: u64,
        attrs: bool,
        room: &mut Room,
        entries: &mut Vec<DirEntry>,
    ) -> Result<bool, MetaError> {
        let mut statement = self.listing(attrs)?;
        let mut rows = statement.query(params![parent.0 as i64, cookie as i64])?;
        while let Some(row) = rows.next()? {
            let name = row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?;
            if !room.take(name.len()) {
                return Ok(false);
            }
            entries.push(DirEntry {
                name: Bytes::copy_from_slice(name),
                ino: Ino(row.get::<_, i64>(1)? as u64),
                kind: kind_from(row.get(2)?)?,
                cookie: row.get::<_, i64>(3)? as u64,
                attr: if attrs { Some(inode::from_row(row, 4)?.attr) } else { None },
            });
        }
        Ok(true)
    }

    fn listing(&self, attrs: bool) -> Result<rusqlite::CachedStatement<'c>, MetaError> {
        Ok(self.0.prepare_cached(if attrs {
            concat!(
                "SELECT dirent.name, dirent.ino, dirent.kind, dirent.cookie, ",
                inode_columns!(),
                " FROM dirent INDEXED BY dirent_cookie CROSS JOIN inode ON inode.ino = dirent.ino
                 WHERE dirent.parent = ?1 AND dirent.cookie > ?2 ORDER BY dirent.cookie"
            )
        } else {
            "SELECT name, ino, kind, cookie FROM dirent INDEXED BY dirent_cookie
             WHERE parent = ?1 AND cookie > ?2 ORDER BY cookie"
        })?)
    }

    /// Where the bytes of `range` are: sorted, without overlaps, clipped to the range; what is missing is a
    /// hole. Nothing lies beyond the file's size.
    pub fn pieces(&self, ino: Ino, range: Range<u64>) -> Result<(Attr, Vec<Piece>), MetaError> {
        let inode = self.inode(ino)?;
        crate::write::must_hold_data(&inode.attr)?;
        let range = range.start..range.end.min(inode.attr.size);
        let pieces = match inode.layout {
            _ if range.start >= range.end => Vec::new(),
            Layout::Empty => Vec::new(),
            Layout::Small => inline_piece(0, small::load(self.0, ino)?, &range).into_iter().collect(),
            Layout::Extents => self.extent_pieces(ino, &range)?,
        };
        Ok((inode.attr, pieces))
    }

    fn extent_pieces(&self, ino: Ino, range: &Range<u64>) -> Result<Vec<Piece>, MetaError> {
        let mut pieces = Vec::new();
        for run in extents::chunk_runs(self.0, ino, range)? {
            if let Some((chunk, start)) = run.place {
                let source = Source::Chunk { chunk, start };
                pieces.push(Piece { offset: run.offset, len: run.len, source });
            }
        }
        let chunk_pieces = pieces.len();
        let inline = extents::inline_rows(self.0, ino, range)?;
        pieces.extend(inline.into_iter().filter_map(|row| inline_piece(row.start, row.data, range)));
        if chunk_pieces > 0 && pieces.len() > chunk_pieces {
            pieces.sort_unstable_by_key(|piece| piece.offset);
        }
        Ok(pieces)
    }

    /// The blocks after this one, of all files, in order, at most `limit`.
    pub fn extent_blocks(
        &self,
        after: Option<ExtentBlock>,
        limit: u32,
    ) -> Result<Vec<ExtentBlock>, MetaError> {
        let mut statement = self.0.prepare_cached(
            "SELECT ino, block FROM extent WHERE (ino, block) > (?1, ?2) ORDER BY ino, block LIMIT ?3",
        )?;
        let (ino, block) = after.map_or((-1, -1), |after| (after.ino.0 as i64, after.block as i64));
        collect(&mut statement, params![ino, block, limit], |row| {
            Ok(ExtentBlock { ino: ino_at(row, 0)?, block: row.get::<_, i64>(1)? as u64 })
        })
    }

    /// An attribute's value; `NoData` if there is none.
    pub fn xattr(&self, ino: Ino, name: &[u8]) -> Result<Bytes, MetaError> {
        self.inode(ino)?;
        Ok(xattr::select(self.0, ino, name)?.ok_or(Errno::NoData)?.into())
    }

    /// All attributes' names, sorted.
    pub fn xattrs(&self, ino: Ino) -> Result<Vec<Bytes>, MetaError> {
        self.inode(ino)?;
        let mut statement = self.0.prepare_cached("SELECT name FROM xattr WHERE ino = ?1 ORDER BY name")?;
        collect(&mut statement, params![ino.0 as i64], |row| Ok(Bytes::from(row.get::<_, Vec<u8>>(0)?)))
    }

    /// A registered chunk, if it is one.
    pub fn chunk(&self, id: ChunkId) -> Result<Option<ChunkRow>, MetaError> {
        Ok(chunks::select(self.0, id)?.map(|(chunk, live)| ChunkRow { chunk, live }))
    }

    /// Registered chunks with ids above `after`, in order, at most `limit`.
    pub fn chunks_after(&self, after: ChunkId, limit: u32) -> Result<Vec<ChunkRow>, MetaError> {
        let mut statement = self.0.prepare_cached(
            "SELECT id, len, stored, live, digest FROM chunk WHERE id > ?1 ORDER BY id LIMIT ?2",
        )?;
        let after = i64::try_from(after.0).unwrap_or(i64::MAX);
        collect(&mut statement, params![after, limit], |row| {
            let (chunk, live) = chunks::from_row(row)?;
            Ok(ChunkRow { chunk, live })
        })
    }

    /// Inodes without a name, lowest first.
    pub fn orphans(&self, limit: u32) -> Result<Vec<Ino>, MetaError> {
        let mut statement = self.0.prepare_cached("SELECT ino FROM orphan ORDER BY ino LIMIT ?1")?;
        collect(&mut statement, params![limit], |row| ino_at(row, 0))
    }

    /// How much there may be.
    pub fn limits(&self) -> Result<VolumeLimits, MetaError> {
        load_limits(self.0)
    }

    /// How much there is.
    pub fn totals(&self) -> Result<Totals, MetaError> {
        Ok(VolumeCounters::load(self.0)?.totals())
    }

    /// Inodes whose attributes or data changed after `txg`, each with its last change, oldest first. At
    /// least `limit` if there are so many: all that one change did is returned together, so the last
    /// number is where to go on. Inodes that are gone are not listed; their directories are.
    pub fn changed_since(&self, txg: Txg, limit: u32) -> Result<Vec<(Txg, Ino)>, MetaError> {
        let mut statement =
            self.0.prepare_cached("SELECT txg, ino FROM inode WHERE txg > ?1 ORDER BY txg, ino")?;
        let mut rows = statement.query([i64::try_from(txg.0).unwrap_or(i64::MAX)])?;
        let mut changed: Vec<(Txg, Ino)> = Vec::new();
        while let Some(row) = rows.next()? {
            let next = Txg(row.get::<_, i64>(0)? as u64);
            let enough = changed.len() >= limit.max(1) as usize;
            if enough && changed.last().is_some_and(|(last, _)| *last != next) {
                break;
            }
            changed.push((next, ino_at(row, 1)?));
        }
        Ok(changed)
    }

    /// Files with inline bytes outside of `small`, lowest inode first, at most `limit`.
    pub fn inline_backlog(&self, limit: u32) -> Result<Vec<Backlog>, MetaError> {
        let mut next = self.0.prepare_cached(
            "SELECT inode.ino, inode.data_txg FROM inline CROSS JOIN inode ON inode.ino = inline.ino
             WHERE inline.ino > ?1 ORDER BY inline.ino LIMIT 1",
        )?;
        let mut sum =
            self.0.prepare_cached("SELECT coalesce(sum(length(data)), 0) FROM inline WHERE ino = ?1")?;
        let mut backlog: Vec<Backlog> = Vec::new();
        while backlog.len() < limit as usize {
            let after = backlog.last().map_or(0, |last| last.ino.0 as i64);
            let found = collect(&mut next, params![after], |row| {
                Ok((ino_at(row, 0)?, row.get::<_, i64>(1)? as u64))
            })?;
            let Some((ino, data_change)) = found.first().copied() else { break };
            let inline_bytes: i64 = sum.query_row([ino.0 as i64], |row| row.get(0))?;
            backlog.push(Backlog { ino, data_change, inline_bytes: inline_bytes as u64 });
        }
        Ok(backlog)
    }
}

/// How much of a listing may still be returned.
struct Room {
    entries: u32,
    bytes: u32,
}

impl Room {
    /// Whether a name of `len` bytes goes in. The first one always does.
    fn take(&mut self, len: usize) -> bool {
        if self.entries == 0 || self.bytes == 0 {
            return false;
        }
        self.entries -= 1;
        self.bytes = self.bytes.saturating_sub(len as u32);
        true
    }
}

/// The part in `range` of inline bytes that begin at `start`.
fn inline_piece(start: u64, data: Vec<u8>, range: &Range<u64>) -> Option<Piece> {
    let end = (start + data.len() as u64).min(range.end);
    let offset = start.max(range.start);
    if offset >= end {
        return None;
    }
    let data = Bytes::from(data).slice((offset - start) as usize..(end - start) as usize);
    Some(Piece { offset, len: end - offset, source: Source::Inline { data } })
}

fn ino_at(row: &Row<'_>, column: usize) -> rusqlite::Result<Ino> {
    Ok(Ino(row.get::<_, i64>(column)? as u64))
}

fn collect<T>(
    statement: &mut Statement<'_>,
    params: impl rusqlite::Params,
    f: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Vec<T>, MetaError> {
    Ok(statement.query_map(params, f)?.collect::<Result<_, _>>()?)
}

const _: () = assert!(FIRST_COOKIE == DOT_DOT_COOKIE + 1);
