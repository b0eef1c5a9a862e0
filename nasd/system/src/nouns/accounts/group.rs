//! What a command does to groups, and what users and groups own: pure.

use super::command::WantedGroup;
use super::error::AccountError;
use super::rules;
use super::rules::{Changes, find};
use super::tables::{AccountEffect, Accounts, Group, User};
use crate::nouns::volume::Volumes;
use crate::rules::shown;
use nasd_base::VolumeId;
use nasd_base::role::Role;

fn find_group<'a>(accounts: &'a Accounts, name: &str) -> Result<&'a Group, AccountError> {
    accounts.groups.get(name).ok_or_else(|| AccountError::UnknownGroup(shown(name)))
}

pub fn create_group(accounts: &Accounts, volumes: &Volumes, group: &WantedGroup) -> Changes {
    rules::check_group_name(&group.name)?;
    if accounts.groups.contains_key(&group.name) {
        return Err(AccountError::GroupExists(group.name.clone()));
    }
    if accounts.groups.len() >= rules::GROUPS_MAX {
        return Err(AccountError::TooMany(format!("groups (at most {})", rules::GROUPS_MAX)));
    }
    set_group(accounts, volumes, group)
}

pub fn update_group(accounts: &Accounts, volumes: &Volumes, group: &WantedGroup) -> Changes {
    find_group(accounts, &group.name)?;
    set_group(accounts, volumes, group)
}

pub fn delete_group(accounts: &Accounts, name: &str) -> Changes {
    let group = find_group(accounts, name)?;
    Ok(vec![AccountEffect::NoGroup(group.name.clone())])
}

fn set_group(accounts: &Accounts, volumes: &Volumes, group: &WantedGroup) -> Changes {
    let owned = found(volumes, group.role, &group.owned)?;
    group.members.iter().try_for_each(|member| find(accounts, member).map(drop))?;
    let (name, members) = (group.name.clone(), group.members.clone());
    Ok(vec![AccountEffect::Group(Group { name, role: group.role, owned, members })])
}

/// The volumes of these names, as they are now.
pub fn found(volumes: &Volumes, role: Role, names: &[String]) -> Result<Vec<VolumeId>, AccountError> {
    rules::check_owned(role, names)?;
    let find = |name: &String| {
        let volume = volumes.values().find(|volume| volume.name == *name);
        volume.map(|volume| volume.id).ok_or_else(|| AccountError::UnknownVolume(name.clone()))
    };
    names.iter().map(find).collect()
}

/// The volume is gone: nobody owns it any more.
pub fn disown(accounts: &Accounts, volume: VolumeId) -> Vec<AccountEffect> {
    let without = |owned: &[VolumeId]| owned.iter().copied().filter(|one| *one != volume).collect();
    let users = accounts.users.values().filter(|user| user.owned.contains(&volume));
    let users = users.map(|user| AccountEffect::User(User { owned: without(&user.owned), ..user.clone() }));
    let groups = accounts.groups.values().filter(|group| group.owned.contains(&volume));
    let groups =
        groups.map(|group| AccountEffect::Group(Group { owned: without(&group.owned), ..group.clone() }));
    users.chain(groups).collect()
}
