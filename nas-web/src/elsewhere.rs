//! Owns where else one can look: the other nodes and their consoles, as the node named them when it last answered.
//!
//! Told only to sessions that it was told to before: who has none learns no names from a node that is silent.

use crate::words::Text;
use nasd_api::{ClusterStatus, NodeInfo, Secret};
use std::sync::{Mutex, PoisonError};

/// Sessions that may see the names again; the oldest is forgotten first.
const SESSIONS_MAX: usize = 64;

/// Another node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Elsewhere {
    pub name: String,
    /// The address of its console, where it can be told.
    pub console: Option<String>,
}

/// What the node was heard to say last of its cluster.
#[derive(Default)]
pub struct LastHeard(Mutex<Heard>);

#[derive(Default)]
struct Heard {
    others: Vec<Other>,
    sessions: Vec<blake3::Hash>,
}

struct Other {
    name: String,
    /// Not this node's own: where all are on one host, their consoles have different ports.
    host: Option<String>,
}

impl LastHeard {
    /// Keeps what the owner of the session was answered.
    pub fn keep(&self, status: &ClusterStatus, session: Option<&Secret>) {
        let mut heard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        heard.others = others(status);
        let Some(hash) = session.map(hash) else { return };
        if heard.sessions.contains(&hash) {
            return;
        }
        if heard.sessions.len() >= SESSIONS_MAX {
            heard.sessions.remove(0);
        }
        heard.sessions.push(hash);
    }

    /// The other nodes; nothing for a session that was never told. `port`: at which the browser found this console.
    pub fn elsewhere(&self, session: Option<&Secret>, port: Option<u16>) -> Option<Vec<Elsewhere>> {
        let heard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let was_told = session.is_some_and(|session| heard.sessions.contains(&hash(session)));
        was_told.then(|| heard.others.iter().map(|other| other.at(port)).collect())
    }
}

impl Other {
    /// Consoles of one cluster listen on the same port.
    fn at(&self, port: Option<u16>) -> Elsewhere {
        let port = port.map(|port| format!(":{port}")).unwrap_or_default();
        let console = self.host.as_ref().map(|host| format!("https://{host}{port}/"));
        Elsewhere { name: self.name.clone(), console }
    }
}

fn others(status: &ClusterStatus) -> Vec<Other> {
    let own = status.nodes.iter().find(|node| node.id == status.node).and_then(host);
    let others = status.nodes.iter().filter(|node| node.id != status.node);
    let other = |node: &NodeInfo| Other {
        name: node.name.clone(),
        host: host(node).filter(|host| Some(host) != own.as_ref()),
    };
    others.map(other).collect()
}

fn host(node: &NodeInfo) -> Option<String> {
    node.address.rsplit_once(':').map(|(host, _)| host.to_owned())
}

fn hash(session: &Secret) -> blake3::Hash {
    blake3::hash(session.reveal().as_bytes())
}

/// What a node is called; `gone` with its number when it is no member any more.
pub fn node_name(nodes: &[NodeInfo], id: u64, gone: Text) -> String {
    nodes.iter().find(|node| node.id == id).map_or_else(|| gone.of(id), |node| node.name.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use nasd_api::{Health, NodeState, verdict};

    fn node(id: u64, address: &str) -> NodeInfo {
        NodeInfo {
            id,
            name: format!("stor-{id}"),
            address: address.into(),
            state: NodeState::Member,
            reachable: true,
            nfs_address: None,
            version: None,
        }
    }

    fn heard(nodes: Vec<NodeInfo>) -> LastHeard {
        let status = ClusterStatus {
            id: "1".into(),
            name: "home".into(),
            node: 7,
            health: Health::Healthy,
            verdict: String::new(),
            headline: verdict::all_is_there(),
            causes: Vec::new(),
            quorum: true,
            leader: None,
            term: 1,
            commit_index: 0,
            last_failover: None,
            space: Default::default(),
            nodes,
            volumes: Vec::new(),
        };
        let heard = LastHeard::default();
        heard.keep(&status, Some(&Secret::new("session")));
        heard
    }

    fn shown(heard: &LastHeard, port: Option<u16>) -> Vec<(String, Option<String>)> {
        let all = heard.elsewhere(Some(&Secret::new("session")), port).unwrap();
        all.into_iter().map(|other| (other.name, other.console)).collect()
    }

    #[test]
    fn the_other_consoles_are_at_the_port_of_this_one() {
        let nodes = vec![node(7, "192.0.2.7:7400"), node(2, "192.0.2.2:7400"), node(9, "[2001:db8::9]:7400")];
        let heard = heard(nodes);
        let at = |name: &str, url: &str| (name.to_owned(), Some(url.to_owned()));
        assert_eq!(
            shown(&heard, Some(8443)),
            [at("stor-2", "https://192.0.2.2:8443/"), at("stor-9", "https://[2001:db8::9]:8443/")]
        );
        assert_eq!(shown(&heard, None)[0], at("stor-2", "https://192.0.2.2/"));
    }

    #[test]
    fn nodes_on_one_host_are_named_and_no_wrong_link_is_made() {
        let heard = heard(vec![node(7, "127.0.0.1:1"), node(2, "127.0.0.1:2")]);
        assert_eq!(shown(&heard, Some(3)), [("stor-2".to_owned(), None)]);
    }

    #[test]
    fn who_was_never_told_learns_nothing() {
        let heard = heard(vec![node(7, "192.0.2.7:1"), node(2, "192.0.2.2:1")]);
        for session in [None, Some(&Secret::new("guess"))] {
            assert_eq!(heard.elsewhere(session, None), None);
        }
    }

    #[test]
    fn a_node_is_called_by_its_name() {
        let nodes = [node(6, "192.0.2.6:1")];
        assert_eq!(node_name(&nodes, 6, Text("{} (removed)")), "stor-6");
        assert_eq!(node_name(&nodes, 5, Text("{} (removed)")), "5 (removed)");
    }
}
