//! A machine for the tests of all nouns, and what they ask of it.

use super::command::{Entry, Outcome, Proposal};
use super::*;
use nasd_base::export::{ClientRule, Network, Squash};
use nasd_base::{NodeId, OpId, Timestamp, VolumeId};
use nasd_cluster::decode_all;
use nasd_state::Machine;
use rusqlite::Connection;
use std::sync::Arc;
use tokio::sync::watch;

pub const MINUTES: i64 = 60;
pub const FIRST: NodeId = NodeId(1);

/// A machine on an empty database, with a clock.
pub struct Bench {
    pub machine: SystemMachine,
    pub views: watch::Receiver<Arc<SystemView>>,
    pub db: Connection,
    pub index: u64,
    pub now: i64,
}

impl Bench {
    pub fn empty() -> Bench {
        let (mut machine, views) = SystemMachine::new(AuditSeal::derive(&[7; 32]));
        let db = Connection::open_in_memory().unwrap();
        machine.prepare(&db).unwrap();
        Bench { machine, views, db, index: 4, now: 1_800_000_000 }
    }

    /// A cluster of `nodes` active nodes.
    pub fn of(nodes: usize) -> Bench {
        let mut bench = Bench::empty();
        bench.registered(first("alpha"));
        for number in 2..=nodes as u8 {
            bench.done(create_token(number));
            let node = bench.registered(redeem(number, number, &format!("n{number}")));
            bench.done(SystemCommand::Node(NodeCommand::Activate { node }));
        }
        bench
    }

    pub fn apply(&mut self, op: OpId, command: SystemCommand) -> Outcome {
        self.index += 1;
        let entry =
            Entry { now: Timestamp { secs: self.now, nanos: 5 }, proposal: Proposal::plain(op, command) };
        let reply = self.machine.apply(&self.db, self.index, &entry.encode()).unwrap();
        self.machine.committed();
        decode_all(&reply).unwrap()
    }

    pub fn run(&mut self, command: SystemCommand) -> Outcome {
        self.apply(OpId::NONE, command)
    }

    pub fn done(&mut self, command: SystemCommand) {
        assert_eq!(self.run(command), Ok(SystemReply::Done));
    }

    pub fn registered(&mut self, command: SystemCommand) -> NodeId {
        match self.run(command) {
            Ok(SystemReply::Registered(node)) => node.id,
            other => panic!("not registered: {other:?}"),
        }
    }

    pub fn volume(&mut self, name: &str) -> VolumeId {
        match self.run(create_volume(name)) {
            Ok(SystemReply::Volume(volume)) => volume.id,
            other => panic!("not created: {other:?}"),
        }
    }

    pub fn refused(&mut self, command: SystemCommand) -> SystemError {
        let before = self.view();
        let refusal = self.run(command).unwrap_err();
        assert_eq!(self.view(), before, "a refused command changes nothing");
        refusal
    }

    pub fn view(&self) -> Arc<SystemView> {
        self.views.borrow().clone()
    }

    pub fn ids(&self) -> Vec<NodeId> {
        self.view().nodes.values().map(|node| node.id).collect()
    }
}

pub fn first(name: &str) -> SystemCommand {
    let (name, address) = (name.to_owned(), "192.0.2.1:7400".to_owned());
    SystemCommand::Cluster(ClusterCommand::Create {
        cluster: [9; 16],
        cluster_name: "home".to_owned(),
        node: FIRST,
        name,
        address,
        key: [1; 32],
    })
}

pub fn create_token(token: u8) -> SystemCommand {
    SystemCommand::Token(TokenCommand::Create { token: [token; 32], valid_seconds: 900 })
}

/// `number` makes the key and the address.
pub fn redeem(token: u8, number: u8, name: &str) -> SystemCommand {
    let (name, address) = (name.to_owned(), format!("192.0.2.{number}:7400"));
    SystemCommand::Token(TokenCommand::Redeem { token: [token; 32], name, address, key: [number; 32] })
}

pub fn create_volume(name: &str) -> SystemCommand {
    SystemCommand::Volume(VolumeCommand::Create { name: name.to_owned(), wanted: NewVolume::default() })
}

pub fn delete_volume(name: &str) -> SystemCommand {
    SystemCommand::Volume(VolumeCommand::Delete { name: name.to_owned() })
}

pub fn set_replicas(name: &str, replicas: &[NodeId]) -> SystemCommand {
    SystemCommand::Volume(VolumeCommand::SetReplicas { name: name.to_owned(), replicas: replicas.to_vec() })
}

pub fn clients() -> Vec<ClientRule> {
    let network: Network = "192.0.2.0/24".parse().unwrap();
    vec![ClientRule {
        network,
        read_only: false,
        squash: Squash::Root,
        anonymous_uid: 1000,
        anonymous_gid: 1000,
        insecure: true,
    }]
}

pub fn create_export(path: &str, volume: &str) -> SystemCommand {
    SystemCommand::Export(ExportCommand::Create {
        path: path.to_owned(),
        volume: volume.to_owned(),
        clients: clients(),
    })
}

pub fn set_clients(path: &str, clients: Vec<ClientRule>) -> SystemCommand {
    SystemCommand::Export(ExportCommand::SetClients { path: path.to_owned(), clients })
}
