//! What every member knows and nobody else may: the authority's key and the key of file handles.

use crate::wire::{ClusterId, decode_all};
use nasd_base::Entropy;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Bytes that are never shown: not by `Debug`, and there is no `Display`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Secret(Vec<u8>);

impl Secret {
    pub fn new(bytes: Vec<u8>) -> Secret {
        Secret(bytes)
    }

    /// `len` random bytes.
    pub fn random(entropy: &dyn Entropy, len: usize) -> Secret {
        let mut bytes = vec![0; len];
        entropy.fill(&mut bytes);
        Secret(bytes)
    }

    /// The bytes themselves. The caller keeps them out of messages and logs.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({} bytes)", self.0.len())
    }
}

/// Bytes of the key that authenticates NFS file handles.
pub const HANDLE_KEY_BYTES: usize = 32;

/// The secrets that a node gets when it joins, and keeps in its file `secrets`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterSecrets {
    pub cluster: ClusterId,
    /// Authenticates NFS file handles on all nodes.
    pub handle_key: Secret,
    /// The authority's private key, PKCS#8 in DER.
    pub authority_key: Secret,
}

/// The bytes inside the envelope.
#[derive(Serialize, Deserialize)]
struct Content {
    cluster: ClusterId,
    handle_key: Secret,
    authority_key: Secret,
}

const MAGIC: &[u8; 8] = b"GTSECRT1";
const CHECKSUM_BYTES: usize = 32;
/// Far more than a key and its surroundings take.
const SECRETS_BYTES_MAX: usize = 4096;

impl ClusterSecrets {
    /// Magic, content, checksum: see `docs/formats/node-identity.md`.
    pub fn encode(&self) -> Secret {
        let ClusterSecrets { cluster, handle_key, authority_key } = self.clone();
        let content = Content { cluster, handle_key, authority_key };
        let mut bytes = postcard::to_extend(&content, MAGIC.to_vec()).expect("secrets always encode");
        let checksum = blake3::hash(&bytes);
        bytes.extend_from_slice(checksum.as_bytes());
        Secret(bytes)
    }

    /// `None` for damaged bytes.
    pub fn decode(bytes: &[u8]) -> Option<ClusterSecrets> {
        if bytes.len() > SECRETS_BYTES_MAX {
            return None;
        }
        let (content, checksum) = bytes.split_at_checked(bytes.len().checked_sub(CHECKSUM_BYTES)?)?;
        if blake3::hash(content).as_bytes() != checksum {
            return None;
        }
        let Content { cluster, handle_key, authority_key } = decode_all(content.strip_prefix(MAGIC)?)?;
        if handle_key.0.len() != HANDLE_KEY_BYTES {
            return None;
        }
        Some(ClusterSecrets { cluster, handle_key, authority_key })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn secrets() -> ClusterSecrets {
        let authority_key = Secret::new(b"CANARY-KEY".to_vec());
        let handle_key = Secret::new(b"CANARY-HANDLE-KEY-of-32-bytes!!!".to_vec());
        ClusterSecrets { cluster: ClusterId([7; 16]), handle_key, authority_key }
    }

    #[test]
    fn secrets_are_never_shown() {
        let shown = format!("{:?} {:#?}", secrets(), secrets().encode());
        assert!(
            !shown.contains("CANARY") && !shown.contains("67, 65") && shown.contains("32 bytes"),
            "{shown}"
        );
    }

    proptest! {
        #[test]
        fn any_damage_is_found(at in 0usize..1000, flip in 1u8.., cut in 0usize..1000) {
            let whole = secrets().encode();
            prop_assert_eq!(ClusterSecrets::decode(whole.expose()), Some(secrets()));
            let mut bytes = whole.expose().to_vec();
            let at = at % bytes.len();
            bytes[at] ^= flip;
            prop_assert_eq!(ClusterSecrets::decode(&bytes), None);
            let cut = cut % whole.expose().len();
            prop_assert_eq!(ClusterSecrets::decode(&whole.expose()[..cut]), None);
        }
    }
}
