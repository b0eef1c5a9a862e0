//! The four things that are done to a directory of small files: the seam between them and the kernel.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Carries out single steps. None but `write` and `flush_names` makes anything durable.
pub trait Steps: Send + Sync + 'static {
    /// Writes a file that is not there yet and flushes its bytes. Its name is not durable yet.
    fn write(&self, path: &Path, bytes: &[u8], mode: u32) -> io::Result<()>;

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// A file that is not there has been removed.
    fn remove(&self, path: &Path) -> io::Result<()>;

    /// Makes creations, renames and removals in a directory durable.
    fn flush_names(&self, dir: &Path) -> io::Result<()>;
}

/// The operating system's files.
#[derive(Clone, Copy, Debug, Default)]
pub struct Kernel;

impl Steps for Kernel {
    fn write(&self, path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
        // With its mode from the beginning: there is no moment at which others can open it.
        let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(path)?;
        file.write_all(bytes)?;
        file.sync_all()
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        std::fs::rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        match std::fs::remove_file(path) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    fn flush_names(&self, dir: &Path) -> io::Result<()> {
        File::open(dir)?.sync_all()
    }
}
