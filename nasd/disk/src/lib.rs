//! A node's disks as a seam: positioned reads and writes, flushes, and names in one directory.
//!
//! The log and the chunk store see only [`Disk`] and [`DiskFile`]. The appliance uses the operating
//! system's files; the simulation uses memory that loses, on a crash, what was never flushed.

mod bounce;
mod name;
mod real;
mod shortage;
mod sim;

pub use real::RealDisk;
pub use shortage::{Shortage, shortage};
pub use sim::{SimDisk, SimDiskOptions};

use bytes::Bytes;
use nasd_base::net::BoxFuture;
use std::io;
use std::sync::Arc;

/// How a file is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpenMode {
    /// Fails with `NotFound` when there is none.
    Existing,
    /// Creates it; fails with `AlreadyExists` when there is one. The name is durable after `sync_names`.
    New,
}

/// One directory of files on one disk. Names are plain: no separators, at most 255 bytes.
pub trait Disk: Send + Sync + 'static {
    fn open<'a>(&'a self, name: &'a str, mode: OpenMode) -> BoxFuture<'a, io::Result<Arc<dyn DiskFile>>>;

    /// The names in the directory, sorted.
    fn list(&self) -> BoxFuture<'_, io::Result<Vec<String>>>;

    fn remove<'a>(&'a self, name: &'a str) -> BoxFuture<'a, io::Result<()>>;

    /// Replaces `to` if it exists. Atomic; durable after `sync_names`.
    fn rename<'a>(&'a self, from: &'a str, to: &'a str) -> BoxFuture<'a, io::Result<()>>;

    /// Makes creations, removals and renames durable.
    fn sync_names(&self) -> BoxFuture<'_, io::Result<()>>;

    /// Total and free bytes of the disk.
    fn space(&self) -> BoxFuture<'_, io::Result<Space>>;
}

/// Bytes of a disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Space {
    pub total_bytes: u64,
    pub free_bytes: u64,
}

/// An open file. Calls may overlap; two that touch the same bytes are the caller's to order.
#[expect(clippy::len_without_is_empty, reason = "asking for the length is a call to the disk")]
pub trait DiskFile: Send + Sync + 'static {
    /// Reads up to `len` bytes at `offset`; shorter only at the end of the file.
    fn read_at(&self, offset: u64, len: usize) -> BoxFuture<'_, io::Result<Bytes>>;

    /// Writes the pieces one after the other at `offset`. Not durable before `sync`.
    fn write_at(&self, offset: u64, pieces: Vec<Bytes>) -> BoxFuture<'_, io::Result<()>>;

    /// Writes like `write_at` and makes those bytes durable before it returns: one trip for log records.
    /// Uses O_DIRECT|O_DSYNC when `offset` and the total length are multiples of [`BLOCK_BYTES`] and the
    /// file system allows it.
    fn write_durably_at(&self, offset: u64, pieces: Vec<Bytes>) -> BoxFuture<'_, io::Result<()>>;

    /// Makes all completed writes durable.
    ///
    /// # Errors
    /// After a failure nobody knows which writes are on the disk: the caller must stop using the file and
    /// never call `sync` again to "retry".
    fn sync(&self) -> BoxFuture<'_, io::Result<()>>;

    fn len(&self) -> BoxFuture<'_, io::Result<u64>>;

    /// Reserves space and fills `[len, bytes)` with zeroes, durably, so that later writes there change no
    /// metadata.
    fn allocate(&self, bytes: u64) -> BoxFuture<'_, io::Result<()>>;

    /// Cuts or extends the file.
    fn set_len(&self, bytes: u64) -> BoxFuture<'_, io::Result<()>>;
}

/// The alignment at which a write needs no read of its surroundings.
pub const BLOCK_BYTES: usize = 4096;
