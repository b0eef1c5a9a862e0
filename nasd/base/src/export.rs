//! Which clients may reach a volume, and as whom.

use crate::VolumeId;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// A network in CIDR form; an address without a prefix length means that one host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Network {
    pub address: IpAddr,
    pub prefix_bits: u8,
}

impl Network {
    /// Whether the prefix is no longer than the address: one that came as bytes may say anything.
    pub fn is_sound(&self) -> bool {
        self.prefix_bits <= if self.address.is_ipv4() { 32 } else { 128 }
    }

    /// Whether `address` is in the network. An IPv4 address that arrived mapped into IPv6 counts as IPv4.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(net), IpAddr::V4(host)) => {
                let mask = u32::MAX.checked_shl(32 - u32::from(self.prefix_bits)).unwrap_or(0);
                u32::from(net) & mask == u32::from(host) & mask
            }
            (IpAddr::V6(net), IpAddr::V6(host)) => {
                let mask = u128::MAX.checked_shl(128 - u32::from(self.prefix_bits)).unwrap_or(0);
                u128::from(net) & mask == u128::from(host) & mask
            }
            _ => false,
        }
    }
}

/// A client network that could not be read.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an address or network; write it as 192.0.2.7, 192.0.2.0/24 or 2001:db8::/32")]
pub struct BadNetwork(pub String);

impl std::str::FromStr for Network {
    type Err = BadNetwork;

    fn from_str(text: &str) -> Result<Self, BadNetwork> {
        let bad = || BadNetwork(text.to_owned());
        let (address, prefix) = text.split_once('/').map_or((text, None), |(a, p)| (a, Some(p)));
        let address: IpAddr = address.parse().map_err(|_| bad())?;
        let widest = if address.is_ipv4() { 32 } else { 128 };
        let prefix_bits = match prefix {
            None => widest,
            Some(digits) => digits.parse().ok().filter(|bits| *bits <= widest).ok_or_else(bad)?,
        };
        Ok(Network { address, prefix_bits })
    }
}

impl std::fmt::Display for Network {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix_bits)
    }
}

/// Which callers are turned into the anonymous user.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Squash {
    /// Root becomes anonymous; everybody else stays who they are.
    #[default]
    Root,
    /// Everybody becomes anonymous.
    All,
    /// Nobody does: root on the client is root on the volume.
    None,
}

/// One client rule of an export. The first rule whose network holds the client decides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "StoredRule", try_from = "StoredRule")]
pub struct ClientRule {
    pub network: Network,
    pub read_only: bool,
    pub squash: Squash,
    pub anonymous_uid: u32,
    pub anonymous_gid: u32,
    /// Calls from ports that any program on the client can use are believed, too. Without it only those from ports
    /// below [`ROOT_PORTS_BELOW`] are: users of a trusted client cannot say that they are somebody else.
    pub insecure: bool,
}

/// Ports below are root's, on a client that can be trusted with AUTH_SYS at all.
pub const ROOT_PORTS_BELOW: u16 = 1024;

impl ClientRule {
    /// Whether calls from this port are taken.
    pub fn takes_port(&self, port: u16) -> bool {
        self.insecure || port < ROOT_PORTS_BELOW
    }
}

const READ_ONLY: u8 = 1;
const INSECURE: u8 = 2;

/// A rule as the cluster's state keeps it. The flags were one boolean once, `read_only`: rules of then are secure.
#[derive(Serialize, Deserialize)]
struct StoredRule {
    network: Network,
    flags: u8,
    squash: Squash,
    anonymous_uid: u32,
    anonymous_gid: u32,
}

impl From<ClientRule> for StoredRule {
    fn from(rule: ClientRule) -> Self {
        let flag = |set: bool, flag: u8| if set { flag } else { 0 };
        StoredRule {
            network: rule.network,
            flags: flag(rule.read_only, READ_ONLY) | flag(rule.insecure, INSECURE),
            squash: rule.squash,
            anonymous_uid: rule.anonymous_uid,
            anonymous_gid: rule.anonymous_gid,
        }
    }
}

impl TryFrom<StoredRule> for ClientRule {
    type Error = &'static str;

    fn try_from(rule: StoredRule) -> Result<Self, Self::Error> {
        if rule.flags & !(READ_ONLY | INSECURE) != 0 {
            return Err("a client rule has a flag that this version does not know");
        }
        Ok(ClientRule {
            network: rule.network,
            read_only: rule.flags & READ_ONLY != 0,
            squash: rule.squash,
            anonymous_uid: rule.anonymous_uid,
            anonymous_gid: rule.anonymous_gid,
            insecure: rule.flags & INSECURE != 0,
        })
    }
}

/// Which rule refused a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RefusedBy {
    /// What it asked for is no export.
    NoExport,
    /// No rule names it.
    NoRule,
    /// Its rule takes the ports of root only, and it called from another.
    Port,
    /// Its rule lets it read, and it wanted to change something.
    ReadOnly,
}

/// The user and group that squashed callers become (`nobody` on Debian).
pub const ANONYMOUS: u32 = 65_534;

/// A path that NFS clients can mount. Without a matching client rule nobody gets in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Export {
    /// Absolute, for instance `/demo`.
    pub path: String,
    pub volume: VolumeId,
    pub clients: Vec<ClientRule>,
}

/// An export in whichever shape: what decides about a client is one for all.
pub trait Exported {
    type Volume: PartialEq;
    type Rule: AsRef<Network>;

    fn volume(&self) -> &Self::Volume;

    fn rules(&self) -> &[Self::Rule];

    /// The rule for a client, or `None`: closed by default.
    fn rule_for(&self, client: IpAddr) -> Option<&Self::Rule> {
        self.rules().iter().find(|rule| (*rule).as_ref().contains(client))
    }
}

impl AsRef<Network> for ClientRule {
    fn as_ref(&self) -> &Network {
        &self.network
    }
}

impl Exported for Export {
    type Volume = VolumeId;
    type Rule = ClientRule;

    fn volume(&self) -> &VolumeId {
        &self.volume
    }

    fn rules(&self) -> &[ClientRule] {
        &self.clients
    }
}

/// What decides about a client's calls to a volume: the first export of it with a rule for the client, and that rule.
///
/// A handle names a volume and not the path it was mounted by. Where a volume is exported twice to one client, the
/// export that is listed first therefore decides for both.
pub fn deciding<'a, E: Exported>(
    exports: &'a [E],
    volume: &E::Volume,
    client: IpAddr,
) -> Option<(&'a E, &'a E::Rule)> {
    let of_volume = exports.iter().filter(|export| export.volume() == volume);
    of_volume.filter_map(|export| Some((export, export.rule_for(client)?))).next()
}

/// What decides about a client that mounts `export`; `None` where it may not.
pub fn admitting<'a, E: Exported>(
    exports: &'a [E],
    export: &E,
    client: IpAddr,
) -> Option<(&'a E, &'a E::Rule)> {
    export.rule_for(client)?;
    deciding(exports, export.volume(), client)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_hold_their_hosts_only() {
        let net: Network = "192.0.2.0/24".parse().unwrap();
        assert!(net.contains("192.0.2.255".parse().unwrap()));
        assert!(net.contains("::ffff:192.0.2.1".parse().unwrap()));
        assert!(!net.contains("192.0.3.1".parse().unwrap()));
        assert!(!net.contains("2001:db8::1".parse().unwrap()));
        let all: Network = "0.0.0.0/0".parse().unwrap();
        assert!(all.contains("203.0.113.9".parse().unwrap()));
        let host: Network = "2001:db8::1".parse().unwrap();
        assert!(
            host.contains("2001:db8::1".parse().unwrap()) && !host.contains("2001:db8::2".parse().unwrap())
        );
    }

    #[test]
    fn a_client_mounts_what_names_it_under_the_rule_of_the_volumes_first_export() {
        let rule = |network: &str, read_only| ClientRule {
            network: network.parse().unwrap(),
            read_only,
            squash: Squash::Root,
            anonymous_uid: ANONYMOUS,
            anonymous_gid: ANONYMOUS,
            insecure: false,
        };
        let export =
            |path: &str, volume, clients| Export { path: path.to_owned(), volume: VolumeId(volume), clients };
        let exports = [
            export("/a", 1, vec![rule("10.0.0.0/8", true), rule("10.0.0.7", false)]),
            export("/b", 1, vec![rule("10.0.0.7", false), rule("192.0.2.1", false)]),
            export("/c", 2, vec![rule("2001:db8::/32", false), rule("192.0.2.1", true)]),
            export("/d", 3, vec![]),
        ];
        for (client, decided) in [
            ("10.0.0.7", [Some(("/a", true)), Some(("/a", true)), None, None]),
            ("::ffff:10.0.0.7", [Some(("/a", true)), Some(("/a", true)), None, None]),
            ("10.0.0.8", [Some(("/a", true)), None, None, None]),
            ("192.0.2.1", [None, Some(("/b", false)), Some(("/c", true)), None]),
            ("2001:db8::9", [None, None, Some(("/c", false)), None]),
            ("2001:db9::9", [None; 4]),
        ] {
            let client = client.parse().unwrap();
            let found = exports.each_ref().map(|export| admitting(&exports, export, client));
            assert_eq!(
                found.map(|by| by.map(|(by, rule)| (&by.path[..], rule.read_only))),
                decided,
                "{client}"
            );
        }
    }

    /// Rules that were stored before there was `insecure`.
    #[derive(Serialize)]
    struct RuleOf0dot1 {
        network: Network,
        read_only: bool,
        squash: Squash,
        anonymous_uid: u32,
        anonymous_gid: u32,
    }

    #[test]
    fn rules_of_old_are_read_as_secure_and_new_ones_survive() {
        let network: Network = "192.0.2.0/24".parse().unwrap();
        for read_only in [false, true] {
            let (anonymous_uid, anonymous_gid, squash) = (7, 8, Squash::All);
            let old = RuleOf0dot1 { network, read_only, squash, anonymous_uid, anonymous_gid };
            let read: ClientRule = postcard::from_bytes(&postcard::to_stdvec(&old).unwrap()).unwrap();
            let secure =
                ClientRule { network, read_only, squash, anonymous_uid, anonymous_gid, insecure: false };
            assert_eq!(read, secure);
            let insecure = ClientRule { insecure: true, ..secure };
            let stored = postcard::to_stdvec(&insecure).unwrap();
            assert_eq!(postcard::from_bytes::<ClientRule>(&stored).unwrap(), insecure);
            assert!(insecure.takes_port(40_000) && !read.takes_port(1024) && read.takes_port(1023));
        }
    }

    #[test]
    fn bad_networks_say_how_to_write_one() {
        for text in ["", "example", "192.0.2.0/33", "192.0.2.0/", "192.0.2.0/-1", "::/129", "1.2.3"] {
            let error = text.parse::<Network>().unwrap_err();
            assert!(error.to_string().contains("192.0.2.0/24"), "{error}");
        }
    }
}
