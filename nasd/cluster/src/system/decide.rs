//! What a command does to the state: pure, so that every replica decides the same.

use super::accounts::{self, AccountEffect};
use super::audit;
use super::audit_repeats::{self, Deed};
use super::command::{Entry, KeyFingerprint, Proposal, SystemCommand, SystemError, SystemReply, TokenHash};
use super::rules;
use super::tables::{Effect, Tables, Token};
use super::tasks::{self, TaskCommand};
use super::view::{ClusterId, NodeInfo, NodeState, VolumeInfo};
use crate::placement::{plan_volume, shortfall};
use nasd_base::export::{ClientRule, Export};
use nasd_base::file::VolumeLimits;
use nasd_base::{NodeId, Timestamp, VolumeId};
use std::time::Duration;

/// Replicas of a volume, unless the cluster has fewer nodes.
pub const REPLICAS: u32 = 3;
/// Most replicas of a volume.
pub const REPLICAS_MAX: u32 = 7;
/// Nodes that were not removed.
const NODES_MAX: usize = 256;
const VOLUMES_MAX: usize = 4096;
const EXPORTS_MAX: usize = 4096;
/// Tokens on record, used and expired ones included.
const TOKENS_MAX: usize = 256;
pub const TOKEN_SECONDS_MAX: u32 = 24 * 3600;
/// A token is forgotten this long after it expired; until then, using it gets the precise refusal.
const TOKEN_KEPT: Duration = Duration::from_secs(7 * 24 * 3600);

/// An accepted command: its reply, and the rows that change.
pub type Decision = Result<(SystemReply, Vec<Effect>), SystemError>;

/// Decides the entry at `index` of the log. With it come the rows of the audit log, which are written for refusals too.
pub fn decide(tables: &Tables, index: u64, entry: &Entry) -> (Decision, Vec<Effect>) {
    // As the tables hold times; whatever bytes came in.
    let now = Timestamp::from_nanos(entry.now.as_nanos());
    let decision = decide_command(tables, index, now, entry);
    let recorded = entry.proposal.actor.as_ref().filter(|_| tables.cluster.is_some()).map(|actor| {
        let command = &entry.proposal.command;
        let outcome = match &decision {
            Err(refusal) => format!("refused: {refusal}"),
            Ok(_) => super::audit::outcome(command),
        };
        let (action, is_strangers) = (audit::describe(command), audit::is_strangers(actor));
        audit_repeats::record(
            &tables.repeats,
            tables.audit,
            now,
            Deed { actor, action, outcome, is_strangers },
        )
    });
    (decision, recorded.unwrap_or_default())
}

fn decide_command(tables: &Tables, index: u64, now: Timestamp, entry: &Entry) -> Decision {
    let command = &entry.proposal.command;
    if tables.cluster.is_none() && !matches!(command, SystemCommand::CreateCluster { .. }) {
        return Err(SystemError::NotFounded);
    }
    if let Some(condition) = &entry.proposal.condition
        && tables.tag(&condition.resource)? != condition.tag
    {
        return Err(SystemError::Changed);
    }
    let owner = Owner::of(&entry.proposal);
    match command {
        SystemCommand::CreateCluster { cluster, cluster_name, node, name, address, key } => {
            let machine = Machine { name, address, key };
            create_cluster(tables, index, now, (ClusterId(*cluster), cluster_name), *node, machine)
        }
        SystemCommand::CreateToken { token, valid_seconds } => {
            create_token(tables, now, *token, *valid_seconds)
        }
        SystemCommand::RedeemToken { token, name, address, key } => {
            redeem(tables, index, now, token, Machine { name, address, key })
        }
        SystemCommand::ActivateNode { node } => activate(tables, *node),
        SystemCommand::SetNodeAddress { node, address } => set_address(tables, *node, address),
        SystemCommand::RemoveNode { node, with_replicas } => remove_node(tables, now, *node, *with_replicas),
        SystemCommand::CreateVolume { name, replicas, limits } => {
            create_volume(tables, now, name, *replicas, limits)
        }
        SystemCommand::DeleteVolume { name } => delete_volume(tables, name),
        SystemCommand::SetReplicas { name, replicas } => set_replicas(tables, name, replicas),
        SystemCommand::CreateExport { path, volume, clients } => {
            create_export(tables, owner, path, volume, clients)
        }
        SystemCommand::SetClients { path, clients } => set_clients(tables, owner, path, clients),
        SystemCommand::DeleteExport { path } => delete_export(tables, owner, path),
        SystemCommand::SetLimits { name, limits } => set_limits(tables, name, limits),
        SystemCommand::ChangeSettings { name, sessions } => {
            rules::check_cluster_name(name)?;
            accounts::check_session_limits(sessions).map_err(SystemError::Account)?;
            let sessions = Effect::Account(AccountEffect::SessionLimits(*sessions));
            done(vec![Effect::ClusterName(name.clone()), sessions])
        }
        SystemCommand::Account(command) => {
            let effects = accounts::decide(&tables.accounts, &tables.volumes, now, command)
                .map_err(SystemError::Account)?;
            done(effects.into_iter().map(Effect::Account).collect())
        }
        SystemCommand::Note { .. } => done(Vec::new()),
        SystemCommand::Task(command) => change_task(tables, now, command),
        SystemCommand::RotateAuthority { fingerprint, started_by } => {
            let (kind, started_by) = (tasks::TaskKind::RotateAuthority, started_by.clone());
            let (reply, mut effects) = change_task(tables, now, &TaskCommand::Start { kind, started_by })?;
            effects.push(Effect::Authority(*fingerprint));
            Ok((reply, effects))
        }
    }
}

fn change_task(tables: &Tables, now: Timestamp, command: &TaskCommand) -> Decision {
    let active = tables.nodes.values().filter(|node| node.state == NodeState::Active);
    let active: Vec<NodeId> = active.map(|node| node.id).collect();
    let changes = tasks::decide(&tables.tasks, &active, now, command)?;
    let reply =
        changes.rows.first().cloned().map_or(SystemReply::Done, |task| SystemReply::Task(Box::new(task)));
    let forgotten = changes.forgotten.into_iter().map(Effect::NoTask);
    Ok((reply, changes.rows.into_iter().map(Effect::Task).chain(forgotten).collect()))
}

fn done(effects: Vec<Effect>) -> Decision {
    Ok((SystemReply::Done, effects))
}

/// What a node says of itself.
struct Machine<'a> {
    name: &'a str,
    address: &'a str,
    key: &'a KeyFingerprint,
}

impl Machine<'_> {
    /// Whether no member but `except` has the name or the address.
    fn check(&self, tables: &Tables, except: Option<NodeId>) -> Result<(), SystemError> {
        rules::check_node_name(self.name)?;
        if let Some(other) = tables.members().find(|node| Some(node.id) != except && node.name == self.name) {
            return Err(SystemError::NodeNameTaken { name: self.name.to_owned(), node: other.id });
        }
        check_address_free(tables, self.address, except)
    }

    fn register(&self, id: NodeId, state: NodeState, joined: Timestamp) -> NodeInfo {
        let (name, address) = (self.name.to_owned(), self.address.to_owned());
        NodeInfo { id, name, address, state, key: *self.key, joined, volumes: 0 }
    }
}

fn check_address_free(tables: &Tables, address: &str, except: Option<NodeId>) -> Result<(), SystemError> {
    rules::check_address(address)?;
    match tables.members().find(|node| Some(node.id) != except && node.address == address) {
        Some(other) => Err(SystemError::AddressTaken { address: address.to_owned(), node: other.id }),
        None => Ok(()),
    }
}

fn create_cluster(
    tables: &Tables,
    index: u64,
    now: Timestamp,
    (cluster, cluster_name): (ClusterId, &str),
    id: NodeId,
    machine: Machine<'_>,
) -> Decision {
    if tables.cluster.is_some() {
        return Err(SystemError::AlreadyFounded);
    }
    // Later ids are indices of the log, all greater than this one: they can never meet it.
    if id.0 == 0 || id.0 > index {
        return Err(SystemError::BadNodeId);
    }
    rules::check_cluster_name(cluster_name)?;
    machine.check(tables, None)?;
    let node = machine.register(id, NodeState::Active, now);
    let named = Effect::ClusterName(cluster_name.to_owned());
    Ok((SystemReply::Registered(node.clone()), vec![Effect::Cluster(cluster), named, Effect::Node(node)]))
}

fn create_token(tables: &Tables, now: Timestamp, hash: TokenHash, valid_seconds: u32) -> Decision {
    if !(1..=TOKEN_SECONDS_MAX).contains(&valid_seconds) {
        return Err(SystemError::BadTokenLifetime);
    }
    if tables.tokens.contains_key(&hash) {
        return Err(SystemError::TokenExists);
    }
    let forgotten = tables.tokens.values().filter(|token| token.expires.plus(TOKEN_KEPT) < now);
    let mut effects: Vec<Effect> = forgotten.map(|token| Effect::NoToken(token.hash)).collect();
    let kept = tables.tokens.len() - effects.len();
    if kept >= TOKENS_MAX {
        return Err(SystemError::TooManyTokens(kept));
    }
    let expires = now.plus(Duration::from_secs(u64::from(valid_seconds)));
    let expires = Timestamp::from_nanos(expires.as_nanos());
    effects.push(Effect::Token(Token { hash, expires, used_by: None }));
    done(effects)
}

/// A node whose certificate never arrived asks again with the same key: it gets the same id. Once it is
/// active it has its certificate, so whoever then comes with its key has lost its disk, and an id must not
/// be used by two lives of a node.
fn redeem(tables: &Tables, index: u64, now: Timestamp, hash: &TokenHash, machine: Machine<'_>) -> Decision {
    let token = tables.tokens.get(hash).ok_or(SystemError::TokenUnknown)?;
    let holder = tables.nodes.values().find(|node| node.key == *machine.key);
    let again = holder.filter(|node| node.state == NodeState::Joining);
    match token.used_by {
        Some(used_by) if again.is_none_or(|node| node.id != used_by) => {
            return Err(SystemError::TokenUsed(used_by));
        }
        None if now >= token.expires => return Err(SystemError::TokenExpired),
        _ => {}
    }
    if let (Some(holder), None) = (holder, again) {
        return Err(SystemError::KeyTaken(holder.id));
    }
    machine.check(tables, again.map(|node| node.id))?;
    if again.is_none() && tables.members().count() >= NODES_MAX {
        return Err(SystemError::Full("nodes".to_owned()));
    }
    let id = again.map_or(NodeId(index), |node| node.id);
    let node = machine.register(id, NodeState::Joining, again.map_or(now, |node| node.joined));
    let token = Token { used_by: Some(id), ..token.clone() };
    Ok((SystemReply::Registered(node.clone()), vec![Effect::Node(node), Effect::Token(token)]))
}

fn activate(tables: &Tables, id: NodeId) -> Decision {
    let node = tables.member(id)?;
    done(vec![Effect::Node(NodeInfo { state: NodeState::Active, ..node.clone() })])
}

fn set_address(tables: &Tables, id: NodeId, address: &str) -> Decision {
    let node = tables.member(id)?;
    check_address_free(tables, address, Some(id))?;
    done(vec![Effect::Node(NodeInfo { address: address.to_owned(), ..node.clone() })])
}

fn remove_node(tables: &Tables, now: Timestamp, id: NodeId, with_replicas: bool) -> Decision {
    let node = tables.nodes.get(&id).ok_or(SystemError::UnknownNode(id))?;
    if node.state == NodeState::Active && tables.active_nodes() == 1 {
        return Err(SystemError::LastNode(id));
    }
    let held = tables.volumes.values().filter(|volume| volume.replicas.contains(&id));
    let held: Vec<&str> = held.map(|volume| volume.name.as_str()).collect();
    if node.state != NodeState::Removed && !with_replicas && !held.is_empty() {
        return Err(SystemError::NodeHoldsReplicas { node: id, volumes: listed(&held) });
    }
    let removed = Effect::Node(NodeInfo { state: NodeState::Removed, ..node.clone() });
    let tasks = tasks::without_node(&tables.tasks, id, now).into_iter().map(Effect::Task);
    done([removed].into_iter().chain(tasks).collect())
}

/// Where the nodes are that hold it is decided here: whoever asks may not know of all of them.
fn create_volume(
    tables: &Tables,
    now: Timestamp,
    name: &str,
    replicas: Option<u32>,
    limits: &VolumeLimits,
) -> Decision {
    rules::check_volume_name(name)?;
    rules::check_limits(limits)?;
    if tables.volumes.values().any(|volume| volume.name == name) {
        return Err(SystemError::VolumeNameTaken(name.to_owned()));
    }
    if tables.volumes.len() >= VOLUMES_MAX {
        return Err(SystemError::Full("volumes".to_owned()));
    }
    let nodes = tables.loaded_nodes();
    if let Some(shortfall) = replicas.and_then(|wanted| shortfall(&nodes, wanted)) {
        return Err(SystemError::TooFewNodes(shortfall));
    }
    let replicas = plan_volume(&nodes, replicas.unwrap_or(REPLICAS));
    check_replicas(tables, &replicas, &[])?;
    let id = VolumeId(tables.last_volume.0 + 1);
    let volume = VolumeInfo { id, name: name.to_owned(), replicas, created: now };
    let effects = vec![Effect::LastVolume(id), Effect::Volume(volume.clone()), Effect::Limits(id, *limits)];
    Ok((SystemReply::Volume(volume), effects))
}

/// `current` replicas may stay on a node that is not active (it may be the dead one's neighbour that moves).
fn check_replicas(tables: &Tables, replicas: &[NodeId], current: &[NodeId]) -> Result<(), SystemError> {
    for (at, id) in replicas.iter().enumerate() {
        if replicas[..at].contains(id) {
            return Err(SystemError::ReplicaTwice(*id));
        }
        let node = tables.nodes.get(id).ok_or(SystemError::UnknownNode(*id))?;
        if node.state != NodeState::Active && !current.contains(id) {
            return Err(SystemError::ReplicaNotActive(*id));
        }
    }
    if replicas.len() > REPLICAS_MAX as usize {
        return Err(SystemError::TooManyReplicas(REPLICAS_MAX));
    }
    let needed = tables.active_nodes().clamp(1, REPLICAS as usize);
    if replicas.len() < needed {
        let (needed, given) = (needed as u32, replicas.len() as u32);
        return Err(SystemError::NotEnoughReplicas { needed, given });
    }
    Ok(())
}

fn set_limits(tables: &Tables, name: &str, limits: &VolumeLimits) -> Decision {
    rules::check_limits(limits)?;
    let volume = tables.volume_named(name)?.clone();
    let effects = vec![Effect::Limits(volume.id, *limits)];
    Ok((SystemReply::Volume(volume), effects))
}

fn set_replicas(tables: &Tables, name: &str, replicas: &[NodeId]) -> Decision {
    let volume = tables.volume_named(name)?;
    check_replicas(tables, replicas, &volume.replicas)?;
    let volume = VolumeInfo { replicas: replicas.to_vec(), ..volume.clone() };
    Ok((SystemReply::Volume(volume.clone()), vec![Effect::Volume(volume)]))
}

fn delete_volume(tables: &Tables, name: &str) -> Decision {
    let volume = tables.volume_named(name)?;
    let id = volume.id;
    let exports = tables.exports.values().filter(|export| export.volume == id);
    let paths: Vec<&str> = exports.map(|export| export.path.as_str()).collect();
    if !paths.is_empty() {
        return Err(SystemError::VolumeExported { volume: volume.name.clone(), paths: listed(&paths) });
    }
    let owners = accounts::disown(&tables.accounts, id).into_iter().map(Effect::Account);
    done(
        [Effect::NoVolume(id), Effect::Limits(id, VolumeLimits::default())]
            .into_iter()
            .chain(owners)
            .collect(),
    )
}

/// Somebody who decides about exports of volumes that it owns only; nobody: about all of them.
struct Owner<'a>(Option<&'a str>);

impl Owner<'_> {
    fn of(proposal: &Proposal) -> Owner<'_> {
        let name = proposal.actor.as_ref().map_or("", |actor| &actor.name);
        Owner(proposal.owned_only.then_some(name))
    }

    /// Whether the volume is its own now: it may have changed hands since a node looked.
    fn check(&self, tables: &Tables, id: VolumeId) -> Result<(), SystemError> {
        let Some(name) = self.0 else { return Ok(()) };
        let user = tables.accounts.users.get(name);
        let owned = user.map(|user| tables.accounts.grant(user).owned);
        if owned.is_some_and(|owned| owned.is_none_or(|owned| owned.contains(&id))) {
            return Ok(());
        }
        let volume = tables.volumes.get(&id).map(|volume| volume.name.clone()).unwrap_or_default();
        Err(SystemError::NotOwned { volume, user: rules::shown(name) })
    }
}

fn find_export<'a>(tables: &'a Tables, owner: Owner<'_>, path: &str) -> Result<&'a Export, SystemError> {
    let export = tables.exports.get(path).ok_or_else(|| SystemError::UnknownExport(rules::shown(path)))?;
    owner.check(tables, export.volume)?;
    Ok(export)
}

fn create_export(
    tables: &Tables,
    owner: Owner<'_>,
    path: &str,
    volume: &str,
    clients: &[ClientRule],
) -> Decision {
    rules::check_export_path(path)?;
    rules::check_clients(clients)?;
    let volume = tables.volume_named(volume)?.id;
    owner.check(tables, volume)?;
    let export = Export { path: path.to_owned(), volume, clients: clients.to_vec() };
    match tables.exports.get(path) {
        Some(same) if *same == export => return done(Vec::new()),
        Some(_) => return Err(SystemError::ExportExists(path.to_owned())),
        None if tables.exports.len() >= EXPORTS_MAX => return Err(SystemError::Full("exports".to_owned())),
        None => {}
    }
    if let Some(other) = tables.exports.keys().find(|other| rules::paths_overlap(other, path)) {
        return Err(SystemError::ExportOverlaps { path: path.to_owned(), other: other.clone() });
    }
    done(vec![Effect::Export(export)])
}

fn set_clients(tables: &Tables, owner: Owner<'_>, path: &str, clients: &[ClientRule]) -> Decision {
    rules::check_clients(clients)?;
    let export = find_export(tables, owner, path)?;
    done(vec![Effect::Export(Export { clients: clients.to_vec(), ..export.clone() })])
}

fn delete_export(tables: &Tables, owner: Owner<'_>, path: &str) -> Decision {
    let export = find_export(tables, owner, path)?;
    done(vec![Effect::NoExport(export.path.clone())])
}

/// A few names for a message.
fn listed(names: &[&str]) -> String {
    const SHOWN: usize = 5;
    let shown = names[..names.len().min(SHOWN)].join(", ");
    if names.len() > SHOWN { format!("{shown} and {} more", names.len() - SHOWN) } else { shown }
}
