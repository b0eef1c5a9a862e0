//! What commands are called in the audit log.

use super::{AccountCommand, Proving, WantedGroup};
use crate::noun::Described;

impl Described for AccountCommand {
    fn describe(&self) -> String {
        use AccountCommand as C;
        match self {
            C::CreateSetupToken { .. } => "create a setup token".to_owned(),
            C::SetUp { name, .. } => format!("set up with the first administrator {name}"),
            C::CreateUser { name, role, .. } => format!("create user {name}, {role}"),
            C::UpdateUser { name, role, disabled, .. } => {
                format!("make user {name} {}{role}", if *disabled { "a disabled " } else { "" })
            }
            C::SetPassword { name, keep_tokens: true, .. } => {
                format!("set the password of {name}, whose API tokens stay")
            }
            C::SetPassword { name, .. } => format!("set the password of {name}, and end its API tokens"),
            C::DeleteUser { name } => format!("delete user {name}"),
            C::Guess { name, proving: Proving::Login, .. } => format!("log in as {name}"),
            C::Guess { name, proving: Proving::Change, .. } => format!("say the password of {name}"),
            C::LogIn { name, recovery: Some(_), .. } => format!("log in as {name} with a recovery code"),
            C::LogIn { name, .. } => format!("log in as {name}"),
            C::TouchSession { .. } => "use a session".to_owned(),
            C::EndSession { id } => format!("end session {id}"),
            C::CreateApiToken { user, name, scopes, .. } => {
                let scopes: Vec<&str> = scopes.iter().map(|right| right.name()).collect();
                format!("create API token {name} of {user} for {}", scopes.join(", "))
            }
            C::DeleteApiToken { user, name } => format!("delete API token {name} of {user}"),
            C::OfferFactor { user, .. } => format!("begin a second factor of {user}"),
            C::ConfirmFactor { user, .. } => format!("put the second factor of {user} in force"),
            C::RemoveFactor { user } => format!("remove the second factor of {user}"),
            C::UnlockUser { name } => format!("unlock user {name}"),
            C::CreateGroup(group) => format!("create group {}", describe_group(group)),
            C::UpdateGroup(group) => format!("make group {}", describe_group(group)),
            C::DeleteGroup { name } => format!("delete group {name}"),
        }
    }

    fn outcome(&self) -> String {
        match self {
            AccountCommand::Guess { .. } => "failed: wrong password or code".to_owned(),
            _ => "done".to_owned(),
        }
    }
}

fn describe_group(group: &WantedGroup) -> String {
    let members: Vec<&str> = group.members.iter().map(String::as_str).collect();
    format!("{}, {}, of {}", group.name, group.role, members.join(", "))
}
