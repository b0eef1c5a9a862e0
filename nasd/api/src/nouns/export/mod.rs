//! Owns exports as operators write them: volumes by name, networks as text, options as words.

mod operations;

pub use operations::{DeleteExport, ExportAt, ListExports};
pub(crate) use operations::{deeds, refusals};

use crate::described::{ExportPath, NetworkText, SquashName, VolumeName};
use crate::operation::HasTag;
use nasd_base::export::{self as base, ANONYMOUS, BadNetwork, Exported, Network, Squash};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

/// Client rules of one export.
pub const CLIENTS_MAX: usize = 256;

/// One client rule of an export. The first rule whose network holds the client decides; without one the
/// client is refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClientRule {
    /// As text: `192.0.2.7`, `192.0.2.0/24` or `2001:db8::/32`.
    #[schemars(with = "NetworkText")]
    #[serde(serialize_with = "network_as_text", deserialize_with = "network_from_text")]
    pub network: Network,
    #[serde(default)]
    pub read_only: bool,
    /// `root` (the default), `all` or `none`.
    #[serde(default)]
    #[schemars(with = "SquashName")]
    pub squash: Squash,
    #[serde(default = "anonymous")]
    pub anonymous_uid: u32,
    #[serde(default = "anonymous")]
    pub anonymous_gid: u32,
    /// Believe calls from ports that any program on the client can use (1024 and above). Without it only those from
    /// ports of the client's root are taken: users there cannot say that they are somebody else.
    #[serde(default)]
    pub insecure: bool,
}

/// A path that NFS clients can mount.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Export {
    /// Absolute, for instance `/demo`.
    pub path: String,
    /// The volume's name.
    pub volume: String,
    pub clients: Vec<ClientRule>,
    /// For `If-Match`: changes when the client rules do.
    #[serde(default)]
    pub etag: String,
}

/// Replaces the client rules of an export.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetClients {
    #[schemars(length(max = CLIENTS_MAX))]
    pub clients: Vec<ClientRule>,
}

impl AsRef<Network> for ClientRule {
    fn as_ref(&self) -> &Network {
        &self.network
    }
}

impl Exported for Export {
    type Volume = String;
    type Rule = ClientRule;

    fn volume(&self) -> &String {
        &self.volume
    }

    fn rules(&self) -> &[ClientRule] {
        &self.clients
    }
}

impl HasTag for Export {
    fn tag(&self) -> &str {
        &self.etag
    }
}

/// Asks for a new export. Without client rules nobody can mount it. One that is there as it is asked for is made
/// already.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateExport {
    #[schemars(with = "ExportPath")]
    pub path: String,
    #[schemars(with = "VolumeName")]
    pub volume: String,
    #[serde(default)]
    #[schemars(length(max = CLIENTS_MAX))]
    pub clients: Vec<ClientRule>,
}

fn anonymous() -> u32 {
    ANONYMOUS
}

fn network_as_text<S: Serializer>(network: &Network, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(network)
}

fn network_from_text<'de, D: Deserializer<'de>>(from: D) -> Result<Network, D::Error> {
    String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
}

impl From<ClientRule> for base::ClientRule {
    fn from(rule: ClientRule) -> Self {
        base::ClientRule {
            network: rule.network,
            read_only: rule.read_only,
            squash: rule.squash,
            anonymous_uid: rule.anonymous_uid,
            anonymous_gid: rule.anonymous_gid,
            insecure: rule.insecure,
        }
    }
}

impl From<base::ClientRule> for ClientRule {
    fn from(rule: base::ClientRule) -> Self {
        ClientRule {
            network: rule.network,
            read_only: rule.read_only,
            squash: rule.squash,
            anonymous_uid: rule.anonymous_uid,
            anonymous_gid: rule.anonymous_gid,
            insecure: rule.insecure,
        }
    }
}

/// A client rule that could not be read.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadClientRule {
    #[error(transparent)]
    Network(#[from] BadNetwork),
    #[error("`{0}` needs a number from 0 to 4294967295")]
    Number(String),
    #[error("`{0}` is said twice, or against another option")]
    Contradiction(String),
}

/// Reads `NETWORK[:ro|rw][:root_squash|all_squash|no_root_squash][:secure|insecure][:anonuid=N][:anongid=N]`.
impl FromStr for ClientRule {
    type Err = BadClientRule;

    fn from_str(text: &str) -> Result<Self, BadClientRule> {
        let mut rest = text;
        let mut options = Options::default();
        // Options are taken off the end, since an IPv6 network has colons of its own.
        while let Some((before, word)) = rest.rsplit_once(':') {
            if !options.take(word)? {
                break;
            }
            rest = before;
        }
        Ok(ClientRule {
            network: rest.parse()?,
            read_only: options.read_only.unwrap_or(false),
            squash: options.squash.unwrap_or_default(),
            anonymous_uid: options.uid.unwrap_or(ANONYMOUS),
            anonymous_gid: options.gid.unwrap_or(ANONYMOUS),
            insecure: options.insecure.unwrap_or(false),
        })
    }
}

#[derive(Default)]
struct Options {
    read_only: Option<bool>,
    squash: Option<Squash>,
    uid: Option<u32>,
    gid: Option<u32>,
    insecure: Option<bool>,
}

impl Options {
    /// False when `word` is no option.
    fn take(&mut self, word: &str) -> Result<bool, BadClientRule> {
        match word {
            "ro" => set(&mut self.read_only, true, word),
            "rw" => set(&mut self.read_only, false, word),
            "root_squash" => set(&mut self.squash, Squash::Root, word),
            "all_squash" => set(&mut self.squash, Squash::All, word),
            "no_root_squash" => set(&mut self.squash, Squash::None, word),
            "secure" => set(&mut self.insecure, false, word),
            "insecure" => set(&mut self.insecure, true, word),
            _ => match word.split_once('=') {
                Some(("anonuid", digits)) => set(&mut self.uid, number(digits, word)?, word),
                Some(("anongid", digits)) => set(&mut self.gid, number(digits, word)?, word),
                _ => Ok(false),
            },
        }
    }
}

fn set<T>(slot: &mut Option<T>, value: T, word: &str) -> Result<bool, BadClientRule> {
    match slot.replace(value) {
        None => Ok(true),
        Some(_) => Err(BadClientRule::Contradiction(word.to_owned())),
    }
}

fn number(digits: &str, word: &str) -> Result<u32, BadClientRule> {
    digits.parse().map_err(|_| BadClientRule::Number(word.to_owned()))
}

/// Writes the rule as it is read, with every option that differs from the default, and always `ro` or `rw`
/// and the squash.
impl fmt::Display for ClientRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let access = if self.read_only { "ro" } else { "rw" };
        let squash = match self.squash {
            Squash::Root => "root_squash",
            Squash::All => "all_squash",
            Squash::None => "no_root_squash",
        };
        write!(f, "{}:{access}:{squash}", self.network)?;
        if self.insecure {
            f.write_str(":insecure")?;
        }
        if self.anonymous_uid != ANONYMOUS {
            write!(f, ":anonuid={}", self.anonymous_uid)?;
        }
        if self.anonymous_gid != ANONYMOUS {
            write!(f, ":anongid={}", self.anonymous_gid)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rule(text: &str) -> Result<ClientRule, BadClientRule> {
        text.parse()
    }

    #[test]
    fn a_bare_network_is_read_write_with_root_squashed() {
        let rule = rule("192.0.2.0/24").unwrap();
        assert_eq!((rule.read_only, rule.squash, rule.anonymous_uid), (false, Squash::Root, ANONYMOUS));
        assert!(!rule.insecure);
    }

    #[test]
    fn options_follow_in_any_order_even_after_ipv6() {
        let rule = rule("2001:db8::/32:no_root_squash:ro:insecure:anonuid=7").unwrap();
        assert!(rule.insecure);
        assert_eq!(rule.network, "2001:db8::/32".parse().unwrap());
        assert_eq!((rule.read_only, rule.squash, rule.anonymous_uid), (true, Squash::None, 7));
    }

    #[test]
    fn unclear_rules_are_refused() {
        assert!(matches!(rule("192.0.2.0/24:ro:rw"), Err(BadClientRule::Contradiction(_))));
        assert!(matches!(rule("192.0.2.0/24:insecure:secure"), Err(BadClientRule::Contradiction(_))));
        assert!(matches!(rule("192.0.2.0/24:readonly"), Err(BadClientRule::Network(_))));
        assert!(matches!(rule("192.0.2.0/24:anonuid=-1"), Err(BadClientRule::Number(_))));
        assert!(matches!(rule(""), Err(BadClientRule::Network(_))));
        assert!(matches!(rule(":ro"), Err(BadClientRule::Network(_))));
    }

    #[test]
    fn json_has_the_network_as_text_and_knows_defaults() {
        let rule: ClientRule = serde_json::from_str(r#"{"network":"192.0.2.7"}"#).unwrap();
        assert_eq!(rule, "192.0.2.7:rw".parse().unwrap());
        assert!(serde_json::to_string(&rule).unwrap().contains(r#""network":"192.0.2.7/32""#));
        assert!(serde_json::from_str::<ClientRule>(r#"{"network":"192.0.2.7","rw":true}"#).is_err());
    }

    proptest! {
        #[test]
        fn rules_survive_being_written(
            v4: [u8; 4], bits in 0u8..=32, read_only: bool, squash in 0..3, uid: u32, gid: u32,
            insecure: bool,
        ) {
            let squash = [Squash::Root, Squash::All, Squash::None][squash as usize];
            let network = Network { address: v4.into(), prefix_bits: bits };
            let rule =
                ClientRule { network, read_only, squash, anonymous_uid: uid, anonymous_gid: gid, insecure };
            prop_assert_eq!(rule.to_string().parse::<ClientRule>().unwrap(), rule.clone());
            let text = serde_json::to_string(&rule).unwrap();
            prop_assert_eq!(serde_json::from_str::<ClientRule>(&text).unwrap(), rule);
        }

        #[test]
        fn garbage_never_panics(text in "[0-9a-f:./=a-z_]{0,60}") {
            let _ = text.parse::<ClientRule>();
        }
    }
}
