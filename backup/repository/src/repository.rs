//! Owns a repository as a whole: made once, opened with a passphrase, and read by what its index says.

use crate::backend::{Backend, FileKind};
use crate::blob::{BLOB_BYTES_MAX, BlobKind};
use crate::chunk::Chunker;
use crate::crypto::{SEAL_BYTES, SealKey};
use crate::error::RepositoryError;
use crate::id::Id;
use crate::index::Index;
use crate::key::{self, KeyCost};
use crate::pack;
use crate::polynomial::Polynomial;
use crate::snapshot::{RfcTime, Snapshot};
use crate::tree::{Node, Tree};
use crate::unpacked::{self, decompressed};
use nasd_base::Entropy;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;

const VERSION: u32 = 2;
/// Largest pack that is read whole: restic makes none above 128 MiB.
const PACK_BYTES_MAX: u64 = 1 << 30;

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Config {
    version: u32,
    id: Id,
    chunker_polynomial: Polynomial,
}

/// An open repository. Reading may go on from several threads.
pub struct Repository {
    backend: Arc<dyn Backend>,
    key: SealKey,
    config: Config,
    index: Index,
}

/// What a check has looked at, and what is wrong.
#[derive(Debug, Default)]
pub struct Found {
    pub snapshots: usize,
    pub trees: usize,
    pub blobs: usize,
    pub packs: usize,
    pub faults: Vec<RepositoryError>,
}

impl Repository {
    /// Makes a repository where there is none. Durable on return, except that its place itself may be on something that
    /// is not.
    ///
    /// # Errors
    /// `Exists`, with nothing changed; `Target`.
    pub fn create(
        backend: Arc<dyn Backend>,
        passphrase: &[u8],
        cost: KeyCost,
        now: RfcTime,
        entropy: &dyn Entropy,
    ) -> Result<Repository, RepositoryError> {
        if is_there(backend.as_ref())? {
            return Err(RepositoryError::Exists(backend.place()));
        }
        let key = SealKey::random(entropy);
        key::add(backend.as_ref(), &key, passphrase, cost, now.to_string(), entropy)?;
        let mut id = [0; 32];
        entropy.fill(&mut id);
        let config = Config { version: VERSION, id: Id(id), chunker_polynomial: Polynomial::random(entropy) };
        // The last: what has no configuration is no repository.
        unpacked::write(backend.as_ref(), &key, entropy, FileKind::Config, &config, false)?;
        Ok(Repository { backend, key, config, index: Index::default() })
    }

    /// Opens it, and reads its index.
    ///
    /// # Errors
    /// `Missing`, `WrongPassphrase`, `Format`, `Damaged`, `Target`.
    pub fn open(backend: Arc<dyn Backend>, passphrase: &[u8]) -> Result<Repository, RepositoryError> {
        if !is_there(backend.as_ref())? {
            return Err(RepositoryError::Missing(backend.place()));
        }
        let key = key::unlock(backend.as_ref(), passphrase)?;
        let config: Config = unpacked::read(backend.as_ref(), &key, FileKind::Config, "")?;
        if !(1..=VERSION).contains(&config.version) {
            return Err(RepositoryError::Format(config.version));
        }
        let index = Index::read(backend.as_ref(), &key)?;
        Ok(Repository { backend, key, config, index })
    }

    /// Names the repository, wherever it is moved.
    pub fn id(&self) -> Id {
        self.config.id
    }

    pub fn index(&self) -> &Index {
        &self.index
    }

    /// Where this repository's files are cut.
    pub fn chunker(&self) -> Chunker {
        Chunker::new(self.config.chunker_polynomial)
    }

    /// Whether blobs may be compressed: format 2.
    pub(crate) fn compresses(&self) -> bool {
        self.config.version >= 2
    }

    pub(crate) fn backend(&self) -> &dyn Backend {
        self.backend.as_ref()
    }

    pub(crate) fn key(&self) -> &SealKey {
        &self.key
    }

    /// All restore points, the oldest first.
    pub fn snapshots(&self) -> Result<Vec<(Id, Snapshot)>, RepositoryError> {
        let mut all = Vec::new();
        for name in self.names(FileKind::Snapshot)? {
            let snapshot = unpacked::read(self.backend(), &self.key, FileKind::Snapshot, &name)?;
            let id =
                name.parse().map_err(|what| RepositoryError::damaged(FileKind::Snapshot, &name, what))?;
            all.push((id, snapshot));
        }
        all.sort_by_key(|(id, snapshot): &(Id, Snapshot)| (snapshot.time, *id));
        Ok(all)
    }

    /// The newest restore point (`latest`), or the one whose id begins like this.
    ///
    /// # Errors
    /// `UnknownSnapshot`, `AmbiguousSnapshot`, and those of reading.
    pub fn snapshot(&self, wanted: &str) -> Result<(Id, Snapshot), RepositoryError> {
        let mut all = self.snapshots()?;
        let unknown = || RepositoryError::UnknownSnapshot(wanted.to_owned());
        if wanted == "latest" {
            return all.pop().ok_or_else(unknown);
        }
        all.retain(|(id, _)| id.to_string().starts_with(wanted));
        match all.len() {
            0 => Err(unknown()),
            1 => all.pop().ok_or_else(unknown),
            _ => Err(RepositoryError::AmbiguousSnapshot(wanted.to_owned())),
        }
    }

    /// Adds a restore point, whose tree is there. Durable on return.
    pub fn add_snapshot(&self, snapshot: &Snapshot, entropy: &dyn Entropy) -> Result<Id, RepositoryError> {
        self.add(FileKind::Snapshot, snapshot, entropy)
    }

    /// Adds a file that holds one document. Durable on return.
    pub(crate) fn add<T: Serialize>(
        &self,
        kind: FileKind,
        document: &T,
        entropy: &dyn Entropy,
    ) -> Result<Id, RepositoryError> {
        unpacked::write(self.backend(), &self.key, entropy, kind, document, self.compresses())
    }

    /// A blob's content, which is what its id says.
    ///
    /// # Errors
    /// `UnknownBlob`, `DamagedBlob`, `Gone`, `Target`.
    pub fn blob(&self, kind: BlobKind, id: Id) -> Result<Vec<u8>, RepositoryError> {
        let place = self.index.get(kind, id).ok_or(RepositoryError::UnknownBlob(id))?;
        let name = place.pack.to_string();
        let read = self.backend.read_range(FileKind::Pack, &name, place.offset.into(), place.length as usize);
        let sealed = read.map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => RepositoryError::Gone { kind: FileKind::Pack, id: name.clone() },
            io::ErrorKind::UnexpectedEof => RepositoryError::DamagedBlob {
                blob: id,
                pack: place.pack,
                what: "the pack is cut".to_owned(),
            },
            _ => RepositoryError::Target { what: format!("reading pack {name}"), error },
        })?;
        self.opened(id, &sealed, place.uncompressed).map_err(|what| RepositoryError::DamagedBlob {
            blob: id,
            pack: place.pack,
            what,
        })
    }

    fn opened(&self, id: Id, sealed: &[u8], uncompressed: Option<u32>) -> Result<Vec<u8>, String> {
        let plain = self.key.open(sealed).ok_or("it does not open with the repository's key")?;
        let content = match uncompressed {
            None => plain,
            Some(bytes) if bytes as usize > BLOB_BYTES_MAX => return Err(format!("it claims {bytes} bytes")),
            Some(bytes) => decompressed(&plain, bytes as usize).map_err(|error| error.to_string())?,
        };
        if Id::of(&content) == id {
            Ok(content)
        } else {
            Err("its content is not what its id says".to_owned())
        }
    }

    /// A directory.
    ///
    /// # Errors
    /// Those of [`Repository::blob`], and `BadTree`.
    pub fn tree(&self, id: Id) -> Result<Tree, RepositoryError> {
        let blob = self.blob(BlobKind::Tree, id)?;
        serde_json::from_slice(&blob).map_err(|error| RepositoryError::BadTree(id, error.to_string()))
    }

    /// What is at a path below a tree: the nodes there, whose one may be a directory with all that is below it.
    ///
    /// # Errors
    /// `NoSuchPath`, and those of reading.
    pub fn nodes_at(&self, tree: Id, path: &[u8]) -> Result<Vec<Node>, RepositoryError> {
        let parts = path.split(|byte| *byte == b'/').filter(|part| !part.is_empty() && *part != b".");
        let mut nodes = None;
        let mut below = Some(tree);
        for part in parts {
            let unknown = || RepositoryError::NoSuchPath(String::from_utf8_lossy(path).into_owned());
            let found =
                self.tree(below.ok_or_else(unknown)?)?.nodes.into_iter().find(|node| node.name == part);
            let node = found.ok_or_else(unknown)?;
            below = node.subtree;
            nodes = Some(vec![node]);
        }
        match nodes {
            Some(nodes) => Ok(nodes),
            None => Ok(self.tree(tree)?.nodes),
        }
    }

    /// Looks whether everything that snapshots name is there; with `reads_data`, whether every pack is what it says.
    ///
    /// # Errors
    /// Only when the place cannot be listed: what is wrong with the repository is found, not an error.
    pub fn check(&self, reads_data: bool) -> Result<Found, RepositoryError> {
        let mut found = Found::default();
        self.check_packs(reads_data, &mut found)?;
        let mut seen = BTreeSet::new();
        let mut open = Vec::new();
        for name in self.names(FileKind::Snapshot)? {
            found.snapshots += 1;
            match unpacked::read::<Snapshot>(self.backend(), &self.key, FileKind::Snapshot, &name) {
                Ok(snapshot) => open.push(snapshot.tree),
                Err(error) => found.faults.push(error),
            }
        }
        while let Some(id) = open.pop() {
            if !seen.insert(id) {
                continue;
            }
            found.trees += 1;
            match self.tree(id) {
                Ok(tree) => self.check_tree(&tree, &mut open, &mut found),
                Err(error) => found.faults.push(error),
            }
        }
        Ok(found)
    }

    fn check_tree(&self, tree: &Tree, open: &mut Vec<Id>, found: &mut Found) {
        for node in &tree.nodes {
            open.extend(node.subtree);
            for id in node.content.iter().flatten() {
                found.blobs += 1;
                if !self.index.contains(BlobKind::Data, *id) {
                    found.faults.push(RepositoryError::UnknownBlob(*id));
                }
            }
        }
    }

    fn check_packs(&self, reads_data: bool, found: &mut Found) -> Result<(), RepositoryError> {
        let there: BTreeSet<String> = self.names(FileKind::Pack)?.into_iter().collect();
        for pack in self.index.packs() {
            found.packs += 1;
            let name = pack.to_string();
            if !there.contains(&name) {
                found.faults.push(RepositoryError::Gone { kind: FileKind::Pack, id: name });
            } else if reads_data {
                found.faults.extend(self.check_pack(*pack).err());
            }
        }
        Ok(())
    }

    fn check_pack(&self, pack: Id) -> Result<(), RepositoryError> {
        let name = pack.to_string();
        let damaged = |what: &str| RepositoryError::damaged(FileKind::Pack, &name, what);
        let bytes = unpacked::read_file(self.backend(), FileKind::Pack, &name, PACK_BYTES_MAX)?;
        if Id::of(&bytes) != pack {
            return Err(damaged("its content is not what its name says"));
        }
        for entry in pack::entries(&bytes, &self.key).map_err(damaged)? {
            let (begin, length) = (entry.offset as usize, entry.length as usize);
            debug_assert!(length >= SEAL_BYTES);
            self.opened(entry.id, &bytes[begin..begin + length], entry.uncompressed)
                .map_err(|what| RepositoryError::DamagedBlob { blob: entry.id, pack, what })?;
        }
        Ok(())
    }

    fn names(&self, kind: FileKind) -> Result<Vec<String>, RepositoryError> {
        let listed = self.backend.list(kind);
        let listed = listed
            .map_err(|error| RepositoryError::Target { what: format!("listing each {kind}"), error })?;
        Ok(listed.into_iter().map(|(name, _)| name).collect())
    }
}

/// Whether a repository is in the place: it has a configuration, of whatever length.
fn is_there(backend: &dyn Backend) -> Result<bool, RepositoryError> {
    match backend.read(FileKind::Config, "", 0) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) if error.kind() != io::ErrorKind::InvalidData => {
            Err(RepositoryError::Target { what: format!("looking at {}", backend.place()), error })
        }
        _ => Ok(true),
    }
}
