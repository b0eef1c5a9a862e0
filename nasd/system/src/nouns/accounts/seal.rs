//! Sealing what the state must be able to read back: ChaCha20-Poly1305 under a key of the cluster's secrets, which
//! are in no log, snapshot or backup.

use nasd_base::Entropy;
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};

/// Separates this use of the cluster's secret from all others.
const CONTEXT: &str = "gotgan 1 seal of second factors";

/// Seals and opens; the same on all nodes of a cluster.
pub struct SealKey(LessSafeKey);

impl SealKey {
    /// `secret`: the key that authenticates NFS handles, from which this one is derived.
    pub fn derive(secret: &[u8]) -> SealKey {
        let key = blake3::derive_key(CONTEXT, secret);
        SealKey(LessSafeKey::new(UnboundKey::new(&CHACHA20_POLY1305, &key).expect("the key has its length")))
    }

    /// Of a seal on so many bytes.
    pub fn sealed_bytes(plain: usize) -> usize {
        NONCE_LEN + plain + CHACHA20_POLY1305.tag_len()
    }

    /// A random nonce (96 bits, for a few thousand seals in a cluster's life), then the sealed bytes. Only
    /// [`SealKey::open`] with the same `owner` gives them back.
    pub fn seal(&self, owner: &str, plain: &[u8], entropy: &dyn Entropy) -> Vec<u8> {
        let mut nonce = [0; NONCE_LEN];
        entropy.fill(&mut nonce);
        let mut sealed = plain.to_vec();
        let number = Nonce::assume_unique_for_key(nonce);
        let aad = Aad::from(owner.as_bytes());
        self.0.seal_in_place_append_tag(number, aad, &mut sealed).expect("a short text can be sealed");
        [&nonce[..], &sealed].concat()
    }

    /// `None` when the bytes were altered, belong to somebody else or were sealed by another cluster.
    pub fn open(&self, owner: &str, sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, sealed) = sealed.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut bytes = sealed.to_vec();
        let plain = self.0.open_in_place(nonce, Aad::from(owner.as_bytes()), &mut bytes).ok()?;
        Some(plain.to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nasd_base::SeededEntropy;

    #[test]
    fn only_the_owner_and_the_cluster_open_a_seal() {
        let key = SealKey::derive(b"one");
        let sealed = key.seal("amy", b"secret", &SeededEntropy::new(1));
        assert_eq!(sealed.len(), SealKey::sealed_bytes(6));
        assert_eq!(key.open("amy", &sealed).as_deref(), Some(&b"secret"[..]));
        assert_eq!(SealKey::derive(b"one").open("amy", &sealed).as_deref(), Some(&b"secret"[..]));
        assert_eq!(key.open("bob", &sealed), None);
        assert_eq!(SealKey::derive(b"two").open("amy", &sealed), None);
        for at in 0..sealed.len() {
            let mut bytes = sealed.clone();
            bytes[at] ^= 1;
            assert_eq!(key.open("amy", &bytes), None);
            assert_eq!(key.open("amy", &sealed[..at]), None);
        }
    }
}
