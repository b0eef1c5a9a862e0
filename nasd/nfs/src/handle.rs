//! File handles: what an NFS client keeps of a file, the same on every node and impossible to make up.
//!
//! 44 bytes, described in `docs/formats/nfs-handle.md`: format version, volume, inode, generation and a
//! keyed MAC over them. The key is the cluster's, so a handle outlives nodes, restarts and moved addresses.
//!
//! A handle is a way to a file that does not lead through its directories, as with every NFS server: who got one while
//! the path could be searched goes on using the file as far as the file's own mode and list allow, whatever becomes of
//! the path. Taking a file away from somebody takes a change of its own mode. So no procedure hands out a handle or
//! attributes of something in a directory that the caller may not search.

use crate::xdr::{Decoder, Encoder, Malformed, Xdr};
use bytes::Bytes;
use nasd_base::{Ino, VolumeId};

/// Longest handle the protocol allows, in bytes (NFS3_FHSIZE).
pub const HANDLE_BYTES_MAX: usize = 64;
/// Length of our handles, in bytes.
pub const HANDLE_BYTES: usize = BODY_BYTES + MAC_BYTES;

const BODY_BYTES: usize = 28;
const MAC_BYTES: usize = 16;
const VERSION: [u8; 4] = [1, 0, 0, 0];
const MAC_CONTEXT: &str = "gotgan 2026-11 nfs file handle mac";

/// A handle as it travels: opaque to clients.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct FileHandle(pub Bytes);

impl Xdr for FileHandle {
    fn encode(&self, out: &mut Encoder) {
        out.opaque(&self.0);
    }
    fn decode(input: &mut Decoder) -> Result<Self, Malformed> {
        Ok(FileHandle(input.opaque(HANDLE_BYTES_MAX)?))
    }
}

/// What a genuine handle names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FileId {
    pub volume: VolumeId,
    pub ino: Ino,
    pub generation: u64,
}

/// Makes and checks handles with the cluster's key.
#[derive(Clone)]
pub struct HandleKey {
    mac: [u8; 32],
}

impl HandleKey {
    /// `secret` is shared by all nodes of the cluster and never leaves it.
    pub fn new(secret: &[u8; 32]) -> HandleKey {
        HandleKey { mac: blake3::derive_key(MAC_CONTEXT, secret) }
    }

    pub fn seal(&self, id: FileId) -> FileHandle {
        let mut bytes = [0; HANDLE_BYTES];
        bytes[..4].copy_from_slice(&VERSION);
        bytes[4..12].copy_from_slice(&id.volume.0.to_be_bytes());
        bytes[12..20].copy_from_slice(&id.ino.0.to_be_bytes());
        bytes[20..28].copy_from_slice(&id.generation.to_be_bytes());
        let mac = self.mac_of(&bytes[..BODY_BYTES]);
        bytes[BODY_BYTES..].copy_from_slice(&mac.as_bytes()[..MAC_BYTES]);
        FileHandle(Bytes::copy_from_slice(&bytes))
    }

    /// What the handle names, or `None` for one that this cluster never gave out.
    pub fn open(&self, handle: &FileHandle) -> Option<FileId> {
        let bytes: &[u8; HANDLE_BYTES] = handle.0.as_ref().try_into().ok()?;
        let (body, mac) = bytes.split_at(BODY_BYTES);
        if body[..4] != VERSION || !self.genuine(body, mac) {
            return None;
        }
        let word = |at: usize| u64::from_be_bytes(body[at..at + 8].try_into().expect("eight bytes"));
        Some(FileId { volume: VolumeId(word(4)), ino: Ino(word(12)), generation: word(20) })
    }

    fn mac_of(&self, body: &[u8]) -> blake3::Hash {
        blake3::keyed_hash(&self.mac, body)
    }

    /// Constant-time: the given half is completed with the right one, and whole hashes are compared.
    fn genuine(&self, body: &[u8], mac: &[u8]) -> bool {
        let right = self.mac_of(body);
        let mut given = *right.as_bytes();
        given[..MAC_BYTES].copy_from_slice(mac);
        blake3::Hash::from_bytes(given) == right
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ID: FileId = FileId { volume: VolumeId(3), ino: Ino(1 << 40), generation: 9 };

    #[test]
    fn handles_are_the_same_on_every_node_and_differ_between_clusters() {
        let (a, b, other) = (HandleKey::new(&[1; 32]), HandleKey::new(&[1; 32]), HandleKey::new(&[2; 32]));
        assert_eq!(a.seal(ID), b.seal(ID));
        assert_eq!(b.open(&a.seal(ID)), Some(ID));
        assert_eq!(other.open(&a.seal(ID)), None);
    }

    #[test]
    fn the_saved_handle_of_format_1_still_opens() {
        let saved =
            "010000000000000000000003000001000000000000000000000000090918cc3adcff03764a04e1e608c283c1";
        let key = HandleKey::new(&[1; 32]);
        let hex: String = key.seal(ID).0.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, saved);
    }

    proptest! {
        #[test]
        fn a_changed_bit_makes_a_forgery(bit in 0usize..HANDLE_BYTES * 8) {
            let key = HandleKey::new(&[1; 32]);
            let mut bytes = key.seal(ID).0.to_vec();
            bytes[bit / 8] ^= 1 << (bit % 8);
            prop_assert_eq!(key.open(&FileHandle(bytes.into())), None);
        }

        #[test]
        fn garbage_is_no_handle(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            prop_assert_eq!(HandleKey::new(&[1; 32]).open(&FileHandle(bytes.into())), None);
        }
    }
}
