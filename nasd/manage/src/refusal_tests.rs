//! Walks what the replicated state and joining refuse, in both languages.

use super::*;
use nasd_api::every_variant;
use nasd_api::refusal::testing::{check, check_korean};
use nasd_base::NodeId;
use nasd_cluster::{IdentityError, JoinToken};
use nasd_fuse::MountError;
use nasd_system::{
    AccountError, ClusterError, ExportError, NodeError, SettingsError, TokenError, VolumeError,
};

fn text(text: &str) -> String {
    text.to_owned()
}

fn of_the_system() -> Vec<SystemError> {
    let own = every_variant!(SystemError {
        Full(text("exports")),
        BadCommand,
        NoQuorum(text("no leader is known")),
        Stopped(text("its leadership is no longer reported")),
        Changed,
        Cluster(ClusterError::BadNodeId),
        Settings(SettingsError::BadClusterName(text("C 1"))),
        Node(NodeError::UnknownNode(NodeId(1))),
        Token(TokenError::TokenUnknown),
        Volume(VolumeError::BadLimit),
        Export(ExportError::TooManyClients(256)),
        Account(AccountError::Malformed),
        Task(TaskError::Unknown(7)),
    });
    let rotating = TaskError::Running { task: 7, kind: TaskKind::RotateAuthority };
    let all = own.into_iter().chain(of_clusters()).chain(of_nodes()).chain(of_tokens()).chain(of_volumes());
    let all = all.chain(of_exports()).chain(of_accounts()).chain(of_tasks()).chain([rotating.into()]);
    all.collect()
}

fn of_clusters() -> impl Iterator<Item = SystemError> {
    every_variant!(ClusterError { AlreadyFounded, NotFounded, BadNodeId })
        .into_iter()
        .map(SystemError::Cluster)
}

fn of_nodes() -> impl Iterator<Item = SystemError> {
    let (one, two) = (NodeId(1), NodeId(2));
    let all = every_variant!(NodeError {
        BadNodeName(text("N 1")),
        BadAddress(text("here")),
        NodeNameTaken { name: text("n1"), node: one },
        AddressTaken { address: text("192.0.2.1:7400"), node: one },
        UnknownNode(two),
        NodeRemoved(two),
        LastNode(one),
        NodeHoldsReplicas { node: one, volumes: text("media, home") },
        KeyTaken(one),
    });
    all.into_iter().map(SystemError::Node)
}

fn of_tokens() -> impl Iterator<Item = SystemError> {
    let all = every_variant!(TokenError {
        BadTokenLifetime,
        TooManyTokens(64),
        TokenExists,
        TokenUnknown,
        TokenUsed(NodeId(2)),
        TokenExpired,
    });
    all.into_iter().map(SystemError::Token)
}

fn of_volumes() -> impl Iterator<Item = SystemError> {
    let all = every_variant!(VolumeError {
        BadVolumeName(text("Media")),
        VolumeNameTaken(text("media")),
        UnknownVolume(text("media")),
        VolumeExported { volume: text("media"), paths: text("/media") },
        NotEnoughReplicas { needed: 3, given: 2 },
        TooManyReplicas(7),
        TooFewNodes(text("the cluster has no active node to hold a volume")),
        ReplicaTwice(NodeId(1)),
        ReplicaNotActive(NodeId(1)),
        BadLimit,
        BadRoot,
    });
    all.into_iter().map(SystemError::Volume)
}

fn of_exports() -> impl Iterator<Item = SystemError> {
    let all = every_variant!(ExportError {
        NotOwned { volume: text("media"), user: text("ann") },
        BadExportPath(text("media")),
        ExportExists(text("/media")),
        ExportOverlaps { path: text("/media/a"), other: text("/media") },
        UnknownExport(text("/media")),
        TooManyClients(256),
        BadNetwork(text("192.0.2.0/64")),
    });
    all.into_iter().map(SystemError::Export)
}

fn of_accounts() -> impl Iterator<Item = SystemError> {
    let all = every_variant!(AccountError {
        BadUserName,
        BadLabel,
        WeakPassword,
        UserExists(text("ann")),
        UnknownUser(text("ann")),
        LastAdministrator(text("ann")),
        AlreadySetUp,
        SetupTokenUnknown,
        SetupTokenExpired,
        BadCredentials,
        Locked { name: text("ann"), seconds: 60 },
        FactorNeeded,
        UnknownSession,
        ApiTokenExists { user: text("ann"), name: text("backup") },
        UnknownApiToken { user: text("ann"), name: text("backup") },
        BadScopes,
        BadLifetime,
        OwnsWithoutRole,
        BadVolumeName,
        NoFactorOffered,
        NoFactor(text("ann")),
        FactorExists(text("ann")),
        TooMany(text("API tokens; delete some")),
        Malformed,
        BadGroupName,
        GroupExists(text("day")),
        UnknownGroup(text("day")),
        BadSessionLimits,
        UnknownVolume(text("media")),
    });
    all.into_iter().map(SystemError::Account)
}

fn of_tasks() -> impl Iterator<Item = SystemError> {
    let all = every_variant!(TaskError {
        Unknown(7),
        Running { task: 7, kind: TaskKind::VerifyData },
        NoPart { task: 7, node: NodeId(1) },
    });
    all.into_iter().map(SystemError::Task)
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
    for error in of_the_system() {
        let refusal = of_system(&error);
        assert_eq!(refusal.message, error.to_string());
        check(&refusal);
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
