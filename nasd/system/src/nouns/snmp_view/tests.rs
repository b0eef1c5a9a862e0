use crate::bench::{Bench, FIRST, create_token, redeem};
use crate::*;
use nasd_base::NodeId;
use nasd_base::export::Network;
use nasd_base::snmp::{AuthProtocol, Privacy};
use nasd_state::Machine;
use proptest::prelude::*;

fn view(name: &str, included: &[&str], excluded: &[&str]) -> SnmpView {
    let oids = |texts: &[&str]| texts.iter().map(|text| text.parse().unwrap()).collect();
    SnmpView { name: name.to_owned(), included: oids(included), excluded: oids(excluded) }
}

pub fn access(view: &str) -> SnmpAccess {
    SnmpAccess { view: view.to_owned(), sources: vec!["192.0.2.0/24".parse().unwrap()] }
}

/// A user of SHA-256 and AES.
pub fn user(name: &str, view: &str) -> SnmpUser {
    let (auth, privacy, slots) = (AuthProtocol::Sha256, Privacy::Aes, SLOTS_MIN);
    let sealed = vec![7; SealKey::sealed_bytes(48 * SLOTS_MIN as usize)];
    SnmpUser { name: name.to_owned(), keys: SnmpKeys { auth, privacy, slots, sealed }, access: access(view) }
}

pub fn community(name: &str, secret: u8, view: &str) -> SnmpCommunity {
    SnmpCommunity { name: name.to_owned(), hash: [secret; 32], access: access(view) }
}

#[test]
fn views_are_made_changed_and_kept_while_somebody_reads_them() {
    let mut bench = Bench::of(1);
    let figures = view("figures", &["1.3.6.1.2.1.2"], &["1.3.6.1.2.1.2.2.1.6"]);
    bench.done(SnmpViewCommand::Create(figures.clone()).into());
    let again = bench.refused(SnmpViewCommand::Create(figures.clone()).into());
    assert_eq!(again, SnmpViewError::SnmpViewExists("figures".to_owned()).into());
    let wider = view("figures", &["1.3.6.1.2"], &[]);
    bench.done(SnmpViewCommand::Change(wider.clone()).into());
    assert_eq!(bench.view().snmp_views["figures"], wider);
    bench.done(SnmpUserCommand::Create(user("librenms", "figures")).into());
    bench.done(SnmpCommunityCommand::Create(community("old", 1, "figures")).into());
    let delete = || SystemCommand::from(SnmpViewCommand::Delete { name: "figures".to_owned() });
    let (view, readers) = ("figures".to_owned(), "librenms, old".to_owned());
    assert_eq!(bench.refused(delete()), SnmpViewError::SnmpViewRead { view, readers }.into());
    bench.done(SnmpUserCommand::Delete { name: "librenms".to_owned() }.into());
    let change =
        SnmpCommunityCommand::Change { name: "old".to_owned(), hash: None, access: access("system") };
    bench.done(change.into());
    bench.done(delete());
    assert_eq!(bench.refused(delete()), SnmpViewError::UnknownSnmpView("figures".to_owned()).into());
}

#[test]
fn the_views_that_are_always_there_stay_as_they_are() {
    let mut bench = Bench::of(1);
    for name in ["all", "system"] {
        let taken = bench.refused(SnmpViewCommand::Create(view(name, &["1.3"], &[])).into());
        assert_eq!(taken, SnmpViewError::SnmpViewExists(name.to_owned()).into());
        let built_in = SystemError::from(SnmpViewError::SnmpViewBuiltIn(name.to_owned()));
        assert_eq!(bench.refused(SnmpViewCommand::Change(view(name, &["1.3"], &[])).into()), built_in);
        assert_eq!(bench.refused(SnmpViewCommand::Delete { name: name.to_owned() }.into()), built_in);
    }
}

#[test]
fn names_trees_and_sources_have_bounds() {
    let mut bench = Bench::of(1);
    for name in ["", "-a", "a b", "a/b", "가", &"x".repeat(33)] {
        let bad = bench.refused(SnmpViewCommand::Create(view(name, &["1.3"], &[])).into());
        assert!(matches!(bad, SystemError::SnmpView(SnmpViewError::BadSnmpName(_))), "{name}");
    }
    let many = vec!["1.3.6"; OIDS_MAX + 1];
    for wrong in [view("v", &[], &["1.3"]), view("v", &many, &[]), view("v", &["1.3"], &many)] {
        assert_eq!(
            bench.refused(SnmpViewCommand::Create(wrong).into()),
            SnmpViewError::SnmpViewSize(64).into()
        );
    }
    let everywhere: Network = "0.0.0.0/0".parse().unwrap();
    let unsound = Network { prefix_bits: 33, ..everywhere };
    let sources = |sources: Vec<Network>| SnmpAccess { view: "all".to_owned(), sources };
    for (sources, refusal) in [
        (sources(Vec::new()), SnmpViewError::SnmpSources(64)),
        (sources(vec![everywhere; SOURCES_MAX + 1]), SnmpViewError::SnmpSources(64)),
        (sources(vec![everywhere, unsound]), SnmpViewError::BadSnmpSource("0.0.0.0/33".to_owned())),
        (access("nothing"), SnmpViewError::UnknownSnmpView("nothing".to_owned())),
    ] {
        let user = SnmpUser { access: sources.clone(), ..user("u", "all") };
        assert_eq!(bench.refused(SnmpUserCommand::Create(user).into()), refusal.clone().into());
        let community = SnmpCommunity { access: sources, ..community("c", 1, "all") };
        assert_eq!(bench.refused(SnmpCommunityCommand::Create(community).into()), refusal.into());
    }
    bench.done(
        SnmpUserCommand::Create(SnmpUser { access: sources(vec![everywhere]), ..user("u", "all") }).into(),
    );
}

/// An engine id that two nodes had one after the other would make the later one's messages late or replayed ones.
#[test]
fn a_slot_is_one_nodes_for_ever() {
    let mut bench = Bench::of(3);
    let ids = bench.ids();
    assert_eq!(ids.iter().map(|id| bench.view().slot(*id)).collect::<Vec<_>>(), [0, 1, 2]);
    bench.done(NodeCommand::Remove { node: ids[1], with_replicas: false }.into());
    bench.done(create_token(9));
    let fourth = bench.registered(redeem(9, 9, "n9"));
    let view = bench.view();
    assert_eq!([FIRST, ids[2], fourth].map(|id: NodeId| view.slot(id)), [0, 2, 3]);
}

/// One of few names, so that commands meet.
fn some_command() -> impl Strategy<Value = SystemCommand> {
    let names = prop::sample::select(vec!["a", "b", "all"]);
    (0u8..9, names.clone(), names, any::<bool>()).prop_map(|(kind, name, of, with)| {
        let named = name.to_owned();
        match kind {
            0 => SnmpViewCommand::Create(view(name, &["1.3.6"], &[])).into(),
            1 => SnmpViewCommand::Change(view(name, &["1.3.7"], &["1.3.7.1"])).into(),
            2 => SnmpViewCommand::Delete { name: named }.into(),
            3 => SnmpUserCommand::Create(user(name, of)).into(),
            4 => {
                let keys = with.then(|| user(name, of).keys);
                SnmpUserCommand::Change { name: named, keys, access: access(of) }.into()
            }
            5 => SnmpUserCommand::Delete { name: named }.into(),
            6 => SnmpCommunityCommand::Create(community(name, u8::from(with), of)).into(),
            7 => {
                let hash = with.then_some([1; 32]);
                SnmpCommunityCommand::Change { name: named, hash, access: access(of) }.into()
            }
            _ => SnmpCommunityCommand::Delete { name: named }.into(),
        }
    })
}

proptest! {
    #[test]
    fn nobody_reads_a_view_that_is_gone_and_no_two_share_a_secret(
        commands in prop::collection::vec(some_command(), 0..60),
    ) {
        let mut bench = Bench::of(1);
        for command in commands {
            let _ = bench.run(command);
            let view = bench.view();
            let there = |access: &SnmpAccess| {
                let built_in = built_in_views();
                view.snmp_views.values().chain(&built_in).any(|one| one.name == access.view)
            };
            prop_assert!(view.snmp_users.values().all(|user| there(&user.access)));
            prop_assert!(view.snmp_communities.values().all(|one| there(&one.access)));
            let secrets: std::collections::BTreeSet<_> = view.snmp_communities.values().map(|one| one.hash).collect();
            prop_assert_eq!(secrets.len(), view.snmp_communities.len());
        }
        let mut again = SystemMachine::new(AuditSeal::derive(&[7; 32]));
        again.0.prepare(&bench.db).unwrap();
        prop_assert_eq!(again.1.borrow().clone(), bench.view(), "it is in the database");
    }
}
