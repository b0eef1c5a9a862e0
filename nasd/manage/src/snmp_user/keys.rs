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

    /// As net-snmp 5.9.3 keeps them: `createUser -e ENGINE u PROTOCOL "maplesyrup" PRIVACY "syrupmaple"` in snmpd.conf, and
    /// what snmpd makes of it in its persistent file. Python's hashlib makes the same from the text of RFC 3414 §A.2.
    #[test]
    fn keys_are_those_that_net_snmp_makes() {
        for (auth, privacy, expected) in OF_NET_SNMP {
            let engines = [nasd_base::snmp::engine_id(&[9; 16], 1)].into_iter();
            assert_eq!(
                hex(&localized((auth, "maplesyrup"), (privacy, "syrupmaple"), engines)),
                expected,
                "{auth}"
            );
        }
    }

    /// The key that messages are signed with, then that which they are enciphered with.
    const OF_NET_SNMP: [(AuthProtocol, Privacy, &str); 5] = [
        (
            AuthProtocol::Sha1,
            Privacy::Aes,
            "95eb77363f9dde11bc92b422f6fed9bfcdfaf550a91b2e6d790e3529f7d77cc83edbffed",
        ),
        (
            AuthProtocol::Sha224,
            Privacy::Aes,
            "0f3864bc43a79da014bb149e12149b2c2689f2f8c9c321e197b86299b48f1cc4681229f018c64e5c56dfc628",
        ),
        (
            AuthProtocol::Sha256,
            Privacy::Aes,
            "85a827605b08b8fdedbfcac3de9f5852b061475dc62c52a52200b809c2573bb3ebc8fb75e8e2fc64d4d82fd02495e96a",
        ),
        (
            AuthProtocol::Sha384,
            Privacy::Aes,
            "5eccb0f75f06f13b539dbeb579c67520f40193d6393ccbfd965798aec2c107eac92aa476bdbadca6aea7df291f193686b937b48d0ded8c11e470aad2d853d3e1",
        ),
        (
            AuthProtocol::Sha512,
            Privacy::Aes256,
            "c02a82b7735822f7257c490d077e51155fbe56e4e44af5716e02aab3dfad5752cef8dcc44e3a9bff2f39f1a00e78faed9a1e599e12bcbf433dcf4903622eeb37385d4f77441e2a9769bdb911c7e50237b16678cb8f21bb64b15cd64a6664e584",
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
