//! Lists, makes and changes groups of users.

use super::Manager;
use super::accounts::{hex, named, tag_from};
use super::refusal::of_system;
use nasd_api::{ApiError, CreateGroup, Group, UpdateGroup};
use nasd_system::{self as state, AccountCommand, By, WantedGroup, check_group_name, group_tag};
use nasd_system::{SystemError, SystemView};

fn described(view: &SystemView, group: &state::Group) -> Group {
    Group {
        name: group.name.clone(),
        role: group.role,
        owned: named(view, &group.owned),
        members: group.members.iter().cloned().collect(),
        etag: hex(&group_tag(group)),
    }
}

impl Manager {
    pub(super) async fn list_groups(&self) -> Result<Vec<Group>, ApiError> {
        let view = self.system().await?.view();
        Ok(view.accounts.groups.values().map(|group| described(&view, group)).collect())
    }

    pub(super) async fn create_group(&self, by: &By, request: CreateGroup) -> Result<Group, ApiError> {
        let CreateGroup { name, role, owned, members } = request;
        // The state would remember the refusal for the idempotency key, and give it to a better request.
        check_group_name(&name).map_err(|error| of_system(&SystemError::Account(error)))?;
        let group = WantedGroup { name: name.clone(), role, owned, members: members.into_iter().collect() };
        self.change(by, AccountCommand::CreateGroup(group)).await?;
        self.found_group(&name).await
    }

    pub(super) async fn update_group(
        &self,
        by: &By,
        name: String,
        request: UpdateGroup,
        etag: Option<String>,
    ) -> Result<Group, ApiError> {
        let tag = etag.as_deref().map(tag_from).transpose()?;
        let UpdateGroup { role, owned, members } = request;
        let group = WantedGroup { name: name.clone(), role, owned, members: members.into_iter().collect() };
        self.change_if(by, AccountCommand::UpdateGroup(group), tag).await?;
        self.found_group(&name).await
    }

    async fn found_group(&self, name: &str) -> Result<Group, ApiError> {
        let view = self.system().await?.view();
        let missing = || ApiError::not_found(format!("there is no group {name} any more"));
        view.accounts.groups.get(name).map(|group| described(&view, group)).ok_or_else(missing)
    }
}
