use super::command::{Entry, Outcome, Proposal};
use super::*;
use nasd_base::export::{ClientRule, Export, Network, Squash};
use nasd_base::file::VolumeLimits;
use nasd_base::{NodeId, OpId, Timestamp, VolumeId};
use nasd_state::Machine;
use rusqlite::Connection;
use std::sync::Arc;
use tokio::sync::watch;

const MINUTES: i64 = 60;
const FIRST: NodeId = NodeId(1);

/// A machine on an empty database, with a clock.
struct Bench {
    machine: SystemMachine,
    views: watch::Receiver<Arc<SystemView>>,
    db: Connection,
    index: u64,
    now: i64,
}

impl Bench {
    fn empty() -> Bench {
        let (mut machine, views) = SystemMachine::new(AuditSeal::derive(&[7; 32]));
        let db = Connection::open_in_memory().unwrap();
        machine.prepare(&db).unwrap();
        Bench { machine, views, db, index: 4, now: 1_800_000_000 }
    }

    /// A cluster of `nodes` active nodes.
    fn of(nodes: usize) -> Bench {
        let mut bench = Bench::empty();
        bench.registered(first("alpha"));
        for number in 2..=nodes as u8 {
            bench.done(create_token(number));
            let node = bench.registered(redeem(number, number, &format!("n{number}")));
            bench.done(SystemCommand::ActivateNode { node });
        }
        bench
    }

    fn apply(&mut self, op: OpId, command: SystemCommand) -> Outcome {
        self.index += 1;
        let entry =
            Entry { now: Timestamp { secs: self.now, nanos: 5 }, proposal: Proposal::plain(op, command) };
        let reply = self.machine.apply(&self.db, self.index, &entry.encode()).unwrap();
        self.machine.committed();
        decode_all(&reply).unwrap()
    }

    fn run(&mut self, command: SystemCommand) -> Outcome {
        self.apply(OpId::NONE, command)
    }

    fn done(&mut self, command: SystemCommand) {
        assert_eq!(self.run(command), Ok(SystemReply::Done));
    }

    fn registered(&mut self, command: SystemCommand) -> NodeId {
        match self.run(command) {
            Ok(SystemReply::Registered(node)) => node.id,
            other => panic!("not registered: {other:?}"),
        }
    }

    fn volume(&mut self, name: &str) -> VolumeId {
        match self.run(create_volume(name)) {
            Ok(SystemReply::Volume(volume)) => volume.id,
            other => panic!("not created: {other:?}"),
        }
    }

    fn refused(&mut self, command: SystemCommand) -> SystemError {
        let before = self.view();
        let refusal = self.run(command).unwrap_err();
        assert_eq!(self.view(), before, "a refused command changes nothing");
        refusal
    }

    fn view(&self) -> Arc<SystemView> {
        self.views.borrow().clone()
    }

    fn ids(&self) -> Vec<NodeId> {
        self.view().nodes.iter().map(|node| node.id).collect()
    }
}

fn first(name: &str) -> SystemCommand {
    let (name, address) = (name.to_owned(), "192.0.2.1:7400".to_owned());
    SystemCommand::CreateCluster {
        cluster: [9; 16],
        cluster_name: "home".to_owned(),
        node: FIRST,
        name,
        address,
        key: [1; 32],
    }
}

fn create_token(token: u8) -> SystemCommand {
    SystemCommand::CreateToken { token: [token; 32], valid_seconds: 900 }
}

/// `number` makes the key and the address.
fn redeem(token: u8, number: u8, name: &str) -> SystemCommand {
    let (name, address) = (name.to_owned(), format!("192.0.2.{number}:7400"));
    SystemCommand::RedeemToken { token: [token; 32], name, address, key: [number; 32] }
}

fn create_volume(name: &str) -> SystemCommand {
    let (name, limits) = (name.to_owned(), VolumeLimits::default());
    SystemCommand::CreateVolume { name, replicas: None, limits }
}

fn delete_volume(name: &str) -> SystemCommand {
    SystemCommand::DeleteVolume { name: name.to_owned() }
}

fn set_replicas(name: &str, replicas: &[NodeId]) -> SystemCommand {
    SystemCommand::SetReplicas { name: name.to_owned(), replicas: replicas.to_vec() }
}

fn clients() -> Vec<ClientRule> {
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

fn create_export(path: &str, volume: &str) -> SystemCommand {
    SystemCommand::CreateExport { path: path.to_owned(), volume: volume.to_owned(), clients: clients() }
}

fn set_clients(path: &str, clients: Vec<ClientRule>) -> SystemCommand {
    SystemCommand::SetClients { path: path.to_owned(), clients }
}

#[test]
fn the_first_node_founds_the_cluster_once() {
    let mut bench = Bench::empty();
    assert_eq!(bench.refused(create_token(2)), SystemError::NotFounded);
    let SystemCommand::CreateCluster { cluster, cluster_name, name, address, key, .. } = first("alpha")
    else {
        unreachable!()
    };
    let later = SystemCommand::CreateCluster { cluster, cluster_name, node: NodeId(99), name, address, key };
    assert_eq!(bench.refused(later), SystemError::BadNodeId);
    assert_eq!(bench.registered(first("alpha")), FIRST);
    assert_eq!(bench.refused(first("beta")), SystemError::AlreadyFounded);
    let view = bench.view();
    assert_eq!(view.cluster_id, ClusterId([9; 16]));
    assert_eq!(view.node(FIRST).unwrap().state, NodeState::Active);
}

#[test]
fn a_joining_node_gets_the_index_of_its_entry_as_id() {
    let mut bench = Bench::of(1);
    bench.done(create_token(2));
    let id = bench.registered(redeem(2, 2, "beta"));
    assert_eq!(id, NodeId(bench.index));
    let view = bench.view();
    let node = view.node(id).unwrap();
    assert_eq!((node.name.as_str(), node.state, node.key), ("beta", NodeState::Joining, [2; 32]));
    assert_eq!(view.tokens[0].used_by, Some(id));
    bench.done(SystemCommand::ActivateNode { node: id });
    bench.done(SystemCommand::ActivateNode { node: id });
    assert_eq!(bench.view().node(id).unwrap().state, NodeState::Active);
    assert_eq!(
        bench.refused(SystemCommand::ActivateNode { node: NodeId(77) }),
        SystemError::UnknownNode(NodeId(77))
    );
}

#[test]
fn wrong_used_and_expired_tokens_are_told_apart() {
    let mut bench = Bench::of(1);
    bench.done(create_token(2));
    assert_eq!(bench.refused(redeem(3, 2, "beta")), SystemError::TokenUnknown);
    let used_by = bench.registered(redeem(2, 2, "beta"));
    assert_eq!(bench.refused(redeem(2, 3, "gamma")), SystemError::TokenUsed(used_by));
    bench.done(create_token(4));
    bench.now += 15 * MINUTES - 1;
    let early = bench.registered(redeem(4, 4, "delta"));
    assert_eq!(early, NodeId(bench.index));
    bench.done(create_token(5));
    bench.now += 15 * MINUTES;
    assert_eq!(bench.refused(redeem(5, 5, "epsilon")), SystemError::TokenExpired);
    let texts: std::collections::BTreeSet<String> =
        [SystemError::TokenUnknown, SystemError::TokenUsed(used_by), SystemError::TokenExpired]
            .iter()
            .map(ToString::to_string)
            .collect();
    assert_eq!(texts.len(), 3);
}

#[test]
fn a_lost_answer_does_not_burn_the_token() {
    let mut bench = Bench::of(1);
    bench.done(create_token(2));
    let id = bench.registered(redeem(2, 2, "beta"));
    assert_eq!(bench.registered(redeem(2, 2, "beta")), id, "the same key again");
    bench.now += 60 * MINUTES;
    assert_eq!(bench.registered(redeem(2, 2, "beta-2")), id, "even later, and with a better name");
    assert_eq!(bench.view().node(id).unwrap().name, "beta-2");
    bench.done(create_token(3));
    assert_eq!(bench.registered(redeem(3, 2, "beta")), id, "or with a new token");
    bench.done(SystemCommand::ActivateNode { node: id });
    assert_eq!(
        bench.refused(redeem(3, 2, "beta")),
        SystemError::TokenUsed(id),
        "an active node has its certificate"
    );
    bench.done(create_token(4));
    assert_eq!(bench.refused(redeem(4, 2, "beta")), SystemError::KeyTaken(id));
}

#[test]
fn a_removed_node_comes_back_as_another_only() {
    let mut bench = Bench::of(3);
    let [_, second, third] = bench.ids()[..] else { panic!("three nodes") };
    bench.done(SystemCommand::RemoveNode { node: second, with_replicas: false });
    bench.done(SystemCommand::RemoveNode { node: second, with_replicas: false });
    bench.done(create_token(20));
    assert_eq!(bench.refused(redeem(20, 2, "again")), SystemError::KeyTaken(second));
    let address = "192.0.2.2:7400".to_owned();
    let redeem =
        SystemCommand::RedeemToken { token: [20; 32], name: "n2".to_owned(), address, key: [22; 32] };
    let fresh = bench.registered(redeem);
    assert!(fresh > third, "its name and address are free, its id is new");
    assert_eq!(bench.view().node(second).unwrap().state, NodeState::Removed);
    let command = SystemCommand::ActivateNode { node: second };
    assert_eq!(bench.refused(command), SystemError::NodeRemoved(second));
    let command = SystemCommand::SetNodeAddress { node: second, address: "192.0.2.99:1".to_owned() };
    assert_eq!(bench.refused(command), SystemError::NodeRemoved(second));
}

#[test]
fn names_and_addresses_of_nodes_are_unique_and_well_formed() {
    let mut bench = Bench::of(2);
    let second = bench.ids()[1];
    bench.done(create_token(3));
    assert!(
        matches!(bench.refused(redeem(3, 3, "n2")), SystemError::NodeNameTaken { node, .. } if node == second)
    );
    assert!(matches!(bench.refused(redeem(3, 3, "No Name")), SystemError::BadNodeName(_)));
    let wanted = |address: &str| SystemCommand::RedeemToken {
        token: [3; 32],
        name: "n3".to_owned(),
        address: address.to_owned(),
        key: [3; 32],
    };
    let taken = bench.refused(wanted("192.0.2.2:7400"));
    assert!(matches!(taken, SystemError::AddressTaken { node, .. } if node == second));
    assert!(matches!(bench.refused(wanted("nowhere")), SystemError::BadAddress(_)));
    bench.registered(wanted("192.0.2.3:7400"));

    let moved = |node, address: &str| SystemCommand::SetNodeAddress { node, address: address.to_owned() };
    bench.done(moved(second, "192.0.2.20:7400"));
    bench.done(moved(second, "192.0.2.20:7400"));
    assert_eq!(bench.view().node(second).unwrap().address, "192.0.2.20:7400");
    assert!(matches!(bench.refused(moved(FIRST, "192.0.2.20:7400")), SystemError::AddressTaken { .. }));
    assert!(matches!(bench.refused(moved(second, "x")), SystemError::BadAddress(_)));
    assert_eq!(bench.refused(moved(NodeId(3), "192.0.2.3:1")), SystemError::UnknownNode(NodeId(3)));
}

#[test]
fn tokens_live_a_limited_time_and_are_forgotten_later() {
    let mut bench = Bench::of(1);
    for valid_seconds in [0, 24 * 3600 + 1] {
        let command = SystemCommand::CreateToken { token: [2; 32], valid_seconds };
        assert_eq!(bench.refused(command), SystemError::BadTokenLifetime);
    }
    for number in 0..=255 {
        bench.done(create_token(number));
    }
    assert_eq!(bench.refused(create_token(7)), SystemError::TokenExists);
    let more = SystemCommand::CreateToken { token: std::array::from_fn(|at| at as u8), valid_seconds: 1 };
    assert_eq!(bench.refused(more.clone()), SystemError::TooManyTokens(256));
    bench.now += 8 * 24 * 60 * MINUTES;
    bench.done(more);
    assert_eq!(bench.view().tokens.len(), 1);
    assert_eq!(bench.refused(redeem(7, 2, "beta")), SystemError::TokenUnknown);
}

#[test]
fn the_last_node_and_nodes_with_data_stay() {
    let mut bench = Bench::of(1);
    let remove = |node, with_replicas| SystemCommand::RemoveNode { node, with_replicas };
    assert_eq!(bench.refused(remove(FIRST, true)), SystemError::LastNode(FIRST));
    assert_eq!(bench.refused(remove(NodeId(50), true)), SystemError::UnknownNode(NodeId(50)));
    let mut bench = Bench::of(4);
    let volume = bench.volume("home");
    let [.., spare] = bench.ids()[..] else { panic!("four nodes") };
    let refusal = bench.refused(remove(FIRST, false));
    assert_eq!(refusal, SystemError::NodeHoldsReplicas { node: FIRST, volumes: "home".to_owned() });
    bench.done(remove(FIRST, true));
    assert!(bench.view().volume(volume).unwrap().replicas.contains(&FIRST), "until the replicas are moved");
    let replicas: Vec<NodeId> = bench.ids().into_iter().filter(|id| *id != FIRST).collect();
    let moved = bench.run(set_replicas("home", &replicas)).unwrap();
    assert!(matches!(moved, SystemReply::Volume(volume) if volume.replicas == replicas));
    assert_eq!(bench.view().node(spare).unwrap().volumes, 1);
}

#[test]
fn volumes_get_numbers_that_are_never_used_again() {
    let mut bench = Bench::of(3);
    assert_eq!(bench.volume("one"), VolumeId(1));
    assert_eq!(bench.volume("two"), VolumeId(2));
    bench.done(delete_volume("two"));
    assert!(bench.view().was_deleted(VolumeId(2)) && !bench.view().was_deleted(VolumeId(1)));
    assert_eq!(bench.refused(delete_volume("two")), SystemError::UnknownVolume("two".to_owned()));
    assert_eq!(bench.volume("two"), VolumeId(3));
    assert!(!bench.view().was_deleted(VolumeId(4)), "not created yet");
    assert_eq!(bench.view().volume_named("two").unwrap().id, VolumeId(3));
}

#[test]
fn volumes_need_a_good_name_and_good_replicas() {
    let mut bench = Bench::of(4);
    let ids = bench.ids();
    bench.done(create_token(50));
    let joining = bench.registered(redeem(50, 50, "late"));
    let bad_name = SystemError::BadVolumeName("Bad Name".to_owned());
    assert_eq!(bench.refused(create_volume("Bad Name")), bad_name);
    bench.volume("a");
    let mut put = |replicas: &[NodeId]| bench.refused(set_replicas("a", replicas));
    assert_eq!(put(&ids[..2]), SystemError::NotEnoughReplicas { needed: 3, given: 2 });
    assert_eq!(put(&[]), SystemError::NotEnoughReplicas { needed: 3, given: 0 });
    assert_eq!(put(&[ids[0], ids[1], ids[0]]), SystemError::ReplicaTwice(ids[0]));
    assert_eq!(put(&[ids[0], ids[1], NodeId(3)]), SystemError::UnknownNode(NodeId(3)));
    assert_eq!(put(&[ids[0], ids[1], joining]), SystemError::ReplicaNotActive(joining));
    assert_eq!(bench.refused(create_volume("a")), SystemError::VolumeNameTaken("a".to_owned()));
    assert_eq!(bench.refused(set_replicas("b", &ids)), SystemError::UnknownVolume("b".to_owned()));
    let limits = VolumeLimits { bytes: Some(0), files: None };
    let nothing = SystemCommand::CreateVolume { name: "b".to_owned(), replicas: None, limits };
    assert_eq!(bench.refused(nothing), SystemError::BadLimit);
}

#[test]
fn a_small_cluster_may_have_fewer_replicas() {
    for nodes in 1..=2 {
        let mut bench = Bench::of(nodes);
        bench.volume("a");
        assert_eq!(bench.view().volumes[0].replicas.len(), nodes);
    }
    let mut bench = Bench::of(8);
    let of = |replicas| SystemCommand::CreateVolume {
        name: "a".to_owned(),
        replicas: Some(replicas),
        limits: VolumeLimits::default(),
    };
    assert_eq!(bench.refused(of(8)), SystemError::TooManyReplicas(REPLICAS_MAX));
    assert_eq!(bench.refused(of(2)), SystemError::NotEnoughReplicas { needed: 3, given: 2 });
    assert!(bench.refused(of(9)).to_string().contains("8 of 9 replicas"));
    bench.run(of(5)).unwrap();
    assert_eq!(bench.view().volumes[0].replicas.len(), 5);
}

#[test]
fn exports_are_unique_and_never_inside_each_other() {
    let mut bench = Bench::of(3);
    let one = bench.volume("one");
    bench.volume("two");
    bench.done(create_export("/data/one", "one"));
    bench.done(create_export("/data/two", "two"));
    let inside = bench.refused(create_export("/data/one/deep", "two"));
    let (path, other) = ("/data/one/deep".to_owned(), "/data/one".to_owned());
    assert_eq!(inside, SystemError::ExportOverlaps { path, other });
    assert!(matches!(bench.refused(create_export("/data", "two")), SystemError::ExportOverlaps { .. }));
    let taken = SystemError::ExportExists("/data/one".to_owned());
    assert_eq!(bench.refused(create_export("/data/one", "two")), taken);
    assert!(matches!(bench.refused(create_export("data", "one")), SystemError::BadExportPath(_)));
    assert_eq!(bench.refused(create_export("/x", "no")), SystemError::UnknownVolume("no".to_owned()));

    let mut changed = clients();
    changed[0].read_only = true;
    bench.done(set_clients("/data/one", changed.clone()));
    let export = Export { path: "/data/one".to_owned(), volume: one, clients: changed.clone() };
    assert_eq!(bench.view().export("/data/one"), Some(&export));
    assert_eq!(bench.refused(create_export("/data/one", "one")), taken, "with other clients");
    changed[0].network.prefix_bits = 33;
    assert!(matches!(bench.refused(set_clients("/data/one", changed)), SystemError::BadNetwork(_)));
    let many = vec![clients()[0].clone(); 257];
    assert_eq!(bench.refused(set_clients("/data/one", many)), SystemError::TooManyClients(256));

    let delete = delete_volume("one");
    let refusal = bench.refused(delete.clone());
    assert!(refusal.to_string().contains("still exported as /data/one"), "{refusal}");
    bench.done(SystemCommand::DeleteExport { path: "/data/one".to_owned() });
    let again = SystemCommand::DeleteExport { path: "/data/one".to_owned() };
    assert_eq!(bench.refused(again), SystemError::UnknownExport("/data/one".to_owned()));
    let gone = bench.refused(set_clients("/data/one", clients()));
    assert_eq!(gone, SystemError::UnknownExport("/data/one".to_owned()), "it does not come back");
    bench.done(delete);
}

#[test]
fn a_repeated_operation_gets_its_first_answer() {
    let mut bench = Bench::of(3);
    let create = create_volume("a");
    let made = bench.apply(OpId(7), create.clone());
    assert!(made.is_ok());
    assert_eq!(bench.apply(OpId(7), create.clone()), made);
    assert_eq!(bench.view().volumes.len(), 1);
    let refused = bench.apply(OpId(8), create.clone());
    assert_eq!(refused, Err(SystemError::VolumeNameTaken("a".to_owned())));
    bench.done(delete_volume("a"));
    assert_eq!(bench.apply(OpId(8), create.clone()), refused, "refusals are remembered too");
    bench.index += 5000;
    assert!(bench.apply(OpId(9), create.clone()).is_ok());
    let kept: i64 = bench.db.query_row("SELECT count(*) FROM op", [], |row| row.get(0)).unwrap();
    assert_eq!(kept, 1, "old outcomes are forgotten");
}

#[test]
fn the_state_survives_a_restart() {
    let mut bench = Bench::of(4);
    bench.volume("home");
    bench.done(create_export("/home", "home"));
    let last = bench.ids()[3];
    bench.done(SystemCommand::RemoveNode { node: last, with_replicas: true });
    let before = bench.view();
    let (mut machine, views) = SystemMachine::new(AuditSeal::derive(&[7; 32]));
    machine.prepare(&bench.db).unwrap();
    assert_eq!(*views.borrow(), before);
    assert_eq!(before.version, bench.index);
    bench.machine = machine;
    bench.views = views;
    assert_eq!(bench.volume("other"), VolumeId(2));
}

#[test]
fn a_damaged_row_stops_the_group() {
    let bench = Bench::of(1);
    bench.db.execute("UPDATE node SET state = 9", []).unwrap();
    let (mut machine, _views) = SystemMachine::new(AuditSeal::derive(&[7; 32]));
    assert!(matches!(machine.prepare(&bench.db), Err(nasd_state::StateError::Damaged(_))));
}

#[test]
fn an_unreadable_command_is_refused_and_changes_nothing() {
    let mut bench = Bench::of(1);
    for bytes in [&b""[..], b"junk", &[1], &[1; 100], &[0; 2 << 20]] {
        let before = bench.view();
        bench.index += 1;
        let reply = bench.machine.apply(&bench.db, bench.index, bytes).unwrap();
        assert_eq!(decode_all::<Outcome>(&reply), Some(Err(SystemError::BadCommand)));
        assert_eq!(bench.view(), before);
    }
}

mod random {
    use super::*;
    use proptest::prelude::*;

    fn command() -> impl Strategy<Value = SystemCommand> {
        let node = || prop_oneof![Just(FIRST), (5u64..40).prop_map(NodeId)];
        let name = || prop_oneof!["[a-c]", "[A-Z ]{0,3}"];
        let volume = || "[a-d]";
        prop_oneof![
            Just(first("alpha")),
            (0u8..6, 0u32..2000)
                .prop_map(|(t, valid_seconds)| SystemCommand::CreateToken { token: [t; 32], valid_seconds }),
            (0u8..6, 0u8..6, name()).prop_map(|(token, number, name)| redeem(token, number, &name)),
            node().prop_map(|node| SystemCommand::ActivateNode { node }),
            (node(), 0u8..6)
                .prop_map(|(node, n)| SystemCommand::SetNodeAddress { node, address: format!("h{n}:1") }),
            (node(), any::<bool>())
                .prop_map(|(node, with_replicas)| SystemCommand::RemoveNode { node, with_replicas }),
            name().prop_map(|name| create_volume(&name)),
            volume().prop_map(|name| SystemCommand::DeleteVolume { name }),
            (volume(), prop::collection::vec(node(), 0..4))
                .prop_map(|(name, replicas)| set_replicas(&name, &replicas)),
            ("/[a-b](/[a-b])?", volume()).prop_map(|(path, volume)| create_export(&path, &volume)),
            "/[a-b](/[a-b])?".prop_map(|path| set_clients(&path, clients())),
            "/[a-b](/[a-b])?".prop_map(|path| SystemCommand::DeleteExport { path }),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        #[test]
        fn any_history_keeps_the_rules(history in prop::collection::vec((command(), 0i64..400), 1..60)) {
            let mut bench = Bench::empty();
            bench.registered(first("alpha"));
            let (mut ids, mut last_volume) = (std::collections::BTreeSet::from([FIRST]), VolumeId(0));
            for (command, seconds) in history {
                bench.now += seconds;
                let before = bench.view();
                let outcome = bench.run(command);
                let view = bench.view();
                prop_assert!(outcome.is_ok() || view == before);
                // Ids are never used twice: every node ever seen is still there, volumes only count up.
                prop_assert!(ids.iter().all(|id| view.node(*id).is_some()));
                ids.extend(view.nodes.iter().map(|node| node.id));
                prop_assert!(view.last_volume >= last_volume);
                last_volume = view.last_volume;
                let members = || view.nodes.iter().filter(|node| node.state != NodeState::Removed);
                let distinct = |key: fn(&NodeInfo) -> String| {
                    members().map(key).collect::<std::collections::BTreeSet<_>>().len() == members().count()
                };
                prop_assert!(distinct(|node| node.name.clone()) && distinct(|node| node.address.clone()));
                prop_assert!(view.active_nodes().count() >= 1);
                for export in &view.exports {
                    prop_assert!(view.volume(export.volume).is_some());
                    let inside = format!("{}/", export.path);
                    prop_assert!(!view.exports.iter().any(|other| other.path.starts_with(&inside)));
                }
                let (mut again, views) = SystemMachine::new(AuditSeal::derive(&[7; 32]));
                again.prepare(&bench.db).unwrap();
                prop_assert_eq!(&*views.borrow(), &view, "memory and tables agree");
            }
        }
    }
}

/// The state names an authority before the nodes have it; each says when it does, whenever that is.
#[test]
fn another_authority_is_one_task_of_all_nodes() {
    let mut bench = Bench::of(3);
    let rotate = |number: u8| SystemCommand::RotateAuthority {
        fingerprint: [number; 32],
        started_by: "amy".to_owned(),
    };
    let Ok(SystemReply::Task(task)) = bench.run(rotate(1)) else { panic!("no task") };
    assert_eq!((task.kind, task.parts.len()), (TaskKind::RotateAuthority, 3));
    assert_eq!(
        bench.refused(rotate(2)),
        SystemError::Task(TaskError::Running { task: task.id, kind: task.kind })
    );
    for part in &task.parts {
        assert_eq!(bench.view().authority, Some([1; 32]));
        let (task, node, line) = (task.id, part.node, String::new());
        let finish = TaskCommand::FinishPart { task, node, failed: false, line };
        bench.run(SystemCommand::Task(finish)).unwrap();
    }
    assert_eq!(bench.view().tasks[&task.id].state, TaskState::Done);
    assert!(bench.run(rotate(2)).is_ok());
    let mut again = SystemMachine::new(AuditSeal::derive(&[7; 32]));
    again.0.prepare(&bench.db).unwrap();
    assert_eq!(again.1.borrow().authority, Some([2; 32]), "it is in the database");
}

/// Whose volume is gone owns nothing, whatever is made under its name.
#[test]
fn owners_lose_a_volume_with_the_volume() {
    let mut bench = Bench::of(3);
    let media = bench.volume("media");
    let bytes = [&[8u8, 1, 1][..], &[7; 48]].concat();
    let password = postcard::from_bytes(&bytes).unwrap();
    bench.done(SystemCommand::Account(AccountCommand::CreateUser {
        name: "bob".to_owned(),
        role: nasd_base::role::Role::ShareOwner,
        owned: vec!["media".to_owned()],
        password,
    }));
    assert_eq!(bench.view().accounts.users["bob"].owned, [media]);
    bench.done(delete_volume("media"));
    bench.volume("media");
    assert_eq!(bench.view().accounts.users["bob"].owned, []);
}
