//! Owns the sizes of the volume, and fallocate.

use super::Ops;
use crate::caller::Who;
use crate::volume::unexpected;
use crate::writeback::Inode;
use nasd_base::file::{FILE_BYTES_MAX, SetAttr, VolumeStat};
use nasd_base::{Errno, Ino};
use nasd_fs::{Change, Reply, Request};

/// Bits of fallocate's mode (fallocate(2)).
pub(crate) mod mode {
    pub const KEEP_SIZE: i32 = 0x01;
    pub const PUNCH_HOLE: i32 = 0x02;
    pub const ZERO_RANGE: i32 = 0x10;
}

/// Times a growing file is measured again when others change it meanwhile.
const GROW_TRIES: u32 = 16;

impl Ops {
    pub(crate) async fn stat_volume(&self, who: &Who) -> Result<VolumeStat, Errno> {
        match self.volume.ask(who, Request::StatVolume).await? {
            (Reply::Volume(stat), _) => Ok(stat),
            (other, _) => Err(unexpected(&other)),
        }
    }

    /// Allocates, punches a hole or zeroes a range.
    ///
    /// Allocation reserves nothing: as on other file systems that never overwrite in place, it checks that
    /// the space is there now and grows the file.
    ///
    /// # Errors
    /// `NotSupported` for modes that move data, `NoSpace` or `Quota` when the range would not fit now.
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
        let keeps_size = how & mode::KEEP_SIZE != 0;
        match how & !mode::KEEP_SIZE {
            0 => self.check_space(who, len).await?,
            mode::PUNCH_HOLE if keeps_size => self.punch(&file.inode, offset, len).await?,
            mode::ZERO_RANGE => self.punch(&file.inode, offset, len).await?,
            _ => return Err(Errno::NotSupported),
        }
        if keeps_size { Ok(()) } else { self.grow(ino, end).await }
    }

    async fn check_space(&self, who: &Who, len: u64) -> Result<(), Errno> {
        let stat = self.stat_volume(who).await?;
        if len <= stat.available_bytes {
            return Ok(());
        }
        let limited = stat.limit_left_bytes.is_some_and(|left| len > left);
        Err(if limited { Errno::Quota } else { Errno::NoSpace })
    }

    /// As root: permission was checked when the file was opened for writing.
    ///
    /// Earlier writes are committed first: they may be all that makes the file as long as it is, and what the
    /// hole cuts out of them is not replayed.
    async fn punch(&self, inode: &Inode, offset: u64, len: u64) -> Result<(), Errno> {
        self.writeback.commit(inode).await?;
        let (ino, root) = (inode.ino, Who::root());
        let punch = self.volume.change(&root, Change::Punch { ino, offset, len });
        self.writeback.change(ino, offset..offset + len, punch).await.map(|_| ())
    }

    async fn grow(&self, ino: Ino, size: u64) -> Result<(), Errno> {
        let root = Who::root();
        for _ in 0..GROW_TRIES {
            let (attr, _) = self.get_attr(&root, ino).await?;
            if attr.size >= size {
                return Ok(());
            }
            // Guarded, lest a write from elsewhere that made the file longer still is cut off.
            let set = SetAttr { size: Some(size), ..SetAttr::default() };
            let change = Change::SetAttr { ino, set, guard: Some(attr.ctime) };
            match self.writeback.change(ino, 0..0, self.volume.change(&root, change)).await {
                Err(Errno::NotSync) => continue,
                grown => return grown.map(|_| ()),
            }
        }
        Err(Errno::Again)
    }
}
