//! Trees of files: made, walked and compared by content.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// What lies at a path, as far as the tests compare it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    Directory,
    File { mode: u32, digest: blake3::Hash },
    Symlink { target: PathBuf },
}

/// Every object below `root`, by its path relative to it.
pub fn digest(root: &Path) -> io::Result<BTreeMap<PathBuf, Node>> {
    let mut nodes = BTreeMap::new();
    let mut pending = vec![PathBuf::new()];
    while let Some(dir) = pending.pop() {
        for entry in fs::read_dir(root.join(&dir))? {
            let entry = entry?;
            let path = dir.join(entry.file_name());
            let kind = entry.file_type()?;
            let node = if kind.is_dir() {
                pending.push(path.clone());
                Node::Directory
            } else if kind.is_symlink() {
                Node::Symlink { target: fs::read_link(entry.path())? }
            } else {
                let mode = entry.metadata()?.permissions().mode() & 0o777;
                Node::File { mode, digest: digest_file(&entry.path())? }
            };
            nodes.insert(path, node);
        }
    }
    Ok(nodes)
}

/// The digest of a regular file's bytes.
pub fn digest_file(path: &Path) -> io::Result<blake3::Hash> {
    fs::read(path).map(|data| blake3::hash(&data))
}

/// The first differences between two trees, in words; empty when they are equal.
pub fn differences(expected: &BTreeMap<PathBuf, Node>, found: &BTreeMap<PathBuf, Node>) -> Vec<String> {
    let mut said = Vec::new();
    for (path, node) in expected {
        match found.get(path) {
            None => said.push(format!("{} is missing", path.display())),
            Some(other) if other != node => {
                said.push(format!("{}: expected {node:?}, found {other:?}", path.display()));
            }
            Some(_) => {}
        }
    }
    let extra = found.keys().filter(|path| !expected.contains_key(*path));
    said.extend(extra.map(|path| format!("{} should not be there", path.display())));
    said.truncate(20);
    said
}

/// A real source tree that every machine with a Rust toolchain has: the crates this workspace depends on,
/// as cargo unpacked them. At least `files_min` regular files, in whole crates, smallest names first.
pub fn source_crates(files_min: usize) -> Vec<PathBuf> {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cargo")));
    let registry = home.expect("CARGO_HOME or HOME is set").join("registry/src");
    let mut crates: Vec<PathBuf> = fs::read_dir(&registry)
        .and_then(|indexes| {
            indexes.map(|index| index.map(|index| index.path())).collect::<Result<Vec<_>, _>>()
        })
        .expect("cargo has unpacked crates")
        .iter()
        .flat_map(|index| fs::read_dir(index).into_iter().flatten().flatten().map(|entry| entry.path()))
        .collect();
    crates.sort();
    let mut files = 0;
    let mut chosen = Vec::new();
    for path in crates {
        if files >= files_min {
            break;
        }
        let nodes = digest(&path).expect("an unpacked crate can be read");
        files += nodes.values().filter(|node| matches!(node, Node::File { .. })).count();
        chosen.push(path);
    }
    assert!(files >= files_min, "only {files} source files below {}", registry.display());
    chosen
}
