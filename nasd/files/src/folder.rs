//! A directory of small files, each of which is replaced in one step.

use crate::steps::{Kernel, Steps};
use std::fmt;
use std::fs::{DirBuilder, File};
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Who may read a file that is made here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The user that this process runs as: 0600.
    Owner,
    /// These bits, less the umask: for a file that somebody asked for by name.
    Bits(u32),
}

impl Mode {
    fn bits(self) -> u32 {
        match self {
            Mode::Owner => 0o600,
            Mode::Bits(bits) => bits,
        }
    }
}

/// A directory and the way to it.
#[derive(Clone)]
pub struct Folder {
    path: PathBuf,
    steps: Arc<dyn Steps>,
}

impl Folder {
    /// The directory must exist before anything is written.
    pub fn new(path: &Path) -> Folder {
        Folder::through(path, Arc::new(Kernel))
    }

    /// The same through another way than straight to the kernel.
    pub fn through(path: &Path, steps: Arc<dyn Steps>) -> Folder {
        Folder { path: path.to_owned(), steps }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Makes `bytes` the content of `name`. Durable on return; a power cut before leaves what was there.
    ///
    /// # Errors
    /// After one, too, either the old or the new content is there; after a failed flush nobody knows which one
    /// the next power cut leaves.
    pub fn replace(&self, name: &str, bytes: &[u8], mode: Mode) -> io::Result<()> {
        let fresh_name = format!("{name}.new");
        let fresh = self.path.join(&fresh_name);
        if fresh.symlink_metadata().is_ok() {
            // What an earlier attempt left must not be what a power cut finds renamed.
            self.remove(&fresh_name)?;
        }
        let replaced = self
            .steps
            .write(&fresh, bytes, mode.bits())
            .and_then(|()| self.steps.rename(&fresh, &self.path.join(name)));
        if replaced.is_err() {
            // It takes the room that may be what is missing.
            let _ = self.steps.remove(&fresh);
        }
        replaced?;
        self.steps.flush_names(&self.path)
    }

    /// Renames a file whose bytes are durable. So is its name on return.
    pub fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.steps.rename(&self.path.join(from), &self.path.join(to))?;
        self.steps.flush_names(&self.path)
    }

    /// Removes a file, durably. One that is not there is removed already.
    pub fn remove(&self, name: &str) -> io::Result<()> {
        self.steps.remove(&self.path.join(name))?;
        self.steps.flush_names(&self.path)
    }

    /// Makes durable what others did to the directory's names.
    pub fn flush_names(&self) -> io::Result<()> {
        self.steps.flush_names(&self.path)
    }

    /// A file's bytes, or `None` where there is none.
    ///
    /// # Errors
    /// `FileTooLarge` for one of more than `bytes_max`.
    pub fn read(&self, name: &str, bytes_max: usize) -> io::Result<Option<Vec<u8>>> {
        let file = match File::open(self.path.join(name)) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut bytes = Vec::new();
        file.take(bytes_max as u64 + 1).read_to_end(&mut bytes)?;
        match bytes.len() <= bytes_max {
            true => Ok(Some(bytes)),
            false => Err(io::Error::new(ErrorKind::FileTooLarge, "it is far too long")),
        }
    }
}

impl fmt::Debug for Folder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Folder").field(&self.path).finish()
    }
}

/// Makes a directory for its owner only, and those above it that are missing; their names are durable on return. One
/// that there is stays as it is.
pub fn make_dir(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    let parent = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    make_dir(parent)?;
    match DirBuilder::new().mode(0o700).create(path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists && path.is_dir() => {}
        made => made?,
    }
    Kernel.flush_names(parent)
}
