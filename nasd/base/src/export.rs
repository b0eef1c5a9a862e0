//! Which clients may reach a volume, and as whom.

use crate::VolumeId;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// A network in CIDR form; an address without a prefix length means that one host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Network {
    pub address: IpAddr,
    pub prefix_bits: u8,
}

impl Network {
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
pub struct ClientRule {
    pub network: Network,
    pub read_only: bool,
    pub squash: Squash,
    pub anonymous_uid: u32,
    pub anonymous_gid: u32,
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

impl Export {
    /// The rule for a client, or `None`: closed by default.
    pub fn rule_for(&self, client: IpAddr) -> Option<&ClientRule> {
        self.clients.iter().find(|rule| rule.network.contains(client))
    }
}

/// Whether a rule of any of the exports names the client.
pub fn names(exports: &[Export], client: IpAddr) -> bool {
    exports.iter().any(|export| export.rule_for(client).is_some())
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
    fn bad_networks_say_how_to_write_one() {
        for text in ["", "example", "192.0.2.0/33", "192.0.2.0/", "192.0.2.0/-1", "::/129", "1.2.3"] {
            let error = text.parse::<Network>().unwrap_err();
            assert!(error.to_string().contains("192.0.2.0/24"), "{error}");
        }
    }
}
