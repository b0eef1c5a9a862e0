//! Which function carries out which operation.

use super::Manager;
use super::refusal;
use nasd_api::{
    ApiError, Call, CancelTask, CertificateInfo, ChangeSettings, ClusterCreate, ClusterJoin, ClusterStatus,
    ConnectedClient, Counters, CreateGroup, CreateToken, CreateVolume, DeleteGroup, DeleteVolume, DiskInfo,
    Event, Group, GroupAt, HealthWord, List, ListClients, ListDisks, ListEvents, ListGroups, ListMounts,
    ListNodes, ListTasks, ListVolumes, MountInfo, MountReach, MountRequest, NewCertificate, NodeInfo,
    Nothing, Performance, Proof, ReadCertificate, ReadCluster, ReadCounters, ReadGroup, ReadHealth,
    ReadPerformance, ReadSettings, ReadTask, ReadVolume, ResetCertificate, RotateAuthority, Serve, SetLimits,
    Settings, StartTask, Tagged, Task, TaskAt, Token, Unmount, UpdateGroup, VolumeAt, VolumeInfo,
};
use nasd_system::AccountCommand;

impl Serve<ReadHealth> for Manager {
    async fn serve(&self, _: Call<ReadHealth>) -> Result<HealthWord, ApiError> {
        Ok(HealthWord { health: self.health_word().await? })
    }
}

impl Serve<ReadCluster> for Manager {
    async fn serve(&self, _: Call<ReadCluster>) -> Result<ClusterStatus, ApiError> {
        self.status().await
    }
}

impl Serve<ClusterCreate> for Manager {
    async fn serve(&self, call: Call<ClusterCreate>) -> Result<ClusterStatus, ApiError> {
        self.create_cluster(call.body).await
    }
}

impl Serve<ClusterJoin> for Manager {
    async fn serve(&self, call: Call<ClusterJoin>) -> Result<ClusterStatus, ApiError> {
        self.join_cluster(call.body).await
    }
}

impl Serve<CreateToken> for Manager {
    async fn serve(&self, call: Call<CreateToken>) -> Result<Token, ApiError> {
        let by = self.by(&call).await;
        let until = match call.caller.proof {
            Proof::ApiToken { expires, .. } => Some(expires),
            _ => None,
        };
        self.create_token(&by, call.body, until).await
    }
}

impl Serve<RotateAuthority> for Manager {
    async fn serve(&self, call: Call<RotateAuthority>) -> Result<Task, ApiError> {
        let by = self.by(&call).await;
        self.rotate_authority(&by).await
    }
}

impl Serve<ListNodes> for Manager {
    async fn serve(&self, call: Call<ListNodes>) -> Result<List<NodeInfo>, ApiError> {
        call.at.of(self.observe().await?.nodes())
    }
}

impl Serve<ReadSettings> for Manager {
    async fn serve(&self, _: Call<ReadSettings>) -> Result<Tagged<Settings>, ApiError> {
        self.shown_settings().await.map(Tagged)
    }
}

impl Serve<ChangeSettings> for Manager {
    async fn serve(&self, call: Call<ChangeSettings>) -> Result<Tagged<Settings>, ApiError> {
        let by = self.by(&call).await;
        self.change_settings(&by, call.body, call.etag).await.map(Tagged)
    }
}

impl Serve<ReadCertificate> for Manager {
    async fn serve(&self, _: Call<ReadCertificate>) -> Result<CertificateInfo, ApiError> {
        self.shown_certificate().await
    }
}

impl Serve<NewCertificate> for Manager {
    async fn serve(&self, call: Call<NewCertificate>) -> Result<CertificateInfo, ApiError> {
        self.set_certificate(call.body).await
    }
}

impl Serve<ResetCertificate> for Manager {
    async fn serve(&self, _: Call<ResetCertificate>) -> Result<CertificateInfo, ApiError> {
        self.reset_certificate().await
    }
}

impl Serve<ListVolumes> for Manager {
    async fn serve(&self, call: Call<ListVolumes>) -> Result<List<VolumeInfo>, ApiError> {
        call.at.of(self.observe().await?.volumes())
    }
}

impl Serve<ReadVolume> for Manager {
    async fn serve(&self, call: Call<ReadVolume>) -> Result<Tagged<VolumeInfo>, ApiError> {
        let VolumeAt { name } = call.at;
        let volume = self.observe().await?.volumes().into_iter().find(|volume| volume.name == name);
        volume.map(Tagged).ok_or_else(|| refusal::unknown_volume(name))
    }
}

impl Serve<CreateVolume> for Manager {
    async fn serve(&self, call: Call<CreateVolume>) -> Result<VolumeInfo, ApiError> {
        let by = self.by(&call).await;
        self.create_volume(&by, call.body).await
    }
}

impl Serve<DeleteVolume> for Manager {
    async fn serve(&self, call: Call<DeleteVolume>) -> Result<Nothing, ApiError> {
        let by = self.by(&call).await;
        self.delete_volume(&by, call.at.name).await.map(|()| Nothing)
    }
}

impl Serve<SetLimits> for Manager {
    async fn serve(&self, call: Call<SetLimits>) -> Result<Tagged<VolumeInfo>, ApiError> {
        let by = self.by(&call).await;
        self.set_limits(&by, call.at.name, call.body, call.etag).await.map(Tagged)
    }
}

impl Serve<ListMounts> for Manager {
    async fn serve(&self, call: Call<ListMounts>) -> Result<List<MountInfo>, ApiError> {
        call.at.of(self.list_mounts().await)
    }
}

impl Serve<MountRequest> for Manager {
    async fn serve(&self, call: Call<MountRequest>) -> Result<MountInfo, ApiError> {
        self.mount(call.body, MountReach::of(&call.caller)).await
    }
}

impl Serve<Unmount> for Manager {
    async fn serve(&self, call: Call<Unmount>) -> Result<Nothing, ApiError> {
        self.unmount(call.at.at, MountReach::of(&call.caller)).await.map(|()| Nothing)
    }
}

impl Serve<ReadCounters> for Manager {
    async fn serve(&self, _: Call<ReadCounters>) -> Result<Counters, ApiError> {
        self.count().await
    }
}

impl Serve<ListDisks> for Manager {
    async fn serve(&self, call: Call<ListDisks>) -> Result<List<DiskInfo>, ApiError> {
        call.at.of(self.list_disks().await?)
    }
}

impl Serve<ListClients> for Manager {
    async fn serve(&self, call: Call<ListClients>) -> Result<List<ConnectedClient>, ApiError> {
        call.at.of(self.list_clients().await?)
    }
}

impl Serve<ListTasks> for Manager {
    async fn serve(&self, call: Call<ListTasks>) -> Result<List<Task>, ApiError> {
        call.at.of(self.list_tasks().await?)
    }
}

impl Serve<StartTask> for Manager {
    async fn serve(&self, call: Call<StartTask>) -> Result<Task, ApiError> {
        let by = self.by(&call).await;
        self.start_task(&by, call.body).await
    }
}

impl Serve<ReadTask> for Manager {
    async fn serve(&self, call: Call<ReadTask>) -> Result<Task, ApiError> {
        let TaskAt { id } = call.at;
        let task = self.list_tasks().await?.into_iter().find(|task| task.id == id);
        task.ok_or_else(|| refusal::task_unknown(id))
    }
}

impl Serve<CancelTask> for Manager {
    async fn serve(&self, call: Call<CancelTask>) -> Result<Nothing, ApiError> {
        let by = self.by(&call).await;
        self.cancel_task(&by, call.at.id).await.map(|()| Nothing)
    }
}

impl Serve<ListEvents> for Manager {
    async fn serve(&self, call: Call<ListEvents>) -> Result<List<Event>, ApiError> {
        call.at.of(self.happenings().await?.recent())
    }
}

impl Serve<ReadPerformance> for Manager {
    async fn serve(&self, call: Call<ReadPerformance>) -> Result<Performance, ApiError> {
        self.performance_of(call.at.range).await
    }
}

impl Serve<ListGroups> for Manager {
    async fn serve(&self, call: Call<ListGroups>) -> Result<List<Group>, ApiError> {
        call.at.of(self.list_groups().await?)
    }
}

impl Serve<CreateGroup> for Manager {
    async fn serve(&self, call: Call<CreateGroup>) -> Result<Group, ApiError> {
        let by = self.by(&call).await;
        self.create_group(&by, call.body).await
    }
}

impl Serve<ReadGroup> for Manager {
    async fn serve(&self, call: Call<ReadGroup>) -> Result<Tagged<Group>, ApiError> {
        let GroupAt { name } = call.at;
        let group = self.list_groups().await?.into_iter().find(|group| group.name == name);
        group.map(Tagged).ok_or_else(|| refusal::unknown_group(name))
    }
}

impl Serve<UpdateGroup> for Manager {
    async fn serve(&self, call: Call<UpdateGroup>) -> Result<Tagged<Group>, ApiError> {
        let by = self.by(&call).await;
        self.update_group(&by, call.at.name, call.body, call.etag).await.map(Tagged)
    }
}

impl Serve<DeleteGroup> for Manager {
    async fn serve(&self, call: Call<DeleteGroup>) -> Result<Nothing, ApiError> {
        let by = self.by(&call).await;
        self.change(&by, AccountCommand::DeleteGroup { name: call.at.name }).await.map(|()| Nothing)
    }
}
