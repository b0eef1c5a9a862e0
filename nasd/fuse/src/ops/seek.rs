//! Owns the search for data and holes (lseek(2), SEEK_DATA and SEEK_HOLE).

use super::Ops;
use crate::caller::Who;
use crate::volume::unexpected;
use nasd_base::{Errno, Ino};
use nasd_fs::{Reply, Request};

/// Makes the kernel write back what programs changed through shared mappings of a file.
pub(crate) trait Mappings: Send + Sync + 'static {
    /// Returns when the kernel has sent it all; may block.
    fn write_back(&self, ino: Ino);
}

impl Ops {
    /// The first byte at or after `offset` that is data, or in a hole.
    ///
    /// Everything written through this mount counts. The kernel does not write back mappings by itself
    /// before it asks, and a program that copies only data would miss them.
    ///
    /// # Errors
    /// `NxIo` when there is none before the end of the file.
    pub(crate) async fn seek(&self, who: &Who, handle: u64, offset: i64, hole: bool) -> Result<u64, Errno> {
        let ino = self.file(handle)?.inode.ino;
        let offset = u64::try_from(offset).map_err(|_| Errno::NxIo)?;
        self.write_back_mappings(ino).await?;
        let ask = || self.volume.ask(who, Request::Seek { ino, offset, hole });
        match self.writeback.look(ino, ask).await? {
            (Reply::Sought { offset }, _) => Ok(offset),
            (other, _) => Err(unexpected(&other)),
        }
    }

    /// Makes the kernel send what programs changed through shared mappings of a file, if there may be any; says whether.
    pub(super) async fn write_back_mappings(&self, ino: Ino) -> Result<bool, Errno> {
        // A mapping holds the file it was made from, so that there is a handle for as long.
        let mapped = self.files.any(|file| file.writable && file.inode.ino == ino);
        let Some(mappings) = self.mappings.get().filter(|_| mapped).cloned() else { return Ok(false) };
        let written_back = tokio::task::spawn_blocking(move || mappings.write_back(ino));
        written_back.await.map_err(|_| Errno::Io)?;
        Ok(true)
    }
}
