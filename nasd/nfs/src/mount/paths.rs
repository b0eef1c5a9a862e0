//! Owns which export a path leads to, whoever asks: found in a few looks, since strangers may ask without end.

use nasd_base::export::Export;
use std::collections::HashMap;

/// The paths of all exports.
#[derive(Default)]
pub(crate) struct Paths {
    /// As `/a/b`, with `` for the root; and where the export is in the list.
    exports: HashMap<Vec<u8>, usize>,
    /// Names in the longest path.
    names_max: usize,
}

impl Paths {
    pub(crate) fn of(exports: &[Export]) -> Paths {
        let mut paths = Paths::default();
        for (at, export) in exports.iter().enumerate() {
            let path = names(export.path.as_bytes()).fold(Vec::new(), below);
            paths.names_max = paths.names_max.max(names(&path).count());
            paths.exports.entry(path).or_insert(at);
        }
        paths
    }

    /// The export with the longest path that leads to `path`.
    pub(crate) fn leading<'a>(&self, exports: &'a [Export], path: &[u8]) -> Option<&'a Export> {
        let (mut reached, mut found) = (Vec::new(), self.exports.get(&[][..]));
        for name in names(path).take(self.names_max) {
            reached = below(reached, name);
            found = self.exports.get(&reached).or(found);
        }
        exports.get(*found?)
    }
}

/// The names in a path; empty ones and `.` are left out.
pub(super) fn names(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    path.split(|byte| *byte == b'/').filter(|name| !name.is_empty() && *name != b".")
}

fn below(mut path: Vec<u8>, name: &[u8]) -> Vec<u8> {
    path.push(b'/');
    path.extend_from_slice(name);
    path
}

#[cfg(test)]
mod tests {
    use super::*;
    use nasd_base::VolumeId;

    #[test]
    fn the_longest_path_leads() {
        let export = |path: &str| Export { path: path.to_owned(), volume: VolumeId(1), clients: vec![] };
        let exports = ["/a", "/a/b/c", "/d/e/"].map(export);
        let paths = Paths::of(&exports);
        let leading = |path: &str| paths.leading(&exports, path.as_bytes()).map(|found| &found.path[..]);
        for (path, found) in [
            ("/a", Some("/a")),
            ("//a/./", Some("/a")),
            ("/a/b", Some("/a")),
            ("/a/b/c/d/e/f", Some("/a/b/c")),
            ("/ab", None),
            ("/", None),
            ("/d", None),
            ("/d/e/f", Some("/d/e/")),
        ] {
            assert_eq!(leading(path), found, "{path}");
        }
        let with_root = ["/a", "/"].map(export);
        let paths = Paths::of(&with_root);
        assert_eq!(paths.leading(&with_root, b"/x").unwrap().path, "/");
        assert_eq!(paths.leading(&with_root, b"/a/x").unwrap().path, "/a");
    }
}
