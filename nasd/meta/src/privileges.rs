//! What a file gives to whoever runs it, and who takes it away by changing the file: setuid, setgid, and the
//! capabilities of capabilities(7), which are an extended attribute.

use crate::apply::Apply;
use crate::error::MetaError;
use crate::inode::Inode;
use crate::perm;

/// The attribute that holds a program's capabilities.
pub const CAPABILITIES: &[u8] = b"security.capability";

impl Apply<'_> {
    /// As Linux has it when data or owner change: root keeps setuid and setgid, and nobody the capabilities. The caller
    /// stores the inode.
    pub fn take_privileges(&mut self, inode: &mut Inode) -> Result<(), MetaError> {
        if !self.caller.is_root() {
            inode.attr.mode = perm::without_privileges(&inode.attr, self.caller);
        }
        self.delete_xattr(inode.attr.ino, CAPABILITIES)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Volume, name};
    use crate::{Change, ChangeResult, CreateMode, Reshape, XattrMode};
    use bytes::Bytes;
    use nasd_base::Ino;
    use nasd_base::file::{NewNode, SetAttr};

    const ROOT: Ino = Ino::ROOT;

    /// A file of user 10 that everybody may write, with a mode, capabilities and some bytes.
    fn armed(volume: &mut Volume, mode: u32) -> Ino {
        volume.become_user(10);
        let at = format!("f{}", volume.now.secs);
        let file = volume.make(ROOT, &at, NewNode::File, 0o777).unwrap().ino;
        volume.become_root();
        volume.write_inline(file, 0, &[1; 9000]).unwrap();
        volume.chmod(file, mode).unwrap();
        let (name, value) = (Bytes::from_static(CAPABILITIES), name("v"));
        volume.change(Change::SetXattr { ino: file, name, value, mode: XattrMode::Either }).unwrap();
        file
    }

    /// The mode after a change, and whether the capabilities are still there.
    fn after(volume: &Volume, file: Ino) -> (u32, bool) {
        (volume.attr(file).mode, volume.view().xattr(file, CAPABILITIES).is_ok())
    }

    /// A change of a file's data.
    type Call = fn(&mut Volume, Ino) -> ChangeResult;

    /// fallocate, punching and zeroing by somebody else left setuid and setgid on, and a file's capabilities outlived an
    /// append: who may write to a program could make it another one that has them.
    #[test]
    fn every_change_of_data_takes_them() {
        let calls: &[(&str, Call)] = &[
            ("write", |volume, file| volume.write_inline(file, 5, b"x")),
            ("truncate", |volume, file| volume.resize(file, 9000)),
            ("punch", |volume, ino| volume.change(Change::Punch { ino, offset: 0, len: 1 })),
            ("resize", |volume, ino| {
                volume.change(Change::Reshape { ino, how: Reshape::Resize { size: 9000 } })
            }),
            ("allocate", |volume, ino| {
                let how = Reshape::Allocate { offset: 0, len: 1, keep_size: true };
                volume.change(Change::Reshape { ino, how })
            }),
            ("zero", |volume, ino| {
                let how = Reshape::Zero { offset: 0, len: 1, keep_size: true };
                volume.change(Change::Reshape { ino, how })
            }),
            ("punch an open file", |volume, ino| {
                volume.change(Change::Reshape { ino, how: Reshape::Punch { offset: 0, len: 1 } })
            }),
            ("create again", |volume, file| {
                let at = format!("f{}", volume.now.secs - 4);
                assert_eq!(volume.find(ROOT, &at), Ok(file));
                let set = SetAttr { size: Some(0), ..SetAttr::default() };
                let (node, mode) = (NewNode::File, CreateMode::Unchecked);
                volume.change(Change::Create { parent: ROOT, name: name(&at), node, set, mode })
            }),
        ];
        for (call, change) in calls {
            let mut volume = Volume::new();
            let file = armed(&mut volume, 0o6777);
            change(volume.become_user(11), file).unwrap();
            assert_eq!(after(&volume, file), (0o777, false), "{call} by another");
            let file = armed(&mut volume, 0o2767);
            change(volume.become_user(10), file).unwrap();
            assert_eq!(after(&volume, file), (0o2767, false), "{call} by a member, without group execute");
            let file = armed(&mut volume, 0o6777);
            change(volume.become_root(), file).unwrap();
            assert_eq!(after(&volume, file), (0o6777, false), "{call} by root");
        }
    }

    #[test]
    fn a_new_owner_gets_none_and_a_new_mode_or_time_takes_none() {
        let mut volume = Volume::new();
        let file = armed(&mut volume, 0o6777);
        volume.become_user(10).chown(file, None, Some(10)).unwrap();
        assert_eq!(after(&volume, file), (0o777, false));
        let file = armed(&mut volume, 0o6777);
        volume.become_root().chown(file, Some(5), None).unwrap();
        assert_eq!(after(&volume, file), (0o777, false));
        let file = armed(&mut volume, 0o777);
        volume.become_user(10).chmod(file, 0o4755).unwrap();
        assert_eq!(after(&volume, file), (0o4755, true));
    }
}
