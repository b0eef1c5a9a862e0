//! Owns which blob lies where: in memory all of it, in the repository in files that are only added to.

use crate::backend::{Backend, FileKind};
use crate::blob::BlobKind;
use crate::crypto::SealKey;
use crate::error::RepositoryError;
use crate::id::Id;
use crate::pack::Entry;
use crate::unpacked;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// Where a blob is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlobPlace {
    pub pack: Id,
    pub offset: u32,
    /// As it is stored, sealed.
    pub length: u32,
    /// Of what was compressed.
    pub uncompressed: Option<u32>,
}

/// All blobs that the repository's indexes name.
#[derive(Default)]
pub struct Index {
    packs: Vec<Id>,
    numbers: HashMap<Id, u32>,
    blobs: HashMap<(BlobKind, Id), Place>,
}

/// As [`BlobPlace`], for millions.
#[derive(Clone, Copy)]
struct Place {
    pack: u32,
    offset: u32,
    length: u32,
    /// 0: not compressed. Nothing is empty when it is compressed.
    uncompressed: u32,
}

#[derive(Default, Serialize, Deserialize)]
pub(crate) struct IndexFile {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supersedes: Option<Vec<Id>>,
    pub packs: Vec<IndexedPack>,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct IndexedPack {
    pub id: Id,
    pub blobs: Vec<IndexedBlob>,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct IndexedBlob {
    pub id: Id,
    #[serde(rename = "type")]
    pub kind: BlobKind,
    pub offset: u32,
    pub length: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uncompressed_length: Option<u32>,
}

impl IndexedPack {
    pub fn of(id: Id, entries: &[Entry]) -> IndexedPack {
        let blob = |entry: &Entry| IndexedBlob {
            id: entry.id,
            kind: entry.kind,
            offset: entry.offset,
            length: entry.length,
            uncompressed_length: entry.uncompressed,
        };
        IndexedPack { id, blobs: entries.iter().map(blob).collect() }
    }
}

impl Index {
    /// Reads all of the repository's.
    pub(crate) fn read(backend: &dyn Backend, key: &SealKey) -> Result<Index, RepositoryError> {
        let listed = backend.list(FileKind::Index);
        let listed = listed
            .map_err(|error| RepositoryError::Target { what: "listing the indexes".to_owned(), error })?;
        let mut index = Index::default();
        for (name, _) in listed {
            let file: IndexFile = unpacked::read(backend, key, FileKind::Index, &name)?;
            file.packs.iter().for_each(|pack| index.add(pack));
        }
        Ok(index)
    }

    /// Of a blob that is in several packs, the first is kept.
    pub(crate) fn add(&mut self, pack: &IndexedPack) {
        let number = *self.numbers.entry(pack.id).or_insert_with(|| {
            self.packs.push(pack.id);
            self.packs.len() as u32 - 1
        });
        for blob in &pack.blobs {
            let place = Place {
                pack: number,
                offset: blob.offset,
                length: blob.length,
                uncompressed: blob.uncompressed_length.unwrap_or(0),
            };
            self.blobs.entry((blob.kind, blob.id)).or_insert(place);
        }
    }

    pub fn get(&self, kind: BlobKind, id: Id) -> Option<BlobPlace> {
        let Place { pack, offset, length, uncompressed } = *self.blobs.get(&(kind, id))?;
        let pack = *self.packs.get(pack as usize)?;
        Some(BlobPlace {
            pack,
            offset,
            length,
            uncompressed: Some(uncompressed).filter(|length| *length != 0),
        })
    }

    pub fn contains(&self, kind: BlobKind, id: Id) -> bool {
        self.blobs.contains_key(&(kind, id))
    }

    /// Every pack that an index names.
    pub fn packs(&self) -> &[Id] {
        &self.packs
    }

    /// How many blobs there are.
    pub fn len(&self) -> usize {
        self.blobs.len()
    }

    pub fn is_empty(&self) -> bool {
        self.blobs.is_empty()
    }
}
