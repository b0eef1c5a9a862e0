//! What holds for all nouns: repetitions, restarts, damage, and any history.

use super::bench::*;
use super::command::Outcome;
use super::*;
use nasd_base::{NodeId, OpId, VolumeId};
use nasd_cluster::decode_all;
use nasd_state::Machine;

#[test]
fn a_repeated_operation_gets_its_first_answer() {
    let mut bench = Bench::of(3);
    let create = create_volume("a");
    let made = bench.apply(OpId(7), create.clone());
    assert!(made.is_ok());
    assert_eq!(bench.apply(OpId(7), create.clone()), made);
    assert_eq!(bench.view().volumes.len(), 1);
    let refused = bench.apply(OpId(8), create.clone());
    assert_eq!(refused, Err(SystemError::Volume(VolumeError::VolumeNameTaken("a".to_owned()))));
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
    bench.done(SystemCommand::Node(NodeCommand::Remove { node: last, with_replicas: true }));
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
            (0u8..6, 0u32..2000).prop_map(|(t, valid_seconds)| SystemCommand::Token(TokenCommand::Create {
                token: [t; 32],
                valid_seconds
            })),
            (0u8..6, 0u8..6, name()).prop_map(|(token, number, name)| redeem(token, number, &name)),
            node().prop_map(|node| SystemCommand::Node(NodeCommand::Activate { node })),
            (node(), 0u8..6).prop_map(|(node, n)| SystemCommand::Node(NodeCommand::SetAddress {
                node,
                address: format!("h{n}:1")
            })),
            (node(), any::<bool>()).prop_map(|(node, with_replicas)| SystemCommand::Node(
                NodeCommand::Remove { node, with_replicas }
            )),
            name().prop_map(|name| create_volume(&name)),
            volume().prop_map(|name| SystemCommand::Volume(VolumeCommand::Delete { name })),
            (volume(), prop::collection::vec(node(), 0..4))
                .prop_map(|(name, replicas)| set_replicas(&name, &replicas)),
            ("/[a-b](/[a-b])?", volume()).prop_map(|(path, volume)| create_export(&path, &volume)),
            "/[a-b](/[a-b])?".prop_map(|path| set_clients(&path, clients())),
            "/[a-b](/[a-b])?".prop_map(|path| SystemCommand::Export(ExportCommand::Delete { path })),
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
                ids.extend(view.nodes.values().map(|node| node.id));
                prop_assert!(view.volumes.last >= last_volume);
                last_volume = view.volumes.last;
                let members = || view.nodes.values().filter(|node| node.state != NodeState::Removed);
                let distinct = |key: fn(&NodeInfo) -> String| {
                    members().map(key).collect::<std::collections::BTreeSet<_>>().len() == members().count()
                };
                prop_assert!(distinct(|node| node.name.clone()) && distinct(|node| node.address.clone()));
                prop_assert!(view.active_nodes().count() >= 1);
                for export in view.exports.values() {
                    prop_assert!(view.volume(export.volume).is_some());
                    let inside = format!("{}/", export.path);
                    prop_assert!(!view.exports.values().any(|other| other.path.starts_with(&inside)));
                }
                let (mut again, views) = SystemMachine::new(AuditSeal::derive(&[7; 32]));
                again.prepare(&bench.db).unwrap();
                prop_assert_eq!(&*views.borrow(), &view, "memory and tables agree");
            }
        }
    }
}
