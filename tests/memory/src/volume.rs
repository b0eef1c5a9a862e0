//! Volumes.

use crate::Memory;
use nasd_api::{
    ApiError, Call, CreateVolume, DeleteVolume, Health, Limits, List, ListVolumes, Nothing, ReadVolume,
    ReplicaInfo, ReplicaState, Serve, SetLimits, Tagged, VolumeAt, VolumeInfo, refusal, verdict,
};

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

fn volume(id: u64, name: &str, limits: Limits) -> VolumeInfo {
    VolumeInfo {
        id,
        name: name.to_owned(),
        health: Health::Healthy,
        verdict: verdict::replicas_answer(1),
        replicas: vec![ReplicaInfo { node: 1, state: ReplicaState::Leader, matched: Some(12) }],
        leader: Some(1),
        term: 2,
        commit_index: 12,
        total_bytes: Some(1 << 40),
        free_bytes: Some((1 << 40) - 4096),
        used_bytes: Some(4096),
        files: Some(1),
        limits,
        etag: "1".into(),
    }
}

impl Memory {
    /// Adds a volume that no rule about names was asked about.
    pub fn add_volume(&self, name: &str) {
        let mut state = self.state.lock().unwrap();
        let info = volume(state.volumes.len() as u64 + 1, name, Limits::default());
        state.volumes.insert(name.to_owned(), info);
    }
}
