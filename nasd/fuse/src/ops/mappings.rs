//! Owns taking over what programs have stored through shared mappings, of which the kernel tells nothing by itself.

use super::Ops;
use nasd_base::{Errno, Ino};

/// Files written back at once: each takes a thread until the kernel has sent all.
pub(super) const WRITE_BACKS_MAX: usize = 16;

/// Makes the kernel write back what programs changed through shared mappings of a file.
pub(crate) trait Mappings: Send + Sync + 'static {
    /// Returns when the kernel has sent it all; may block.
    fn write_back(&self, ino: Ino);
}

impl Ops {
    /// Whatever was stored in the file so far has been written when this returns. Nothing of it waits for the inode's
    /// lock, which a request that asks for this may hold (`kernel::held`). Says whether there was anything to ask for.
    pub(super) async fn take_stores(&self, ino: Ino) -> Result<bool, Errno> {
        // A mapping holds the file it was made from, so that there is a handle for as long.
        if !self.writeback.may_be_mapped(ino) {
            return Ok(false);
        }
        let Some(mappings) = self.mappings.get().cloned() else { return Ok(false) };
        let _place = self.writing_back.acquire().await.map_err(|_| Errno::Io)?;
        tokio::task::spawn_blocking(move || mappings.write_back(ino)).await.map_err(|_| Errno::Io)?;
        Ok(true)
    }
}
