//! Groups.

use crate::Memory;
use nasd_api::{
    ApiError, Call, CreateGroup, DeleteGroup, Group, GroupAt, List, ListGroups, Nothing, ReadGroup, Serve,
    Tagged, UpdateGroup, refusal,
};

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
        group.map(Tagged).ok_or_else(|| refusal::unknown_group(&name))
    }
}

impl Serve<UpdateGroup> for Memory {
    async fn serve(&self, call: Call<UpdateGroup>) -> Result<Tagged<Group>, ApiError> {
        let Call { at: GroupAt { name }, body: request, etag, .. } = call;
        self.act(|state| {
            state.check_members(&request.members)?;
            let group = state.groups.get_mut(&name).ok_or_else(|| refusal::unknown_group(&name))?;
            if etag.is_some_and(|etag| etag != group.etag) {
                return Err(refusal::changed());
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
        self.act(|state| {
            state.groups.remove(&name).map(|_| Nothing).ok_or_else(|| refusal::unknown_group(&name))
        })
    }
}
