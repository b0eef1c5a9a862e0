//! What a command does to users of SNMP: pure.

use super::{
    SLOTS_MAX, SLOTS_MIN, SNMP_USERS_MAX, SnmpKeys, SnmpUser, SnmpUserCommand, SnmpUserEffect, SnmpUserError,
    snmp_user_tag,
};
use crate::noun::{At, Tag};
use crate::nouns::accounts::SealKey;
use crate::nouns::snmp_view::{check_access, check_room, check_snmp_name};
use crate::nouns::{Decide, Decision, SystemError, SystemView, done};
use crate::rules::shown;

impl Decide for SnmpUserCommand {
    fn decide(&self, view: &SystemView, _: &At<'_>) -> Decision {
        match self {
            SnmpUserCommand::Create(user) => create(view, user),
            SnmpUserCommand::Change { name, keys, access } => {
                let user = find(view, name)?;
                check_access(view, access)?;
                keys.as_ref().map_or(Ok(()), check_keys)?;
                let keys = keys.as_ref().unwrap_or(&user.keys).clone();
                done([SnmpUserEffect::Is(SnmpUser { keys, access: access.clone(), ..user.clone() })])
            }
            SnmpUserCommand::Delete { name } => done([SnmpUserEffect::Gone(find(view, name)?.name.clone())]),
        }
    }

    fn tag(&self, view: &SystemView) -> Result<Option<Tag>, SystemError> {
        match self {
            SnmpUserCommand::Create(_) => Ok(None),
            SnmpUserCommand::Change { name, .. } | SnmpUserCommand::Delete { name } => {
                Ok(Some(snmp_user_tag(find(view, name)?)))
            }
        }
    }
}

fn find<'a>(view: &'a SystemView, name: &str) -> Result<&'a SnmpUser, SnmpUserError> {
    view.snmp_users.get(name).ok_or_else(|| SnmpUserError::UnknownSnmpUser(shown(name)))
}

fn create(view: &SystemView, user: &SnmpUser) -> Decision {
    check_snmp_name(&user.name)?;
    check_access(view, &user.access)?;
    check_keys(&user.keys)?;
    if view.snmp_users.contains_key(&user.name) {
        return Err(SnmpUserError::SnmpUserExists(user.name.clone()).into());
    }
    check_room(view.snmp_users.len(), SNMP_USERS_MAX, "SNMP users")?;
    done([SnmpUserEffect::Is(user.clone())])
}

fn check_keys(keys: &SnmpKeys) -> Result<(), SnmpUserError> {
    if !keys.privacy.fits(keys.auth) {
        return Err(SnmpUserError::SnmpPrivacyTooLong { auth: keys.auth.to_string() });
    }
    let plain = keys.slots as usize * keys.bytes_of_slot();
    let whole =
        (SLOTS_MIN..=SLOTS_MAX).contains(&keys.slots) && keys.sealed.len() == SealKey::sealed_bytes(plain);
    if whole { Ok(()) } else { Err(SnmpUserError::SnmpKeysUnfit) }
}
