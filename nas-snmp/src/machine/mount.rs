//! Owns /proc/self/mounts, and how full the file systems are that can be asked without waiting.

use super::text::THINGS_MAX;
use rustix::fs::{StatVfsMountFlags, statvfs};

/// File systems that the kernel answers for by itself. One of another machine or of a program can hang, and a NAS that
/// asks itself waits for itself.
const LOCAL: [&str; 12] =
    ["btrfs", "ext2", "ext3", "ext4", "exfat", "f2fs", "overlay", "tmpfs", "vfat", "xfs", "zfs", "bcachefs"];

/// One file system.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mount {
    pub device: String,
    pub point: String,
    pub kind: String,
    pub is_read_only: bool,
    pub unit: u64,
    /// In units, as the next two.
    pub total: u64,
    pub free: u64,
    /// What is not kept for root.
    pub available: u64,
    pub files: u64,
    pub files_free: u64,
}

impl Mount {
    pub fn used(&self) -> u64 {
        self.total.saturating_sub(self.free)
    }
}

/// The file systems with blocks, each where it was mounted first.
pub fn look(text: &str) -> Vec<Mount> {
    parse(text).into_iter().filter_map(measured).filter(|mount| mount.total > 0).collect()
}

pub fn parse(text: &str) -> Vec<Mount> {
    let mut mounts: Vec<Mount> = Vec::new();
    for line in text.lines() {
        let mut words = line.split_ascii_whitespace();
        let (Some(device), Some(point), Some(kind)) = (words.next(), words.next(), words.next()) else {
            continue;
        };
        let (device, point) = (unescaped(device), unescaped(point));
        // What is mounted above hides what is below; of one device that is mounted often, the first place is enough.
        mounts.retain(|mount| mount.point != point);
        let is_again = device.starts_with('/') && mounts.iter().any(|mount| mount.device == device);
        if LOCAL.contains(&kind) && !is_again && mounts.len() < THINGS_MAX {
            mounts.push(Mount { device, point, kind: kind.to_owned(), ..Mount::default() });
        }
    }
    mounts
}

fn measured(mount: Mount) -> Option<Mount> {
    let found = statvfs(mount.point.as_str()).ok()?;
    Some(Mount {
        is_read_only: found.f_flag.contains(StatVfsMountFlags::RDONLY),
        unit: found.f_frsize.max(1),
        total: found.f_blocks,
        free: found.f_bfree,
        available: found.f_bavail,
        files: found.f_files,
        files_free: found.f_ffree,
        ..mount
    })
}

/// `\040` is a space.
fn unescaped(word: &str) -> String {
    let mut parts = word.split('\\');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let code = part.get(..3).and_then(|digits| u8::from_str_radix(digits, 8).ok());
        bytes.extend(code);
        bytes.extend_from_slice(if code.is_some() { &part.as_bytes()[3..] } else { part.as_bytes() });
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mounts_are_read() {
        let text = "/dev/sda1 / ext4 rw 0 0\nproc /proc proc rw 0 0\nserver:/x /mnt nfs rw 0 0\n\
                    /dev/sda1 /again ext4 rw 0 0\ntmpfs /run tmpfs rw 0 0\n/dev/sdb /a\\040b\\134c xfs ro 0 0\n\
                    gotgan /volumes/demo fuse rw 0 0\n/dev/sdc /run ext4 rw 0 0\nshort line\n";
        let read: Vec<(String, String)> =
            parse(text).into_iter().map(|mount| (mount.device, mount.point)).collect();
        let expected = [("/dev/sda1", "/"), ("/dev/sdb", "/a b\\c"), ("/dev/sdc", "/run")];
        assert_eq!(read, expected.map(|(device, point)| (device.to_owned(), point.to_owned())));
    }

    #[test]
    fn odd_escapes_are_survived() {
        for word in ["\\", "\\04", "\\999", "\\777", "a\\040", "\\é40"] {
            unescaped(word);
        }
        assert_eq!(unescaped("a\\040b"), "a b");
    }
}
