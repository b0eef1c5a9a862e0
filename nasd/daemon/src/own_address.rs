//! Owns at which address others reach a node that nobody gave one.

use crate::config::Config;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};

/// TEST-NET-1 of RFC 5737: somewhere outside, where nobody is.
const OUTSIDE: (Ipv4Addr, u16) = (Ipv4Addr::new(192, 0, 2, 1), 9);

impl Config {
    /// Chooses an address where none was given, and says which.
    pub fn with_own_address(mut self) -> Config {
        if self.machine.advertise.is_some() {
            return self;
        }
        self.machine.advertise = chosen(self.node_listen, outward);
        let another = "say another with --advertise HOST:PORT, or as `advertise` in nasd.toml";
        match &self.machine.advertise {
            Some(address) => {
                tracing::info!("other nodes and clients are told that this one is at {address}; {another}")
            }
            None => tracing::warn!(
                "this machine has no address that other nodes could be told; say one with --advertise HOST:PORT, or as \
                 `advertise` in nasd.toml"
            ),
        }
        self
    }
}

/// Where it listens; of a node that listens everywhere, the address that `outward` finds.
fn chosen(listen: SocketAddr, outward: impl Fn() -> Option<IpAddr>) -> Option<String> {
    let ip = if listen.ip().is_unspecified() { outward()? } else { listen.ip() };
    (listen.port() != 0).then(|| SocketAddr::new(ip, listen.port()).to_string())
}

/// The address that packets to the outside would leave with. None is sent: to connect a UDP socket only asks the routes.
fn outward() -> Option<IpAddr> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
    socket.connect(OUTSIDE).ok()?;
    socket.local_addr().ok().map(|address| address.ip()).filter(|ip| !ip.is_unspecified())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_it_listens_is_where_it_is_reached() {
        let at = |listen: &str, outward: Option<&str>| {
            chosen(listen.parse().unwrap(), || outward.map(|ip| ip.parse().unwrap()))
        };
        assert_eq!(at("192.0.2.7:7420", Some("192.0.2.8")).unwrap(), "192.0.2.7:7420");
        assert_eq!(at("0.0.0.0:7420", Some("192.0.2.8")).unwrap(), "192.0.2.8:7420");
        assert_eq!(at("[::]:7420", Some("192.0.2.8")).unwrap(), "192.0.2.8:7420");
        assert_eq!(at("0.0.0.0:7420", None), None, "a machine without a network");
        assert_eq!(at("192.0.2.7:0", None), None, "the port is not known before it listens");
    }
}
