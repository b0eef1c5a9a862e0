//! Owns a fresh ext4 in a file: what others are measured by, whatever the machine's own disk has, or a disk that is
//! soon full.

use rustix::mount::{UnmountFlags, unmount};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Enough for what the suites write.
pub const SUITE_BYTES: u64 = 256 << 20;

/// A mounted ext4. Unmounted when dropped.
pub struct Ext4 {
    at: PathBuf,
}

impl Ext4 {
    /// Makes an image of so many bytes and its mount point below `dir`. Needs root.
    pub fn mount(dir: &Path, bytes: u64) -> Ext4 {
        let (image, at) = (dir.join("ext4.img"), dir.join("ext4"));
        std::fs::File::create(&image).and_then(|file| file.set_len(bytes)).expect("an empty image");
        std::fs::create_dir(&at).expect("mkdir");
        succeed(Command::new("/sbin/mkfs.ext4").arg("-q").arg(&image));
        succeed(Command::new("mount").args(["-o", "loop"]).arg(&image).arg(&at));
        Ext4 { at }
    }

    pub fn path(&self) -> &Path {
        &self.at
    }
}

impl Drop for Ext4 {
    fn drop(&mut self) {
        let _ = unmount(&self.at, UnmountFlags::DETACH);
    }
}

fn succeed(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}
