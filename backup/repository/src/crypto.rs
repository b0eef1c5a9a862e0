//! Owns how what is stored is sealed: AES-256 in counter mode, then Poly1305-AES over what came out. A sealed text is
//! nonce (16 bytes), ciphertext, tag (16 bytes).

use aes::Aes128;
use aes::cipher::{Array, BlockCipherEncrypt, KeyInit, KeyIvInit, StreamCipher};
use nasd_base::Entropy;
use poly1305::Poly1305;

type Aes256Ctr = ctr::Ctr128BE<aes::Aes256>;

const NONCE_BYTES: usize = 16;
const TAG_BYTES: usize = 16;
/// How much longer a sealed text is.
pub(crate) const SEAL_BYTES: usize = NONCE_BYTES + TAG_BYTES;

/// A key for sealing, and for the tags.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct SealKey {
    pub encrypt: [u8; 32],
    pub mac_k: [u8; 16],
    pub mac_r: [u8; 16],
}

impl SealKey {
    pub fn random(entropy: &dyn Entropy) -> SealKey {
        let mut bytes = [0; 64];
        entropy.fill(&mut bytes);
        SealKey::from_bytes(&bytes)
    }

    /// The key for encryption, then k and r of the tags, as scrypt gives them.
    pub fn from_bytes(bytes: &[u8; 64]) -> SealKey {
        let mut key = SealKey { encrypt: [0; 32], mac_k: [0; 16], mac_r: [0; 16] };
        key.encrypt.copy_from_slice(&bytes[..32]);
        key.mac_k.copy_from_slice(&bytes[32..48]);
        key.mac_r.copy_from_slice(&bytes[48..]);
        key
    }

    /// Appends the sealed text to `out`.
    pub fn seal(&self, plain: &[u8], entropy: &dyn Entropy, out: &mut Vec<u8>) {
        let mut nonce = [0; NONCE_BYTES];
        entropy.fill(&mut nonce);
        out.reserve(plain.len() + SEAL_BYTES);
        out.extend_from_slice(&nonce);
        let begin = out.len();
        out.extend_from_slice(plain);
        self.cipher(&nonce).apply_keystream(&mut out[begin..]);
        let tag = self.tag(&nonce, &out[begin..]);
        out.extend_from_slice(&tag);
    }

    /// `None` when somebody else sealed it, or it was changed since.
    pub fn open(&self, sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, rest) = sealed.split_first_chunk::<NONCE_BYTES>()?;
        let (ciphertext, tag) = rest.split_last_chunk::<TAG_BYTES>()?;
        if !same(&self.tag(nonce, ciphertext), tag) {
            return None;
        }
        let mut plain = ciphertext.to_vec();
        self.cipher(nonce).apply_keystream(&mut plain);
        Some(plain)
    }

    fn cipher(&self, nonce: &[u8; NONCE_BYTES]) -> Aes256Ctr {
        Aes256Ctr::new(&Array(self.encrypt), &Array(*nonce))
    }

    fn tag(&self, nonce: &[u8; NONCE_BYTES], ciphertext: &[u8]) -> [u8; TAG_BYTES] {
        let mut s = Array(*nonce);
        Aes128::new(&Array(self.mac_k)).encrypt_block(&mut s);
        let mut key = [0; 32];
        key[..16].copy_from_slice(&self.mac_r);
        key[16..].copy_from_slice(&s);
        Poly1305::new(&Array(key)).compute_unpadded(ciphertext).into()
    }
}

/// In the same time, wherever they differ.
fn same(one: &[u8; TAG_BYTES], other: &[u8; TAG_BYTES]) -> bool {
    one.iter().zip(other).fold(0, |differ, (one, other)| differ | (one ^ other)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use nasd_base::SeededEntropy;
    use proptest::prelude::*;

    /// The examples of the paper that defines Poly1305-AES (Bernstein 2005, appendix B).
    #[test]
    fn tags_are_those_of_the_paper() {
        let key = SealKey {
            encrypt: [0; 32],
            mac_k: hex("ec074c835580741701425b623235add6"),
            mac_r: hex("851fc40c3467ac0be05cc20404f3f700"),
        };
        let tag = key.tag(&hex("fb447350c4e868c52ac3275cf9d4327e"), &hex::<2>("f3f6"));
        assert_eq!(tag, hex("f4c633c3044fc145f84f335cb81953de"));
    }

    fn hex<const N: usize>(text: &str) -> [u8; N] {
        let byte = |at: usize| u8::from_str_radix(&text[2 * at..2 * at + 2], 16).unwrap();
        std::array::from_fn(byte)
    }

    proptest! {
        #[test]
        fn what_is_sealed_opens_and_what_is_changed_does_not(
            plain in prop::collection::vec(any::<u8>(), 0..200), seed: u64, at: prop::sample::Index, bit in 0..8_u8,
        ) {
            let entropy = SeededEntropy::new(seed);
            let key = SealKey::random(&entropy);
            let mut sealed = Vec::new();
            key.seal(&plain, &entropy, &mut sealed);
            prop_assert_eq!(sealed.len(), plain.len() + SEAL_BYTES);
            prop_assert_eq!(key.open(&sealed), Some(plain));
            prop_assert_eq!(SealKey::random(&entropy).open(&sealed), None);
            let at = at.index(sealed.len());
            sealed[at] ^= 1 << bit;
            prop_assert_eq!(key.open(&sealed), None);
            prop_assert_eq!(key.open(&sealed[..at]), None);
        }
    }
}
