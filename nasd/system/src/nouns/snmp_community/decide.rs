//! What a command does to communities: pure.

use super::{
    COMMUNITIES_MAX, SnmpCommunity, SnmpCommunityCommand, SnmpCommunityEffect, SnmpCommunityError,
    snmp_community_tag,
};
use crate::noun::{At, Tag};
use crate::nouns::accounts::SecretHash;
use crate::nouns::snmp_view::{check_access, check_room, check_snmp_name};
use crate::nouns::{Decide, Decision, SystemError, SystemView, done};
use crate::rules::shown;

impl Decide for SnmpCommunityCommand {
    fn decide(&self, view: &SystemView, _: &At<'_>) -> Decision {
        match self {
            SnmpCommunityCommand::Create(community) => create(view, community),
            SnmpCommunityCommand::Change { name, hash, access } => {
                let community = find(view, name)?;
                check_access(view, access)?;
                let hash = hash.unwrap_or(community.hash);
                check_hash(view, name, &hash)?;
                let changed = SnmpCommunity { name: name.clone(), hash, access: access.clone() };
                done([SnmpCommunityEffect::Is(changed)])
            }
            SnmpCommunityCommand::Delete { name } => {
                done([SnmpCommunityEffect::Gone(find(view, name)?.name.clone())])
            }
        }
    }

    fn tag(&self, view: &SystemView) -> Result<Option<Tag>, SystemError> {
        match self {
            SnmpCommunityCommand::Create(_) => Ok(None),
            SnmpCommunityCommand::Change { name, .. } | SnmpCommunityCommand::Delete { name } => {
                Ok(Some(snmp_community_tag(find(view, name)?)))
            }
        }
    }
}

fn find<'a>(view: &'a SystemView, name: &str) -> Result<&'a SnmpCommunity, SnmpCommunityError> {
    view.snmp_communities.get(name).ok_or_else(|| SnmpCommunityError::UnknownSnmpCommunity(shown(name)))
}

fn create(view: &SystemView, community: &SnmpCommunity) -> Decision {
    check_snmp_name(&community.name)?;
    check_access(view, &community.access)?;
    if view.snmp_communities.contains_key(&community.name) {
        return Err(SnmpCommunityError::SnmpCommunityExists(community.name.clone()).into());
    }
    check_hash(view, &community.name, &community.hash)?;
    check_room(view.snmp_communities.len(), COMMUNITIES_MAX, "SNMP communities")?;
    done([SnmpCommunityEffect::Is(community.clone())])
}

/// Of two with the same secret nobody could say which one asks.
fn check_hash(view: &SystemView, name: &str, hash: &SecretHash) -> Result<(), SnmpCommunityError> {
    match view.snmp_communities.values().any(|other| other.name != name && other.hash == *hash) {
        true => Err(SnmpCommunityError::SnmpCommunityShared),
        false => Ok(()),
    }
}
