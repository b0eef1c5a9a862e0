//! Owns where a repository's files lie: what any place must be able to do, and a directory that does.

use rustix::fs::{Mode, OFlags};
use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// The kinds of a repository's files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FileKind {
    Config,
    Key,
    Lock,
    Snapshot,
    Index,
    Pack,
}

impl FileKind {
    /// All that stand in a directory of their own.
    pub const NAMED: [FileKind; 5] =
        [FileKind::Key, FileKind::Lock, FileKind::Snapshot, FileKind::Index, FileKind::Pack];

    /// The directory's name, in every kind of place.
    pub fn directory(self) -> &'static str {
        match self {
            FileKind::Config => "",
            FileKind::Key => "keys",
            FileKind::Lock => "locks",
            FileKind::Snapshot => "snapshots",
            FileKind::Index => "index",
            FileKind::Pack => "data",
        }
    }
}

impl fmt::Display for FileKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            FileKind::Config => "the configuration",
            FileKind::Key => "key",
            FileKind::Lock => "lock",
            FileKind::Snapshot => "snapshot",
            FileKind::Index => "index",
            FileKind::Pack => "pack",
        })
    }
}

/// A place for files that are written once, whole, and never changed.
pub trait Backend: Send + Sync {
    /// Where it is, for messages; without a password.
    fn place(&self) -> String;

    /// The names of all files of a kind and their sizes in bytes, in no order. What is being written is not among them.
    fn list(&self, kind: FileKind) -> io::Result<Vec<(String, u64)>>;

    /// A whole file of at most `bytes_max` bytes.
    ///
    /// # Errors
    /// `NotFound`; `InvalidData` when it is longer; or the place cannot be read.
    fn read(&self, kind: FileKind, name: &str, bytes_max: u64) -> io::Result<Vec<u8>>;

    /// Exactly these bytes of a file.
    ///
    /// # Errors
    /// `NotFound`; `UnexpectedEof` when it is shorter; or the place cannot be read.
    fn read_range(&self, kind: FileKind, name: &str, offset: u64, length: usize) -> io::Result<Vec<u8>>;

    /// Nobody sees a part of the file. On return it survives a power cut of the place.
    fn write(&self, kind: FileKind, name: &str, bytes: &[u8]) -> io::Result<()>;

    /// What is not there is removed.
    fn remove(&self, kind: FileKind, name: &str) -> io::Result<()>;
}

/// A directory of this machine.
pub struct Directory {
    root: PathBuf,
    /// Of names for what is being written.
    next: AtomicU64,
}

impl Directory {
    pub fn new(root: impl Into<PathBuf>) -> Directory {
        Directory { root: root.into(), next: AtomicU64::new(0) }
    }

    fn directory(&self, kind: FileKind, name: &str) -> PathBuf {
        let directory = self.root.join(kind.directory());
        // Packs are many.
        if kind == FileKind::Pack { directory.join(name.get(..2).unwrap_or("00")) } else { directory }
    }

    fn path(&self, kind: FileKind, name: &str) -> PathBuf {
        match kind {
            FileKind::Config => self.root.join("config"),
            _ => self.directory(kind, name).join(name),
        }
    }
}

impl Backend for Directory {
    fn place(&self) -> String {
        self.root.display().to_string()
    }

    fn list(&self, kind: FileKind) -> io::Result<Vec<(String, u64)>> {
        let mut found = Vec::new();
        let top = self.root.join(kind.directory());
        match kind {
            FileKind::Pack => {
                for part in entries(&top)? {
                    let part = part?;
                    if part.file_type()?.is_dir() {
                        list_files(&part.path(), &mut found)?;
                    }
                }
            }
            _ => list_files(&top, &mut found)?,
        }
        Ok(found)
    }

    fn read(&self, kind: FileKind, name: &str, bytes_max: u64) -> io::Result<Vec<u8>> {
        let file = File::open(self.path(kind, name))?;
        let bytes = file.metadata()?.len();
        if bytes > bytes_max {
            let error = format!("it has {bytes} bytes, more than the {bytes_max} that one can have");
            return Err(io::Error::new(io::ErrorKind::InvalidData, error));
        }
        let mut read = Vec::with_capacity(bytes as usize);
        file.take(bytes_max).read_to_end(&mut read)?;
        Ok(read)
    }

    fn read_range(&self, kind: FileKind, name: &str, offset: u64, length: usize) -> io::Result<Vec<u8>> {
        let file = File::open(self.path(kind, name))?;
        let bytes = file.metadata()?.len();
        if offset.saturating_add(length as u64) > bytes {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let mut read = vec![0; length];
        file.read_exact_at(&mut read, offset)?;
        Ok(read)
    }

    fn write(&self, kind: FileKind, name: &str, bytes: &[u8]) -> io::Result<()> {
        let path = self.path(kind, name);
        let directory = path.parent().unwrap_or(&self.root);
        make_directories(directory)?;
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let part = directory.join(format!("{name}-tmp-{}-{number}", std::process::id()));
        let written = write_new(&part, bytes).and_then(|()| std::fs::rename(&part, &path));
        if written.is_err() {
            let _ = std::fs::remove_file(&part);
        }
        written?;
        File::open(directory)?.sync_all()
    }

    fn remove(&self, kind: FileKind, name: &str) -> io::Result<()> {
        match std::fs::remove_file(self.path(kind, name)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            removed => removed,
        }
    }
}

fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC | OFlags::NOFOLLOW;
    let file = File::from(rustix::fs::open(path, flags, Mode::RUSR | Mode::WUSR)?);
    file.write_all_at(bytes, 0)?;
    file.sync_all()
}

/// Makes those that are missing, each for its owner only, and durable in the one above it.
fn make_directories(directory: &Path) -> io::Result<()> {
    if directory.is_dir() {
        return Ok(());
    }
    let above = directory.parent().filter(|above| !above.as_os_str().is_empty());
    if let Some(above) = above {
        make_directories(above)?;
    }
    match rustix::fs::mkdir(directory, Mode::RWXU) {
        Ok(()) | Err(rustix::io::Errno::EXIST) => {}
        Err(error) => return Err(error.into()),
    }
    File::open(above.unwrap_or(Path::new(".")))?.sync_all()
}

fn list_files(directory: &Path, found: &mut Vec<(String, u64)>) -> io::Result<()> {
    for entry in entries(directory)? {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        if name.contains("-tmp-") {
            continue;
        }
        match entry.metadata() {
            Ok(metadata) if metadata.is_file() => found.push((name, metadata.len())),
            Ok(_) => {}
            // Removed meanwhile.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// None where there is no such directory.
fn entries(directory: &Path) -> io::Result<impl Iterator<Item = io::Result<std::fs::DirEntry>>> {
    match std::fs::read_dir(directory) {
        Ok(entries) => Ok(Some(entries).into_iter().flatten()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None.into_iter().flatten()),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_whole_and_bounded() {
        let dir = tempfile::tempdir().unwrap();
        let place = Directory::new(dir.path().join("a/b"));
        assert_eq!(place.list(FileKind::Pack).unwrap(), [], "nothing is made by looking");
        assert!(!dir.path().join("a").exists());
        place.write(FileKind::Pack, "abcd", b"0123456789").unwrap();
        std::fs::write(dir.path().join("a/b/data/ab/abce-tmp-1-1"), "half").unwrap();
        assert_eq!(place.list(FileKind::Pack).unwrap(), [("abcd".to_owned(), 10)]);
        assert_eq!(place.read(FileKind::Pack, "abcd", 10).unwrap(), b"0123456789");
        assert_eq!(place.read(FileKind::Pack, "abcd", 9).unwrap_err().kind(), io::ErrorKind::InvalidData);
        assert_eq!(place.read_range(FileKind::Pack, "abcd", 8, 2).unwrap(), b"89");
        let cut = place.read_range(FileKind::Pack, "abcd", 8, usize::MAX).unwrap_err();
        assert_eq!(cut.kind(), io::ErrorKind::UnexpectedEof, "no memory for what is not there");
        place.remove(FileKind::Pack, "abcd").unwrap();
        place.remove(FileKind::Pack, "abcd").unwrap();
        assert_eq!(place.read(FileKind::Pack, "abcd", 9).unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}
