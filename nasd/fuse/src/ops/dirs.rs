//! Owns directory listings: the volume gives many entries at a time, the kernel takes a page of them.

use super::Ops;
use crate::caller::Who;
use crate::handles::{Listing, OpenDir};
use crate::kernel::Keep;
use crate::mounted_volume::unexpected;
use nasd_base::Errno;
use nasd_base::file::DirEntry;
use nasd_fs::{Reply, Request};

/// Entries asked for at once.
const ENTRIES_MAX: u32 = 1024;
/// Entries with attributes asked for at once while attributes are changing: what is not taken was read in vain.
const CHANGING_ENTRIES_MAX: u32 = 64;
/// Bytes of names asked for at once.
const NAME_BYTES_MAX: u32 = 64 << 10;

/// Where entries go. Says false when it is full and did not take the entry.
pub(crate) trait Entries: Send {
    fn take(&mut self, entry: &DirEntry, keep: Keep) -> bool;
}

impl Ops {
    /// Fills `page` with entries after `cookie`; with none at the end of the directory. `attrs` asks for
    /// attributes.
    ///
    /// Entries that did not fit are kept for the next call, so changes made elsewhere may show only in a
    /// listing from the start, as POSIX allows.
    pub(crate) async fn read_dir(
        &self,
        who: &Who,
        handle: u64,
        cookie: u64,
        attrs: bool,
        page: &mut impl Entries,
    ) -> Result<(), Errno> {
        let dir = self.dirs.get(handle)?;
        let mut listing = dir.listing.lock().await;
        if cookie == 0 || listing.after != cookie || listing.attrs != attrs {
            *listing = Listing { after: cookie, attrs, ..Listing::default() };
        }
        let mut entries_max = ENTRIES_MAX;
        if attrs && listing.age != self.volume.kernel.age() && !listing.entries.is_empty() {
            // The kernel would take old attributes for new ones.
            listing.entries.clear();
            listing.end = false;
            entries_max = CHANGING_ENTRIES_MAX;
        }
        let mut taken = 0;
        loop {
            while let Some(entry) = listing.entries.front() {
                let keep = listing.keep;
                let entry = self.current_entry(who, entry.clone()).await;
                if !page.take(&entry, keep) {
                    return Ok(());
                }
                taken += 1;
                listing.after = entry.cookie;
                listing.entries.pop_front();
            }
            // A page that has something goes out rather than wait for the volume.
            if listing.end || taken > 0 {
                return Ok(());
            }
            self.fetch(who, &dir, &mut listing, entries_max).await?;
        }
    }

    async fn fetch(
        &self,
        who: &Who,
        dir: &OpenDir,
        listing: &mut Listing,
        entries_max: u32,
    ) -> Result<(), Errno> {
        let Listing { after: cookie, attrs, .. } = *listing;
        let bytes_max = NAME_BYTES_MAX;
        let request = Request::ReadDir { ino: dir.ino, cookie, entries_max, bytes_max, attrs };
        listing.age = self.volume.kernel.age();
        let (answer, keep) = self.volume.ask_keeping(who, request).await;
        listing.keep = keep;
        match super::names::in_directory(answer)? {
            // As where it was removed by this kernel: not even the directory itself is in it.
            (Reply::Dir { dir, .. }, _) if dir.nlink == 0 => Err(Errno::NoEnt),
            (Reply::Dir { entries, end, .. }, _) => {
                // No entries and no end would be asked for forever.
                listing.end = end || entries.is_empty();
                listing.entries = entries.into();
                Ok(())
            }
            (other, _) => Err(unexpected(&other)),
        }
    }

    /// Attributes of files with unsent data are asked for again; failing that, they are left out.
    async fn current_entry(&self, who: &Who, mut entry: DirEntry) -> DirEntry {
        if let Some(attr) = entry.attr {
            entry.attr = self.current(who, attr, Keep::NOT).await.ok().map(|(attr, _)| attr);
        }
        entry
    }

    /// Names are durable when the call that made them returns.
    pub(crate) fn fsync_dir(&self, handle: u64) -> Result<(), Errno> {
        self.dirs.get(handle).map(|_| ())
    }
}
