//! Who may change what, by owner and group: the questions that several changes ask. Those of permission bits are
//! in `acl`.

use nasd_base::Errno;
use nasd_base::file::{Attr, Caller, FileKind};

/// Set user id, set group id and sticky bits of a mode.
pub(crate) const SETUID: u32 = 0o4000;
pub(crate) const SETGID: u32 = 0o2000;
pub(crate) const STICKY: u32 = 0o1000;
/// Group execute, without which setgid does not mean to run as the group.
pub(crate) const GROUP_EXECUTE: u32 = 0o0010;

fn require(granted: bool, otherwise: Errno) -> Result<(), Errno> {
    if granted { Ok(()) } else { Err(otherwise) }
}

/// Taking the name of `victim` out of a directory: in a sticky one only the owner of either may.
pub(crate) fn sticky_allows(dir: &Attr, victim: &Attr, caller: &Caller) -> Result<(), Errno> {
    let sticky = dir.mode & STICKY != 0;
    let free = !sticky || caller.is_root() || caller.uid == victim.uid || caller.uid == dir.uid;
    require(free, Errno::Perm)
}

/// Changing what only the owner and root may.
pub(crate) fn must_own(attr: &Attr, caller: &Caller) -> Result<(), Errno> {
    require(caller.is_root() || caller.uid == attr.uid, Errno::Perm)
}

/// Whether the caller may give `gid`'s rights away with a setgid bit.
pub(crate) fn may_set_group_id(gid: u32, caller: &Caller) -> bool {
    caller.is_root() || caller.in_group(gid)
}

/// The mode of a file whose data or owner was changed by the caller, without the bits that would let others
/// run it as somebody else. A setgid bit without group execute has another meaning and stays for members.
pub(crate) fn without_privileges(attr: &Attr, caller: &Caller) -> u32 {
    if attr.kind == FileKind::Directory {
        return attr.mode;
    }
    let runs_as_group = attr.mode & GROUP_EXECUTE != 0 || !may_set_group_id(attr.gid, caller);
    let taken = if runs_as_group { SETUID | SETGID } else { SETUID };
    attr.mode & !taken
}
