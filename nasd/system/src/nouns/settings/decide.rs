//! What a command does to the settings: pure.

use super::{SettingsCommand, SettingsEffect, check_cluster_name, settings_tag};
use crate::noun::{At, Tag};
use crate::nouns::accounts::{AccountEffect, check_session_limits};
use crate::nouns::{Decide, Decision, Effect, SystemError, SystemView, done};

impl Decide for SettingsCommand {
    fn decide(&self, _: &SystemView, _: &At<'_>) -> Decision {
        let SettingsCommand::Change { name, sessions } = self;
        check_cluster_name(name)?;
        check_session_limits(sessions)?;
        let sessions = AccountEffect::SessionLimits(*sessions);
        done::<Effect>([SettingsEffect::Name(name.clone()).into(), sessions.into()])
    }

    fn tag(&self, view: &SystemView) -> Result<Option<Tag>, SystemError> {
        Ok(Some(settings_tag(&view.settings.cluster_name, &view.accounts.session_limits)))
    }
}
