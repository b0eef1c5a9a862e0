//! What a command does to the settings: pure.

use super::{
    SettingsCommand, SettingsEffect, check_cluster_name, check_console, check_contact, check_time_zone,
    contact_tag, settings_tag,
};
use crate::noun::{At, Tag};
use crate::nouns::accounts::{AccountEffect, check_session_limits};
use crate::nouns::{Decide, Decision, Effect, SystemError, SystemView, done};

impl Decide for SettingsCommand {
    fn decide(&self, _: &SystemView, _: &At<'_>) -> Decision {
        let (name, sessions, time_zone, console) = match self {
            SettingsCommand::Change { name, sessions } => (name, sessions, None, None),
            SettingsCommand::ChangeAll { name, sessions, time_zone } => {
                (name, sessions, Some(time_zone), None)
            }
            SettingsCommand::ChangeWithConsole { name, sessions, time_zone, console } => {
                (name, sessions, time_zone.as_ref(), Some(console))
            }
            SettingsCommand::SetContact { contact, location } => return set_contact(contact, location),
        };
        check_cluster_name(name)?;
        check_session_limits(sessions)?;
        time_zone.map_or(Ok(()), |zone| check_time_zone(zone))?;
        console.map_or(Ok(()), |console| check_console(console))?;
        let sessions = AccountEffect::SessionLimits(*sessions);
        let time_zone = time_zone.map(|zone| SettingsEffect::TimeZone(zone.clone()).into());
        let console = console.map(|console| SettingsEffect::Console(console.clone()).into());
        let effects = [SettingsEffect::Name(name.clone()).into(), sessions.into()];
        done::<Effect>(effects.into_iter().chain(time_zone).chain(console))
    }

    fn tag(&self, view: &SystemView) -> Result<Option<Tag>, SystemError> {
        Ok(Some(match self {
            SettingsCommand::SetContact { .. } => contact_tag(&view.settings),
            _ => settings_tag(&view.settings, &view.accounts.session_limits),
        }))
    }
}

fn set_contact(contact: &str, location: &str) -> Decision {
    check_contact(contact)?;
    check_contact(location)?;
    done([SettingsEffect::Contact(contact.to_owned()), SettingsEffect::Location(location.to_owned())])
}
