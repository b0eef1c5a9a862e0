//! Owns who makes a kernel request: user, group, and the supplementary groups that the kernel leaves out.

use nasd_base::file::Caller;
use std::io::Read;

/// Most bytes of a status file that are looked at: 65,536 groups of up to ten digits come before its end.
const STATUS_BYTES_MAX: u64 = 1 << 20;

/// The process behind a request.
///
/// A FUSE request names the user and the primary group only. Most calls do not need more, since the kernel
/// has checked the mode with all groups already; so the others are read from `/proc` when the volume refuses
/// a call, or when membership changes the result without refusing (setgid bits). The process waits for our
/// reply meanwhile, so its groups cannot change. In other PID namespaces the process cannot be found, and
/// the primary group has to do.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Who {
    pub uid: u32,
    pub gid: u32,
    pub pid: u32,
}

impl Who {
    pub(crate) fn of(request: &fuser::Request) -> Who {
        Who { uid: request.uid(), gid: request.gid(), pid: request.pid() }
    }

    /// The mount itself: writes back what was checked when it was written.
    pub(crate) const fn root() -> Who {
        Who { uid: 0, gid: 0, pid: 0 }
    }

    /// Without supplementary groups.
    pub(crate) fn bare(&self) -> Caller {
        Caller { uid: self.uid, gid: self.gid, groups: Vec::new() }
    }

    /// With supplementary groups; `None` when there are none to add.
    pub(crate) fn with_groups(&self) -> Option<Caller> {
        if self.uid == 0 || self.pid == 0 {
            return None;
        }
        let mut status = Vec::new();
        let file = std::fs::File::open(format!("/proc/{}/status", self.pid)).ok()?;
        file.take(STATUS_BYTES_MAX).read_to_end(&mut status).ok()?;
        let groups = groups_of(&status, self.gid);
        (!groups.is_empty()).then_some(Caller { uid: self.uid, gid: self.gid, groups })
    }

    /// With supplementary groups if there are any.
    pub(crate) fn in_full(&self) -> Caller {
        self.with_groups().unwrap_or_else(|| self.bare())
    }
}

/// The numbers of the `Groups:` line, without `primary`.
fn groups_of(status: &[u8], primary: u32) -> Vec<u32> {
    let line = status.split(|byte| *byte == b'\n').find_map(|line| line.strip_prefix(b"Groups:"));
    let words = line.unwrap_or_default().split(|byte| byte.is_ascii_whitespace());
    let numbers = words.filter_map(|word| std::str::from_utf8(word).ok()?.parse().ok());
    numbers.filter(|gid| *gid != primary).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_read_without_the_primary_one() {
        let status = b"Name:\tcat\nUid:\t1\t1\t1\t1\nGroups:\t4 24 100 \nNStgid:\t7\n";
        assert_eq!(groups_of(status, 100), vec![4, 24]);
        assert!(groups_of(b"Name:\tcat\n", 0).is_empty());
        assert!(groups_of(b"Groups:\t\n", 0).is_empty());
        assert!(groups_of(b"Groups: x 99999999999 \xff", 0).is_empty());
    }

    #[test]
    fn root_and_the_unknown_have_no_more_groups() {
        assert!(Who::root().with_groups().is_none());
        assert!(Who { uid: 1, gid: 1, pid: u32::MAX }.with_groups().is_none());
    }
}
