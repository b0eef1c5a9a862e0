//! The ports of a demo cluster: chosen once, kept in its directory, so that it comes back where it was.

use serde::{Deserialize, Serialize};
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;

/// The first NFS port tried; node 1's in a machine's first demo.
const NFS_FIRST: u16 = 20_491;
/// The first port for node traffic.
const NODE_FIRST: u16 = 27_421;
/// The first port for the management interface.
const HTTPS_FIRST: u16 = 24_431;
/// The first port for the web console.
const CONSOLE_FIRST: u16 = 28_431;
/// How many ports above the first are tried before giving up.
const TRIES: u16 = 2_000;

/// One node's addresses on loopback.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ports {
    pub nfs: SocketAddr,
    pub node: SocketAddr,
    /// Demos of earlier versions have none.
    #[serde(default)]
    pub https: Option<SocketAddr>,
    #[serde(default)]
    pub console: Option<SocketAddr>,
}

/// The ports of `count` nodes: those of an earlier run, or free ones, remembered in `dir/ports.json`.
///
/// # Errors
/// When the file cannot be read or written, or no ports are free.
pub fn of_demo(dir: &Path, count: usize) -> io::Result<Vec<Ports>> {
    let path = dir.join("ports.json");
    let mut https = free_ports(HTTPS_FIRST);
    let mut console = free_ports(CONSOLE_FIRST);
    if let Ok(text) = std::fs::read(&path) {
        let mut ports: Vec<Ports> = serde_json::from_slice(&text).map_err(|error| {
            io::Error::other(format!("{}: {error}; remove it or the demo's directory", path.display()))
        })?;
        if ports.iter().any(|ports| ports.https.is_none() || ports.console.is_none()) {
            for ports in &mut ports {
                ports.https = ports.https.or_else(|| https.next());
                ports.console = ports.console.or_else(|| console.next());
            }
            std::fs::write(&path, serde_json::to_vec_pretty(&ports)?)?;
        }
        return Ok(ports);
    }
    let mut nfs = free_ports(NFS_FIRST);
    let mut node = free_ports(NODE_FIRST);
    let ports: Option<Vec<Ports>> = (0..count)
        .map(|_| {
            let (https, console) = (Some(https.next()?), Some(console.next()?));
            Some(Ports { nfs: nfs.next()?, node: node.next()?, https, console })
        })
        .collect();
    let ports = ports.ok_or_else(|| io::Error::other("no free ports on loopback"))?;
    std::fs::write(&path, serde_json::to_vec_pretty(&ports)?)?;
    Ok(ports)
}

/// Loopback addresses at which something could listen just now, from `first` upwards.
fn free_ports(first: u16) -> impl Iterator<Item = SocketAddr> {
    let addresses = (first..first + TRIES).map(|port| SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
    addresses.filter(|address| TcpListener::bind(address).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_demo_keeps_its_ports() {
        let dir = tempfile::tempdir().unwrap();
        let first = of_demo(dir.path(), 3).unwrap();
        assert_eq!(first, of_demo(dir.path(), 3).unwrap());
        assert!(first[0].nfs != first[1].nfs && first[0].node != first[1].node);
        assert!(first[0].console.is_some() && first[0].console != first[1].console);
    }

    #[test]
    fn a_demo_of_before_the_console_gets_ports_for_it_and_keeps_the_others() {
        let dir = tempfile::tempdir().unwrap();
        let old = r#"[{ "nfs": "127.0.0.1:20491", "node": "127.0.0.1:27421", "https": "127.0.0.1:24431" }]"#;
        std::fs::write(dir.path().join("ports.json"), old).unwrap();
        let ports = of_demo(dir.path(), 1).unwrap();
        assert_eq!(ports[0].https, Some("127.0.0.1:24431".parse().unwrap()));
        assert!(ports[0].console.is_some());
        assert_eq!(ports, of_demo(dir.path(), 1).unwrap());
    }
}
