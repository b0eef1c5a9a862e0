//! What two nodes ask for at once, having seen the same state. Two creations of one export used to look at the view of
//! the node each, then replaced each other: both reported success, and the client rules of one were gone.

use super::command::{Entry, Proposal};
use super::decide::decide;
use super::nouns::Decide;
use super::*;
use nasd_base::export::{ClientRule, Export, Squash};
use nasd_base::file::VolumeLimits;
use nasd_base::role::{Right, Role};
use nasd_base::{NodeId, OpId, Timestamp};
use proptest::prelude::*;

const FIRST: NodeId = NodeId(1);

type Holds = Box<dyn Fn(&SystemView) -> bool>;

/// One request: what it proposes, and what may be relied on once it is acknowledged.
struct Wish {
    name: &'static str,
    command: SystemCommand,
    as_seen: bool,
    holds: Holds,
    /// What it undoes on purpose: wishes of these names, whoever acknowledged them before.
    undoes: &'static [&'static str],
}

fn wish(name: &'static str, command: SystemCommand, holds: impl Fn(&SystemView) -> bool + 'static) -> Wish {
    Wish { name, command, as_seen: false, holds: Box::new(holds), undoes: &[] }
}

impl Wish {
    /// Only while it is as it was seen.
    fn if_as_seen(self) -> Wish {
        Wish { as_seen: true, ..self }
    }

    fn undoing(self, undoes: &'static [&'static str]) -> Wish {
        Wish { undoes, ..self }
    }

    /// As a node proposes it that has seen `seen`.
    fn proposed(&self, seen: &SystemView) -> Proposal {
        let tag = || self.command.tag(seen).unwrap().expect("what was seen has a tag");
        Proposal { seen: self.as_seen.then(tag), ..Proposal::plain(OpId::NONE, self.command.clone()) }
    }
}

/// The state at an index of the log.
#[derive(Clone, Default)]
struct World {
    view: SystemView,
    index: u64,
}

impl World {
    fn run(&mut self, proposal: Proposal) -> Result<SystemReply, SystemError> {
        self.index += 1;
        let entry = Entry { now: Timestamp { secs: 1_800_000_000, nanos: 0 }, proposal };
        let (decision, _) = decide(&self.view, self.index, &entry);
        let (reply, effects) = decision?;
        effects.into_iter().for_each(|effect| self.view.take(effect));
        Ok(reply)
    }

    fn done(&mut self, command: SystemCommand) -> SystemReply {
        self.run(Proposal::plain(OpId::NONE, command)).unwrap()
    }

    /// Seven nodes of which the last is empty, two volumes, one of them exported, three users, a group, an API token and two join tokens.
    fn furnished() -> World {
        let mut world = World { index: 4, ..World::default() };
        world.done(create_cluster("home", 1));
        for number in 2..=7 {
            world.done(create_token(number));
            let redeem = world.done(redeem(number, &format!("n{number}"), number));
            let SystemReply::Registered(node) = redeem else { panic!("not registered") };
            world.done(SystemCommand::Node(NodeCommand::Activate { node: node.id }));
        }
        world.done(create_token(20));
        world.done(create_token(21));
        world.done(create_volume("home", None));
        world.done(create_volume("spare", None));
        world.done(create_export("/home", "home", 1));
        for (name, role) in [("amy", Role::Administrator), ("ann", Role::Administrator)] {
            world.done(create_user(name, role));
        }
        world.done(create_user("bob", Role::Operator));
        world.done(group(GroupVerb::Create, "night", Role::Auditor, &["bob"]));
        world.done(create_api_token("script", 30));
        world
    }
}

fn create_cluster(cluster_name: &str, key: u8) -> SystemCommand {
    let (name, address, cluster_name) = ("alpha".into(), format!("192.0.2.{key}:1"), cluster_name.into());
    SystemCommand::Cluster(ClusterCommand::Create {
        cluster: [9; 16],
        cluster_name,
        node: FIRST,
        name,
        address,
        key: [key; 32],
    })
}

fn create_token(token: u8) -> SystemCommand {
    SystemCommand::Token(TokenCommand::Create { token: [token; 32], valid_seconds: 900 })
}

/// `number` makes the key and the address.
fn redeem(token: u8, name: &str, number: u8) -> SystemCommand {
    let (name, address) = (name.to_owned(), format!("192.0.2.{number}:1"));
    SystemCommand::Token(TokenCommand::Redeem { token: [token; 32], name, address, key: [number; 32] })
}

fn limits(bytes: Option<u64>) -> VolumeLimits {
    VolumeLimits { bytes, files: None }
}

fn create_volume(name: &str, bytes: Option<u64>) -> SystemCommand {
    let wanted = NewVolume { limits: limits(bytes), ..NewVolume::default() };
    SystemCommand::Volume(VolumeCommand::Create { name: name.to_owned(), wanted })
}

fn clients(number: u8) -> Vec<ClientRule> {
    vec![ClientRule {
        network: format!("192.0.2.{number}/32").parse().unwrap(),
        read_only: false,
        squash: Squash::Root,
        anonymous_uid: 1000,
        anonymous_gid: 1000,
        insecure: false,
    }]
}

fn create_export(path: &str, volume: &str, number: u8) -> SystemCommand {
    SystemCommand::Export(ExportCommand::Create {
        path: path.to_owned(),
        volume: volume.to_owned(),
        clients: clients(number),
    })
}

fn password(number: u8) -> PasswordHash {
    postcard::from_bytes(&[&[8u8, 1, 1][..], &[number; 48]].concat()).unwrap()
}

fn account(command: AccountCommand) -> SystemCommand {
    SystemCommand::Account(command)
}

fn create_user(name: &str, role: Role) -> SystemCommand {
    let (name, owned, password) = (name.to_owned(), Vec::new(), password(7));
    account(AccountCommand::CreateUser { name, role, owned, password })
}

fn update_user(name: &str, role: Role) -> SystemCommand {
    account(AccountCommand::UpdateUser { name: name.to_owned(), role, owned: Vec::new(), disabled: false })
}

enum GroupVerb {
    Create,
    Update,
}

fn group(verb: GroupVerb, name: &str, role: Role, members: &[&str]) -> SystemCommand {
    let members = members.iter().map(|&member| member.to_owned()).collect();
    let group = WantedGroup { name: name.to_owned(), role, owned: Vec::new(), members };
    account(match verb {
        GroupVerb::Create => AccountCommand::CreateGroup(group),
        GroupVerb::Update => AccountCommand::UpdateGroup(group),
    })
}

fn create_api_token(name: &str, token: u8) -> SystemCommand {
    let (user, name, scopes) = ("bob".to_owned(), name.to_owned(), vec![Right::ReadStatus]);
    let (token, valid_seconds) = ([token; 32], 3600);
    account(AccountCommand::CreateApiToken { user, name, token, scopes, valid_seconds })
}

fn volume_has(name: &'static str, bytes: Option<u64>) -> impl Fn(&SystemView) -> bool {
    move |view| {
        let found = view.volume_named(name);
        found.is_some_and(|volume| {
            volume.limits == limits(bytes)
                && volume.replicas.len() >= 3
                && volume.replicas.iter().all(|node| view.member(*node).is_ok())
        })
    }
}

fn export_is(path: &'static str, volume: &'static str, number: u8) -> impl Fn(&SystemView) -> bool {
    move |view| {
        let volume = view.volume_named(volume).map(|volume| volume.id);
        volume.is_some_and(|volume| {
            let export = Export { path: path.to_owned(), volume, clients: clients(number) };
            view.exports.get(path) == Some(&export)
        })
    }
}

fn user_is(name: &'static str, role: Role) -> impl Fn(&SystemView) -> bool {
    move |view| view.accounts.users.get(name).is_some_and(|user| user.role == role)
}

fn group_is(name: &'static str, role: Role) -> impl Fn(&SystemView) -> bool {
    move |view| view.accounts.groups.get(name).is_some_and(|group| group.role == role)
}

fn api_token_is(name: &'static str, token: u8) -> impl Fn(&SystemView) -> bool {
    move |view| view.accounts.api_tokens.get(&[token; 32]).is_some_and(|found| found.name == name)
}

fn member_is(name: &'static str, number: u8) -> impl Fn(&SystemView) -> bool {
    move |view| view.members().any(|node| node.name == name && node.key == [number; 32])
}

fn task_of(kind: TaskKind) -> impl Fn(&SystemView) -> bool {
    move |view| view.tasks.values().any(|task| task.kind == kind)
}

fn volumes_and_exports() -> Vec<Wish> {
    let set_limits = |bytes| {
        SystemCommand::Volume(VolumeCommand::SetLimits {
            name: "home".to_owned(),
            limits: limits(Some(bytes)),
        })
    };
    let set_clients = |number| {
        SystemCommand::Export(ExportCommand::SetClients {
            path: "/home".to_owned(),
            clients: clients(number),
        })
    };
    vec![
        wish("create volume", create_volume("new", None), volume_has("new", None)),
        wish("create volume small", create_volume("new", Some(9)), volume_has("new", Some(9))),
        wish("create volume of four", four_replicas(), |view| view.volume_named("new").is_some()),
        wish("limit seen", set_limits(1), volume_has("home", Some(1))).if_as_seen(),
        wish("limit seen otherwise", set_limits(2), volume_has("home", Some(2))).if_as_seen(),
        wish("limit", set_limits(3), volume_has("home", Some(3)))
            .undoing(&["limit seen", "limit seen otherwise"]),
        wish(
            "describe seen",
            SystemCommand::Volume(VolumeCommand::SetDescription {
                name: "home".to_owned(),
                description: "ours".to_owned(),
            }),
            |view| view.volume_named("home").is_some_and(|home| home.description == "ours"),
        )
        .if_as_seen(),
        wish(
            "delete volume",
            SystemCommand::Volume(VolumeCommand::Delete { name: "spare".to_owned() }),
            |view| view.volume_named("spare").is_none(),
        ),
        wish("export", create_export("/new", "home", 5), export_is("/new", "home", 5)),
        wish("export to others", create_export("/new", "home", 6), export_is("/new", "home", 6)),
        wish("export another", create_export("/new", "spare", 5), export_is("/new", "spare", 5)),
        wish("export inside", create_export("/new/in", "spare", 5), export_is("/new/in", "spare", 5)),
        wish("export new volume", create_export("/x", "new", 5), export_is("/x", "new", 5)),
        wish("clients seen", set_clients(7), export_is("/home", "home", 7)).if_as_seen(),
        wish("clients seen otherwise", set_clients(8), export_is("/home", "home", 8)).if_as_seen(),
        wish("clients", set_clients(9), export_is("/home", "home", 9))
            .undoing(&["clients seen", "clients seen otherwise"]),
        wish(
            "delete export",
            SystemCommand::Export(ExportCommand::Delete { path: "/home".to_owned() }),
            |view| !view.exports.contains_key("/home"),
        )
        .undoing(&["clients seen", "clients seen otherwise", "clients"]),
    ]
}

fn four_replicas() -> SystemCommand {
    let wanted = NewVolume { replicas: Some(4), ..NewVolume::default() };
    SystemCommand::Volume(VolumeCommand::Create { name: "new".to_owned(), wanted })
}

fn accounts() -> Vec<Wish> {
    let delete_user = |name: &str| account(AccountCommand::DeleteUser { name: name.to_owned() });
    let (auditor, operator) = (Role::Auditor, Role::Operator);
    vec![
        wish("create user", create_user("eve", auditor), user_is("eve", auditor)),
        wish("create user as other", create_user("eve", operator), user_is("eve", operator)),
        wish("update seen", update_user("bob", auditor), user_is("bob", auditor)).if_as_seen(),
        wish(
            "update seen otherwise",
            update_user("bob", Role::Administrator),
            user_is("bob", Role::Administrator),
        )
        .if_as_seen(),
        wish("delete bob", delete_user("bob"), |view| !view.accounts.users.contains_key("bob")).undoing(&[
            "update seen",
            "update seen otherwise",
            "create token",
            "create token again",
        ]),
        wish("delete amy", delete_user("amy"), |view| !view.accounts.users.contains_key("amy")),
        wish("delete ann", delete_user("ann"), |view| {
            let administers = |user: &User| user.administers();
            view.accounts.users.values().any(administers)
        }),
        wish("create group", group(GroupVerb::Create, "day", auditor, &["bob"]), group_is("day", auditor)),
        wish(
            "create group as other",
            group(GroupVerb::Create, "day", operator, &[]),
            group_is("day", operator),
        ),
        wish("group seen", group(GroupVerb::Update, "night", operator, &[]), group_is("night", operator))
            .if_as_seen(),
        wish(
            "group seen otherwise",
            group(GroupVerb::Update, "night", Role::ShareOwner, &["amy"]),
            group_is("night", Role::ShareOwner),
        )
        .if_as_seen(),
        wish("delete group", account(AccountCommand::DeleteGroup { name: "night".to_owned() }), |view| {
            !view.accounts.groups.contains_key("night")
        })
        .undoing(&["group seen", "group seen otherwise"]),
        wish("create token", create_api_token("new", 40), api_token_is("new", 40)),
        wish("create token again", create_api_token("new", 41), api_token_is("new", 41)),
    ]
}

fn nodes_and_settings() -> Vec<Wish> {
    let settings = |name: &str| {
        SystemCommand::Settings(SettingsCommand::Change {
            name: name.to_owned(),
            sessions: SessionLimits::default(),
        })
    };
    let called = |name: &'static str| move |view: &SystemView| view.settings.cluster_name == name;
    let moved = |node: u64| {
        let node = NodeId(node);
        SystemCommand::Node(NodeCommand::SetAddress { node, address: "192.0.2.99:1".to_owned() })
    };
    let lives = |node: u64| {
        move |view: &SystemView| view.member(NodeId(node)).is_ok_and(|node| node.address == "192.0.2.99:1")
    };
    let start = |kind| {
        let started_by = "amy".to_owned();
        SystemCommand::Task(TaskCommand::Start { kind, started_by })
    };
    let rotate = |number| {
        SystemCommand::Cluster(ClusterCommand::RotateAuthority {
            fingerprint: [number; 32],
            started_by: String::new(),
        })
    };
    let authority = |number| {
        move |view: &SystemView| {
            view.cluster.authority == Some([number; 32]) && task_of(TaskKind::RotateAuthority)(view)
        }
    };
    vec![
        wish("join token", create_token(50), |view| view.tokens.contains_key(&[50; 32])),
        wish("join", redeem(20, "n20", 60), member_is("n20", 60)),
        wish("join with the same token", redeem(20, "n21", 61), member_is("n21", 61)),
        wish("join with the same name", redeem(21, "n20", 62), member_is("n20", 62)),
        wish("join with the same address", redeem(21, "n22", 99), member_is("n22", 99)),
        wish("move first", moved(1), lives(1)),
        wish("move second", moved(7), lives(7)),
        wish(
            "remove",
            SystemCommand::Node(NodeCommand::Remove { node: NodeId(22), with_replicas: false }),
            |view| {
                view.member(NodeId(22)).is_err()
                    && view.volumes.values().all(|volume| !volume.replicas.contains(&NodeId(22)))
            },
        ),
        wish("settings seen", settings("store"), called("store")).if_as_seen(),
        wish("settings seen otherwise", settings("barn"), called("barn")).if_as_seen(),
        wish("verify", start(TaskKind::VerifyData), task_of(TaskKind::VerifyData)),
        wish("rotate", rotate(1), authority(1)),
        wish("rotate to another", rotate(2), authority(2)),
    ]
}

/// What was acknowledged is there, unless the other one was there to undo it, or both have seen it so.
fn race(base: &World, one: &Wish, other: &Wish) -> Result<(), TestCaseError> {
    let mut world = base.clone();
    let first = world.run(one.proposed(&base.view));
    let second = world.run(other.proposed(&base.view));
    let said = format!("{}: {first:?}; then {}: {second:?}", one.name, other.name);
    let undone = second.is_ok() && other.undoes.contains(&one.name);
    if first.is_ok() && !undone && !(one.holds)(&base.view) {
        prop_assert!((one.holds)(&world.view), "the first is lost: {}", said);
    }
    if second.is_ok() {
        prop_assert!((other.holds)(&world.view), "the second is lost: {}", said);
    }
    Ok(())
}

#[test]
fn of_two_that_conflict_never_both_are_acknowledged() {
    let base = World::furnished();
    let wishes: Vec<Wish> =
        [volumes_and_exports(), accounts(), nodes_and_settings()].into_iter().flatten().collect();
    for (at, one) in wishes.iter().enumerate() {
        let alone = base.clone().run(one.proposed(&base.view));
        let needs_another = ["export new volume"].contains(&one.name);
        assert!(alone.is_ok() || needs_another, "{} alone: {alone:?}", one.name);
        for (other_at, other) in wishes.iter().enumerate() {
            if at != other_at {
                race(&base, one, other).unwrap();
            }
        }
    }
}

#[test]
fn of_two_creations_of_an_export_one_is_refused_unless_they_are_the_same() {
    let mut world = World::furnished();
    world.done(create_export("/new", "home", 5));
    let plain = |command| Proposal::plain(OpId::NONE, command);
    for other in [create_export("/new", "home", 6), create_export("/new", "spare", 5)] {
        assert_eq!(
            world.run(plain(other)),
            Err(SystemError::Export(ExportError::ExportExists("/new".to_owned())))
        );
    }
    assert_eq!(world.done(create_export("/new", "home", 5)), SystemReply::Done, "it is so already");
    assert!(export_is("/new", "home", 5)(&world.view));
}

#[test]
fn a_cluster_is_founded_and_named_once() {
    let mut world = World { index: 4, ..World::default() };
    world.done(create_cluster("home", 1));
    world.done(SystemCommand::Settings(SettingsCommand::Change {
        name: "barn".to_owned(),
        sessions: SessionLimits::default(),
    }));
    let again = world.run(Proposal::plain(OpId::NONE, create_cluster("home", 1)));
    assert_eq!(again, Err(SystemError::Cluster(ClusterError::AlreadyFounded)));
    assert_eq!(
        world.view.settings.cluster_name, "barn",
        "a founder that was told late does not take a name back"
    );
}

#[test]
fn setup_tokens_of_two_nodes_are_both_good_and_make_one_administrator() {
    let mut world = World { index: 4, ..World::default() };
    world.done(create_cluster("home", 1));
    let token = |token| AccountCommand::CreateSetupToken { token: [token; 32], valid_seconds: 3600 };
    world.done(account(token(1)));
    world.done(account(token(2)));
    let set_up = |token, name: &str| {
        let (name, password) = (name.to_owned(), password(7));
        Proposal::plain(OpId::NONE, account(AccountCommand::SetUp { token: [token; 32], name, password }))
    };
    let mut other = world.clone();
    other.run(set_up(2, "bob")).unwrap();
    world.run(set_up(1, "amy")).unwrap();
    world.run(set_up(2, "bob")).unwrap_err();
    assert!(world.view.accounts.setup_tokens.is_empty() && other.view.accounts.users.contains_key("bob"));
}

/// The key that is in force used to be offered away from under whoever had just confirmed it.
#[test]
fn a_factor_in_force_is_not_replaced_by_an_offer() {
    let mut world = World::furnished();
    let offer = |sealed: u8| {
        let (user, sealed) = ("bob".to_owned(), vec![sealed]);
        Proposal::plain(OpId::NONE, account(AccountCommand::OfferFactor { user, sealed }))
    };
    let confirm = |sealed: u8| {
        let (user, sealed, step, recovery) = ("bob".to_owned(), vec![sealed], 1, Vec::new());
        Proposal::plain(OpId::NONE, account(AccountCommand::ConfirmFactor { user, sealed, step, recovery }))
    };
    world.run(offer(1)).unwrap();
    world.run(offer(2)).unwrap();
    world.run(confirm(1)).unwrap_err();
    world.run(confirm(2)).unwrap();
    let refused = SystemError::Account(AccountError::FactorExists("bob".to_owned()));
    assert_eq!(world.run(offer(3)), Err(refused));
    world.run(confirm(2)).unwrap_err();
}

/// A share owner was found to own an export's volume by its name, on a node; by the time of the change the export, or
/// the name, could be another volume's.
#[test]
fn an_owner_decides_about_what_is_its_own_when_it_is_decided() {
    let mut world = World::furnished();
    world.done(account(AccountCommand::CreateUser {
        name: "sue".to_owned(),
        role: Role::ShareOwner,
        owned: vec!["spare".to_owned()],
        password: password(7),
    }));
    let by_sue = |command| {
        let actor =
            Actor { name: "sue".to_owned(), address: "192.0.2.9".to_owned(), through: "session".to_owned() };
        Proposal { actor: Some(actor), owned_only: true, ..Proposal::plain(OpId::NONE, command) }
    };
    let foreign = |volume: &str| {
        Err(SystemError::Export(ExportError::NotOwned { volume: volume.to_owned(), user: "sue".to_owned() }))
    };
    world.run(by_sue(create_export("/sue", "spare", 5))).unwrap();
    let set =
        SystemCommand::Export(ExportCommand::SetClients { path: "/sue".to_owned(), clients: clients(6) });
    world.run(by_sue(set.clone())).unwrap();
    let delete = SystemCommand::Export(ExportCommand::Delete { path: "/sue".to_owned() });
    world.done(delete.clone());
    world.done(create_export("/sue", "home", 5));
    for command in [set, delete, create_export("/mine", "home", 5)] {
        assert_eq!(world.run(by_sue(command)), foreign("home"));
    }
    world.done(SystemCommand::Volume(VolumeCommand::Delete { name: "spare".to_owned() }));
    world.done(create_volume("spare", None));
    assert_eq!(world.run(by_sue(create_export("/again", "spare", 5))), foreign("spare"));
}

/// Two of the wishes after a history of others, in both orders.
fn pairs() -> impl Strategy<Value = (Vec<usize>, usize, usize)> {
    let count = volumes_and_exports().len() + accounts().len() + nodes_and_settings().len();
    (prop::collection::vec(0..count, 0..6), 0..count, 0..count)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn whatever_was_there_before_nothing_acknowledged_is_lost((history, one, other) in pairs()) {
        let wishes: Vec<Wish> =
            [volumes_and_exports(), accounts(), nodes_and_settings()].into_iter().flatten().collect();
        let mut base = World::furnished();
        for at in history {
            let _ = base.run(Proposal::plain(OpId::NONE, wishes[at].command.clone()));
        }
        let there = |wish: &Wish| !wish.as_seen || wish.command.tag(&base.view).is_ok();
        let (one, other) = (&wishes[one], &wishes[other]);
        if one.name != other.name && there(one) && there(other) {
            race(&base, one, other)?;
            race(&base, other, one)?;
        }
    }
}
