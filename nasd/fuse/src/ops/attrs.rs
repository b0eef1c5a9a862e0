//! Owns getattr, setattr and access.

use super::Ops;
use crate::caller::Who;
use crate::kernel::Keep;
use crate::mounted_volume::unexpected;
use bytes::Bytes;
use nasd_base::acl::{ACCESS, Acl, may_matter, permits_with};
use nasd_base::file::{Attr, SetAttr};
use nasd_base::{Errno, Ino};
use nasd_fs::{Change, Outcome, Reshape};

/// The setgid bit of a mode.
const SETGID: u32 = 0o2000;

impl Ops {
    /// The attributes, with all data written through this mount counted.
    ///
    /// Programs take a file without blocks for one hole and read nothing of it, so what is in shared mappings only is
    /// written back before they are told so.
    pub(crate) async fn get_attr(&self, who: &Who, ino: Ino) -> Result<(Attr, Keep), Errno> {
        let look = || self.writeback.look(ino, || self.volume.attr(who, ino));
        let found = look().await?;
        if found.0.size > 0 && found.0.allocated == 0 && self.take_stores(ino).await? {
            return look().await;
        }
        self.setgid.note(&found.0);
        Ok(found)
    }

    /// Changes attributes, behind all earlier writes. `handle` is given by ftruncate.
    ///
    /// A time that is set is the file's until it is changed again. What was stored through a mapping before is written
    /// first: when the kernel sends it later, nobody can tell it from a store that came after.
    pub(crate) async fn set_attr(
        &self,
        who: &Who,
        ino: Ino,
        set: SetAttr,
        handle: Option<u64>,
    ) -> Result<(Attr, Keep), Errno> {
        if set == SetAttr::default() {
            return self.get_attr(who, ino).await;
        }
        // A cut waits for no pages: the kernel writes none back until it is over.
        if set.mtime.is_some() && set.size.is_none() {
            self.take_stores(ino).await?;
        }
        let cut = set.size.map_or(0..0, |size| size..u64::MAX);
        let (attr, keep) = self.writeback.change(ino, cut, self.set_attr_as(who, ino, set, handle)).await?;
        self.setgid.note(&attr);
        if set.mtime.is_some() {
            self.writeback.mtime_was_set(ino, attr.mtime);
        }
        Ok((attr, keep))
    }

    async fn set_attr_as(
        &self,
        who: &Who,
        ino: Ino,
        set: SetAttr,
        handle: Option<u64>,
    ) -> Result<(Attr, Keep), Errno> {
        let change = match self.cuts_open(handle, &set) {
            // The file was opened for writing: whatever its mode says by now, it may be cut.
            Some(size) => Change::Reshape { ino, how: Reshape::Resize { size } },
            None => Change::SetAttr { ino, set, guard: None },
        };
        // A setgid bit is dropped, without a refusal, when the caller is not in the file's group.
        let by_groups =
            set.gid.is_some() || set.size.is_some() || set.mode.is_some_and(|mode| mode & SETGID != 0);
        attr_after(if by_groups {
            self.volume.change_in_full(who, change).await?
        } else {
            self.volume.change_keeping(who, change).await?
        })
    }

    /// The new size, if that is all that is set, through a handle that is open for writing.
    fn cuts_open(&self, handle: Option<u64>, set: &SetAttr) -> Option<u64> {
        let only_size = SetAttr { size: set.size, ..SetAttr::default() };
        let writable = handle.and_then(|handle| self.file(handle).ok()).is_some_and(|file| file.writable);
        set.size.filter(|_| writable && *set == only_size)
    }

    /// Whether the mode grants `wanted` (see `nasd_base::file::want`). The kernel asks only when it does not
    /// check modes itself.
    pub(crate) async fn access(&self, who: &Who, ino: Ino, wanted: u32) -> Result<(), Errno> {
        let (attr, _) = self.volume.attr(who, ino).await?;
        self.require(who, &attr, wanted).await
    }

    /// Refuses with `Access` what neither the mode nor the access control list grants.
    pub(super) async fn require(&self, who: &Who, attr: &Attr, wanted: u32) -> Result<(), Errno> {
        let caller = who.in_full();
        let acl = match may_matter(attr, &caller) {
            true => self.get_xattr(who, attr.ino, Bytes::from_static(ACCESS)).await,
            false => Err(Errno::NoData),
        };
        let acl = match acl {
            Ok(value) => Acl::decode(&value).ok().flatten(),
            Err(Errno::NoData) => None,
            Err(error) => return Err(error),
        };
        if permits_with(acl.as_ref(), attr, &caller, wanted) { Ok(()) } else { Err(Errno::Access) }
    }
}

fn attr_after((outcome, keep): (Outcome, Keep)) -> Result<(Attr, Keep), Errno> {
    match outcome {
        Outcome::Changed(wcc) => Ok((wcc.after, keep)),
        other => Err(unexpected(&other)),
    }
}
