use crate::bench::{Bench, create_token, create_volume, delete_volume, redeem, set_replicas};
use crate::*;
use nasd_base::file::{RootDir, VolumeLimits};
use nasd_base::{NodeId, VolumeId};

#[test]
fn volumes_get_numbers_that_are_never_used_again() {
    let mut bench = Bench::of(3);
    assert_eq!(bench.volume("one"), VolumeId(1));
    assert_eq!(bench.volume("two"), VolumeId(2));
    bench.done(delete_volume("two"));
    assert!(bench.view().was_deleted(VolumeId(2)) && !bench.view().was_deleted(VolumeId(1)));
    assert_eq!(bench.refused(delete_volume("two")), VolumeError::UnknownVolume("two".to_owned()).into());
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
    let bad_name = SystemError::Volume(VolumeError::BadVolumeName("Bad Name".to_owned()));
    assert_eq!(bench.refused(create_volume("Bad Name")), bad_name);
    bench.volume("a");
    let mut put = |replicas: &[NodeId]| bench.refused(set_replicas("a", replicas));
    assert_eq!(put(&ids[..2]), VolumeError::NotEnoughReplicas { needed: 3, given: 2 }.into());
    assert_eq!(put(&[]), VolumeError::NotEnoughReplicas { needed: 3, given: 0 }.into());
    assert_eq!(put(&[ids[0], ids[1], ids[0]]), VolumeError::ReplicaTwice(ids[0]).into());
    assert_eq!(put(&[ids[0], ids[1], NodeId(3)]), NodeError::UnknownNode(NodeId(3)).into());
    assert_eq!(put(&[ids[0], ids[1], joining]), VolumeError::ReplicaNotActive(joining).into());
    assert_eq!(bench.refused(create_volume("a")), VolumeError::VolumeNameTaken("a".to_owned()).into());
    assert_eq!(bench.refused(set_replicas("b", &ids)), VolumeError::UnknownVolume("b".to_owned()).into());
    let limits = VolumeLimits { bytes: Some(0), files: None };
    let of = |wanted| SystemCommand::Volume(VolumeCommand::Create { name: "b".to_owned(), wanted });
    let nothing = of(NewVolume { limits, ..NewVolume::default() });
    assert_eq!(bench.refused(nothing), VolumeError::BadLimit.into());
    for (uid, gid, mode) in [(u32::MAX, 0, 0), (0, u32::MAX, 0), (0, 0, 0o10000)] {
        let odd = of(NewVolume { root: RootDir { uid, gid, mode }, ..NewVolume::default() });
        assert_eq!(bench.refused(odd), VolumeError::BadRoot.into());
    }
    let long = of(NewVolume { description: "x".repeat(201), ..NewVolume::default() });
    assert_eq!(bench.refused(long), VolumeError::BadDescription.into());
}

#[test]
fn a_description_is_kept_and_changed_by_one_of_two() {
    let mut bench = Bench::of(3);
    let name = || "films".to_owned();
    let said = |text: &str| {
        let description = text.to_owned();
        SystemCommand::Volume(VolumeCommand::SetDescription { name: name(), description })
    };
    let wanted = NewVolume { description: "Films".to_owned(), ..NewVolume::default() };
    let made = bench.run(SystemCommand::Volume(VolumeCommand::Create { name: name(), wanted })).unwrap();
    let SystemReply::Volume(made) = made else { panic!("not made") };
    assert_eq!(made.description, "Films");
    bench.run(said("Films and photographs\nask Minjun")).unwrap();
    let now = bench.view().volume_named("films").unwrap().clone();
    assert_eq!(now.description, "Films and photographs\nask Minjun");
    assert_ne!(volume_tag(&now), volume_tag(&made));
    for odd in ["a\nb\nc", "\u{1b}[31m"] {
        assert_eq!(bench.refused(said(odd)), VolumeError::BadDescription.into());
    }
}

#[test]
fn a_small_cluster_may_have_fewer_replicas() {
    for nodes in 1..=2 {
        let mut bench = Bench::of(nodes);
        bench.volume("a");
        assert_eq!(bench.view().volumes[&VolumeId(1)].replicas.len(), nodes);
    }
    let mut bench = Bench::of(8);
    let of = |replicas| {
        let wanted = NewVolume { replicas: Some(replicas), ..NewVolume::default() };
        SystemCommand::Volume(VolumeCommand::Create { name: "a".to_owned(), wanted })
    };
    assert_eq!(bench.refused(of(8)), VolumeError::TooManyReplicas(REPLICAS_MAX).into());
    assert_eq!(bench.refused(of(2)), VolumeError::NotEnoughReplicas { needed: 3, given: 2 }.into());
    assert!(bench.refused(of(9)).to_string().contains("8 of 9 replicas"));
    bench.run(of(5)).unwrap();
    assert_eq!(bench.view().volumes[&VolumeId(1)].replicas.len(), 5);
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
