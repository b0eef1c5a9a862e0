//! Owns extended attributes.

use super::Ops;
use crate::caller::Who;
use crate::mounted_volume::unexpected;
use bytes::{BufMut, Bytes, BytesMut};
use nasd_base::acl::ACCESS;
use nasd_base::{Errno, Ino};
use nasd_fs::{CAPABILITIES, Change, Reply, Request, XattrMode};

impl Ops {
    pub(crate) async fn get_xattr(&self, who: &Who, ino: Ino, name: Bytes) -> Result<Bytes, Errno> {
        match self.volume.ask(who, Request::GetXattr { ino, name }).await? {
            (Reply::Xattr(value), _) => Ok(value),
            (other, _) => Err(unexpected(&other)),
        }
    }

    /// The names, each ended by a NUL, as listxattr(2) has them.
    pub(crate) async fn list_xattrs(&self, who: &Who, ino: Ino) -> Result<Bytes, Errno> {
        let names = match self.volume.ask(who, Request::ListXattrs { ino }).await? {
            (Reply::Xattrs(names), _) => names,
            (other, _) => return Err(unexpected(&other)),
        };
        let mut list = BytesMut::with_capacity(names.iter().map(|name| name.len() + 1).sum());
        for name in names {
            list.put(name);
            list.put_u8(0);
        }
        Ok(list.freeze())
    }

    pub(crate) async fn set_xattr(
        &self,
        who: &Who,
        ino: Ino,
        name: Bytes,
        value: Bytes,
        mode: XattrMode,
    ) -> Result<(), Errno> {
        // A list takes a setgid bit away, without a refusal, when the caller is not in the file's group.
        let by_groups = name.as_ref() == ACCESS;
        let change = Change::SetXattr { ino, name, value, mode };
        if by_groups {
            self.volume.change_in_full(who, change).await?;
        } else {
            self.volume.change(who, change).await?;
        }
        // An access list changes the mode, which the kernel does not expect.
        self.volume.kernel.expire(ino);
        Ok(())
    }

    /// A program's capabilities are removed for everybody: the kernel asks for it in the name of whoever is about to
    /// write to the file, and has checked those who ask for it themselves.
    pub(crate) async fn remove_xattr(&self, who: &Who, ino: Ino, name: Bytes) -> Result<(), Errno> {
        let kernel = Who::root();
        let who = if name == CAPABILITIES { &kernel } else { who };
        self.volume.change(who, Change::RemoveXattr { ino, name }).await?;
        self.volume.kernel.expire(ino);
        Ok(())
    }
}
