//! Owns what a client of a volume can do and see, whichever protocol it speaks.

use rustix::io::Errno;
use std::collections::BTreeSet;
use std::path::Path;

pub type Outcome<T> = Result<T, Errno>;

/// The kinds that the checks make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    File,
    Dir,
    Link,
}

/// Attributes that every client must show alike. Times are nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stat {
    pub kind: Kind,
    pub ino: u64,
    pub mode: u32,
    pub nlink: u64,
    pub uid: u32,
    pub gid: u32,
    pub size: u64,
    pub mtime: i128,
    pub ctime: i128,
}

/// A file or directory that is held open.
pub trait Held {
    fn stat(&self) -> Outcome<Stat>;
    /// All of its data.
    fn read(&self) -> Outcome<Vec<u8>>;
}

/// One client: a mount of one node or an NFS connection to it. Paths are below the volume's root. Every call
/// opens what it needs and closes it again, so that what it returns is what close-to-open promises.
pub trait Side: Sync {
    fn name(&self) -> String;

    fn stat(&self, path: &str) -> Outcome<Stat>;
    fn list(&self, dir: &str) -> Outcome<BTreeSet<String>>;
    fn read(&self, path: &str) -> Outcome<Vec<u8>>;
    fn read_link(&self, path: &str) -> Outcome<String>;
    fn hold(&self, path: &str) -> Outcome<Box<dyn Held + '_>>;
    /// What another user than root reads. The primary group has the user's number.
    fn read_as(&self, uid: u32, path: &str) -> Outcome<Vec<u8>>;

    /// Makes a file or empties the one that is there.
    fn create(&self, path: &str, data: &[u8]) -> Outcome<()>;
    fn create_as(&self, uid: u32, path: &str) -> Outcome<()>;
    /// Writes to a file that is there.
    fn write(&self, path: &str, offset: u64, data: &[u8]) -> Outcome<()>;
    fn append(&self, path: &str, data: &[u8]) -> Outcome<()>;
    fn resize(&self, path: &str, size: u64) -> Outcome<()>;
    fn chmod(&self, path: &str, mode: u32) -> Outcome<()>;
    fn chown(&self, path: &str, uid: u32, gid: u32) -> Outcome<()>;
    fn set_mtime(&self, path: &str, secs: u32) -> Outcome<()>;

    fn mkdir(&self, path: &str) -> Outcome<()>;
    fn rmdir(&self, path: &str) -> Outcome<()>;
    fn unlink(&self, path: &str) -> Outcome<()>;
    fn rename(&self, from: &str, to: &str) -> Outcome<()>;
    fn link(&self, from: &str, to: &str) -> Outcome<()>;
    fn symlink(&self, target: &str, path: &str) -> Outcome<()>;

    /// Where the volume is in this machine's tree, for what NFSv3 does not have.
    fn mount(&self) -> Option<&Path> {
        None
    }
}
