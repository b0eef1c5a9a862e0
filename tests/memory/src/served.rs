//! What the cluster in memory does when it is asked.

use crate::accounts::{changed_meanwhile, no_group};
use crate::{Memory, NOW, SessionsEnd, TOKEN, event, volume};
use nasd_api::{
    ApiError, Call, CancelTask, CertificateInfo, ChangeSettings, ClusterCreate, ClusterJoin, ClusterStatus,
    ConnectedClient, Counters, CreateGroup, CreateToken, CreateVolume, DeleteGroup, DeleteVolume, DiskInfo,
    DiskState, Event, Forecast, Group, GroupAt, HealthWord, List, ListClients, ListDisks, ListEvents,
    ListGroups, ListMounts, ListNodes, ListTasks, ListVolumes, MountAt, MountInfo, MountRequest,
    NewCertificate, NodeInfo, Nothing, Performance, PerformancePoint, Proof, Protocol, ReadCertificate,
    ReadCluster, ReadCounters, ReadGroup, ReadHealth, ReadPerformance, ReadSettings, ReadTask, ReadVolume,
    ResetCertificate, RotateAuthority, Secret, Serve, SetLimits, Settings, StartTask, Tagged, Task, TaskAt,
    TaskKind, TaskLine, TaskPart, TaskState, Token, Unmount, UpdateGroup, VolumeAt, VolumeInfo, refusal,
};
use std::collections::BTreeMap;

impl Memory {
    fn start(&self, kind: TaskKind) -> Result<Task, ApiError> {
        self.act(|state| {
            if let Some(task) = state.tasks.iter().find(|task| task.state == TaskState::Running) {
                return Err(refusal::task_running(task.id));
            }
            let task = Task {
                id: state.tasks.len() as u64 + 1,
                kind,
                state: TaskState::Running,
                started_by: "root".into(),
                started: 1_800_000_000,
                ended: None,
                done_bytes: 1024,
                total_bytes: 4096,
                parts: vec![TaskPart {
                    node: 1,
                    state: TaskState::Running,
                    done_bytes: 1024,
                    total_bytes: 4096,
                }],
                log: vec![TaskLine { at: 1_800_000_000, text: "node 1 has begun".into() }],
                result: None,
            };
            state.tasks.push(task.clone());
            Ok(task)
        })
    }
}

impl Serve<ReadHealth> for Memory {
    async fn serve(&self, _: Call<ReadHealth>) -> Result<HealthWord, ApiError> {
        self.act(|state| state.status().map(|status| HealthWord { health: status.health }))
    }
}

impl Serve<ReadCluster> for Memory {
    async fn serve(&self, _: Call<ReadCluster>) -> Result<ClusterStatus, ApiError> {
        self.act(|state| state.status())
    }
}

impl Serve<ClusterCreate> for Memory {
    async fn serve(&self, call: Call<ClusterCreate>) -> Result<ClusterStatus, ApiError> {
        let request = call.body;
        self.act(|state| {
            if state.cluster.is_some() {
                return Err(refusal::in_a_cluster());
            }
            state.cluster = Some(request.name);
            state.status()
        })
    }
}

impl Serve<ClusterJoin> for Memory {
    async fn serve(&self, call: Call<ClusterJoin>) -> Result<ClusterStatus, ApiError> {
        let request = call.body;
        self.act(|state| {
            if request.token.reveal() != TOKEN {
                let why =
                    "the join token is not known to this cluster; create one with `nasctl token create`";
                return Err(refusal::join_refused(why));
            }
            state.cluster = Some("joined".into());
            state.status()
        })
    }
}

impl Serve<CreateToken> for Memory {
    async fn serve(&self, call: Call<CreateToken>) -> Result<Token, ApiError> {
        let until = match call.caller.proof {
            Proof::ApiToken { expires, .. } => Some(expires),
            _ => None,
        };
        let request = call.body;
        self.act(|state| {
            state.tokens += 1;
            let expires = NOW + i64::from(request.ttl_seconds.unwrap_or(900));
            let expires = until.map_or(expires, |until| expires.min(until));
            Ok(Token { token: Secret::new(TOKEN), expires })
        })
    }
}

impl Serve<RotateAuthority> for Memory {
    async fn serve(&self, _: Call<RotateAuthority>) -> Result<Task, ApiError> {
        self.start(TaskKind::RotateAuthority)
    }
}

impl Serve<ListNodes> for Memory {
    async fn serve(&self, call: Call<ListNodes>) -> Result<List<NodeInfo>, ApiError> {
        let items = self.act(|state| state.status().map(|status| status.nodes))?;
        call.at.of(items)
    }
}

impl Serve<ReadSettings> for Memory {
    async fn serve(&self, _: Call<ReadSettings>) -> Result<Tagged<Settings>, ApiError> {
        self.act(|state| state.settings().map(Tagged))
    }
}

impl Serve<ChangeSettings> for Memory {
    async fn serve(&self, call: Call<ChangeSettings>) -> Result<Tagged<Settings>, ApiError> {
        let Call { body: request, etag, .. } = call;
        self.act(|state| {
            if etag.is_some_and(|etag| state.settings().is_ok_and(|settings| settings.etag != etag)) {
                return Err(refusal::changed());
            }
            let ChangeSettings { name, session_idle_minutes: idle, session_minutes: total } = request;
            state.cluster = Some(name);
            state.sessions_end = SessionsEnd { idle, total, changes: state.sessions_end.changes + 1 };
            state.settings()
        })
        .map(Tagged)
    }
}

impl Serve<ReadCertificate> for Memory {
    async fn serve(&self, _: Call<ReadCertificate>) -> Result<CertificateInfo, ApiError> {
        Ok(self.certificate.get().info())
    }
}

impl Serve<NewCertificate> for Memory {
    async fn serve(&self, call: Call<NewCertificate>) -> Result<CertificateInfo, ApiError> {
        self.certificate.get().replace(&call.body, NOW)
    }
}

impl Serve<ResetCertificate> for Memory {
    async fn serve(&self, _: Call<ResetCertificate>) -> Result<CertificateInfo, ApiError> {
        self.certificate.get().reset()
    }
}

impl Serve<ListVolumes> for Memory {
    async fn serve(&self, call: Call<ListVolumes>) -> Result<List<VolumeInfo>, ApiError> {
        let items = self.act(|state| state.status().map(|status| status.volumes))?;
        call.at.of(items)
    }
}

impl Serve<ReadVolume> for Memory {
    async fn serve(&self, call: Call<ReadVolume>) -> Result<Tagged<VolumeInfo>, ApiError> {
        let VolumeAt { name } = call.at;
        let volume =
            self.act(|state| Ok(state.status()?.volumes.into_iter().find(|volume| volume.name == name)))?;
        volume.map(Tagged).ok_or_else(|| refusal::unknown_volume(name))
    }
}

impl Serve<CreateVolume> for Memory {
    async fn serve(&self, call: Call<CreateVolume>) -> Result<VolumeInfo, ApiError> {
        self.acts(&call);
        let request = call.body;
        self.act(|state| {
            if state.volumes.contains_key(&request.name) {
                return Err(refusal::volume_name_taken(&request.name));
            }
            let info = volume(state.volumes.len() as u64 + 1, &request.name, request.limits);
            state.volumes.insert(request.name, info.clone());
            Ok(info)
        })
    }
}

impl Serve<DeleteVolume> for Memory {
    async fn serve(&self, call: Call<DeleteVolume>) -> Result<Nothing, ApiError> {
        let VolumeAt { name } = call.at;
        self.act(|state| {
            let user = state.exports.values().find(|export| export.volume == name);
            if let Some(export) = user {
                return Err(refusal::volume_exported(&name, &export.path));
            }
            match state.volumes.remove(&name) {
                Some(_) => Ok(Nothing),
                None => Err(refusal::unknown_volume(name)),
            }
        })
    }
}

impl Serve<SetLimits> for Memory {
    async fn serve(&self, call: Call<SetLimits>) -> Result<Tagged<VolumeInfo>, ApiError> {
        let Call { at: VolumeAt { name }, body: limits, etag, .. } = call;
        self.act(|state| {
            let volume = state.volumes.get_mut(&name);
            let volume = volume.ok_or_else(|| refusal::unknown_volume(name))?;
            if etag.is_some_and(|etag| etag != volume.etag) {
                return Err(refusal::changed());
            }
            volume.limits = limits;
            volume.etag += "1";
            Ok(volume.clone())
        })
        .map(Tagged)
    }
}

impl Serve<ListMounts> for Memory {
    async fn serve(&self, call: Call<ListMounts>) -> Result<List<MountInfo>, ApiError> {
        let items = self.act(|state| Ok(state.mounts.values().cloned().collect()))?;
        call.at.of(items)
    }
}

impl Serve<MountRequest> for Memory {
    async fn serve(&self, call: Call<MountRequest>) -> Result<MountInfo, ApiError> {
        let request = call.body;
        self.act(|state| {
            let MountRequest { volume, at, read_only, suid, dev } = request;
            let info = MountInfo { volume, at: at.clone(), read_only, suid, dev };
            state.mounts.insert(at, info.clone());
            Ok(info)
        })
    }
}

impl Serve<Unmount> for Memory {
    async fn serve(&self, call: Call<Unmount>) -> Result<Nothing, ApiError> {
        let MountAt { at } = call.at;
        self.act(|state| match state.mounts.remove(&at) {
            Some(_) => Ok(Nothing),
            None => Err(refusal::not_mounted(at.display())),
        })
    }
}

impl Serve<ReadCounters> for Memory {
    async fn serve(&self, _: Call<ReadCounters>) -> Result<Counters, ApiError> {
        let more = BTreeMap::from([("fuse_requests".to_owned(), 7)]);
        self.act(|_| Ok(Counters { log_flushes: 10, log_records: 50, more, ..Counters::default() }))
    }
}

impl Serve<ListDisks> for Memory {
    async fn serve(&self, call: Call<ListDisks>) -> Result<List<DiskInfo>, ApiError> {
        let items = self.act(|_| {
            Ok(vec![DiskInfo {
                node: 1,
                node_name: "stor-a".into(),
                path: "/var/lib/gotgan/chunks".into(),
                state: DiskState::Working,
                problem: None,
                total_bytes: 1 << 40,
                used_bytes: 4096,
                available_bytes: (1 << 40) - 4096,
            }])
        })?;
        call.at.of(items)
    }
}

impl Serve<ListClients> for Memory {
    async fn serve(&self, call: Call<ListClients>) -> Result<List<ConnectedClient>, ApiError> {
        let items = self.act(|state| {
            let mounts = state.mounts.values().map(|mount| ConnectedClient {
                node: 1,
                node_name: "node1".to_owned(),
                protocol: Protocol::Fuse,
                address: mount.at.display().to_string(),
                volume: Some(mount.volume.clone()),
                calls: None,
                bytes_in: None,
                bytes_out: None,
                connected_seconds: None,
            });
            Ok(mounts.collect())
        })?;
        call.at.of(items)
    }
}

impl Serve<ListTasks> for Memory {
    async fn serve(&self, call: Call<ListTasks>) -> Result<List<Task>, ApiError> {
        let items = self.act(|state| Ok(state.tasks.iter().rev().cloned().collect()))?;
        call.at.of(items)
    }
}

impl Serve<StartTask> for Memory {
    async fn serve(&self, call: Call<StartTask>) -> Result<Task, ApiError> {
        self.acts(&call);
        self.start(call.body.kind)
    }
}

impl Serve<ReadTask> for Memory {
    async fn serve(&self, call: Call<ReadTask>) -> Result<Task, ApiError> {
        let TaskAt { id } = call.at;
        let task = self.act(|state| Ok(state.tasks.iter().find(|task| task.id == id).cloned()))?;
        task.ok_or_else(|| refusal::task_unknown(id))
    }
}

impl Serve<CancelTask> for Memory {
    async fn serve(&self, call: Call<CancelTask>) -> Result<Nothing, ApiError> {
        let TaskAt { id } = call.at;
        self.act(|state| {
            let task = state.tasks.iter_mut().find(|task| task.id == id);
            let task = task.ok_or_else(|| refusal::task_unknown(id))?;
            task.state = TaskState::Cancelled;
            task.ended = Some(1_800_000_001);
            Ok(Nothing)
        })
    }
}

impl Serve<ListEvents> for Memory {
    async fn serve(&self, call: Call<ListEvents>) -> Result<List<Event>, ApiError> {
        call.at.of(vec![event(2), event(1)])
    }
}

impl Serve<ReadPerformance> for Memory {
    async fn serve(&self, call: Call<ReadPerformance>) -> Result<Performance, ApiError> {
        let range = call.at.range;
        self.act(|_| {
            let point = |step: i64| PerformancePoint {
                at: 1_800_000_000 + step * 10,
                operations_per_second: 100.0 + step as f64,
                read_bytes_per_second: 1e6,
                written_bytes_per_second: 2e6 * step as f64,
                latency_micros: 800.0,
                used_bytes: 4096 * step as u64,
                total_bytes: 1 << 40,
            };
            let forecast = Some(Forecast { bytes_per_day: 1e9, full_at: Some(1_900_000_000) });
            Ok(Performance { range, step_seconds: 10, points: (0..30).map(point).collect(), forecast })
        })
    }
}

impl Serve<ListGroups> for Memory {
    async fn serve(&self, call: Call<ListGroups>) -> Result<List<Group>, ApiError> {
        let items = self.act(|state| Ok(state.groups.values().cloned().collect()))?;
        call.at.of(items)
    }
}

impl Serve<CreateGroup> for Memory {
    async fn serve(&self, call: Call<CreateGroup>) -> Result<Group, ApiError> {
        self.acts(&call);
        let request = call.body;
        self.act(|state| {
            let CreateGroup { name, role, owned, members } = request;
            if state.groups.contains_key(&name) {
                return Err(refusal::group_exists(&name));
            }
            state.check_members(&members)?;
            let group = Group { name: name.clone(), role, owned, members, etag: "1".to_owned() };
            state.groups.insert(name, group.clone());
            Ok(group)
        })
    }
}

impl Serve<ReadGroup> for Memory {
    async fn serve(&self, call: Call<ReadGroup>) -> Result<Tagged<Group>, ApiError> {
        let GroupAt { name } = call.at;
        let group = self.act(|state| Ok(state.groups.get(&name).cloned()))?;
        group.map(Tagged).ok_or_else(|| no_group(&name))
    }
}

impl Serve<UpdateGroup> for Memory {
    async fn serve(&self, call: Call<UpdateGroup>) -> Result<Tagged<Group>, ApiError> {
        let Call { at: GroupAt { name }, body: request, etag, .. } = call;
        self.act(|state| {
            state.check_members(&request.members)?;
            let group = state.groups.get_mut(&name).ok_or_else(|| no_group(&name))?;
            if etag.is_some_and(|etag| etag != group.etag) {
                return Err(changed_meanwhile());
            }
            (group.role, group.owned, group.members) = (request.role, request.owned, request.members);
            group.etag += "1";
            Ok(group.clone())
        })
        .map(Tagged)
    }
}

impl Serve<DeleteGroup> for Memory {
    async fn serve(&self, call: Call<DeleteGroup>) -> Result<Nothing, ApiError> {
        let GroupAt { name } = call.at;
        self.act(|state| state.groups.remove(&name).map(|_| Nothing).ok_or_else(|| no_group(&name)))
    }
}
