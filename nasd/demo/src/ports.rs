//! The ports of a demo cluster: taken by binding them, held while the demo runs, and remembered in its directory, so
//! that it comes back where it was.
//!
//! A node binds its port itself, each time it starts, so that nobody listens there while it is down. Meanwhile the demo
//! holds the port with a socket that does not listen, beside which Linux lets the node's (SO_REUSEADDR), and with a name
//! that only one process of the machine can have: other demos see that it is taken.

use nasd_files::{Folder, Mode};
use rustix::net::{AddressFamily, SocketFlags, SocketType, sockopt};
use serde::{Deserialize, Serialize};
use std::io;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::os::fd::OwnedFd;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::UnixDatagram;
use std::path::Path;

/// The first NFS port tried; node 1's in a machine's first demo.
const NFS_FIRST: u16 = 20_491;
/// The first port for node traffic.
const NODE_FIRST: u16 = 27_421;
/// The first port for the management interface.
const HTTPS_FIRST: u16 = 24_431;
/// The first port for the web console.
const CONSOLE_FIRST: u16 = 28_431;
/// The first port for the SNMP agent, of UDP.
const SNMP_FIRST: u16 = 21_611;
/// How many ports above the first are tried before giving up.
const TRIES: u16 = 2_000;
const FILE: &str = "ports.json";
/// Far more than three nodes take.
const BYTES_MAX: usize = 64 << 10;

/// One node's addresses on loopback.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ports {
    pub nfs: SocketAddr,
    pub node: SocketAddr,
    pub https: SocketAddr,
    pub console: SocketAddr,
    pub snmp: SocketAddr,
}

/// As an earlier run remembered them; demos of earlier versions have not all of them.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default)]
struct Remembered {
    nfs: Option<SocketAddr>,
    node: Option<SocketAddr>,
    https: Option<SocketAddr>,
    console: Option<SocketAddr>,
    snmp: Option<SocketAddr>,
}

/// A port that nobody else takes until this is dropped.
struct Held {
    address: SocketAddr,
    _name: UnixDatagram,
    _socket: OwnedFd,
}

/// The ports of a demo, held until this is dropped.
pub struct DemoPorts {
    pub nodes: Vec<Ports>,
    _held: Vec<Held>,
}

/// The ports of `count` nodes: those of an earlier run, or others in place of those that another process holds. They
/// are remembered in `dir/ports.json`. `is_member`: whether the other nodes know this one's address already.
///
/// # Errors
/// When no ports are free, when the file cannot be written, or when another process holds a port at which a member is
/// known to the others.
pub fn of_demo(dir: &Path, count: usize, is_member: impl Fn(usize) -> bool) -> io::Result<DemoPorts> {
    let folder = Folder::new(dir);
    let remembered = remembered(&folder)?;
    let (mut nodes, mut held) = (Vec::new(), Vec::new());
    for number in 0..count {
        let before = remembered.get(number).copied().unwrap_or_default();
        if let Some(node) = before.node.filter(|node| is_member(number) && hold(*node).is_err()) {
            return Err(io::Error::other(format!(
                "another process holds {node}, where the other nodes look for node {}; stop it",
                number + 1
            )));
        }
        let mut take = |before, first| {
            held.push(again_or_other(before, first)?);
            Ok::<_, io::Error>(held[held.len() - 1].address)
        };
        nodes.push(Ports {
            nfs: take(before.nfs, NFS_FIRST)?,
            node: take(before.node, NODE_FIRST)?,
            https: take(before.https, HTTPS_FIRST)?,
            console: take(before.console, CONSOLE_FIRST)?,
            snmp: take(before.snmp, SNMP_FIRST)?,
        });
    }
    folder.replace(FILE, &serde_json::to_vec_pretty(&nodes)?, Mode::Bits(0o644))?;
    Ok(DemoPorts { nodes, _held: held })
}

/// What the file says. A damaged one is begun anew: it only says where to begin to look.
fn remembered(dir: &Folder) -> io::Result<Vec<Remembered>> {
    let Some(text) = dir.read(FILE, BYTES_MAX)? else { return Ok(Vec::new()) };
    Ok(serde_json::from_slice(&text).unwrap_or_else(|error| {
        eprintln!("{} is damaged ({error}); ports are chosen anew", dir.path().join(FILE).display());
        Vec::new()
    }))
}

fn again_or_other(before: Option<SocketAddr>, first: u16) -> io::Result<Held> {
    let others = (first..first + TRIES).map(|port| SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
    let held = before.into_iter().chain(others).find_map(|address| hold(address).ok());
    held.ok_or_else(|| io::Error::other(format!("no free port on loopback from {first} upwards")))
}

fn hold(address: SocketAddr) -> io::Result<Held> {
    let name = std::os::unix::net::SocketAddr::from_abstract_name(format!("gotgan-demo {address}"))?;
    let name = UnixDatagram::bind_addr(&name)?;
    // Nobody may have it on UDP, either, where the agent is to listen.
    UdpSocket::bind(address)?;
    let socket =
        rustix::net::socket_with(AddressFamily::INET, SocketType::STREAM, SocketFlags::CLOEXEC, None)?;
    // Connections of an earlier run that have not timed out are nobody's any more.
    sockopt::set_socket_reuseaddr(&socket, true)?;
    rustix::net::bind(&socket, &address)?;
    Ok(Held { address, _name: name, _socket: socket })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::net::TcpListener;

    fn addresses(ports: &DemoPorts) -> BTreeSet<SocketAddr> {
        ports
            .nodes
            .iter()
            .flat_map(|ports| [ports.nfs, ports.node, ports.https, ports.console, ports.snmp])
            .collect()
    }

    /// Two demos that were started within a minute fought for ports: a port was free as long as no node listened there.
    #[test]
    fn two_demos_at_once_have_ports_of_their_own_and_their_nodes_can_listen_there() {
        let dirs = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        let [first, second] = [0, 1].map(|demo: usize| of_demo(dirs[demo].path(), 3, |_| false).unwrap());
        assert_eq!(addresses(&first).len(), 15);
        assert!(addresses(&first).is_disjoint(&addresses(&second)));
        let listening = addresses(&first).into_iter().map(|address| TcpListener::bind(address).unwrap());
        assert_eq!(listening.collect::<Vec<_>>().len(), 15);
    }

    /// As an earlier run of the demo left them, on an address that no other test uses.
    fn remember(dir: &Path, host: u8) -> Vec<Ports> {
        let at = |port: u16| SocketAddr::from(([127, 0, 77, host], port));
        let node = |n: u16| Ports {
            nfs: at(20_000 + n),
            node: at(21_000 + n),
            https: at(22_000 + n),
            console: at(23_000 + n),
            snmp: at(24_000 + n),
        };
        let nodes: Vec<Ports> = (0..3).map(node).collect();
        std::fs::write(dir.join(FILE), serde_json::to_vec(&nodes).unwrap()).unwrap();
        nodes
    }

    fn kept(dir: &Path) -> Vec<Ports> {
        serde_json::from_slice(&std::fs::read(dir.join(FILE)).unwrap()).unwrap()
    }

    #[test]
    fn a_demo_comes_back_to_its_ports_and_gives_up_only_those_that_somebody_holds() {
        let dir = tempfile::tempdir().unwrap();
        let first = remember(dir.path(), 1);
        assert_eq!(first, of_demo(dir.path(), 3, |_| true).unwrap().nodes);
        let _listening = TcpListener::bind(first[0].nfs).unwrap();
        let _other_demo = hold(first[1].https).unwrap();
        let second = of_demo(dir.path(), 3, |_| true).unwrap();
        let nodes = &second.nodes;
        assert!(nodes[0].nfs != first[0].nfs && nodes[1].https != first[1].https);
        assert_eq!((nodes[0].node, nodes[1].nfs, nodes[2]), (first[0].node, first[1].nfs, first[2]));
        assert_eq!(kept(dir.path()), *nodes);
    }

    #[test]
    fn the_address_of_a_member_is_not_given_up() {
        let dir = tempfile::tempdir().unwrap();
        let first = remember(dir.path(), 2);
        let _listening = TcpListener::bind(first[1].node).unwrap();
        let refused = of_demo(dir.path(), 3, |number| number == 1).err().unwrap().to_string();
        assert!(refused.contains("node 2") && refused.contains(&first[1].node.to_string()), "{refused}");
        assert_eq!(kept(dir.path()), first);
        assert_ne!(of_demo(dir.path(), 3, |_| false).unwrap().nodes[1].node, first[1].node);
    }

    #[test]
    fn a_demo_of_before_console_and_agent_gets_ports_for_them_and_keeps_the_others() {
        let dir = tempfile::tempdir().unwrap();
        let old =
            r#"[{ "nfs": "127.0.77.3:20491", "node": "127.0.77.3:27421", "https": "127.0.77.3:24431" }]"#;
        std::fs::write(dir.path().join(FILE), old).unwrap();
        let ports = of_demo(dir.path(), 1, |_| true).unwrap().nodes;
        assert_eq!(ports[0].https, "127.0.77.3:24431".parse().unwrap());
        assert_eq!(kept(dir.path()), ports);
    }

    /// A power cut left it empty.
    #[test]
    fn a_damaged_file_is_begun_anew() {
        let dir = tempfile::tempdir().unwrap();
        for text in ["", "[{ \"nfs\": \"127.0", "garbage"] {
            std::fs::write(dir.path().join(FILE), text).unwrap();
            let ports = of_demo(dir.path(), 3, |_| true).unwrap();
            assert_eq!(kept(dir.path()), ports.nodes);
        }
    }
}
