//! Carries out what is asked of groups of users.

use crate::Manager;
use crate::refusal::{self, of_system};
use crate::tag::hex;
use crate::user::named;
use nasd_api::{
    ApiError, Call, CreateGroup, DeleteGroup, Group, List, ListGroups, Nothing, ReadGroup, Serve, Tagged,
    UpdateGroup,
};
use nasd_system::{AccountCommand, SystemView, WantedGroup, check_group_name, group_tag};

impl Serve<ListGroups> for Manager {
    async fn serve(&self, call: Call<ListGroups>) -> Result<List<Group>, ApiError> {
        let view = self.system().await?.view();
        call.at.of(view.accounts.groups.values().map(|group| described(&view, group)).collect())
    }
}

impl Serve<CreateGroup> for Manager {
    async fn serve(&self, call: Call<CreateGroup>) -> Result<Group, ApiError> {
        let CreateGroup { name, role, owned, members } = call.body.clone();
        // The state would remember the refusal for the idempotency key, and give it to a better request.
        check_group_name(&name).map_err(|error| of_system(&error.into()))?;
        let group = WantedGroup { name: name.clone(), role, owned, members: members.into_iter().collect() };
        self.propose(&call, AccountCommand::CreateGroup(group)).await?;
        self.found_group(&name).await
    }
}

impl Serve<ReadGroup> for Manager {
    async fn serve(&self, call: Call<ReadGroup>) -> Result<Tagged<Group>, ApiError> {
        self.found_group(&call.at.name).await.map(Tagged)
    }
}

impl Serve<UpdateGroup> for Manager {
    async fn serve(&self, call: Call<UpdateGroup>) -> Result<Tagged<Group>, ApiError> {
        let name = call.at.name.clone();
        let UpdateGroup { role, owned, members } = call.body.clone();
        let group = WantedGroup { name: name.clone(), role, owned, members: members.into_iter().collect() };
        self.propose(&call, AccountCommand::UpdateGroup(group)).await?;
        self.found_group(&name).await.map(Tagged)
    }
}

impl Serve<DeleteGroup> for Manager {
    async fn serve(&self, call: Call<DeleteGroup>) -> Result<Nothing, ApiError> {
        self.carry_out(&call, AccountCommand::DeleteGroup { name: call.at.name.clone() }).await
    }
}

impl Manager {
    async fn found_group(&self, name: &str) -> Result<Group, ApiError> {
        let view = self.system().await?.view();
        let missing = || refusal::unknown_group(name);
        view.accounts.groups.get(name).map(|group| described(&view, group)).ok_or_else(missing)
    }
}

fn described(view: &SystemView, group: &nasd_system::Group) -> Group {
    Group {
        name: group.name.clone(),
        role: group.role,
        owned: named(view, &group.owned),
        members: group.members.iter().cloned().collect(),
        etag: hex(&group_tag(group)),
    }
}
