//! What names, addresses and paths look like.

use super::command::SystemError;
use nasd_base::export::{ClientRule, Network};
use nasd_base::file::VolumeLimits;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Longest name of a node or volume, in bytes.
const NAME_BYTES_MAX: usize = 63;
/// Longest `host:port`, in bytes: a DNS name and a port.
pub const ADDRESS_BYTES_MAX: usize = 253 + 6;
/// Longest export path, in bytes (MNTPATHLEN, RFC 1813 §5.1.3).
pub const PATH_BYTES_MAX: usize = 1024;
/// Longest part of an export path, in bytes.
const PART_BYTES_MAX: usize = nasd_base::file::NAME_BYTES_MAX;
/// Client rules of one export.
pub const CLIENTS_MAX: usize = 256;

/// A host name's label or labels: what a node and a cluster may be called.
fn is_host_name(name: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let ends = [name.bytes().next(), name.bytes().last()];
    name.len() <= NAME_BYTES_MAX
        && ends.iter().all(|end| end.is_some_and(inner))
        && name.bytes().all(|byte| inner(byte) || byte == b'-' || byte == b'.')
}

pub fn check_node_name(name: &str) -> Result<(), SystemError> {
    if is_host_name(name) { Ok(()) } else { Err(SystemError::BadNodeName(shown(name))) }
}

pub fn check_cluster_name(name: &str) -> Result<(), SystemError> {
    if is_host_name(name) { Ok(()) } else { Err(SystemError::BadClusterName(shown(name))) }
}

pub fn check_volume_name(name: &str) -> Result<(), SystemError> {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte);
    let good = (1..=NAME_BYTES_MAX).contains(&name.len()) && name.bytes().all(allowed);
    if good { Ok(()) } else { Err(SystemError::BadVolumeName(shown(name))) }
}

/// `host:port` with a name, an IPv4 address or an IPv6 address in brackets, and a port that is not 0.
pub fn check_address(address: &str) -> Result<(), SystemError> {
    let good = address.len() <= ADDRESS_BYTES_MAX
        && address.rsplit_once(':').is_some_and(|(host, port)| {
            port.parse::<u16>().is_ok_and(|port| port != 0) && !port.starts_with('+') && is_host(host)
        });
    if good { Ok(()) } else { Err(SystemError::BadAddress(shown(address))) }
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

pub fn check_export_path(path: &str) -> Result<(), SystemError> {
    let part_is_good = |part: &str| {
        (1..=PART_BYTES_MAX).contains(&part.len())
            && part != "."
            && part != ".."
            && !part.chars().any(char::is_control)
    };
    let good = path.len() <= PATH_BYTES_MAX
        && path.strip_prefix('/').is_some_and(|parts| parts.split('/').all(part_is_good));
    if good { Ok(()) } else { Err(SystemError::BadExportPath(shown(path))) }
}

/// Whether one path is the other, or lies inside it.
pub fn paths_overlap(one: &str, other: &str) -> bool {
    let inside = |inner: &str, outer: &str| {
        inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    inside(one, other) || inside(other, one)
}

pub fn check_clients(clients: &[ClientRule]) -> Result<(), SystemError> {
    if clients.len() > CLIENTS_MAX {
        return Err(SystemError::TooManyClients(CLIENTS_MAX));
    }
    match clients.iter().find(|rule| !network_is_good(&rule.network)) {
        Some(rule) => Err(SystemError::BadNetwork(rule.network.to_string())),
        None => Ok(()),
    }
}

/// A limit is a number that the tables hold, and lets at least something in.
pub fn check_limits(limits: &VolumeLimits) -> Result<(), SystemError> {
    let good = |limit: Option<u64>| limit.is_none_or(|limit| (1..=i64::MAX as u64).contains(&limit));
    if good(limits.bytes) && good(limits.files) { Ok(()) } else { Err(SystemError::BadLimit) }
}

fn network_is_good(network: &Network) -> bool {
    let widest = match network.address {
        IpAddr::V4(_) => 32,
        IpAddr::V6(_) => 128,
    };
    network.prefix_bits <= widest
}

/// A refused text as a message may show it: short, and without control characters.
pub fn shown(text: &str) -> String {
    text.chars().take(80).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
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
    fn volume_names_have_few_letters() {
        for good in ["a", "-", "home_2", &"x".repeat(63)] {
            assert_eq!(check_volume_name(good), Ok(()), "{good}");
        }
        for bad in ["", "A", "a.b", "a/b", "a b", "../x", &"x".repeat(64)] {
            assert!(check_volume_name(bad).is_err(), "{bad}");
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

    #[test]
    fn export_paths_are_absolute_and_plain() {
        for good in ["/demo", "/a/b.c", "/한글", "/..."] {
            assert_eq!(check_export_path(good), Ok(()), "{good}");
        }
        let long_part = format!("/{}", "x".repeat(256));
        let long = "/x".repeat(600);
        for bad in ["", "/", "demo", "/demo/", "//demo", "/a//b", "/a/../b", "/.", "/a\nb", &long_part, &long]
        {
            assert!(check_export_path(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn overlap_goes_by_whole_parts() {
        assert!(paths_overlap("/a", "/a") && paths_overlap("/a", "/a/b") && paths_overlap("/a/b", "/a"));
        assert!(!paths_overlap("/a", "/ab") && !paths_overlap("/a/b", "/a/c"));
    }

    #[test]
    fn a_refused_text_is_shown_short_and_harmless() {
        let SystemError::BadVolumeName(shown) = check_volume_name(&"\x1b[31m".repeat(100)).unwrap_err()
        else {
            panic!("another refusal");
        };
        assert!(shown.chars().count() == 80 && !shown.contains('\x1b'));
    }
}
