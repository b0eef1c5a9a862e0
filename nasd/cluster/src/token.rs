//! Join tokens as operators carry them: `gotgan1-<letters>@host:port`.
//!
//! The letters are base32 (RFC 4648, lower case, no padding) of the authority's fingerprint (32 bytes), the
//! token's secret (16 bytes) and a check (4 bytes) that tells a mistyped token from a wrong one.

use crate::secrets::Secret;
use nasd_base::Entropy;

/// BLAKE3 of a join token's secret: what the state knows of it.
pub type TokenHash = [u8; 32];

const PREFIX: &str = "gotgan1-";
const FINGERPRINT_BYTES: usize = 32;
/// 128 bits: nobody guesses one within its quarter of an hour.
const SECRET_BYTES: usize = 16;
const CHECK_BYTES: usize = 4;
const PACKED_BYTES: usize = FINGERPRINT_BYTES + SECRET_BYTES + CHECK_BYTES;
/// Longest token, in bytes: the letters and a `host:port`.
const TOKEN_BYTES_MAX: usize = 512;

/// Lets one node join.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JoinToken {
    /// BLAKE3 of the authority's certificate in DER.
    pub authority: [u8; FINGERPRINT_BYTES],
    pub secret: Secret,
    /// A member's `host:port`.
    pub address: String,
}

/// A text that is no join token. It may be a mistyped one, so it is not shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadToken {
    #[error(
        "this is no join token; one looks like gotgan1-...@host:port, and `nasctl cluster token` makes it"
    )]
    Shape,
    #[error("the join token was mistyped or cut; copy it again as a whole")]
    Mistyped,
}

impl JoinToken {
    /// A new token of this cluster. `address`: of a member that the joining node can reach.
    pub fn create(authority: [u8; FINGERPRINT_BYTES], address: String, entropy: &dyn Entropy) -> JoinToken {
        JoinToken { authority, secret: Secret::random(entropy, SECRET_BYTES), address }
    }

    pub fn parse(text: &str) -> Result<JoinToken, BadToken> {
        let text = text.trim();
        if text.len() > TOKEN_BYTES_MAX {
            return Err(BadToken::Shape);
        }
        let (letters, address) =
            text.strip_prefix(PREFIX).and_then(|rest| rest.split_once('@')).ok_or(BadToken::Shape)?;
        let bytes: [u8; PACKED_BYTES] =
            unletter(letters).and_then(|bytes| bytes.try_into().ok()).ok_or(BadToken::Mistyped)?;
        let (content, check) = bytes.split_at(FINGERPRINT_BYTES + SECRET_BYTES);
        if check != checked(content, address) {
            return Err(BadToken::Mistyped);
        }
        let (authority, secret) = content.split_at(FINGERPRINT_BYTES);
        Ok(JoinToken {
            authority: authority.try_into().expect("split at its length"),
            secret: Secret::new(secret.to_vec()),
            address: address.to_owned(),
        })
    }

    /// The text for the operator. Whoever sees it can join: show it once, keep it nowhere.
    pub fn reveal(&self) -> String {
        let mut bytes = [&self.authority[..], self.secret.expose()].concat();
        bytes.extend(checked(&bytes, &self.address));
        format!("{PREFIX}{}@{}", letters(&bytes), self.address)
    }

    /// What the cluster's state knows of the token.
    pub fn hash(&self) -> TokenHash {
        secret_hash(&self.secret)
    }
}

/// What the state knows of a token with this secret.
pub fn secret_hash(secret: &Secret) -> TokenHash {
    blake3::hash(secret.expose()).into()
}

fn checked(content: &[u8], address: &str) -> [u8; CHECK_BYTES] {
    let mut hasher = blake3::Hasher::new_derive_key("gotgan 1 join token check");
    hasher.update(content).update(address.as_bytes());
    let hash = hasher.finalize();
    hash.as_bytes()[..CHECK_BYTES].try_into().expect("cut to its length")
}

const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// Base32: five bits to a letter, the last one filled with zero bits.
/// Base32 in lower case (RFC 4648), without padding.
pub fn letters(bytes: &[u8]) -> String {
    let bit = |at: usize| bytes.get(at / 8).map_or(0, |byte| byte >> (7 - at % 8) & 1);
    let letter = |first: usize| (first..first + 5).fold(0, |value, at| value << 1 | bit(at));
    (0..bytes.len() * 8).step_by(5).map(|first| char::from(ALPHABET[usize::from(letter(first))])).collect()
}

/// The inverse; `None` for other letters and for filling bits that are not zero.
fn unletter(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() * 5 / 8);
    let (mut pending, mut bits) = (0u16, 0u32);
    for letter in text.bytes() {
        let value = ALPHABET.iter().position(|other| *other == letter.to_ascii_lowercase())?;
        pending = pending << 5 | value as u16;
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push((pending >> bits) as u8);
            pending &= (1 << bits) - 1;
        }
    }
    (bits < 5 && pending == 0).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use nasd_base::SeededEntropy;
    use proptest::prelude::*;

    fn token() -> JoinToken {
        JoinToken::create([7; 32], "192.0.2.7:7400".to_owned(), &SeededEntropy::new(1))
    }

    #[test]
    fn base32_is_that_of_rfc_4648() {
        for (bytes, text) in
            [("", ""), ("f", "my"), ("fo", "mzxq"), ("foo", "mzxw6"), ("foobar", "mzxw6ytboi")]
        {
            assert_eq!(letters(bytes.as_bytes()), text);
            assert_eq!(unletter(text).unwrap(), bytes.as_bytes());
        }
    }

    #[test]
    fn a_token_survives_its_text() {
        let text = token().reveal();
        assert!(text.starts_with("gotgan1-") && text.ends_with("@192.0.2.7:7400"), "{text}");
        assert_eq!(JoinToken::parse(&format!(" {text}\n")), Ok(token()));
        assert_eq!(JoinToken::parse(&text.to_uppercase().replace("GOTGAN1-", "gotgan1-")), Ok(token()));
    }

    #[test]
    fn a_mistyped_token_is_told_from_something_else() {
        let text = token().reveal();
        assert_eq!(JoinToken::parse("hello"), Err(BadToken::Shape));
        assert_eq!(JoinToken::parse(&text.replace('@', " ")), Err(BadToken::Shape));
        assert_eq!(JoinToken::parse(&text.replace("192.0.2.7", "192.0.2.8")), Err(BadToken::Mistyped));
        assert_eq!(JoinToken::parse(&text.replacen("gotgan1-", "gotgan1-a", 1)), Err(BadToken::Mistyped));
    }

    #[test]
    fn a_token_is_not_shown() {
        let shown = format!("{:?}", token());
        let secret = &token().secret;
        assert!(shown.contains("Secret(16 bytes)") && !shown.contains(&letters(secret.expose())));
        assert!(!shown.contains(&format!("{:?}", secret.expose())));
    }

    proptest! {
        #[test]
        fn any_text_is_refused_or_a_token(text in "(gotgan1-)?[a-z2-7]{0,100}@?[a-z0-9:.]{0,20}") {
            if let Ok(token) = JoinToken::parse(&text) {
                prop_assert_eq!(token.reveal(), text);
            }
        }

        #[test]
        fn one_wrong_letter_is_noticed(at in 8usize..80, letter in "[a-z2-7]") {
            let text = token().reveal();
            let mut wrong = text.clone();
            wrong.replace_range(at..=at, &letter);
            prop_assert!(wrong == text || JoinToken::parse(&wrong) == Err(BadToken::Mistyped));
        }
    }
}
