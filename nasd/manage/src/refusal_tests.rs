//! Walks what the replicated state and joining refuse, in both languages.

use super::*;
use nasd_api::refusal::testing::{check, check_korean};
use nasd_base::{NodeId, every_variant};
use nasd_cluster::{IdentityError, JoinToken};
use nasd_fuse::MountError;
use nasd_system::{AccountError, TokenError, VolumeError};

fn text(text: &str) -> String {
    text.to_owned()
}

fn of_joining() -> Vec<JoinError> {
    let identity = IdentityError::Missing("/var/lib/gotgan/node.key".into());
    every_variant!(JoinError {
        AlreadyMember(NodeId(1)),
        Unreachable { address: text("192.0.2.1:7400"), reason: text("out of reach") },
        Refused(TokenError::TokenExpired.to_string()),
        BadGrant(text("its secrets are damaged")),
        Identity(identity),
    })
}

#[test]
fn what_the_state_refuses_is_said_in_both_languages() {
    for error in SystemError::samples() {
        let refusal = of_system(&error);
        assert_eq!(refusal.message, error.to_string());
        check(&refusal);
    }
}

/// The audit log holds a refusal as English text: whoever read it in Korean saw English for every refusal that nothing
/// else had needed to recognise.
#[test]
fn why_something_was_refused_is_korean_in_the_audit_log() {
    for error in SystemError::samples() {
        let record = nasd_api::AuditRecord {
            seq: 1,
            at: 0,
            actor: text("amy"),
            address: text("192.0.2.1"),
            through: text("session"),
            action: text("create volume demo"),
            outcome: format!("refused: {error}"),
            times: 1,
            hash: text(""),
            names: Default::default(),
        };
        let why = record.why(Language::Korean).unwrap();
        assert!(why.contains(|c| ('가'..='힣').contains(&c)), "{why}");
        assert!(!why.contains(&error.to_string()), "{why}");
    }
}

/// The name of a noun stands around its errors' variants, and is the reason of none.
#[test]
fn no_reason_is_called_like_a_noun() {
    for error in SystemError::samples() {
        let value = serde_json::to_value(&error).unwrap();
        let around =
            value.as_object().and_then(|members| members.keys().next()).map(|name| name.to_lowercase());
        let own = matches!(error, SystemError::Full(_) | SystemError::NoQuorum(_) | SystemError::Stopped(_));
        assert!(own || around.as_ref() != Some(&of_system(&error).reason), "{around:?}");
    }
}

#[test]
fn why_a_machine_could_not_join_is_said_in_both_languages() {
    for error in of_joining() {
        let refusal = of_join(&error);
        assert_eq!(refusal.message, error.to_string());
        check(&refusal);
    }
    let refused = of_join(&JoinError::Refused(TokenError::TokenExpired.to_string()));
    check_korean(&refused.said(Language::Korean).sentence);
}

/// Sentences within sentences: those that the state's sources make.
#[test]
fn what_comes_as_text_is_korean_too() {
    let full = ["exports", "nodes", "volumes"].map(|what| SystemError::Full(text(what)));
    let many = [
        "API tokens; delete some",
        "groups (at most 256)",
        "users (at most 256)",
        "volumes of one share owner (at most 64)",
        "sessions; end some, or wait until they expire",
    ];
    let many = many.map(|what| SystemError::Account(AccountError::TooMany(text(what))));
    let undecided = [
        "no leader is known",
        "node 2 was said to lead, and did not answer in time",
        "the leader, node 2: no reply in time",
        "the leader changed while the command was under way",
        "the leader's log waits for what its node lacks",
        "no majority of nodes answered the leader",
    ];
    let undecided = undecided.map(|why| SystemError::NoQuorum(text(why)));
    let nodes = (0..4).filter_map(|active| nasd_system::shortfall(&with_nodes(active), 5));
    let few: Vec<SystemError> = nodes.map(|words| VolumeError::TooFewNodes(words).into()).collect();
    assert_eq!(few.len(), 4);
    for error in full.into_iter().chain(many).chain(undecided).chain(few) {
        let refusal = of_system(&error);
        let korean = refusal.said(Language::Korean).sentence;
        check_korean(&korean);
        assert!(!korean.contains(&refusal.values["it"]), "{korean}");
    }
}

/// What other crates say of tokens, files and mount points.
#[test]
fn what_lower_layers_say_is_korean_too() {
    let (at, root) = ("/mnt/media", "/srv/gotgan");
    let mounting = [
        MountError::NoDevice,
        MountError::NotADirectory(at.into()),
        MountError::Busy(at.into()),
        MountError::Outside { at: at.into(), root: root.into() },
    ];
    let identity = [
        IdentityError::Missing("/var/lib/gotgan/node.key".into()),
        IdentityError::Damaged { path: "/var/lib/gotgan/node.key".into(), why: text("it is empty") },
        IdentityError::Exposed { path: "/var/lib/gotgan/node.key".into(), mode: 0o644 },
    ];
    let tokens = ["guess", "gotgan1-abc@host:1"].map(|token| JoinToken::parse(token).unwrap_err());
    let used = ["the system", "nasd itself", "nasd for the mounts below it"]
        .map(|whose| mount_failed(format!("{at} is used by {whose}; mount elsewhere")));
    let refusals = mounting.map(mount_failed).into_iter().chain(used);
    let refusals = refusals.chain(identity.map(identity_unusable)).chain(tokens.map(join_token_unreadable));
    for refusal in refusals {
        let korean = refusal.said(Language::Korean).sentence;
        check_korean(&korean);
        assert!(!korean.contains(&refusal.message), "{korean}");
    }
}

fn with_nodes(active: u64) -> nasd_system::SystemView {
    let node = |id| nasd_system::NodeInfo {
        id: NodeId(id),
        name: format!("n{id}"),
        address: format!("192.0.2.{id}:7400"),
        state: nasd_system::NodeState::Active,
        key: [0; 32],
        joined: nasd_base::Timestamp::default(),
    };
    let nodes = (1..=active).map(|id| (NodeId(id), node(id))).collect();
    nasd_system::SystemView { nodes: std::sync::Arc::new(nodes), ..Default::default() }
}

/// The state and the interface allow the same.
#[test]
fn limits_in_words_are_those_of_the_state() {
    let said = |error| of_system(&SystemError::Account(error)).said(Language::Korean).sentence;
    let password = said(AccountError::WeakPassword);
    assert!(password.contains(&format!("{}~{}", nasd_api::PASSWORD_CHARS_MIN, nasd_api::PASSWORD_CHARS_MAX)));
    let session = said(AccountError::BadSessionLimits);
    assert!(session.contains(&format!(
        "{}~{}",
        nasd_api::SESSION_MINUTES_MIN,
        nasd_api::SESSION_MINUTES_MAX
    )));
}
