//! Owns what a guest's memory holds when it starts.

use crate::archive::Archive;
use crate::kernel::Kernel;
use crate::machine::Machine;
use crate::programs::{installed, libraries, place};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

const INIT: &str = include_str!("init.sh");
/// What every guest needs to reach the host and to read a disk.
const MODULES: [&str; 3] = ["virtio_pci", "virtio_net", "virtio_blk"];
/// Debian's layout since 12.
const MERGED: [&str; 4] = ["bin", "sbin", "lib", "lib64"];

/// The initramfs of a machine, as the kernel reads it.
pub(crate) fn make(kernel: &Kernel, machine: &Machine) -> Vec<u8> {
    let mut archive = Archive::default();
    for name in MERGED {
        archive.directory(&Path::new("/usr").join(name));
        archive.symlink(&Path::new("/").join(name), &format!("usr/{name}"));
    }
    for name in ["dev", "proc", "sys", "tmp", "mnt", "etc"] {
        archive.directory(&Path::new("/").join(name));
    }
    archive.symlink(Path::new("/etc/mtab"), "/proc/mounts");
    archive.file(Path::new("/init"), 0o755, INIT.as_bytes());
    archive.file(Path::new("/job.sh"), 0o644, machine.job.as_bytes());
    add_modules(&mut archive, kernel, &machine.modules);
    add_program(&mut archive, &installed("busybox"));
    for program in &machine.programs {
        add_program(&mut archive, program);
    }
    for file in &machine.files {
        add(&mut archive, &place(file), file);
    }
    for (at, text) in &machine.texts {
        archive.file(Path::new(at), 0o644, text.as_bytes());
    }
    archive.finish()
}

fn add_modules(archive: &mut Archive, kernel: &Kernel, wanted: &[&str]) {
    let mut order = String::new();
    for path in kernel.modules(&[&MODULES, wanted].concat()) {
        let name = path.file_name().expect("a module's file").to_string_lossy();
        add(archive, &Path::new("/modules").join(&*name), path);
        order += &format!("{name}\n");
    }
    archive.file(Path::new("/modules/order"), 0o644, order.as_bytes());
}

/// A program goes to `/bin` whatever its place here; its libraries keep theirs.
fn add_program(archive: &mut Archive, path: &Path) {
    add(archive, &Path::new("/usr/bin").join(path.file_name().expect("a program's file")), path);
    for library in libraries(path) {
        add(archive, &place(&library), &library);
    }
}

/// Links are followed: a guest gets the file under the name it was asked for.
fn add(archive: &mut Archive, at: &Path, file: &Path) {
    let read = || Ok((fs::read(file)?, fs::metadata(file)?.permissions().mode()));
    let (data, mode) = read().unwrap_or_else(|error: std::io::Error| panic!("{}: {error}", file.display()));
    archive.file(at, mode & 0o777, &data);
}
