//! Owns how a directory of this machine is read: all that a restore needs of each thing in it, and of a file that has not
//! changed since the parent nothing but that.

use backup_repository::{
    BlobKind, CHUNK_BYTES_MAX, Chunker, ExtendedAttribute, Id, Node, NodeKind, Repository, RfcTime,
    TreeBuilder, Writer,
};
use rustix::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use rustix::fs::{
    AtFlags, Dir, FileType, Mode, OFlags, Stat, lgetxattr, llistxattr, openat, readlinkat, statat,
};
use serde::Serialize;
use std::collections::HashMap;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// Largest extended attribute and list of their names: Linux has none above 64 KiB.
const ATTRIBUTE_BYTES_MAX: usize = 64 << 10;

/// What is not in the restore point, or not as it was.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Unread {
    pub path: String,
    pub what: String,
}

/// What was read.
pub struct Archived {
    pub tree: Id,
    pub files: u64,
    pub bytes: u64,
    pub unread: Vec<Unread>,
}

/// Reads a directory into a repository.
pub struct Archive<'a> {
    repository: &'a Repository,
    writer: &'a Writer,
    chunker: Chunker,
    buffer: Vec<u8>,
    files: u64,
    bytes: u64,
    unread: Vec<Unread>,
}

impl<'a> Archive<'a> {
    pub fn new(repository: &'a Repository, writer: &'a Writer) -> Archive<'a> {
        let chunker = repository.chunker();
        Archive { repository, writer, chunker, buffer: Vec::new(), files: 0, bytes: 0, unread: Vec::new() }
    }

    /// What lies in the directory, with what did not change since the tree of the parent.
    ///
    /// # Errors
    /// The directory cannot be read at all, or the repository cannot be written.
    pub fn directory(mut self, path: &Path, parent: Option<Id>) -> Result<Archived, String> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let opened = rustix::fs::open(path, flags, Mode::empty());
        let opened = opened.map_err(|error| format!("{}: {}", path.display(), io::Error::from(error)))?;
        let tree = self.tree(&opened, path.as_os_str().as_bytes(), parent)?;
        Ok(Archived { tree, files: self.files, bytes: self.bytes, unread: self.unread })
    }

    fn tree(&mut self, directory: &OwnedFd, path: &[u8], parent: Option<Id>) -> Result<Id, String> {
        // A parent that cannot be read costs time only.
        let before = parent.and_then(|parent| self.repository.tree(parent).ok()).unwrap_or_default().nodes;
        let before: HashMap<Vec<u8>, Node> =
            before.into_iter().map(|node| (node.name.clone(), node)).collect();
        let mut builder = TreeBuilder::default();
        for name in self.names(directory, path) {
            let path = [path, b"/", &name].concat();
            match self.node(directory, &name, &path, before.get(&name)) {
                Ok(node) => builder.add(&node)?,
                Err(Failure::Unread(error)) => self.note(&path, &error),
                Err(Failure::Repository(what)) => return Err(what),
            }
        }
        self.writer.add(BlobKind::Tree, builder.finish()).map_err(|error| error.to_string())
    }

    fn names(&mut self, directory: &OwnedFd, path: &[u8]) -> Vec<Vec<u8>> {
        let mut names = Vec::new();
        let read = Dir::read_from(directory).and_then(|entries| {
            for entry in entries {
                let name = entry?.file_name().to_bytes().to_vec();
                if name != b"." && name != b".." {
                    names.push(name);
                }
            }
            Ok(())
        });
        if let Err(error) = read {
            self.note(path, &error.into());
        }
        names.sort_unstable();
        names
    }

    fn node(
        &mut self,
        directory: &OwnedFd,
        name: &[u8],
        path: &[u8],
        before: Option<&Node>,
    ) -> Result<Node, Failure> {
        let (parent, os_name) = (directory.as_fd(), OsStr::from_bytes(name));
        let stat = statat(parent, os_name, AtFlags::SYMLINK_NOFOLLOW)?;
        let kind = match FileType::from_raw_mode(stat.st_mode) {
            FileType::RegularFile => NodeKind::File,
            FileType::Directory => NodeKind::Dir,
            FileType::Symlink => NodeKind::Symlink,
            FileType::BlockDevice => NodeKind::Dev,
            FileType::CharacterDevice => NodeKind::CharDev,
            FileType::Fifo => NodeKind::Fifo,
            FileType::Socket => NodeKind::Socket,
            FileType::Unknown => return Err(Failure::Unread(io::Error::other("its kind is unknown"))),
        };
        let mut node = described(name, kind, &stat);
        // Reading changes nothing that is worth a new directory in the repository.
        if let Some(before) = before.filter(|before| is_unchanged(before, &node)) {
            node.atime = before.atime;
        }
        node.extended_attributes = attributes(parent, name)?;
        match kind {
            NodeKind::File => self.content(parent, os_name, path, &mut node, before)?,
            NodeKind::Dir => {
                let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
                let below = openat(parent, os_name, flags, Mode::empty())?;
                let before = before.and_then(|before| before.subtree);
                node.subtree = Some(self.tree(&below, path, before).map_err(Failure::Repository)?);
            }
            NodeKind::Symlink => node = node.with_target(readlinkat(parent, os_name, Vec::new())?.as_bytes()),
            _ => {}
        }
        Ok(node)
    }

    fn content(
        &mut self,
        directory: BorrowedFd<'_>,
        name: &OsStr,
        path: &[u8],
        node: &mut Node,
        before: Option<&Node>,
    ) -> Result<(), Failure> {
        self.files += 1;
        self.bytes += node.size;
        if let Some(before) = before.filter(|before| is_unchanged(before, node)) {
            let index = self.repository.index();
            let content = before.content.clone().unwrap_or_default();
            if content.iter().all(|id| index.contains(BlobKind::Data, *id)) {
                node.content = Some(content);
                return Ok(());
            }
        }
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let mut file = File::from(openat(directory, name, flags, Mode::empty())?);
        let (content, size) = self.chunks(&mut file)?;
        if size != node.size {
            self.note(path, &io::Error::other("it changed while it was read"));
            node.size = size;
        }
        node.content = Some(content);
        Ok(())
    }

    fn chunks(&mut self, file: &mut File) -> Result<(Vec<Id>, u64), Failure> {
        let (mut content, mut size) = (Vec::new(), 0);
        self.buffer.clear();
        loop {
            let wanted = (CHUNK_BYTES_MAX - self.buffer.len()) as u64;
            let read = file.by_ref().take(wanted).read_to_end(&mut self.buffer)?;
            if self.buffer.is_empty() {
                return Ok((content, size));
            }
            let is_end = (read as u64) < wanted;
            let length = self.chunker.first(&self.buffer);
            // Many chunks of a small rest: each is cut before more is read.
            let chunk: Vec<u8> = self.buffer.drain(..length).collect();
            size += length as u64;
            content.push(
                self.writer
                    .add(BlobKind::Data, chunk)
                    .map_err(|error| Failure::Repository(error.to_string()))?,
            );
            if is_end && self.buffer.is_empty() {
                return Ok((content, size));
            }
        }
    }

    fn note(&mut self, path: &[u8], error: &io::Error) {
        let path = String::from_utf8_lossy(path).into_owned();
        self.unread.push(Unread { path, what: error.to_string() });
    }
}

enum Failure {
    /// Of this file; the others go on.
    Unread(io::Error),
    Repository(String),
}

impl<E: Into<io::Error>> From<E> for Failure {
    fn from(error: E) -> Failure {
        Failure::Unread(error.into())
    }
}

fn described(name: &[u8], kind: NodeKind, stat: &Stat) -> Node {
    let time = |seconds, nanos| RfcTime { seconds, nanos: nanos as u32 };
    let is_file = kind == NodeKind::File;
    let is_device = matches!(kind, NodeKind::Dev | NodeKind::CharDev);
    let mut node = Node::new(name, kind, stat.st_mode & 0o7777);
    node.mtime = time(stat.st_mtime, stat.st_mtime_nsec);
    node.atime = time(stat.st_atime, stat.st_atime_nsec);
    node.ctime = time(stat.st_ctime, stat.st_ctime_nsec);
    (node.uid, node.gid) = (stat.st_uid, stat.st_gid);
    (node.inode, node.device_id) = (stat.st_ino, stat.st_dev);
    node.size = if is_file { stat.st_size as u64 } else { 0 };
    // A directory's are no names of it.
    node.links = if kind == NodeKind::Dir { 0 } else { stat.st_nlink };
    node.device = if is_device { stat.st_rdev } else { 0 };
    node
}

fn is_unchanged(before: &Node, now: &Node) -> bool {
    let seen = |node: &Node| (node.kind, node.size, node.mtime, node.ctime, node.inode);
    seen(before) == seen(now)
}

fn attributes(directory: BorrowedFd<'_>, name: &[u8]) -> io::Result<Vec<ExtendedAttribute>> {
    let path = [format!("/proc/self/fd/{}/", directory.as_raw_fd()).as_bytes(), name].concat();
    let path = OsStr::from_bytes(&path);
    let mut buffer = vec![0; ATTRIBUTE_BYTES_MAX];
    let length = match llistxattr(path, &mut buffer[..]) {
        Ok(length) => length,
        Err(rustix::io::Errno::NOTSUP) => 0,
        Err(error) => return Err(error.into()),
    };
    let names: Vec<String> = buffer[..length]
        .split(|byte| *byte == 0)
        .filter(|name| !name.is_empty())
        .map(|name| String::from_utf8_lossy(name).into_owned())
        .collect();
    let mut all = Vec::new();
    for name in names {
        let length = lgetxattr(path, name.as_str(), &mut buffer[..])?;
        all.push(ExtendedAttribute { name, value: buffer[..length].to_vec() });
    }
    Ok(all)
}
