//! Words of SNMP that requests, the state and agents share: how users prove themselves, object identifiers, engine ids.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// PLACEHOLDER: the number that RFC 5612 gives to examples, until IANA has given us one of our own.
pub const ENTERPRISE: u32 = 32_473;

/// Longest object identifier, in numbers (RFC 2578 §3.5).
pub const OID_ARCS_MAX: usize = 128;
/// Fewest characters of a passphrase that a key is made of (RFC 3414 §11.2).
pub const PASSPHRASE_CHARS_MIN: usize = 8;
pub const PASSPHRASE_CHARS_MAX: usize = 256;
/// Fewest characters of a community. It is sent in clear, but it is not to be guessed.
pub const COMMUNITY_CHARS_MIN: usize = 8;
pub const COMMUNITY_CHARS_MAX: usize = 64;

/// How the sender of a message is proved (RFC 3414, RFC
/// 7860). Append, never reorder.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum AuthProtocol {
    #[serde(rename = "SHA")]
    Sha1,
    #[serde(rename = "SHA-224")]
    Sha224,
    #[default]
    #[serde(rename = "SHA-256")]
    Sha256,
    #[serde(rename = "SHA-384")]
    Sha384,
    #[serde(rename = "SHA-512")]
    Sha512,
}

impl AuthProtocol {
    pub const ALL: [AuthProtocol; 5] = [
        AuthProtocol::Sha1,
        AuthProtocol::Sha224,
        AuthProtocol::Sha256,
        AuthProtocol::Sha384,
        AuthProtocol::Sha512,
    ];

    /// As net-snmp's `-a` takes it.
    pub fn name(self) -> &'static str {
        match self {
            AuthProtocol::Sha1 => "SHA",
            AuthProtocol::Sha224 => "SHA-224",
            AuthProtocol::Sha256 => "SHA-256",
            AuthProtocol::Sha384 => "SHA-384",
            AuthProtocol::Sha512 => "SHA-512",
        }
    }

    /// Of a localized key: the whole digest.
    pub fn key_bytes(self) -> usize {
        match self {
            AuthProtocol::Sha1 => 20,
            AuthProtocol::Sha224 => 28,
            AuthProtocol::Sha256 => 32,
            AuthProtocol::Sha384 => 48,
            AuthProtocol::Sha512 => 64,
        }
    }
}

/// How a message is kept from others (RFC 3826). Append, never reorder.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Privacy {
    /// Not at all: everybody on the way can read it.
    #[serde(rename = "none")]
    None,
    #[default]
    #[serde(rename = "AES")]
    Aes,
    #[serde(rename = "AES-256")]
    Aes256,
}

impl Privacy {
    pub const ALL: [Privacy; 3] = [Privacy::None, Privacy::Aes, Privacy::Aes256];

    /// As net-snmp's `-x` takes it.
    pub fn name(self) -> &'static str {
        match self {
            Privacy::None => "none",
            Privacy::Aes => "AES",
            Privacy::Aes256 => "AES-256",
        }
    }

    pub fn key_bytes(self) -> usize {
        match self {
            Privacy::None => 0,
            Privacy::Aes => 16,
            Privacy::Aes256 => 32,
        }
    }

    /// Whether the digest is as long as the key. How a shorter one is made longer is no standard, and programs differ.
    pub fn fits(self, auth: AuthProtocol) -> bool {
        self.key_bytes() <= auth.key_bytes()
    }

    /// What net-snmp's `-l` takes.
    pub fn level(self) -> &'static str {
        if self == Privacy::None { "authNoPriv" } else { "authPriv" }
    }
}

macro_rules! named {
    ($($kind:ident),*) => {$(
        impl fmt::Display for $kind {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.name())
            }
        }

        impl FromStr for $kind {
            type Err = String;

            fn from_str(text: &str) -> Result<$kind, String> {
                let found = $kind::ALL.into_iter().find(|one| one.name().eq_ignore_ascii_case(text));
                found.ok_or_else(|| format!("it is none of {}", $kind::ALL.map($kind::name).join(", ")))
            }
        }
    )*};
}

named!(AuthProtocol, Privacy);

/// An object identifier below `1.3`, where everything is that SNMP names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Oid(Vec<u32>);

/// A text that is no object identifier.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no object identifier: write numbers with dots that begin with 1.3, for instance 1.3.6.1.2.1"
)]
pub struct BadOid(pub String);

impl Oid {
    pub fn arcs(&self) -> &[u32] {
        &self.0
    }

    /// Whether `other` is this one or below it.
    pub fn holds(&self, other: &Oid) -> bool {
        other.0.starts_with(&self.0)
    }
}

impl FromStr for Oid {
    type Err = BadOid;

    /// A dot in front, as net-snmp writes it, is left out.
    fn from_str(text: &str) -> Result<Oid, BadOid> {
        let arc = |digits: &str| digits.parse().ok().filter(|arc: &u32| arc.to_string() == digits);
        let arcs: Option<Vec<u32>> = text.strip_prefix('.').unwrap_or(text).split('.').map(arc).collect();
        let fits = |arcs: &Vec<u32>| arcs.starts_with(&[1, 3]) && arcs.len() <= OID_ARCS_MAX;
        arcs.filter(fits).map(Oid).ok_or_else(|| BadOid(text.chars().take(80).collect()))
    }
}

impl fmt::Display for Oid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let arcs: Vec<String> = self.0.iter().map(u32::to_string).collect();
        f.write_str(&arcs.join("."))
    }
}

impl TryFrom<String> for Oid {
    type Error = BadOid;

    fn try_from(text: String) -> Result<Oid, BadOid> {
        text.parse()
    }
}

impl From<Oid> for String {
    fn from(oid: Oid) -> String {
        oid.to_string()
    }
}

/// The engine id of the node with this slot: our number with the highest bit set, 5 for bytes of our own choice, the
/// cluster's id, the slot (RFC 3411 §5, SnmpEngineID). Two clusters never share one, and a node that comes back as another
/// gets another.
pub fn engine_id(cluster: &[u8; 16], slot: u32) -> Vec<u8> {
    let head = (ENTERPRISE | 1 << 31).to_be_bytes();
    [&head[..], &[5], &cluster[..], &slot.to_be_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn object_identifiers_are_numbers_below_1_3() {
        let system: Oid = "1.3.6.1.2.1.1".parse().unwrap();
        assert_eq!(".1.3.6.1.2.1.1".parse(), Ok(system.clone()));
        assert!(system.holds(&"1.3.6.1.2.1.1.5.0".parse().unwrap()) && system.holds(&system));
        assert!(!system.holds(&"1.3.6.1.2.1.10".parse().unwrap()));
        let long = format!("1.3{}", ".1".repeat(127));
        for bad in ["", "1", "2.3.1", "1.3.", "1.3.x", "1.3.01", "1.3.+1", "1.3.4294967296", "..1.3", &long] {
            assert_eq!(bad.parse::<Oid>(), Err(BadOid(bad.chars().take(80).collect())), "{bad}");
        }
    }

    #[test]
    fn an_engine_id_has_the_form_of_the_standard() {
        let id = engine_id(&[7; 16], 258);
        assert_eq!(id[..5], [0x80, 0, 0x7e, 0xd9, 5]);
        assert_eq!((&id[5..21], &id[21..]), (&[7; 16][..], &[0, 0, 1, 2][..]));
        assert!((5..=32).contains(&id.len()));
    }

    #[test]
    fn protocols_are_read_as_they_are_written() {
        assert!(AuthProtocol::ALL.iter().all(|one| one.name().parse() == Ok(*one)));
        assert!(Privacy::ALL.iter().all(|one| one.name().to_lowercase().parse() == Ok(*one)));
        assert!("MD5".parse::<AuthProtocol>().unwrap_err().contains("SHA-256"));
        assert!(Privacy::Aes.fits(AuthProtocol::Sha1) && !Privacy::Aes256.fits(AuthProtocol::Sha224));
        assert!(Privacy::Aes256.fits(AuthProtocol::Sha256));
    }

    proptest! {
        #[test]
        fn object_identifiers_survive_being_written(arcs in prop::collection::vec(any::<u32>(), 0..126)) {
            let oid = Oid([vec![1, 3], arcs].concat());
            prop_assert_eq!(oid.to_string().parse::<Oid>(), Ok(oid));
        }
    }
}
