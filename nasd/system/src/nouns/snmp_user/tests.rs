use crate::bench::Bench;
use crate::nouns::snmp_view::tests::{access, user};
use crate::*;
use nasd_base::snmp::{AuthProtocol, Privacy};

fn create(user: SnmpUser) -> SystemCommand {
    SnmpUserCommand::Create(user).into()
}

#[test]
fn a_user_is_made_once_and_changed_with_or_without_its_keys() {
    let mut bench = Bench::of(1);
    bench.done(create(user("librenms", "all")));
    let taken = SnmpUserError::SnmpUserExists("librenms".to_owned()).into();
    assert_eq!(bench.refused(create(user("librenms", "system"))), taken);
    let (name, keys) = ("librenms".to_owned(), user("", "all").keys);
    let change = |keys| SnmpUserCommand::Change { name: name.clone(), keys, access: access("system") };
    bench.done(change(None).into());
    let seen = bench.view().snmp_users["librenms"].clone();
    assert_eq!((&seen.keys, &seen.access), (&keys, &access("system")));
    let mut other = keys;
    other.sealed[0] ^= 1;
    bench.done(change(Some(other.clone())).into());
    assert_eq!(bench.view().snmp_users["librenms"].keys, other);
    assert_ne!(snmp_user_tag(&bench.view().snmp_users["librenms"]), snmp_user_tag(&seen));
    bench.done(SnmpUserCommand::Delete { name: name.clone() }.into());
    assert_eq!(bench.refused(change(None).into()), SnmpUserError::UnknownSnmpUser(name).into());
}

#[test]
fn keys_are_those_of_all_slots_or_none() {
    let mut bench = Bench::of(1);
    let with = |auth, privacy, slots: u32, bytes: usize| {
        let sealed = vec![0; SealKey::sealed_bytes(bytes)];
        create(SnmpUser { keys: SnmpKeys { auth, privacy, slots, sealed }, ..user("u", "all") })
    };
    let (sha, sha512, aes256) = (AuthProtocol::Sha1, AuthProtocol::Sha512, Privacy::Aes256);
    let weak = bench.refused(with(sha, aes256, 256, 256 * 52));
    assert_eq!(weak, SnmpUserError::SnmpPrivacyTooLong { auth: "SHA".to_owned() }.into());
    for (slots, bytes) in [(256, 256 * 96 - 1), (255, 255 * 96), (4097, 4097 * 96), (257, 256 * 96)] {
        assert_eq!(bench.refused(with(sha512, aes256, slots, bytes)), SnmpUserError::SnmpKeysUnfit.into());
    }
    bench.done(with(sha512, aes256, 4096, 4096 * 96));
}

#[test]
fn as_many_users_as_there_may_be() {
    let mut bench = Bench::of(1);
    (0..SNMP_USERS_MAX).for_each(|number| bench.done(create(user(&format!("u{number}"), "all"))));
    assert_eq!(bench.refused(create(user("more", "all"))), SystemError::Full("SNMP users".to_owned()));
}

/// The log of a node and a panic's message print commands.
#[test]
fn keys_do_not_print_themselves() {
    let shown = format!("{:?}", create(user("u", "all")));
    assert!(shown.contains("SnmpKeys(SHA-256, AES, 256 slots)") && !shown.contains("7, 7"), "{shown}");
}
