//! Shows and changes the settings of the whole cluster.

use super::Manager;
use super::accounts::{hex, tag_from};
use super::refusal::of_system;
use nasd_api::{ApiError, ChangeSettings, Settings};
use nasd_system::{By, SystemCommand};
use nasd_system::{SessionLimits, SettingsCommand, settings_tag};

impl Manager {
    pub(super) async fn shown_settings(&self) -> Result<Settings, ApiError> {
        let view = self.system().await?.view();
        let SessionLimits { idle_minutes, total_minutes } = view.accounts.session_limits;
        Ok(Settings {
            name: view.settings.cluster_name.clone(),
            session_idle_minutes: idle_minutes,
            session_minutes: total_minutes,
            etag: hex(&settings_tag(&view.settings.cluster_name, &view.accounts.session_limits)),
        })
    }

    pub(super) async fn change_settings(
        &self,
        by: &By,
        request: ChangeSettings,
        etag: Option<String>,
    ) -> Result<Settings, ApiError> {
        let tag = etag.as_deref().map(tag_from).transpose()?;
        let ChangeSettings { name, session_idle_minutes, session_minutes } = request;
        let sessions = SessionLimits { idle_minutes: session_idle_minutes, total_minutes: session_minutes };
        let command = SystemCommand::Settings(SettingsCommand::Change { name, sessions });
        self.system().await?.propose_if(by, command, tag).await.map_err(|e| of_system(&e))?;
        self.shown_settings().await
    }
}
