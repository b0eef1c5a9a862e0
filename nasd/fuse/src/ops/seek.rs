//! Owns the search for data and holes (lseek(2), SEEK_DATA and SEEK_HOLE).

use super::Ops;
use crate::caller::Who;
use crate::mounted_volume::unexpected;
use nasd_base::Errno;
use nasd_fs::{Reply, Request};

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
        self.take_stores(ino).await?;
        let ask = || self.volume.ask(who, Request::Seek { ino, offset, hole });
        match self.writeback.look(ino, ask).await? {
            (Reply::Sought { offset }, _) => Ok(offset),
            (other, _) => Err(unexpected(&other)),
        }
    }
}
