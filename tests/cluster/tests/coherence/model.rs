//! Owns what the names and files of a directory must be after any sequence of operations.

use crate::side::Kind;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Clone, Debug, PartialEq, Eq)]
enum Node {
    Dir,
    /// The number of a file, which several names may share.
    File(usize),
}

#[derive(Clone, Debug)]
struct Content {
    data: Vec<u8>,
    mode: u32,
}

/// Paths as a client gives them, without a leading slash; the root is the empty one.
#[derive(Debug, Default)]
pub struct Model {
    names: BTreeMap<String, Node>,
    files: Vec<Content>,
}

/// What a client must see of a name.
#[derive(Debug, PartialEq, Eq)]
pub struct Seen {
    pub kind: Kind,
    pub nlink: u64,
    /// Of files.
    pub mode: Option<u32>,
    pub data: Option<Vec<u8>>,
}

fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(parent, _)| parent)
}

fn is_below(path: &str, dir: &str) -> bool {
    path.strip_prefix(dir).is_some_and(|rest| rest.starts_with('/'))
}

/// Each operation says whether it may be done, and does it then.
impl Model {
    fn has_dir(&self, path: &str) -> bool {
        path.is_empty() || self.names.get(path) == Some(&Node::Dir)
    }

    fn is_free(&self, path: &str) -> bool {
        self.has_dir(parent(path)) && !self.names.contains_key(path)
    }

    fn file(&self, path: &str) -> Option<usize> {
        match self.names.get(path) {
            Some(Node::File(file)) => Some(*file),
            _ => None,
        }
    }

    fn is_empty_dir(&self, path: &str) -> bool {
        self.names.get(path) == Some(&Node::Dir) && !self.names.keys().any(|name| is_below(name, path))
    }

    pub fn create(&mut self, path: &str, data: &[u8]) -> bool {
        if let Some(file) = self.file(path) {
            self.files[file].data = data.to_vec();
            return true;
        }
        let free = self.is_free(path);
        if free {
            self.names.insert(path.to_owned(), Node::File(self.files.len()));
            self.files.push(Content { data: data.to_vec(), mode: 0o644 });
        }
        free
    }

    /// Changes a file's data.
    pub fn change(&mut self, path: &str, change: impl FnOnce(&mut Vec<u8>)) -> bool {
        self.file(path).map(|file| change(&mut self.files[file].data)).is_some()
    }

    pub fn chmod(&mut self, path: &str, mode: u32) -> bool {
        self.file(path).map(|file| self.files[file].mode = mode).is_some()
    }

    pub fn mkdir(&mut self, path: &str) -> bool {
        let free = self.is_free(path);
        if free {
            self.names.insert(path.to_owned(), Node::Dir);
        }
        free
    }

    pub fn rmdir(&mut self, path: &str) -> bool {
        self.is_empty_dir(path) && self.names.remove(path).is_some()
    }

    pub fn unlink(&mut self, path: &str) -> bool {
        self.file(path).is_some() && self.names.remove(path).is_some()
    }

    pub fn link(&mut self, from: &str, to: &str) -> bool {
        let file = self.file(from).filter(|_| self.is_free(to));
        file.map(|file| self.names.insert(to.to_owned(), Node::File(file))).is_some()
    }

    pub fn rename(&mut self, from: &str, to: &str) -> bool {
        let Some(node) = self.names.get(from).cloned().filter(|_| self.has_dir(parent(to))) else {
            return false;
        };
        if from == to || (self.file(from).is_some() && self.file(from) == self.file(to)) {
            return true;
        }
        let fits = match node {
            Node::Dir => !is_below(to, from) && (!self.names.contains_key(to) || self.is_empty_dir(to)),
            Node::File(_) => self.names.get(to) != Some(&Node::Dir),
        };
        if fits {
            let moved: Vec<String> =
                self.names.keys().filter(|name| *name == from || is_below(name, from)).cloned().collect();
            for name in moved {
                let node = self.names.remove(&name).expect("it was there");
                self.names.insert(format!("{to}{}", &name[from.len()..]), node);
            }
        }
        fits
    }

    /// All names.
    pub fn paths(&self) -> impl Iterator<Item = &String> {
        self.names.keys()
    }

    pub fn seen(&self, path: &str) -> Option<Seen> {
        Some(match self.names.get(path)? {
            Node::Dir => {
                let is_dir_in = |(name, node): &(&String, &Node)| **node == Node::Dir && parent(name) == path;
                let dirs = self.names.iter().filter(is_dir_in).count() as u64;
                Seen { kind: Kind::Dir, nlink: 2 + dirs, mode: None, data: None }
            }
            file @ Node::File(number) => {
                let Content { data, mode } = self.files[*number].clone();
                let nlink = self.names.values().filter(|node| *node == file).count() as u64;
                Seen { kind: Kind::File, nlink, mode: Some(mode), data: Some(data) }
            }
        })
    }

    /// The names in a directory.
    pub fn list(&self, dir: &str) -> Option<BTreeSet<String>> {
        let names = self.names.keys().filter(|name| parent(name) == dir);
        let names = names.map(|name| name.rsplit('/').next().unwrap_or(name).to_owned());
        self.has_dir(dir).then(|| names.collect())
    }
}
