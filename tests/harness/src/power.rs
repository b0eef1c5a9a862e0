//! Owns a disk whose power can be cut: an ext4 of its own in a file, which is shut down without flushing its log.

use std::path::{Path, PathBuf};
use std::process::Command;

/// `EXT4_IOC_SHUTDOWN`, `_IOR('X', 125, __u32)`.
const SHUTDOWN: rustix::ioctl::Opcode = 0x8004_587d;
/// `EXT4_GOING_FLAGS_NOLOGFLUSH`: what is not on the disk by now is lost.
const WITHOUT_FLUSHING: u32 = 2;
/// Sparse: room for the logs of some nodes.
const BYTES: u64 = 8 << 30;

/// A mounted disk. Dropping it unmounts it.
pub struct Disk {
    image: PathBuf,
    at: PathBuf,
}

impl Disk {
    /// Makes one below `work`. Fails the test where there are no loop devices.
    pub fn new(work: &Path) -> Disk {
        let disk = Disk { image: work.join("disk.img"), at: work.join("disk") };
        std::fs::create_dir(&disk.at).expect("a mount point");
        let image = std::fs::File::create(&disk.image).expect("an image");
        image.set_len(BYTES).expect("a sparse file");
        run("mkfs.ext4", &[Path::new("-q"), &disk.image]);
        disk.mount();
        disk
    }

    pub fn path(&self) -> &Path {
        &self.at
    }

    /// The power fails: what was not flushed is gone. Whoever uses the disk gets errors from now on.
    pub fn cut(&self) {
        let root = std::fs::File::open(&self.at).expect("the disk's root");
        // SAFETY: the opcode takes a pointer to a u32 and changes no memory of this process.
        let cut = unsafe {
            let request = rustix::ioctl::Setter::<SHUTDOWN, u32>::new(WITHOUT_FLUSHING);
            rustix::ioctl::ioctl(&root, request)
        };
        cut.expect("ext4 can be shut down");
    }

    /// The power is back. Nobody may use the disk.
    pub fn come_back(&self) {
        run("umount", &[&self.at]);
        self.mount();
    }

    fn mount(&self) {
        run("mount", &[Path::new("-o"), Path::new("loop"), &self.image, &self.at]);
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.at).status();
    }
}

fn run(program: &str, arguments: &[&Path]) {
    let output =
        Command::new(program).args(arguments).output().unwrap_or_else(|error| panic!("{program}: {error}"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {arguments:?} (are there loop devices?): {said}");
}
