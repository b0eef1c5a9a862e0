//! Three nodes of Gotgan, as `nasd demo` runs them; through FUSE or NFS, on the node that leads or another.

use super::System;
use crate::client::Place;
use crate::measure::Processes;
use harness::cluster::Cluster;
use std::io;
use std::path::Path;
use std::rc::Rc;

/// One way to a running cluster.
pub struct Gotgan {
    cluster: Rc<Cluster>,
    fuse: bool,
}

impl Gotgan {
    /// Starts a cluster below `dir`: its FUSE mount and its NFS server, both on the leader.
    pub fn start(dir: &Path) -> io::Result<[Gotgan; 2]> {
        let cluster = Rc::new(Cluster::start(&dir.join("gotgan")));
        Ok([Gotgan { cluster: cluster.clone(), fuse: true }, Gotgan { cluster, fuse: false }])
    }
}

impl Processes for Gotgan {
    fn pids(&self) -> Vec<u32> {
        self.cluster.ready.nodes.iter().map(|node| node.pid as u32).collect()
    }
}

impl System for Gotgan {
    fn name(&self) -> String {
        format!("Gotgan, 3 replicas, {}", if self.fuse { "FUSE" } else { "NFS" })
    }

    fn place(&self) -> Place {
        let leader = self.cluster.node(self.cluster.ready.leader);
        if self.fuse {
            return Place::Mount(self.cluster.fuse(leader.id).to_path_buf());
        }
        let (nfs, mount) = (leader.nfs.clone(), leader.nfs.clone());
        Place::Nfs { nfs, mount, export: self.cluster.ready.export.clone() }
    }
}
