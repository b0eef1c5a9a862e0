//! Messages that are not as they should be.

use super::*;
use crate::allowed::{Community, User};
use crate::tree::{Subtrees, TreeBuilder};
use crate::wire::{
    AuthKey, AuthProtocol, Body, Header, Level, Oid, PrivKey, PrivProtocol, Signer, Value, community_message,
    push_binding, v3_message,
};
use proptest::prelude::*;

const ID: &[u8] = &[0x80, 0, 0x7e, 0xd9, 4, 1];
const HERE: &str = "192.0.2.1:1000";
const NAME: [u32; 8] = [1, 3, 6, 1, 2, 1, 1, 5];

fn auth(byte: u8) -> AuthKey {
    AuthKey::localized(AuthProtocol::Sha256, &[byte; 32]).unwrap()
}

fn privacy(byte: u8) -> PrivKey {
    PrivKey::localized(PrivProtocol::Aes128, &[byte; 16]).unwrap()
}

fn access(view: &str) -> Access {
    Access { view: view.to_owned(), sources: vec!["192.0.2.0/24".parse().unwrap()] }
}

fn user(name: &str, privacy: Option<PrivKey>) -> User {
    User { name: name.to_owned(), auth: auth(1), privacy, access: access("all") }
}

/// An agent with one name to ask for, one community, and users of every kind, in its second start.
fn agent() -> (Agent, Instant) {
    let (agent, began) = (Agent::new().unwrap(), Instant::now());
    let allowed = Allowed {
        users: vec![user("private", Some(privacy(2))), user("signed", None)],
        communities: vec![
            Community { digest: Community::digest(b"word"), access: access("all") },
            Community { digest: Community::digest(b"blind"), access: access("none") },
        ],
        views: BTreeMap::from([
            ("all".to_owned(), Subtrees::all()),
            ("none".to_owned(), Subtrees::default()),
        ]),
        ..Allowed::default()
    };
    agent.allow(allowed, Some(Engine { id: ID.to_vec(), boots: 2, began }));
    let mut tree = TreeBuilder::default();
    tree.scalar(&NAME, Value::OctetString("node".into()));
    agent.show(tree.build());
    (agent, began)
}

fn get(id: i32) -> Body {
    let mut bindings = Vec::new();
    push_binding(&mut bindings, &Oid::from_slice(&NAME).child(0), Value::Null);
    Body::get(id, bindings)
}

/// A message as its sender makes it, and what can be wrong with it.
#[derive(Clone)]
struct Letter {
    user: &'static str,
    level: Level,
    engine: &'static [u8],
    context: &'static [u8],
    boots: u32,
    time: u32,
    auth: AuthKey,
    privacy: PrivKey,
}

impl Letter {
    fn good() -> Letter {
        Letter {
            user: "private",
            level: Level::Private,
            engine: ID,
            context: &[],
            boots: 2,
            time: 0,
            auth: auth(1),
            privacy: privacy(2),
        }
    }

    fn sent(&self) -> Bytes {
        let header = Header {
            id: 5,
            level: self.level,
            reportable: true,
            engine_id: self.engine,
            boots: self.boots,
            time: self.time,
            user: self.user.as_bytes(),
            context: self.context,
        };
        let salt = Salt::new().unwrap();
        let signer = Signer { auth: Some(&self.auth), privacy: Some(&self.privacy), salt: &salt };
        v3_message(&header, signer, &get(7)).unwrap().into()
    }
}

/// The one count that is not 0, beside that of packets.
fn counted(counts: &Counts) -> Vec<(&'static str, u32)> {
    let all = [
        ("syntax", &counts.syntax),
        ("versions", &counts.versions),
        ("communities", &counts.communities),
        ("security_models", &counts.security_models),
        ("invalid", &counts.invalid),
        ("handlers", &counts.handlers),
        ("contexts", &counts.contexts),
        ("levels", &counts.levels),
        ("times", &counts.times),
        ("users", &counts.users),
        ("engines", &counts.engines),
        ("digests", &counts.digests),
        ("decryptions", &counts.decryptions),
        ("sources", &counts.sources),
        ("replays", &counts.replays),
        ("silent", &counts.silent),
    ];
    all.into_iter().map(|(name, count)| (name, count.get())).filter(|(_, count)| *count > 0).collect()
}

fn answer(agent: &Agent, now: Instant, from: &str, datagram: Bytes) -> Option<Vec<u8>> {
    agent.answer(now, from.parse().unwrap(), datagram)
}

/// What becomes of a letter: whether it was answered, and what was counted.
fn fate(letter: &Letter, from: &str) -> (bool, Vec<(&'static str, u32)>) {
    let (agent, now) = agent();
    let answered = answer(&agent, now, from, letter.sent()).is_some();
    assert_eq!(agent.counts.packets.get(), 1);
    (answered, counted(&agent.counts))
}

#[tokio::test]
async fn a_good_letter_is_answered() {
    for (user, level) in [("private", Level::Private), ("signed", Level::Authentic)] {
        let letter = Letter { user, level, ..Letter::good() };
        assert_eq!(fate(&letter, HERE), (true, vec![]), "{user} {level:?}");
    }
}

#[tokio::test]
async fn what_is_wrong_gets_nothing_and_is_counted() {
    let good = Letter::good();
    for (letter, from, count) in [
        (Letter { user: "stranger", ..good.clone() }, HERE, "users"),
        (Letter { auth: auth(9), ..good.clone() }, HERE, "digests"),
        (Letter { privacy: privacy(9), ..good.clone() }, HERE, "syntax"),
        (Letter { level: Level::Authentic, ..good.clone() }, HERE, "levels"),
        (Letter { level: Level::Nothing, ..good.clone() }, HERE, "levels"),
        (Letter { user: "signed", ..good.clone() }, HERE, "levels"),
        (Letter { context: b"other", ..good.clone() }, HERE, "contexts"),
        (Letter { engine: &[1, 2, 3, 4, 5, 6], ..good.clone() }, "198.51.100.1:9", "engines"),
        (good.clone(), "198.51.100.1:9", "sources"),
    ] {
        assert_eq!(fate(&letter, from), (false, vec![(count, 1)]), "{count}");
    }
}

/// Of the head, which is not signed yet when it is read: the security model, the flags, and the whole.
#[tokio::test]
async fn a_head_that_cannot_be_taken_is_counted() {
    let good = Letter::good().sent();
    // msgFlags is the only string of one byte before the security parameters; the model follows.
    let flags = good.windows(2).position(|pair| pair == [4, 1]).unwrap() + 2;
    for (place, byte, count) in
        [(flags + 3, 9, "security_models"), (flags, 2, "invalid"), (1, 0x7f, "syntax")]
    {
        let (agent, now) = agent();
        let mut bytes = good.to_vec();
        bytes[place] = byte;
        assert!(answer(&agent, now, HERE, bytes.into()).is_none());
        assert_eq!(counted(&agent.counts), [(count, 1)]);
    }
}

/// Without these two no manager could begin: see docs/decisions/0039.
#[tokio::test]
async fn another_clock_gets_ours_and_nothing_else() {
    let late = Letter { time: 151, ..Letter::good() };
    let old = Letter { boots: 1, ..Letter::good() };
    let unknown = Letter { engine: &[1, 2, 3, 4, 5, 6], ..Letter::good() };
    for (letter, count) in [(late, "times"), (old, "times"), (unknown, "engines")] {
        let (agent, now) = agent();
        let report = answer(&agent, now, HERE, letter.sent()).unwrap();
        assert_eq!(counted(&agent.counts), [(count, 1)]);
        assert!(!report.windows(4).any(|part| part == b"node"));
        assert!(report.contains(&0xa8), "it is a report");
    }
}

#[tokio::test]
async fn a_copied_message_gets_nothing() {
    let (agent, now) = agent();
    let letter = Letter::good().sent();
    assert!(answer(&agent, now, HERE, letter.clone()).is_some());
    assert!(answer(&agent, now, "192.0.2.1:1001", letter).is_none());
    assert_eq!(counted(&agent.counts), [("replays", 1)]);
}

#[tokio::test]
async fn communities_are_checked() {
    for (word, from, count) in [
        ("word", HERE, None),
        ("Word", HERE, Some("communities")),
        ("", HERE, Some("communities")),
        ("word", "198.51.100.1:9", Some("sources")),
    ] {
        let (agent, now) = agent();
        let message = community_message(word.as_bytes(), &get(3)).into();
        assert_eq!(answer(&agent, now, from, message).is_some(), count.is_none(), "{word}");
        assert_eq!(counted(&agent.counts), count.map(|count| (count, 1)).into_iter().collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn what_a_view_hides_does_not_exist() {
    let (agent, now) = agent();
    let shown = answer(&agent, now, HERE, community_message(b"word", &get(3)).into()).unwrap();
    let hidden = answer(&agent, now, HERE, community_message(b"blind", &get(3)).into()).unwrap();
    assert!(shown.ends_with(b"\x04\x04node"));
    assert!(hidden.ends_with(&[0x81, 0]), "noSuchInstance");
}

#[tokio::test]
async fn answers_and_older_versions_are_not_answered() {
    let (agent, now) = agent();
    let response = community_message(b"word", &Body::response(1, Vec::new()));
    assert!(answer(&agent, now, HERE, response.into()).is_none());
    let mut first = community_message(b"word", &get(3));
    let version = first.iter().position(|byte| *byte == 1).unwrap() + 1;
    first[version] = 0;
    assert!(answer(&agent, now, HERE, first.into()).is_none());
    assert_eq!(counted(&agent.counts), [("versions", 1), ("handlers", 1)]);
}

#[tokio::test]
async fn a_hundred_thousand_mangled_messages_do_no_harm() {
    let (agent, now) = agent();
    let good = [Letter::good().sent().to_vec(), community_message(b"word", &get(3))];
    let mut random = 0x9e37_79b9_7f4a_7c15u64;
    for round in 0..100_000usize {
        let mut bytes = good[round % 2].clone();
        for _ in 0..1 + round % 4 {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let place = (random >> 33) as usize % bytes.len();
            bytes[place] = (random >> 24) as u8;
        }
        bytes.truncate(bytes.len() - (random >> 60) as usize);
        answer(&agent, now, HERE, bytes.into());
    }
    assert_eq!(agent.counts.packets.get(), 100_000);
    assert!(agent.counts.syntax.get() > 10_000);
    assert!(answer(&agent, now, HERE, community_message(b"word", &get(3)).into()).is_some());
    assert!(answer(&agent, now, HERE, Letter::good().sent()).is_some());
}

proptest! {
    #[test]
    fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let (agent, now) = agent();
            answer(&agent, now, HERE, bytes.into());
        });
    }
}
