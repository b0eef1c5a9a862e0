use crate::bench::Bench;
use crate::nouns::snmp_view::tests::{access, community};
use crate::*;

#[test]
fn a_community_is_made_changed_and_deleted_and_no_two_have_one_secret() {
    let mut bench = Bench::of(1);
    let create =
        |name, secret| SystemCommand::from(SnmpCommunityCommand::Create(community(name, secret, "all")));
    bench.done(create("old", 1));
    let taken = SnmpCommunityError::SnmpCommunityExists("old".to_owned()).into();
    assert_eq!(bench.refused(create("old", 2)), taken);
    assert_eq!(bench.refused(create("new", 1)), SnmpCommunityError::SnmpCommunityShared.into());
    bench.done(create("new", 2));
    let change = |name: &str, hash| {
        SystemCommand::from(SnmpCommunityCommand::Change {
            name: name.to_owned(),
            hash,
            access: access("system"),
        })
    };
    assert_eq!(bench.refused(change("new", Some([1; 32]))), SnmpCommunityError::SnmpCommunityShared.into());
    bench.done(change("new", Some([2; 32])));
    bench.done(change("new", None));
    assert_eq!(bench.view().snmp_communities["new"], community("new", 2, "system"));
    bench.done(SnmpCommunityCommand::Delete { name: "old".to_owned() }.into());
    let gone = SnmpCommunityError::UnknownSnmpCommunity("old".to_owned()).into();
    assert_eq!(bench.refused(change("old", None)), gone);
    bench.done(change("new", Some([1; 32])));
}
