//! What names and addresses of nodes look like, and how many there may be.

use super::NodeError;
use crate::rules::{is_host_name, shown};
use std::net::{Ipv4Addr, Ipv6Addr};

/// Nodes that were not removed.
pub const NODES_MAX: usize = 256;
/// Longest `host:port`, in bytes: a DNS name and a port.
pub const ADDRESS_BYTES_MAX: usize = 253 + 6;

pub fn check_node_name(name: &str) -> Result<(), NodeError> {
    if is_host_name(name) { Ok(()) } else { Err(NodeError::BadNodeName(shown(name))) }
}

/// `host:port` with a name, an IPv4 address or an IPv6 address in brackets, and a port that is not 0.
pub fn check_address(address: &str) -> Result<(), NodeError> {
    let good = address.len() <= ADDRESS_BYTES_MAX
        && address.rsplit_once(':').is_some_and(|(host, port)| {
            port.parse::<u16>().is_ok_and(|port| port != 0) && !port.starts_with('+') && is_host(host)
        });
    if good { Ok(()) } else { Err(NodeError::BadAddress(shown(address))) }
}

/// An address that means "any" is where a node listens, not where it can be found.
fn is_host(host: &str) -> bool {
    match host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        Some(v6) => v6.parse::<Ipv6Addr>().is_ok_and(|address| !address.is_unspecified()),
        None => {
            let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
            let any = host.parse::<Ipv4Addr>().is_ok_and(|address| address.is_unspecified());
            !host.is_empty() && host.bytes().all(allowed) && !any
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn node_names_are_host_names() {
        for good in ["a", "node-1", "n1.example.org", &"x".repeat(63)] {
            assert_eq!(check_node_name(good), Ok(()), "{good}");
        }
        for bad in ["", "-a", "a-", "A", "a b", "a_b", "곳간", ".", &"x".repeat(64)] {
            assert!(check_node_name(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn addresses_have_a_host_and_a_port() {
        for good in ["192.0.2.7:7400", "[2001:db8::7]:7400", "node-1.example.org:1"] {
            assert_eq!(check_address(good), Ok(()), "{good}");
        }
        let long = format!("{}:1", "a".repeat(300));
        for bad in [
            "",
            "host",
            "host:",
            ":1",
            "host:0",
            "host:65536",
            "host:+1",
            "2001:db8::7:1",
            "[::1",
            "0.0.0.0:7400",
            "[::]:7400",
            "a b:1",
            &long,
        ] {
            assert!(check_address(bad).is_err(), "{bad}");
        }
    }
}
