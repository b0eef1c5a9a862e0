//! Volumes.

use crate::Memory;
use crate::kept;
use nasd_api::*;

impl Serve<ListVolumes> for Memory {
    async fn serve(&self, call: Call<ListVolumes>) -> Result<List<VolumeInfo>, ApiError> {
        call.at.of(self.act(|state| state.status().map(|status| status.volumes))?)
    }
}

impl Serve<ReadVolume> for Memory {
    async fn serve(&self, call: Call<ReadVolume>) -> Result<Tagged<VolumeInfo>, ApiError> {
        self.act(|state| {
            state.status()?;
            kept::find(&state.volumes, &call.at.name)
        })
        .map(Tagged)
    }
}

impl Serve<CreateVolume> for Memory {
    async fn serve(&self, call: Call<CreateVolume>) -> Result<VolumeInfo, ApiError> {
        self.acts(&call);
        let CreateVolume { name, limits, root, description, .. } = call.body;
        self.act(|state| {
            let mut info = volume(state.volumes.len() as u64 + 1, &name, limits);
            (info.root, info.description) = (Some(root), description);
            kept::add(&mut state.volumes, name, info)
        })
    }
}

impl Serve<DeleteVolume> for Memory {
    async fn serve(&self, call: Call<DeleteVolume>) -> Result<Nothing, ApiError> {
        let VolumeAt { name } = call.at;
        self.act(|state| match state.exports.values().find(|export| export.volume == name) {
            Some(export) => Err(refusal::volume_exported(&name, &export.path)),
            None => kept::delete(&mut state.volumes, &name),
        })
    }
}

impl Serve<SetLimits> for Memory {
    async fn serve(&self, call: Call<SetLimits>) -> Result<Tagged<VolumeInfo>, ApiError> {
        let set = |volume: &mut VolumeInfo| volume.limits = call.body;
        self.act(|state| kept::change(&mut state.volumes, &call.at.name, call.etag, set)).map(Tagged)
    }
}

impl Serve<SetDescription> for Memory {
    async fn serve(&self, call: Call<SetDescription>) -> Result<Tagged<VolumeInfo>, ApiError> {
        let set = |volume: &mut VolumeInfo| volume.description = call.body.description;
        self.act(|state| kept::change(&mut state.volumes, &call.at.name, call.etag, set)).map(Tagged)
    }
}

impl Serve<SetRoot> for Memory {
    async fn serve(&self, call: Call<SetRoot>) -> Result<VolumeInfo, ApiError> {
        let Call { at: VolumeAt { name }, body: root, .. } = call;
        self.act(|state| {
            let volume = state.volumes.get_mut(&name).ok_or_else(|| refusal::unknown_volume(name))?;
            volume.root = Some(root);
            Ok(volume.clone())
        })
    }
}

fn volume(id: u64, name: &str, limits: Limits) -> VolumeInfo {
    VolumeInfo {
        id,
        name: name.to_owned(),
        description: String::new(),
        health: Health::Healthy,
        verdict: verdict::replicas_answer(1),
        replicas: vec![ReplicaInfo {
            node: 1,
            name: "stor-a".into(),
            state: ReplicaState::Leader,
            matched: Some(12),
        }],
        leader: Some(1),
        term: 2,
        commit_index: 12,
        total_bytes: Some(1 << 40),
        free_bytes: Some((1 << 40) - 4096),
        used_bytes: Some(4096),
        files: Some(1),
        limits,
        root: Some(RootDir::default()),
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

    /// The names of the volumes that there are.
    pub fn volume_names(&self) -> Vec<String> {
        self.state.lock().unwrap().volumes.keys().cloned().collect()
    }
}
