//! Owns how keys are made of passphrases: each is stretched to a mebibyte and hashed (RFC 3414 §A.2), and the digest is tied
//! to one engine (§2.6), with SHA-1 or a digest of the SHA-2 family (RFC 7860 §4). A node's keys open nothing elsewhere.

use nasd_base::snmp::{AuthProtocol, Privacy};
use ring::digest::{Algorithm, Context, SHA1_FOR_LEGACY_USE_ONLY, SHA256, SHA384, SHA512};
use sha2::{Digest, Sha224};

/// A passphrase is repeated to this length.
const STRETCHED_BYTES: usize = 1 << 20;

/// One digest over the parts, in their order.
fn digest<'a>(auth: AuthProtocol, parts: impl Iterator<Item = &'a [u8]>) -> Vec<u8> {
    let algorithm: &'static Algorithm = match auth {
        AuthProtocol::Sha224 => {
            return parts.fold(Sha224::new(), |hash, part| hash.chain_update(part)).finalize().to_vec();
        }
        AuthProtocol::Sha1 => &SHA1_FOR_LEGACY_USE_ONLY,
        AuthProtocol::Sha256 => &SHA256,
        AuthProtocol::Sha384 => &SHA384,
        AuthProtocol::Sha512 => &SHA512,
    };
    let mut hash = Context::new(algorithm);
    parts.for_each(|part| hash.update(part));
    hash.finish().as_ref().to_vec()
}

/// The key of a passphrase, good for every engine: not to be kept.
struct Master {
    auth: AuthProtocol,
    key: Vec<u8>,
}

impl Master {
    /// Milliseconds of work. An empty passphrase makes no key that anybody knows.
    fn of(auth: AuthProtocol, passphrase: &str) -> Master {
        let bytes = passphrase.as_bytes();
        // Whole repetitions make up a piece; of the last piece what is left of the length.
        let piece = bytes.repeat(4096_usize.div_ceil(bytes.len().max(1)));
        let whole = STRETCHED_BYTES.checked_div(piece.len()).unwrap_or_default();
        let rest = &piece[..STRETCHED_BYTES.checked_rem(piece.len()).unwrap_or_default()];
        let pieces = std::iter::repeat_n(&piece[..], whole).chain([rest]);
        Master { auth, key: digest(auth, pieces) }
    }

    fn localized(&self, engine: &[u8]) -> Vec<u8> {
        digest(self.auth, [&self.key[..], engine, &self.key[..]].into_iter())
    }
}

/// For each engine the key that messages are signed with, then that which they are enciphered with, as long as the cipher
/// takes it (RFC 3826 §1.2.1).
pub fn localized(
    auth: (AuthProtocol, &str),
    privacy: (Privacy, &str),
    engines: impl Iterator<Item = Vec<u8>>,
) -> Vec<u8> {
    let signs = Master::of(auth.0, auth.1);
    let enciphers = (privacy.0 != Privacy::None).then(|| Master::of(auth.0, privacy.1));
    engines
        .flat_map(|engine| {
            let cipher = enciphers.as_ref().map(|master| master.localized(&engine)).unwrap_or_default();
            let cipher = cipher.into_iter().take(privacy.0.key_bytes());
            signs.localized(&engine).into_iter().chain(cipher).collect::<Vec<u8>>()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tag::hex;
    use proptest::prelude::*;

    const ENGINE: [u8; 12] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2];

    /// RFC 3414 §A.3.2.
    #[test]
    fn sha_1_makes_the_keys_of_the_standard() {
        let master = Master::of(AuthProtocol::Sha1, "maplesyrup");
        assert_eq!(hex(&master.key), "9fb5cc0381497b3793528939ff788d5d79145211");
        assert_eq!(hex(&master.localized(&ENGINE)), "6695febc9288e36282235fc7151f128497b38f3f");
    }

    /// As Python's hashlib makes them, from the text of RFC 3414 §A.2; net-snmp's `snmpget -3m` and `-3k` take the same.
    #[test]
    fn the_sha_2_family_makes_the_keys_that_others_make() {
        for (auth, expected) in VECTORS {
            assert_eq!(hex(&Master::of(auth, "maplesyrup").localized(&ENGINE)), expected, "{auth}");
        }
    }

    const VECTORS: [(AuthProtocol, &str); 4] = [
        (AuthProtocol::Sha224, "0bd8827c6e29f8065e08e09237f177e410f69b90e1782be682075674"),
        (AuthProtocol::Sha256, "8982e0e549e866db361a6b625d84cccc11162d453ee8ce3a6445c2d6776f0f8b"),
        (
            AuthProtocol::Sha384,
            "3b298f16164a11184279d5432bf169e2d2a48307de02b3d3f7e2b4f36eb6f0455a53689a3937eea07319a633d2ccba78",
        ),
        (
            AuthProtocol::Sha512,
            "22a5a36cedfcc085807a128d7bc6c2382167ad6c0dbc5fdff856740f3d84c099ad1ea87a8db096714d9788bd544047c9021e4229ce27e4c0a69250adfcffbb0b",
        ),
    ];

    #[test]
    fn a_user_has_as_much_of_each_key_as_its_protocols_take() {
        let (engines, auth) = ([vec![1; 5], vec![2; 5]], (AuthProtocol::Sha256, "maplesyrup"));
        for (privacy, bytes) in [(Privacy::None, 32), (Privacy::Aes, 48), (Privacy::Aes256, 64)] {
            let keys = localized(auth, (privacy, "syrupmaple"), engines.iter().cloned());
            assert_eq!(keys.len(), 2 * bytes, "{privacy}");
            assert_eq!(keys[..32], Master::of(auth.0, auth.1).localized(&engines[0])[..]);
            let other = Master::of(auth.0, "syrupmaple").localized(&engines[1]);
            assert_eq!(keys[bytes + 32..], other[..bytes - 32], "{privacy}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20))]

        /// Against the standard's own way, byte by byte.
        #[test]
        fn a_passphrase_of_any_length_is_stretched_as_the_standard_does(passphrase in ".{1,300}") {
            let bytes: Vec<u8> = passphrase.bytes().cycle().take(STRETCHED_BYTES).collect();
            let expected = ring::digest::digest(&SHA256, &bytes);
            prop_assert_eq!(&Master::of(AuthProtocol::Sha256, &passphrase).key[..], expected.as_ref());
        }
    }
}
