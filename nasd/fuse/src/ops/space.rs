//! Owns the sizes of the volume, and fallocate.

use super::Ops;
use crate::caller::Who;
use crate::mounted_volume::unexpected;
use nasd_base::Errno;
use nasd_base::file::{FILE_BYTES_MAX, VolumeStat};
use nasd_fs::{Change, Reply, Request, Reshape};

/// Bits of fallocate's mode (fallocate(2)).
pub(crate) mod mode {
    pub const KEEP_SIZE: i32 = 0x01;
    pub const PUNCH_HOLE: i32 = 0x02;
    pub const ZERO_RANGE: i32 = 0x10;
}

impl Ops {
    /// The sizes, with all data written through this mount counted.
    pub(crate) async fn stat_volume(&self, who: &Who) -> Result<VolumeStat, Errno> {
        self.writeback.send_all().await?;
        match self.volume.ask(who, Request::StatVolume).await? {
            (Reply::Volume(stat), _) => Ok(stat),
            (other, _) => Err(unexpected(&other)),
        }
    }

    /// Allocates, punches a hole or zeroes a range, as whoever asks: it takes the file's privileges like a write.
    ///
    /// Allocation reserves nothing: as on other file systems that never overwrite in place, it checks that
    /// the space is there now and grows the file.
    ///
    /// # Errors
    /// `NotSupported` for modes that move data, `NoSpace` or `Quota` when what is not there yet of the range would not
    /// fit now.
    pub(crate) async fn fallocate(
        &self,
        who: &Who,
        handle: u64,
        offset: u64,
        len: u64,
        how: i32,
    ) -> Result<(), Errno> {
        let file = self.file(handle)?;
        let ino = file.inode.ino;
        let end = offset.checked_add(len).filter(|end| *end <= FILE_BYTES_MAX).ok_or(Errno::FileTooBig)?;
        let keep_size = how & mode::KEEP_SIZE != 0;
        let (how, cut) = match how & !mode::KEEP_SIZE {
            0 => (Reshape::Allocate { offset, len, keep_size }, 0..0),
            mode::PUNCH_HOLE if keep_size => (Reshape::Punch { offset, len }, offset..end),
            mode::ZERO_RANGE => (Reshape::Zero { offset, len, keep_size }, offset..end),
            _ => return Err(Errno::NotSupported),
        };
        if !cut.is_empty() {
            // Earlier writes may be all that makes the file as long as it is, and what the hole cuts out of them is
            // not replayed.
            self.writeback.commit(&file.inode).await?;
        }
        let change = self.volume.change_in_full(who, Change::Reshape { ino, how });
        self.writeback.change(ino, cut, change).await.map(|_| ())
    }
}
