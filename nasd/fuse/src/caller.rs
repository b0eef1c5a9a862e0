//! Owns who makes a kernel request: user, group, and the supplementary groups that the kernel leaves out.

use nasd_base::file::Caller;
use std::io::Read;
use std::time::Duration;

/// Most bytes of a status file that are looked at: 65,536 groups of up to ten digits come before its end.
const STATUS_BYTES_MAX: u64 = 1 << 20;

/// How often a process that waits for a lock is looked at for signals.
const SIGNALS_EVERY: Duration = Duration::from_millis(100);

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
    /// Whether the supplementary groups always count; see [`Who::whole`].
    whole: bool,
}

impl Who {
    pub(crate) fn of(request: &fuser::Request) -> Who {
        Who { uid: request.uid(), gid: request.gid(), pid: request.pid(), whole: false }
    }

    /// The mount itself: writes back what was checked when it was written.
    pub(crate) const fn root() -> Who {
        Who { uid: 0, gid: 0, pid: 0, whole: false }
    }

    /// The same, in all groups: for what is not asked again and whose result depends on them.
    pub(crate) fn whole(self) -> Who {
        Who { whole: true, ..self }
    }

    /// Without supplementary groups, unless they always count.
    pub(crate) fn bare(&self) -> Caller {
        if let Some(caller) = self.whole.then(|| self.with_groups()).flatten() {
            return caller;
        }
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

    /// Completes when a signal waits for the process, which waits for our reply and cannot take it: fuser does
    /// not pass on the kernel's word that a request was interrupted. Never for a process that is not found.
    pub(crate) async fn interrupted(&self) {
        loop {
            tokio::time::sleep(SIGNALS_EVERY).await;
            let status = std::fs::read(format!("/proc/{}/status", self.pid)).unwrap_or_default();
            if self.pid != 0 && has_signal(&status) {
                return;
            }
        }
    }

    /// With supplementary groups if there are any.
    pub(crate) fn in_full(&self) -> Caller {
        self.with_groups().unwrap_or_else(|| self.bare())
    }
}

/// Whether a signal is pending that the thread neither blocks nor ignores.
fn has_signal(status: &[u8]) -> bool {
    let mask = |name: &[u8]| -> u64 {
        let line = status.split(|byte| *byte == b'\n').find_map(|line| line.strip_prefix(name));
        let digits = std::str::from_utf8(line.unwrap_or_default()).unwrap_or_default().trim();
        u64::from_str_radix(digits, 16).unwrap_or(0)
    };
    let pending = mask(b"SigPnd:") | mask(b"ShdPnd:");
    pending & !mask(b"SigBlk:") & !mask(b"SigIgn:") != 0
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
    fn only_signals_that_would_be_taken_count() {
        let status = |pending: &str, blocked: &str, ignored: &str| {
            let text = format!(
                "Name:\tx\nSigPnd:\t0000\nShdPnd:\t{pending}\nSigBlk:\t{blocked}\nSigIgn:\t{ignored}\n"
            );
            has_signal(text.as_bytes())
        };
        assert!(status("0000000000000100", "0", "0"));
        assert!(!status("0000000000000100", "0000000000000100", "0"));
        assert!(!status("0000000000000100", "0", "0000000000000100"));
        assert!(!status("0", "0", "0"));
        assert!(!has_signal(b""));
    }

    #[test]
    fn root_and_the_unknown_have_no_more_groups() {
        assert!(Who::root().with_groups().is_none());
        assert!(Who { uid: 1, gid: 1, pid: u32::MAX, whole: true }.with_groups().is_none());
    }
}
