//! Version 3, as snmpget and snmpbulkwalk speak it.

use crate::net_snmp::{Answering, access, lines};
use async_snmp::LocalizedKey;
use nas_snmp::{Allowed, AuthKey, AuthProtocol, Engine, PrivKey, PrivProtocol, Subtrees, User};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::Instant;

pub const ID: &[u8] = b"\x80\x00\x7e\xd9\x04node-one";
pub const AUTH: &str = "canary-auth-passphrase";
pub const PRIVACY: &str = "canary-priv-passphrase";
const NAME: &str = ".1.3.6.1.2.1.1.5.0";

/// A user whose keys are made from two passphrases; one that only signs has the first of them.
pub fn user(name: &str, auth: AuthProtocol, privacy: PrivProtocol) -> User {
    let key =
        |text: &str| LocalizedKey::from_password(auth, text.as_bytes(), ID).unwrap().as_bytes().to_vec();
    User {
        name: name.to_owned(),
        auth: AuthKey::localized(auth, &key(AUTH)).unwrap(),
        privacy: (name != "signs").then(|| PrivKey::localized(privacy, &key(PRIVACY)).unwrap()),
        access: access("all"),
    }
}

async fn answering(users: Vec<User>, boots: u32) -> Answering {
    let views = BTreeMap::from([("all".to_owned(), Subtrees::all())]);
    let began = Instant::now().checked_sub(Duration::from_secs(100)).unwrap();
    let engine = Engine { id: ID.to_vec(), boots, began };
    Answering::with(Allowed { users, views, ..Allowed::default() }, Some(engine)).await
}

/// What a tool prints for a user.
async fn ask(node: &Answering, tool: &str, options: &[&str], name: &str) -> Vec<String> {
    let address = node.address.to_string();
    let fixed = ["-v3", "-On", "-t1", "-r0"];
    lines(&node.ask(tool, &[&fixed[..], options, &[&address, name]].concat()).await)
}

fn authentic<'a>(user: &'a str, auth: &'a str) -> Vec<&'a str> {
    vec!["-u", user, "-l", "authNoPriv", "-a", auth, "-A", AUTH]
}

fn private<'a>(user: &'a str, auth: &'a str, privacy: &'a str) -> Vec<&'a str> {
    vec!["-u", user, "-l", "authPriv", "-a", auth, "-A", AUTH, "-x", privacy, "-X", PRIVACY]
}

#[tokio::test(flavor = "multi_thread")]
async fn every_digest_is_spoken() {
    for (name, auth) in [
        ("SHA", AuthProtocol::Sha1),
        ("SHA-224", AuthProtocol::Sha224),
        ("SHA-256", AuthProtocol::Sha256),
        ("SHA-384", AuthProtocol::Sha384),
        ("SHA-512", AuthProtocol::Sha512),
    ] {
        let node = answering(vec![user("monitor", auth, PrivProtocol::Aes128)], 7).await;
        let lines = ask(&node, "snmpget", &private("monitor", name, "AES"), NAME).await;
        assert!(lines[0].starts_with(&format!("{NAME} = STRING: ")), "{name}: {lines:?}");
        let lines = ask(&node, "snmpbulkwalk", &private("monitor", name, "AES"), ".1.3.6.1.2.1.1").await;
        assert_eq!(lines.len(), 7, "{name}: {lines:?}");
    }
}

/// Two drafts lengthen keys that are too short for AES-256, each in its own way, and tools differ. Nothing has to be
/// lengthened with the digests that are allowed for it, so that both of net-snmp's ways are the same.
#[tokio::test(flavor = "multi_thread")]
async fn aes_256_is_what_net_snmp_means_by_it() {
    for (name, auth) in [
        ("SHA-256", AuthProtocol::Sha256),
        ("SHA-384", AuthProtocol::Sha384),
        ("SHA-512", AuthProtocol::Sha512),
    ] {
        let node = answering(vec![user("monitor", auth, PrivProtocol::Aes256Blumenthal)], 7).await;
        for privacy in ["AES-256", "AES-256-C"] {
            let lines =
                ask(&node, "snmpbulkwalk", &private("monitor", name, privacy), ".1.3.6.1.2.1.1").await;
            assert_eq!(lines.len(), 7, "{name} {privacy}: {lines:?}");
        }
        let lines = ask(&node, "snmpget", &private("monitor", name, "AES"), NAME).await;
        assert!(lines[0].contains("Timeout"), "another cipher: {lines:?}");
        // What another cipher makes of it may look like a message for a moment.
        let counts = &node.agent.counts;
        assert!(counts.decryptions.get() + counts.syntax.get() + counts.invalid.get() > 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_engine_says_who_it_is_and_how_often_it_started() {
    let node = answering(vec![user("monitor", AuthProtocol::Sha256, PrivProtocol::Aes128)], 41).await;
    let lines = ask(&node, "snmpwalk", &private("monitor", "SHA-256", "AES"), ".1.3.6.1.6.3.10.2.1").await;
    assert!(lines[0].ends_with("= Hex-STRING: 80 00 7E D9 04 6E 6F 64 65 2D 6F 6E 65 "), "{lines:?}");
    assert_eq!(lines[1], ".1.3.6.1.6.3.10.2.1.2.0 = INTEGER: 41");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_must_encrypt_is_not_answered_in_clear() {
    let users = ["monitor", "signs"].map(|name| user(name, AuthProtocol::Sha256, PrivProtocol::Aes128));
    let node = answering(users.to_vec(), 7).await;
    let lines = ask(&node, "snmpget", &authentic("signs", "SHA-256"), NAME).await;
    assert!(lines[0].starts_with(NAME), "{lines:?}");
    let lines = ask(&node, "snmpget", &authentic("monitor", "SHA-256"), NAME).await;
    assert!(lines[0].contains("Timeout"), "{lines:?}");
    assert!(node.agent.counts.levels.get() > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_passphrase_gets_nothing() {
    let node = answering(vec![user("monitor", AuthProtocol::Sha256, PrivProtocol::Aes128)], 7).await;
    let mut options = private("monitor", "SHA-256", "AES");
    options[5..].iter_mut().filter(|word| **word == AUTH).for_each(|word| *word = "another passphrase");
    let lines = ask(&node, "snmpget", &options, NAME).await;
    assert!(lines[0].contains("Timeout"), "{lines:?}");
    assert!(node.agent.counts.digests.get() > 0);
}

/// A manager that kept the number of starts from before a restart learns the new one and goes on.
#[tokio::test(flavor = "multi_thread")]
async fn a_manager_gets_over_a_restart() {
    let node = answering(vec![user("monitor", AuthProtocol::Sha256, PrivProtocol::Aes128)], 7).await;
    let engine: String = ID.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut options = private("monitor", "SHA-256", "AES");
    options.extend(["-e", &engine, "-Z", "6,50"]);
    let lines = ask(&node, "snmpget", &options, NAME).await;
    assert!(lines.iter().any(|line| line.starts_with(NAME)), "{lines:?}");
    assert!(node.agent.counts.times.get() > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_learns_the_engine_without_being_expected() {
    let node = answering(Vec::new(), 7).await;
    let lines = ask(&node, "snmpget", &private("monitor", "SHA-256", "AES"), NAME).await;
    assert!(lines[0].contains("Timeout"), "{lines:?}");
    assert_eq!(node.agent.counts.answers.get(), 0);
}
