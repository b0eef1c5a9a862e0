//! Owns files that hold one JSON document, sealed: the configuration, indexes, snapshots and locks.

use crate::backend::{Backend, FileKind};
use crate::crypto::SealKey;
use crate::error::RepositoryError;
use crate::id::Id;
use nasd_base::Entropy;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io;

/// Largest of these files, and largest document: an index of 50,000 packs of the smallest size is a fraction.
const DOCUMENT_BYTES_MAX: u64 = 512 << 20;
/// How a compressed document begins.
const COMPRESSED: u8 = 2;
const ZSTD_LEVEL: i32 = 3;

pub(crate) fn read<T: DeserializeOwned>(
    backend: &dyn Backend,
    key: &SealKey,
    kind: FileKind,
    name: &str,
) -> Result<T, RepositoryError> {
    let damaged = |what: &dyn ToString| RepositoryError::damaged(kind, name, what.to_string());
    let sealed = read_file(backend, kind, name, DOCUMENT_BYTES_MAX)?;
    if kind != FileKind::Config && Id::of(&sealed).to_string() != name {
        return Err(damaged(&"its content is not what its name says"));
    }
    let plain = key.open(&sealed).ok_or_else(|| damaged(&"it does not open with the repository's key"))?;
    let document = match plain.first() {
        Some(&COMPRESSED) => {
            decompressed(&plain[1..], DOCUMENT_BYTES_MAX as usize).map_err(|error| damaged(&error))?
        }
        _ => plain,
    };
    serde_json::from_slice(&document).map_err(|error| damaged(&error))
}

/// Durable on return. Its name is the id of what is stored; the configuration has none. The first format knows nothing
/// compressed, and nobody could read the configuration before knowing the format.
pub(crate) fn write<T: Serialize>(
    backend: &dyn Backend,
    key: &SealKey,
    entropy: &dyn Entropy,
    kind: FileKind,
    document: &T,
    compresses: bool,
) -> Result<Id, RepositoryError> {
    let json = serde_json::to_vec(document).map_err(io::Error::other);
    let json = json.map_err(|error| RepositoryError::Target { what: format!("writing {kind}"), error })?;
    let plain = if compresses { [vec![COMPRESSED], compressed(&json)].concat() } else { json };
    let mut sealed = Vec::new();
    key.seal(&plain, entropy, &mut sealed);
    let id = Id::of(&sealed);
    let name = if kind == FileKind::Config { String::new() } else { id.to_string() };
    write_file(backend, kind, &name, &sealed)?;
    Ok(id)
}

pub(crate) fn read_file(
    backend: &dyn Backend,
    kind: FileKind,
    name: &str,
    bytes_max: u64,
) -> Result<Vec<u8>, RepositoryError> {
    backend.read(kind, name, bytes_max).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => RepositoryError::Gone { kind, id: name.to_owned() },
        io::ErrorKind::InvalidData => RepositoryError::damaged(kind, name, error),
        _ => RepositoryError::Target { what: format!("reading {kind} {name}"), error },
    })
}

pub(crate) fn write_file(
    backend: &dyn Backend,
    kind: FileKind,
    name: &str,
    bytes: &[u8],
) -> Result<(), RepositoryError> {
    let written = backend.write(kind, name, bytes);
    written.map_err(|error| RepositoryError::Target { what: format!("writing {kind} {name}"), error })
}

pub(crate) fn compressed(plain: &[u8]) -> Vec<u8> {
    // Into memory, with a level that there is: it cannot fail.
    zstd::bulk::compress(plain, ZSTD_LEVEL).unwrap_or_default()
}

/// At most `bytes_max` bytes, whatever it claims.
pub(crate) fn decompressed(compressed: &[u8], bytes_max: usize) -> io::Result<Vec<u8>> {
    use std::io::Read;
    let mut plain = Vec::new();
    let read =
        zstd::stream::read::Decoder::new(compressed)?.take(bytes_max as u64 + 1).read_to_end(&mut plain)?;
    match read <= bytes_max {
        true => Ok(plain),
        false => {
            Err(io::Error::other(format!("it is longer than {bytes_max} bytes when it is decompressed")))
        }
    }
}
