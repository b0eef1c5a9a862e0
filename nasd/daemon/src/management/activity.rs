//! What goes on: disks, connected clients, tasks, events and performance.

use super::Manager;
use super::health::Observed;
use super::refusal::of_system;
use crate::happenings::{Happenings, Picture, VolumePicture};
use crate::node::Node;
use crate::report::{DiskReport, Report};
use nasd_api::{
    ApiError, ClientRule, ConnectedClient, DiskInfo, DiskState, Export, NodeInfo, Protocol, StartTask, Task,
    TaskKind, TaskLine, TaskPart, TaskState,
};
use nasd_base::{Clock, NodeId, SystemClock};
use nasd_cluster::{Authority, Identity};
use nasd_system::{
    By, ClusterCommand, ExportCommand, TaskCommand, TaskKind as StateKind, TaskState as StateOf,
};
use nasd_system::{SystemCommand, SystemReply, SystemView};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// How often this node looks at what has changed.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Tells of changes, for ever.
pub async fn watch(node: std::sync::Weak<Node>, happenings: Arc<Happenings>) {
    while let Some(node) = node.upgrade() {
        let observed = Observed::by(&node, Instant::now());
        drop(node);
        happenings.look(picture(&observed));
        sleep(LOOK_EVERY).await;
    }
}

fn picture(observed: &Observed) -> Picture {
    let volumes = observed.volumes().into_iter().map(|volume| {
        let (name, health, verdict, leader) = (volume.name, volume.health, volume.verdict, volume.leader);
        (volume.id, VolumePicture { name, health, verdict, leader })
    });
    let nodes = observed.nodes().into_iter().map(|node| (node.id, (node.name, node.reachable)));
    let view = &observed.view;
    let tasks = view.tasks.values().map(|task| (task.id, hashed(task)));
    Picture {
        quorum: observed.has_quorum(),
        nodes: nodes.collect(),
        volumes: volumes.collect(),
        configuration: configuration(view),
        tasks: tasks.collect(),
    }
}

/// Differs when what administrators set does; logins and tasks do not count.
fn configuration(view: &SystemView) -> u64 {
    let volumes: Vec<_> = view.volumes.values().map(nasd_system::volume_tag).collect();
    let users: Vec<_> = view.accounts.users.values().map(nasd_system::user_tag).collect();
    let tokens: Vec<_> = view.accounts.api_tokens.values().map(|token| (&token.user, &token.name)).collect();
    hashed(&(&view.settings.cluster_name, volumes, &*view.exports, users, tokens))
}

fn hashed(content: &impl serde::Serialize) -> u64 {
    let bytes = postcard::to_stdvec(content).expect("rows always encode");
    u64::from_le_bytes(blake3::hash(&bytes).as_bytes()[..8].try_into().expect("eight bytes"))
}

impl Manager {
    async fn node(&self) -> Result<Arc<Node>, ApiError> {
        let running = self.running.read().await;
        Ok(running.as_ref().ok_or_else(ApiError::no_cluster)?.node.clone())
    }

    /// What every member that answers says of itself, with the names of all.
    async fn reports(&self) -> Result<(Observed, BTreeMap<NodeId, Report>), ApiError> {
        let (node, observed) = (self.node().await?, self.observe().await?);
        let reachable =
            observed.nodes().into_iter().filter(|node| node.reachable).map(|node| NodeId(node.id));
        let reports = node.reporter.gather(reachable).await;
        let mut last = self.last_reports.lock();
        last.retain(|id, _| observed.view.node(*id).is_some());
        last.extend(reports.iter().map(|(id, report)| (*id, report.clone())));
        Ok((observed, reports))
    }

    pub(super) async fn list_disks(&self) -> Result<Vec<DiskInfo>, ApiError> {
        let (observed, reports) = self.reports().await?;
        let last = self.last_reports.lock();
        let mut disks = Vec::new();
        for node in observed.nodes() {
            let id = NodeId(node.id);
            for disk in last.get(&id).into_iter().flat_map(|report| &report.disks) {
                let (state, problem) = condition(disk, reports.contains_key(&id));
                disks.push(DiskInfo {
                    node: node.id,
                    node_name: node.name.clone(),
                    path: disk.path.clone(),
                    state,
                    problem,
                    total_bytes: disk.total_bytes,
                    used_bytes: disk.used_bytes,
                    available_bytes: disk.available_bytes,
                });
            }
        }
        Ok(disks)
    }

    pub(super) async fn list_clients(&self) -> Result<Vec<ConnectedClient>, ApiError> {
        let (observed, reports) = self.reports().await?;
        let said = |node: NodeInfo| reports.get(&NodeId(node.id)).map(|report| connected(&node, report));
        Ok(observed.nodes().into_iter().filter_map(said).flatten().collect())
    }

    pub(super) async fn set_clients(
        &self,
        by: &By,
        path: String,
        clients: Vec<ClientRule>,
        etag: Option<String>,
    ) -> Result<Export, ApiError> {
        let system = self.system().await?;
        let tag = etag.as_deref().map(super::accounts::tag_from).transpose()?;
        let clients = clients.into_iter().map(Into::into).collect();
        let command = SystemCommand::Export(ExportCommand::SetClients { path: path.clone(), clients });
        system.propose_if(by, command, tag).await.map_err(|e| of_system(&e))?;
        let found = self.observe().await?.exports().into_iter().find(|export| export.path == path);
        found.ok_or_else(|| ApiError::not_found(format!("there is no export {path} any more")))
    }

    pub(super) async fn list_tasks(&self) -> Result<Vec<Task>, ApiError> {
        Ok(self.system().await?.view().tasks.values().rev().map(describe).collect())
    }

    pub(super) async fn start_task(&self, by: &By, request: StartTask) -> Result<Task, ApiError> {
        let kind = match request.kind {
            TaskKind::VerifyData => StateKind::VerifyData,
            TaskKind::RotateAuthority => {
                return Err(ApiError::new(nasd_api::ErrorCode::Denied, "this task begins by itself")
                    .hint("nasctl cluster rotate-authority, or POST /api/v1/authority/rotation"));
            }
            TaskKind::Unknown => return Err(ApiError::invalid("there is no task of this kind")),
        };
        let started_by = by.name().to_owned();
        let command = SystemCommand::Task(TaskCommand::Start { kind, started_by });
        match self.system().await?.propose(by, command).await.map_err(|e| of_system(&e))? {
            SystemReply::Task(task) => Ok(describe(&task)),
            _ => Err(ApiError::internal("the task was begun, but what it is was not said")),
        }
    }

    pub(super) async fn cancel_task(&self, by: &By, id: u64) -> Result<(), ApiError> {
        let command = SystemCommand::Task(TaskCommand::Cancel { task: id });
        self.system().await?.propose(by, command).await.map(drop).map_err(|e| of_system(&e))
    }

    pub(super) async fn happenings(&self) -> Result<Arc<Happenings>, ApiError> {
        let running = self.running.read().await;
        Ok(running.as_ref().ok_or_else(ApiError::no_cluster)?.happenings.clone())
    }

    pub(super) async fn performance_of(
        &self,
        range: nasd_api::Range,
    ) -> Result<nasd_api::Performance, ApiError> {
        let running = self.running.read().await;
        let running = running.as_ref().ok_or_else(ApiError::no_cluster)?;
        Ok(running.recorder.performance(range, SystemClock.now().secs))
    }
}

/// Whether a disk does its job, and what to do if not.
fn condition(disk: &DiskReport, answers: bool) -> (DiskState, Option<String>) {
    match (&disk.failed, &disk.short_of) {
        (Some(reason), _) => {
            let what_to_do = "replace the disk and start its node again";
            let state = if answers { DiskState::Failed } else { DiskState::Unreachable };
            (state, Some(format!("{reason}; {what_to_do}")))
        }
        (None, _) if !answers => (DiskState::Unreachable, None),
        (None, Some(reason)) => (DiskState::Waiting, Some(format!("{reason}; it goes on by itself"))),
        (None, None) => (DiskState::Working, None),
    }
}

impl Manager {
    /// Has the state name another authority; every node, this one too, then takes it over.
    pub(super) async fn rotate_authority(&self, by: &By) -> Result<Task, ApiError> {
        let (system, current) = {
            let running = self.running.read().await;
            let running = running.as_ref().ok_or_else(ApiError::no_cluster)?;
            (running.node.system.clone(), running.authority.get())
        };
        let failed = |error: String| ApiError::internal(format!("no other authority could be made: {error}"));
        let next = self.next_authority(&current).await.map_err(failed)?;
        let started_by = by.name().to_owned();
        let command = SystemCommand::Cluster(ClusterCommand::RotateAuthority {
            fingerprint: next.fingerprint(),
            started_by,
        });
        match system.propose(by, command).await.map_err(|error| of_system(&error))? {
            SystemReply::Task(task) => Ok(describe(&task)),
            _ => Err(ApiError::internal("the change of authority began as something else")),
        }
    }

    /// The one that is prepared, or another: an earlier request for it may still be decided, and whoever wins, its key
    /// is kept.
    async fn next_authority(&self, current: &Authority) -> Result<Authority, String> {
        let _changing = self.changing.lock().await;
        if let Some(prepared) = Identity::prepared(&self.config.dir).map_err(|error| error.to_string())? {
            return Ok(prepared);
        }
        let next = current.successor(SystemClock.now()).map_err(|error| error.to_string())?;
        let dir = nasd_files::Folder::new(&self.config.dir);
        Identity::prepare(&dir, &next).map_err(|error| error.to_string())?;
        Ok(next)
    }
}

fn connected(node: &NodeInfo, report: &Report) -> Vec<ConnectedClient> {
    let nfs = report.nfs_clients.iter().map(|client| ConnectedClient {
        node: node.id,
        node_name: node.name.clone(),
        protocol: Protocol::Nfs,
        address: client.address.clone(),
        volume: None,
        calls: Some(client.calls),
        bytes_in: Some(client.bytes_in),
        bytes_out: Some(client.bytes_out),
        connected_seconds: Some(client.connected_seconds),
    });
    let mounts = report.mounts.iter().map(|(at, volume)| ConnectedClient {
        node: node.id,
        node_name: node.name.clone(),
        protocol: Protocol::Fuse,
        address: at.display().to_string(),
        volume: Some(volume.clone()),
        calls: None,
        bytes_in: None,
        bytes_out: None,
        connected_seconds: None,
    });
    mounts.chain(nfs).collect()
}

fn describe(task: &nasd_system::Task) -> Task {
    let state = |state: StateOf| match state {
        StateOf::Running => TaskState::Running,
        StateOf::Done => TaskState::Done,
        StateOf::Failed => TaskState::Failed,
        StateOf::Cancelled => TaskState::Cancelled,
    };
    let sum = |pick: fn(&nasd_system::TaskPart) -> u64| task.parts.iter().map(pick).sum();
    let parts = task.parts.iter().map(|part| TaskPart {
        node: part.node.0,
        state: state(part.state),
        done_bytes: part.done_bytes,
        total_bytes: part.total_bytes,
    });
    let log = task.log.iter().map(|(at, text)| TaskLine { at: at.secs, text: text.clone() });
    Task {
        id: task.id,
        kind: match task.kind {
            StateKind::VerifyData => TaskKind::VerifyData,
            StateKind::RotateAuthority => TaskKind::RotateAuthority,
        },
        state: state(task.state),
        started_by: task.started_by.clone(),
        started: task.started.secs,
        ended: task.ended.map(|at| at.secs),
        done_bytes: sum(|part| part.done_bytes),
        total_bytes: sum(|part| part.total_bytes),
        parts: parts.collect(),
        log: log.collect(),
        result: task.result.clone(),
    }
}
