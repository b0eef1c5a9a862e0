//! Owns the certificate's files in a node's directory: `api.pem`, a chain of certificates, and `api.key`, the key of
//! its first.
//!
//! Two files cannot be replaced at once. Both are written beside the old ones and flushed, then the key is renamed into
//! place, then the chain. Where the key is the new one and the chain is not, the chain that waits beside it is meant:
//! readers take it, and the next start finishes the replacement.

use super::pair::{CHAIN_BYTES_MAX, KEY_BYTES_MAX, Pair};
use super::problem;
use crate::Sentence;
use nasd_files::{Folder, Mode};
use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

const CHAIN: &str = "api.pem";
const KEY: &str = "api.key";
const NEXT_CHAIN: &str = "api.pem.next";
const NEXT_KEY: &str = "api.key.next";

/// The files of one node.
#[derive(Debug)]
pub struct Files {
    dir: Folder,
}

/// Changes when either file does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp([Option<[i128; 5]>; 2]);

/// Nobody else changes the files until it is dropped.
pub struct Alone {
    _locked: File,
}

impl Files {
    pub fn new(dir: &Path) -> Files {
        Files { dir: Folder::new(dir) }
    }

    /// Waits for other processes and threads that are changing the files.
    pub fn alone(&self) -> io::Result<Alone> {
        let dir = File::open(self.dir.path())?;
        dir.lock()?;
        Ok(Alone { _locked: dir })
    }

    pub fn stamp(&self) -> Stamp {
        Stamp([CHAIN, KEY].map(|name| std::fs::metadata(self.path(name)).ok().as_ref().map(identity)))
    }

    pub fn has_chain(&self) -> bool {
        self.path(CHAIN).exists()
    }

    /// A key that there is.
    pub fn key(&self) -> Result<Option<String>, Sentence> {
        match self.path(KEY).exists() {
            true => self.read_text(KEY, KEY_BYTES_MAX).map(Some),
            false => Ok(None),
        }
    }

    /// # Errors
    /// For the operator, with what to do.
    pub fn read(&self) -> Result<Pair, Sentence> {
        let key = self.read_text(KEY, KEY_BYTES_MAX)?;
        self.read_with(CHAIN, &key).or_else(|problem| self.read_with(NEXT_CHAIN, &key).map_err(|_| problem))
    }

    fn read_with(&self, chain: &str, key: &str) -> Result<Pair, Sentence> {
        let text = self.read_text(chain, CHAIN_BYTES_MAX)?;
        Pair::of_pem(&text, key)
            .map_err(|error| problem::certificate_unusable(self.path(chain).display(), error))
    }

    fn read_text(&self, name: &str, bytes_max: usize) -> Result<String, Sentence> {
        let path = self.path(name);
        let read = || {
            let mut text = String::new();
            File::open(&path)?.take(bytes_max as u64 + 1).read_to_string(&mut text)?;
            Ok(text)
        };
        read().map_err(|error: io::Error| problem::certificate_unreadable(path.display(), error))
    }

    /// Replaces both; durable on return. After a crash either the old or the new ones are read.
    pub fn replace(&self, chain: &str, key: &str, _: &Alone) -> Result<(), Sentence> {
        let replace = || {
            self.dir.replace(NEXT_KEY, key.as_bytes(), Mode::Owner)?;
            self.dir.replace(NEXT_CHAIN, chain.as_bytes(), Mode::Owner)?;
            self.dir.rename(NEXT_KEY, KEY)?;
            self.dir.rename(NEXT_CHAIN, CHAIN)
        };
        replace().map_err(|error| self.unwritable(error))
    }

    /// Brings a replacement to its end that a crash interrupted.
    pub fn finish(&self, alone: &Alone) -> Result<(), Sentence> {
        self.finished(alone).map_err(|error| self.unwritable(error))
    }

    fn finished(&self, _: &Alone) -> io::Result<()> {
        let Ok(key) = self.read_text(KEY, KEY_BYTES_MAX) else { return Ok(()) };
        if self.read_with(CHAIN, &key).is_err() && self.read_with(NEXT_CHAIN, &key).is_ok() {
            self.dir.rename(NEXT_CHAIN, CHAIN)?;
        }
        self.dir.remove(NEXT_CHAIN)?;
        self.dir.remove(NEXT_KEY)
    }

    fn unwritable(&self, error: io::Error) -> Sentence {
        problem::certificate_unwritable(self.dir.path().display(), error)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }
}

/// Of the file that a symbolic link leads to, too: ACME clients keep such links.
fn identity(file: &Metadata) -> [i128; 5] {
    let (dev, ino, size) = (file.dev().into(), file.ino().into(), file.size().into());
    [dev, ino, size, file.ctime().into(), file.ctime_nsec().into()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::certificate::NodeCertificate;
    use crate::certificate::self_signed::{SelfSigned, make};
    use nasd_files::{Journal, Left};
    use std::collections::BTreeSet;
    use std::os::unix::fs::PermissionsExt;
    use std::sync::Arc;

    fn made() -> SelfSigned {
        make(&["node-1".to_owned()], None).unwrap()
    }

    fn fingerprint(files: &Files) -> String {
        files.read().map(|pair| pair.info.fingerprint).unwrap()
    }

    #[test]
    fn both_files_are_their_owners_and_nothing_else_is_left() {
        let dir = tempfile::tempdir().unwrap();
        let files = Files::new(dir.path());
        std::fs::write(dir.path().join(KEY), "readable by all").unwrap();
        for _ in 0..2 {
            let SelfSigned { chain, key } = made();
            files.replace(&chain, &key, &files.alone().unwrap()).unwrap();
            let mut names: Vec<_> =
                std::fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
            names.sort();
            assert_eq!(names, [KEY, CHAIN]);
            for name in names {
                let mode = std::fs::metadata(dir.path().join(name)).unwrap().permissions().mode();
                assert_eq!(mode & 0o777, 0o600);
            }
        }
    }

    /// Whatever a power cut leaves, the old pair or the new one is read, and the next start tidies up around it.
    #[test]
    fn a_power_cut_at_any_step_leaves_a_pair_that_fits() {
        let (old, new) = (made(), made());
        let (dir, journal) = (tempfile::tempdir().unwrap(), Arc::new(Journal::default()));
        let before: Left = [(CHAIN, &old.chain), (KEY, &old.key)]
            .map(|(name, text)| (name.to_owned(), text.clone().into_bytes()))
            .into();
        Journal::lay_out(&before, dir.path()).unwrap();
        let old = fingerprint(&Files::new(dir.path()));
        let files = Files { dir: Folder::through(dir.path(), journal.clone()) };
        files.replace(&new.chain, &new.key, &files.alone().unwrap()).unwrap();
        let new = fingerprint(&files);
        let mut found = BTreeSet::new();
        for left in journal.survivors(&before) {
            let dir = tempfile::tempdir().unwrap();
            Journal::lay_out(&left, dir.path()).unwrap();
            let files = Files::new(dir.path());
            let read = fingerprint(&files);
            files.finish(&files.alone().unwrap()).unwrap();
            assert_eq!(fingerprint(&files), read, "{:?}", left.keys());
            found.insert(read);
        }
        assert_eq!(found, [old, new].into());
    }

    #[test]
    fn a_power_cut_while_the_first_pair_is_made_leaves_a_pair_or_room_for_one() {
        let (dir, journal) = (tempfile::tempdir().unwrap(), Arc::new(Journal::default()));
        let files = Files { dir: Folder::through(dir.path(), journal.clone()) };
        let SelfSigned { chain, key } = made();
        files.replace(&chain, &key, &files.alone().unwrap()).unwrap();
        for left in journal.survivors(&Left::new()) {
            let dir = tempfile::tempdir().unwrap();
            Journal::lay_out(&left, dir.path()).unwrap();
            let certificate = NodeCertificate::open(dir.path(), &["node-1".to_owned()]).unwrap();
            assert_eq!(certificate.info().problem, None, "{:?}", left.keys());
        }
    }

    #[test]
    fn a_change_behind_a_link_is_a_change() {
        let (dir, live) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let files = Files::new(dir.path());
        let target = live.path().join("fullchain.pem");
        std::fs::write(&target, "one").unwrap();
        std::os::unix::fs::symlink(&target, dir.path().join(CHAIN)).unwrap();
        let before = files.stamp();
        assert_eq!(files.stamp(), before);
        std::fs::write(&target, "two and more").unwrap();
        assert_ne!(files.stamp(), before);
    }
}
