//! A datagram to the SNMP agent. Its word or its signature is taken for good: what is behind them is reached.
#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use nas_snmp::{
    ANSWER_BYTES_MAX, Access, Agent, Allowed, AuthKey, AuthProtocol, Community, Engine, Painter, PrivKey,
    PrivProtocol, Subtrees, User,
};
use std::collections::BTreeMap;
use std::sync::LazyLock;
use tokio::time::Instant;

static AGENT: LazyLock<Agent> = LazyLock::new(|| {
    let agent = Agent::new().expect("random bytes");
    let access = Access { view: "all".into(), sources: vec!["0.0.0.0/0".parse().expect("a network")] };
    let user = |name: &str, privacy| User {
        name: name.into(),
        auth: AuthKey::localized(AuthProtocol::Sha256, &[1; 32]).expect("a key"),
        privacy,
        access: access.clone(),
    };
    let privacy = PrivKey::localized(PrivProtocol::Aes128, &[2; 16]).expect("a key");
    let allowed = Allowed {
        engine_id: b"\x80\x00\x7e\xd9\x05one".to_vec(),
        users: vec![user("s", None), user("p", Some(privacy))],
        communities: vec![Community { digest: Community::digest(b"public"), access: access.clone() }],
        views: BTreeMap::from([("all".into(), Subtrees::all())]),
        ..Allowed::default()
    };
    let engine = Engine { id: allowed.engine_id.clone(), boots: 1, began: Instant::now() };
    agent.allow(allowed, Some(engine));
    Painter::default().show(&agent);
    agent
});

fuzz_target!(|input: &[u8]| {
    let from = ([192, 0, 2, 1], 1000).into();
    if let Some(answer) = AGENT.answer(Instant::now(), from, Bytes::copy_from_slice(input)) {
        assert!(answer.len() <= ANSWER_BYTES_MAX);
    }
});
