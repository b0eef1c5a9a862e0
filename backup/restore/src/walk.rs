//! Owns the order in which a tree is restored.

use crate::beneath;
use crate::content;
use crate::options::Options;
use crate::outcome::{Outcome, Progress, count};
use crate::put::{self, ITSELF};
use backup_repository::{Id, Node, NodeKind, Repository};
use parking_lot::Mutex;
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{Mode, OFlags};
use std::collections::HashMap;
use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

/// Deepest tree that is restored: each level holds a descriptor.
const DEPTH_MAX: usize = 512;
/// Files that wait for a thread.
const QUEUE: usize = 64;

/// Why nothing was restored.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    #[error("cannot restore into {0}: {1}")]
    Into(String, io::Error),
}

/// Restores nodes with all that is below them into a directory that is there. Durable when the directory's file system
/// has been synced.
///
/// # Errors
/// When nothing could be done at all; what could not be restored of the rest is in the outcome.
pub fn restore(
    repository: &Repository,
    nodes: Vec<Node>,
    into: &Path,
    options: Options,
    progress: &Progress,
) -> Result<Outcome, RestoreError> {
    let root = rustix::fs::open(into, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty());
    let root = root.map_err(|error| RestoreError::Into(into.display().to_string(), error.into()))?;
    let root = Arc::new(root);
    let numbers = AtomicU64::new(0);
    let job = Job { repository, options, progress, numbers: &numbers };
    let (queue, files) = sync_channel(QUEUE);
    let files = Mutex::new(files);
    let mut later = Later::default();
    std::thread::scope(|scope| {
        for _ in 0..options.threads.max(1) {
            scope.spawn(|| job.write_files(&files));
        }
        let mut walk = Walk { job: &job, queue: &queue, later: &mut later };
        walk.nodes(nodes, &root, &mut Vec::new(), 0);
        drop(queue);
    });
    later.links.iter().for_each(|link| job.link(&root, link));
    // The deepest first: what is done in a directory changes its times.
    later.directories.iter().rev().for_each(|(path, node)| job.dress_directory(&root, path, node));
    Ok(progress.so_far())
}

/// What can only be done when all files are there.
#[derive(Default)]
struct Later {
    /// By device and inode, where the first of several names is.
    first: HashMap<(u64, u64), Vec<u8>>,
    links: Vec<Link>,
    directories: Vec<(Vec<u8>, Node)>,
}

struct Link {
    from: Vec<u8>,
    /// Of the directory that it is in.
    path: Vec<u8>,
    node: Node,
}

struct FileJob {
    directory: Arc<OwnedFd>,
    /// Of the file.
    path: Vec<u8>,
    node: Node,
}

struct Job<'a> {
    repository: &'a Repository,
    options: Options,
    progress: &'a Progress,
    numbers: &'a AtomicU64,
}

struct Walk<'a> {
    job: &'a Job<'a>,
    queue: &'a SyncSender<FileJob>,
    later: &'a mut Later,
}

impl Walk<'_> {
    fn tree(&mut self, id: Id, directory: &Arc<OwnedFd>, path: &mut Vec<u8>, depth: usize) {
        let progress = self.job.progress;
        if depth > DEPTH_MAX {
            return progress.fault(path, format!("it is deeper than {DEPTH_MAX} directories"));
        }
        match self.job.repository.tree(id) {
            Ok(tree) => self.nodes(tree.nodes, directory, path, depth),
            Err(error) => progress.fault(path, error),
        }
    }

    fn nodes(&mut self, nodes: Vec<Node>, directory: &Arc<OwnedFd>, path: &mut Vec<u8>, depth: usize) {
        for node in nodes {
            let length = path.len();
            if !path.is_empty() {
                path.push(b'/');
            }
            path.extend_from_slice(&node.name);
            if node.has_plain_name() {
                self.node(node, directory, path, depth);
            } else {
                self.job.progress.fault(path, "no file can be called like this");
            }
            path.truncate(length);
        }
    }

    fn node(&mut self, node: Node, directory: &Arc<OwnedFd>, path: &mut Vec<u8>, depth: usize) {
        match node.kind {
            NodeKind::Dir => self.directory(node, directory, path, depth),
            _ if node.links > 1 && self.is_another_name(&node, path) => {}
            NodeKind::File => {
                let file = FileJob { directory: directory.clone(), path: path.clone(), node };
                // Its threads end after the queue.
                let _ = self.queue.send(file);
            }
            _ => self.job.put_other(directory.as_fd(), path, &node),
        }
    }

    fn directory(&mut self, node: Node, parent: &Arc<OwnedFd>, path: &mut Vec<u8>, depth: usize) {
        let progress = self.job.progress;
        let Some(subtree) = node.subtree else {
            return progress.fault(path, "its entries are not in the repository");
        };
        if self.job.options.dry_run {
            count(&progress.directories, 1);
            return self.tree(subtree, parent, path, depth + 1);
        }
        match beneath::made(parent, &node.name) {
            Ok(directory) => {
                count(&progress.directories, 1);
                self.later.directories.push((path.clone(), node));
                self.tree(subtree, &Arc::new(directory), path, depth + 1);
            }
            Err(error) => progress.fault(path, error),
        }
    }

    fn is_another_name(&mut self, node: &Node, path: &[u8]) -> bool {
        use std::collections::hash_map::Entry;
        match self.later.first.entry((node.device_id, node.inode)) {
            Entry::Vacant(place) => {
                place.insert(path.to_vec());
                false
            }
            Entry::Occupied(first) => {
                let (directory, _) = split(path);
                let link = Link { from: first.get().clone(), path: directory.to_vec(), node: node.clone() };
                self.later.links.push(link);
                true
            }
        }
    }
}

impl Job<'_> {
    fn write_files(&self, files: &Mutex<Receiver<FileJob>>) {
        loop {
            let file = files.lock().recv();
            let Ok(FileJob { directory, path, node }) = file else { return };
            self.put(directory.as_fd(), &path, &node, &self.progress.files, |part| {
                let file = put::new_file(directory.as_fd(), part)?;
                content::fill(&file, &node, self.repository, &self.progress.bytes)?;
                self.dress(directory.as_fd(), part, &path, &node);
                Ok(())
            });
        }
    }

    fn put_other(&self, directory: BorrowedFd<'_>, path: &[u8], node: &Node) {
        self.put(directory, path, node, &self.progress.others, |part| {
            put::make_other(directory, part, node)?;
            self.dress(directory, part, path, node);
            Ok(())
        });
    }

    fn link(&self, root: &OwnedFd, Link { from, path, node }: &Link) {
        let whole = joined(path, &node.name);
        if self.options.dry_run {
            return count(&self.progress.files, 1);
        }
        let (from_directory, from_name) = split(from);
        let done = beneath::directory(root, path).and_then(|directory| {
            let from = beneath::directory(root, from_directory)?;
            let name = OsStr::from_bytes(from_name);
            self.put(directory.as_fd(), &whole, node, &self.progress.files, |part| {
                put::link((from.as_fd(), name), directory.as_fd(), part)
            });
            Ok(())
        });
        if let Err(error) = done {
            self.progress.fault(&whole, error);
        }
    }

    /// Counts it, or says why it is not there.
    fn put(
        &self,
        directory: BorrowedFd<'_>,
        path: &[u8],
        node: &Node,
        counter: &AtomicU64,
        make: impl FnOnce(&OsStr) -> io::Result<()>,
    ) {
        match self.placed(directory, node, make) {
            Ok(true) => count(counter, 1),
            Ok(false) => count(&self.progress.skipped, 1),
            Err(error) => self.progress.fault(path, error),
        }
    }

    /// Whether it came to its place, or what is there stays.
    fn placed(
        &self,
        directory: BorrowedFd<'_>,
        node: &Node,
        make: impl FnOnce(&OsStr) -> io::Result<()>,
    ) -> io::Result<bool> {
        let (conflict, number) = (self.options.conflict, self.numbers.fetch_add(1, Ordering::Relaxed));
        if self.options.dry_run {
            return Ok(true);
        }
        let may = put::may_take(directory, node, conflict)?;
        if may {
            put::placed(directory, node, conflict, number, make)?;
        }
        Ok(may)
    }

    /// The content is there whatever becomes of the rest.
    fn dress(&self, directory: BorrowedFd<'_>, name: &OsStr, path: &[u8], node: &Node) {
        if let Err(error) = put::dress(directory, name, node) {
            self.progress.fault(path, error);
        }
    }

    fn dress_directory(&self, root: &OwnedFd, path: &[u8], node: &Node) {
        match beneath::directory(root, path) {
            Ok(directory) => self.dress(directory.as_fd(), OsStr::new(ITSELF), path, node),
            Err(error) => self.progress.fault(path, error),
        }
    }
}

fn split(path: &[u8]) -> (&[u8], &[u8]) {
    match path.iter().rposition(|byte| *byte == b'/') {
        Some(at) => (&path[..at], &path[at + 1..]),
        None => (&[], path),
    }
}

fn joined(directory: &[u8], name: &[u8]) -> Vec<u8> {
    if directory.is_empty() { name.to_vec() } else { [directory, b"/", name].concat() }
}
