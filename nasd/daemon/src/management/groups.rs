//! Lists, makes and changes groups of users.

use super::Manager;
use super::accounts::{hex, tag_from};
use super::refusal::of_system;
use nasd_api::{ApiError, CreateGroup, Group, UpdateGroup};
use nasd_cluster::SystemError;
use nasd_cluster::system::{self as state, AccountCommand, Condition, Resource, check_group_name, group_tag};

fn described(group: &state::Group) -> Group {
    Group {
        name: group.name.clone(),
        role: group.role,
        owned: group.owned.clone(),
        members: group.members.iter().cloned().collect(),
        etag: hex(&group_tag(group)),
    }
}

impl Manager {
    pub(super) async fn list_groups(&self) -> Result<Vec<Group>, ApiError> {
        Ok(self.state().await?.groups.values().map(described).collect())
    }

    pub(super) async fn make_group(&self, request: CreateGroup) -> Result<Group, ApiError> {
        let CreateGroup { name, role, owned, members } = request;
        // The state would remember the refusal for the idempotency key, and give it to a better request.
        check_group_name(&name).map_err(|error| of_system(&SystemError::Account(error)))?;
        let group = state::Group { name: name.clone(), role, owned, members: members.into_iter().collect() };
        self.change(AccountCommand::CreateGroup(group)).await?;
        self.found_group(&name).await
    }

    pub(super) async fn replace_group(
        &self,
        name: String,
        request: UpdateGroup,
        etag: Option<String>,
    ) -> Result<Group, ApiError> {
        let tag = etag.as_deref().map(tag_from).transpose()?;
        let condition = tag.map(|tag| Condition { resource: Resource::Group(name.clone()), tag });
        let UpdateGroup { role, owned, members } = request;
        let group = state::Group { name: name.clone(), role, owned, members: members.into_iter().collect() };
        self.change_if(AccountCommand::UpdateGroup(group), condition).await?;
        self.found_group(&name).await
    }

    async fn found_group(&self, name: &str) -> Result<Group, ApiError> {
        let state = self.state().await?;
        let missing = || ApiError::not_found(format!("there is no group {name} any more"));
        state.groups.get(name).map(described).ok_or_else(missing)
    }
}
