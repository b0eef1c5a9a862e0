//! The system's state on real consensus over the real transport, on a network in memory.

use super::*;
use bytes::Bytes;
use nasd_base::net::{BoxFuture, Peer};
use nasd_base::{GroupId, NodeId, SeededEntropy, SystemClock};
use nasd_cluster::testing::World;
use nasd_cluster::transport::{Handler, Refusal, Service, Transport};
use nasd_cluster::{RaftWire, serve_raft};
use nasd_disk::{SimDisk, SimDiskOptions};
use nasd_log::{Log, LogOptions};
use nasd_raft::{RaftConfig, RaftNode};
use nasd_state::StateDb;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::time::{Instant, sleep};

struct Node {
    system: System,
    raft: RaftNode,
    transport: Transport,
    _directory: TempDir,
}

struct Dispatch {
    system: System,
    raft: RaftNode,
}

impl Handler for Dispatch {
    fn handle(
        &self,
        from: Peer,
        service: Service,
        header: Bytes,
        body: Bytes,
    ) -> BoxFuture<'_, Result<(Bytes, Bytes), Refusal>> {
        Box::pin(async move {
            let Peer::Node(from) = from else { return Err(Refusal("members only".to_owned())) };
            match service {
                Service::Raft => serve_raft(&self.raft, from, header, body).await,
                _ => self.system.serve_control(from, header, body).await,
            }
        })
    }
}

async fn start(world: &World, me: NodeId) -> Node {
    let transport = Transport::new(world.net(Peer::Node(me)), me);
    for other in (1..=3).map(NodeId).filter(|other| *other != me) {
        transport.set_address(other, Some(format!("node:{other}")));
    }
    let disk = SimDisk::new(me.0, SimDiskOptions::default());
    let entropy = Arc::new(SeededEntropy::new(me.0));
    let options = LogOptions { segment_bytes: 1 << 20, entropy: entropy.clone(), ..LogOptions::default() };
    let log = Log::open(Arc::new(disk), options).await.unwrap();
    let wire = Arc::new(RaftWire(transport.clone()));
    let raft = RaftNode::new(RaftConfig::new(me, entropy.clone()), log, wire);
    let directory = tempfile::tempdir().unwrap();
    let (machine, views) = SystemMachine::new(AuditSeal::derive(&[7; 32]));
    let state = StateDb::open(&directory.path().join("state"), machine).unwrap();
    let group = raft.start_group(GroupId::SYSTEM, state).await.unwrap();
    let system = System::new(transport.clone(), Arc::new(group), views, Arc::new(SystemClock), entropy);
    let dispatch = Dispatch { system: system.clone(), raft: raft.clone() };
    transport.listen(&format!("node:{me}"), Arc::new(dispatch)).await.unwrap();
    Node { system, raft, transport, _directory: directory }
}

async fn leader_among(nodes: &[&Node]) -> NodeId {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let leads = |node: &&&Node| {
            let group = node.raft.group(GroupId::SYSTEM).unwrap();
            group.leadership().borrow().ready
        };
        if let Some(node) = nodes.iter().find(leads) {
            return node.system.me();
        }
        assert!(Instant::now() < deadline, "no leader");
        sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn three_nodes_decide_together_and_survive_their_leader() {
    let world = World::default();
    let mut nodes = Vec::new();
    for number in 1..=3 {
        nodes.push(start(&world, NodeId(number)).await);
    }
    let members = [NodeId(1), NodeId(2), NodeId(3)];
    nodes[0].raft.group(GroupId::SYSTEM).unwrap().initialize(&members).await.unwrap();
    let leader = leader_among(&nodes.iter().collect::<Vec<_>>()).await;

    let first = SystemCommand::Cluster(ClusterCommand::Create {
        cluster: [1; 16],
        cluster_name: "home".to_owned(),
        node: NodeId(1),
        name: "alpha".to_owned(),
        address: "node:7001".to_owned(),
        key: [1; 32],
    });
    let follower = nodes.iter().find(|node| node.system.me() != leader).unwrap();
    follower.system.propose(&By::NODE, first).await.unwrap();
    for node in &nodes {
        let volume = node
            .system
            .create_volume(&By::NODE, &format!("v{}", node.system.me()), NewVolume::default())
            .await
            .unwrap();
        assert_eq!(node.system.view().volume(volume.id), Some(&volume), "the proposer sees its change");
    }

    let at = nodes.iter().position(|node| node.system.me() == leader).unwrap();
    let dead = nodes.remove(at);
    dead.transport.close().await;
    dead.raft.shutdown().await;
    let begun = Instant::now();
    let volume = nodes[0].system.create_volume(&By::NODE, "after", NewVolume::default()).await.unwrap();
    assert!(begun.elapsed() < Duration::from_secs(8), "{:?}", begun.elapsed());
    assert_eq!(volume.id.0, 4);
    nodes[1].system.watch().wait_for(|view| view.volumes.len() == 4).await.unwrap();

    let second = nodes.remove(0);
    second.transport.close().await;
    second.raft.shutdown().await;
    let alone = nodes[0].system.create_volume(&By::NODE, "alone", NewVolume::default()).await.unwrap_err();
    assert!(matches!(alone, SystemError::NoQuorum(_)), "{alone}");
}
