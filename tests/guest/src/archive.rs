//! Owns the format of an initramfs: a cpio archive of the kind "newc"
//! (Linux, Documentation/driver-api/early-userspace/buffer-format.rst).

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

const DIRECTORY: u32 = 0o040_755;
const SYMLINK: u32 = 0o120_777;
const FILE: u32 = 0o100_000;
const TRAILER: &str = "TRAILER!!!";

/// An archive in the making. Directories above an entry are made with it.
#[derive(Default)]
pub(crate) struct Archive {
    bytes: Vec<u8>,
    entries: u32,
    made: BTreeSet<PathBuf>,
}

impl Archive {
    pub(crate) fn directory(&mut self, path: &Path) {
        self.add(path, DIRECTORY, b"");
    }

    pub(crate) fn file(&mut self, path: &Path, permissions: u32, data: &[u8]) {
        self.add(path, FILE | permissions, data);
    }

    pub(crate) fn symlink(&mut self, path: &Path, target: &str) {
        self.add(path, SYMLINK, target.as_bytes());
    }

    pub(crate) fn finish(mut self) -> Vec<u8> {
        self.entry(TRAILER, 0, b"");
        self.bytes
    }

    /// What is there already stays as it is.
    fn add(&mut self, path: &Path, mode: u32, data: &[u8]) {
        let path = path.strip_prefix("/").unwrap_or(path);
        if path.as_os_str().is_empty() || !self.made.insert(path.to_owned()) {
            return;
        }
        if let Some(parent) = path.parent() {
            self.directory(parent);
        }
        self.entry(path.to_str().expect("paths of a guest are UTF-8"), mode, data);
    }

    fn entry(&mut self, name: &str, mode: u32, data: &[u8]) {
        self.entries += 1;
        let (inode, length) = (self.entries, data.len() as u32);
        // Inode, mode, owner and group, links, time, length, two device numbers, the name's length, a checksum.
        let fields = [inode, mode, 0, 0, 1, 0, length, 0, 0, 0, 0, name.len() as u32 + 1, 0];
        self.bytes.extend_from_slice(b"070701");
        for field in fields {
            self.bytes.extend_from_slice(format!("{field:08x}").as_bytes());
        }
        self.bytes.extend_from_slice(name.as_bytes());
        self.bytes.push(0);
        self.align();
        self.bytes.extend_from_slice(data);
        self.align();
    }

    fn align(&mut self) {
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The names, modes and contents in an archive.
    fn read(mut bytes: &[u8]) -> Vec<(String, u32, Vec<u8>)> {
        let mut entries = Vec::new();
        while !bytes.is_empty() {
            let field = |number: usize| {
                let digits = std::str::from_utf8(&bytes[6 + number * 8..][..8]).unwrap();
                u32::from_str_radix(digits, 16).unwrap()
            };
            let (mode, length, name_length) = (field(1), field(6) as usize, field(11) as usize);
            let name = String::from_utf8(bytes[110..110 + name_length - 1].to_vec()).unwrap();
            let start = (110 + name_length).next_multiple_of(4);
            entries.push((name, mode, bytes[start..start + length].to_vec()));
            bytes = &bytes[(start + length).next_multiple_of(4)..];
        }
        entries
    }

    #[test]
    fn entries_follow_their_directories_and_come_once() {
        let mut archive = Archive::default();
        archive.file(Path::new("/a/b"), 0o644, b"12345");
        archive.file(Path::new("/a/b"), 0o755, b"a second one is left out");
        archive.symlink(Path::new("/a/c"), "b");
        let expected = [
            ("a", 0o040_755, &b""[..]),
            ("a/b", 0o100_644, b"12345"),
            ("a/c", 0o120_777, b"b"),
            ("TRAILER!!!", 0, b""),
        ];
        let expected = expected.map(|(name, mode, data)| (name.to_owned(), mode, data.to_vec()));
        assert_eq!(read(&archive.finish()), expected);
    }
}
