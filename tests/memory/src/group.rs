//! Groups.

use crate::Memory;
use crate::kept;
use nasd_api::*;

impl Serve<ListGroups> for Memory {
    async fn serve(&self, call: Call<ListGroups>) -> Result<List<Group>, ApiError> {
        call.at.of(self.act(|state| Ok(kept::list(&state.groups)))?)
    }
}

impl Serve<CreateGroup> for Memory {
    async fn serve(&self, call: Call<CreateGroup>) -> Result<Group, ApiError> {
        self.acts(&call);
        let CreateGroup { name, role, owned, members } = call.body;
        self.act(|state| {
            state.check_members(&members)?;
            let group = Group { name: name.clone(), role, owned, members, etag: "1".to_owned() };
            kept::add(&mut state.groups, name, group)
        })
    }
}

impl Serve<ReadGroup> for Memory {
    async fn serve(&self, call: Call<ReadGroup>) -> Result<Tagged<Group>, ApiError> {
        self.act(|state| kept::find(&state.groups, &call.at.name)).map(Tagged)
    }
}

impl Serve<UpdateGroup> for Memory {
    async fn serve(&self, call: Call<UpdateGroup>) -> Result<Tagged<Group>, ApiError> {
        let UpdateGroup { role, owned, members } = call.body;
        self.act(|state| {
            state.check_members(&members)?;
            kept::change(&mut state.groups, &call.at.name, call.etag, |group| {
                (group.role, group.owned, group.members) = (role, owned, members);
            })
        })
        .map(Tagged)
    }
}

impl Serve<DeleteGroup> for Memory {
    async fn serve(&self, call: Call<DeleteGroup>) -> Result<Nothing, ApiError> {
        self.act(|state| kept::delete(&mut state.groups, &call.at.name))
    }
}
