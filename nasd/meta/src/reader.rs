//! Reads of a volume from any thread, each of the last committed batch.

use crate::error::MetaError;
use crate::{
    Backlog, ChunkRow, ExtentBlock, HeldLock, LockOwner, LockRange, LockSession, Piece, Totals, View,
};
use bytes::Bytes;
use nasd_base::file::{Attr, DirEntry, VolumeLimits};
use nasd_base::{ChunkId, Ino, Txg};
use nasd_state::Readers;
use std::ops::Range;

/// Reads a volume's metadata. Cheap to clone; calls may overlap, and each sees one moment of the volume.
/// What the calls return and refuse with is said at [`View`].
#[derive(Clone)]
pub struct MetaReader(Readers);

impl MetaReader {
    pub fn new(readers: Readers) -> MetaReader {
        MetaReader(readers)
    }

    /// Several reads of one moment. `f` must be short and must not wait for an apply.
    pub fn view<T>(&self, f: impl FnOnce(View<'_>) -> Result<T, MetaError>) -> Result<T, MetaError> {
        let outcome = self.0.with_snapshot(|db| match f(View::new(db)) {
            Ok(value) => Ok(Ok(value)),
            Err(MetaError::Refused(errno)) => Ok(Err(errno)),
            Err(MetaError::State(error)) => Err(error),
        })?;
        Ok(outcome?)
    }

    /// See [`View::attr`].
    pub fn attr(&self, ino: Ino) -> Result<Attr, MetaError> {
        self.view(|view| view.attr(ino))
    }

    /// See [`View::data_change`].
    pub fn data_change(&self, ino: Ino) -> Result<u64, MetaError> {
        self.view(|view| view.data_change(ino))
    }

    /// See [`View::lookup`].
    pub fn lookup(&self, parent: Ino, name: &[u8]) -> Result<(Attr, Attr), MetaError> {
        self.view(|view| view.lookup(parent, name))
    }

    /// See [`View::path_of`].
    pub fn path_of(&self, ino: Ino, parent: Option<Ino>) -> Result<Option<Vec<Vec<u8>>>, MetaError> {
        self.view(|view| view.path_of(ino, parent))
    }

    /// See [`View::readlink`].
    pub fn readlink(&self, ino: Ino) -> Result<(Bytes, Attr), MetaError> {
        self.view(|view| view.readlink(ino))
    }

    /// See [`View::read_dir`].
    pub fn read_dir(
        &self,
        ino: Ino,
        cookie: u64,
        entries_max: u32,
        bytes_max: u32,
        attrs: bool,
    ) -> Result<(Attr, Vec<DirEntry>, bool), MetaError> {
        self.view(|view| view.read_dir(ino, cookie, entries_max, bytes_max, attrs))
    }

    /// See [`View::pieces`].
    pub fn pieces(&self, ino: Ino, range: Range<u64>) -> Result<(Attr, Vec<Piece>), MetaError> {
        self.view(|view| view.pieces(ino, range))
    }

    /// See [`View::next_data`].
    pub fn next_data(&self, ino: Ino, from: u64) -> Result<(Attr, Option<Range<u64>>), MetaError> {
        self.view(|view| view.next_data(ino, from))
    }

    /// See [`View::extent_blocks`].
    pub fn extent_blocks(
        &self,
        after: Option<ExtentBlock>,
        limit: u32,
    ) -> Result<Vec<ExtentBlock>, MetaError> {
        self.view(|view| view.extent_blocks(after, limit))
    }

    /// See [`View::xattr`].
    pub fn xattr(&self, ino: Ino, name: &[u8]) -> Result<Bytes, MetaError> {
        self.view(|view| view.xattr(ino, name))
    }

    /// See [`View::xattrs`].
    pub fn xattrs(&self, ino: Ino) -> Result<Vec<Bytes>, MetaError> {
        self.view(|view| view.xattrs(ino))
    }

    /// See [`View::chunk`].
    pub fn chunk(&self, id: ChunkId) -> Result<Option<ChunkRow>, MetaError> {
        self.view(|view| view.chunk(id))
    }

    /// See [`View::chunks_after`].
    pub fn chunks_after(&self, after: ChunkId, limit: u32) -> Result<Vec<ChunkRow>, MetaError> {
        self.view(|view| view.chunks_after(after, limit))
    }

    /// See [`View::orphans`].
    pub fn orphans(&self, limit: u32) -> Result<Vec<Ino>, MetaError> {
        self.view(|view| view.orphans(limit))
    }

    /// See [`View::lock_against`].
    pub fn lock_against(
        &self,
        ino: Ino,
        owner: LockOwner,
        range: LockRange,
        exclusive: bool,
    ) -> Result<Option<HeldLock>, MetaError> {
        self.view(|view| view.lock_against(ino, owner, range, exclusive))
    }

    /// See [`View::lock_sessions`].
    pub fn lock_sessions(&self) -> Result<Vec<LockSession>, MetaError> {
        self.view(|view| view.lock_sessions())
    }

    /// See [`View::limits`].
    pub fn limits(&self) -> Result<VolumeLimits, MetaError> {
        self.view(|view| view.limits())
    }

    /// See [`View::totals`].
    pub fn totals(&self) -> Result<Totals, MetaError> {
        self.view(|view| view.totals())
    }

    /// See [`View::changed_since`].
    pub fn changed_since(&self, txg: Txg, limit: u32) -> Result<Vec<(Txg, Ino)>, MetaError> {
        self.view(|view| view.changed_since(txg, limit))
    }

    /// See [`View::inline_backlog`].
    pub fn inline_backlog(&self, limit: u32) -> Result<Vec<Backlog>, MetaError> {
        self.view(|view| view.inline_backlog(limit))
    }
}
