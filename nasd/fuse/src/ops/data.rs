//! Owns reads, writes and what makes writes durable.

use super::Ops;
use crate::caller::Who;
use crate::mounted_volume::unexpected;
use bytes::{Bytes, BytesMut};
use nasd_base::{Errno, Ino};
use nasd_fs::{Reply, Request, Stability, TRANSFER_BYTES_MAX};

impl Ops {
    /// Exactly `len` bytes, or fewer at the end of the file.
    pub(crate) async fn read(&self, who: &Who, handle: u64, offset: u64, len: u32) -> Result<Bytes, Errno> {
        let ino = self.file(handle)?.inode.ino;
        self.writeback.look(ino, || self.read_whole(who, ino, offset, len)).await
    }

    /// The kernel takes a short answer for the end of the file, so short ones are asked on.
    async fn read_whole(&self, who: &Who, ino: Ino, offset: u64, len: u32) -> Result<Bytes, Errno> {
        let (first, end) = self.read_once(who, ino, offset, len).await?;
        if end || first.len() as u64 >= u64::from(len) {
            return Ok(first);
        }
        let mut whole = BytesMut::from(first);
        while (whole.len() as u64) < u64::from(len) {
            let (more, end) =
                self.read_once(who, ino, offset + whole.len() as u64, len - whole.len() as u32).await?;
            whole.extend_from_slice(&more);
            if end || more.is_empty() {
                break;
            }
        }
        Ok(whole.freeze())
    }

    async fn read_once(&self, who: &Who, ino: Ino, offset: u64, len: u32) -> Result<(Bytes, bool), Errno> {
        let request = Request::Read { ino, offset, len: len.min(TRANSFER_BYTES_MAX) };
        match self.volume.ask(who, request).await? {
            (Reply::Data { end, .. }, data) if data.len() as u64 <= u64::from(len) => Ok((data, end)),
            (other, _) => Err(unexpected(&other)),
        }
    }

    /// Takes a write; `through` says how durable it must be first (O_SYNC, O_DSYNC).
    pub(crate) async fn write(
        &self,
        who: &Who,
        handle: u64,
        offset: u64,
        data: BytesMut,
        through: Option<Stability>,
    ) -> Result<(), Errno> {
        let file = self.file(handle)?;
        let who = &self.writer(who, file.inode.ino);
        match through {
            Some(stability) => {
                self.writeback.write_through(&file.inode, who, offset, data.freeze(), stability).await
            }
            None => {
                let seen = *file.failures_seen.lock();
                self.writeback.write(&file.inode, seen, who, offset, data).await?;
                if self.writeback.is_careful() {
                    self.writeback.send(&file.inode).await?;
                    self.writeback.report_to(&file.inode, &mut file.failures_seen.lock())?;
                }
                Ok(())
            }
        }
    }

    fn writer(&self, who: &Who, ino: Ino) -> Who {
        if self.setgid.has(ino) { who.whole() } else { *who }
    }

    /// Takes a write to the end of the file (O_APPEND); `through` as for [`Ops::write`].
    pub(crate) async fn append(
        &self,
        who: &Who,
        handle: u64,
        data: Bytes,
        through: Option<Stability>,
    ) -> Result<(), Errno> {
        let file = self.file(handle)?;
        let seen = *file.failures_seen.lock();
        let who = &self.writer(who, file.inode.ino);
        self.writeback.append(&file.inode, seen, who, data).await?;
        if through.is_some() { self.fsync(handle).await } else { Ok(()) }
    }

    /// At close: other clients that open the file from now on see what was written.
    pub(crate) async fn flush(&self, handle: u64) -> Result<(), Errno> {
        let file = self.file(handle)?;
        let sent = self.writeback.send(&file.inode).await;
        self.writeback.report_to(&file.inode, &mut file.failures_seen.lock())?;
        sent
    }

    /// Everything written to the file so far is on a majority's disks. Names are durable already.
    pub(crate) async fn fsync(&self, handle: u64) -> Result<(), Errno> {
        let file = self.file(handle)?;
        let committed = self.writeback.commit(&file.inode).await;
        self.writeback.report_to(&file.inode, &mut file.failures_seen.lock())?;
        committed
    }
}
