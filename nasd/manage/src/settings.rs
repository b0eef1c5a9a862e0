//! Carries out what is asked of the settings of the whole cluster.

use crate::Manager;
use crate::tag::hex;
use nasd_api::{ApiError, Call, ChangeSettings, ReadSettings, Serve, Settings, Tagged};
use nasd_system::{SessionLimits, SettingsCommand, settings_tag};

impl Serve<ReadSettings> for Manager {
    async fn serve(&self, _: Call<ReadSettings>) -> Result<Tagged<Settings>, ApiError> {
        Ok(Tagged(self.settings().await?))
    }
}

impl Serve<ChangeSettings> for Manager {
    async fn serve(&self, call: Call<ChangeSettings>) -> Result<Tagged<Settings>, ApiError> {
        let ChangeSettings { name, session_idle_minutes, session_minutes, time_zone } = call.body.clone();
        let sessions = SessionLimits { idle_minutes: session_idle_minutes, total_minutes: session_minutes };
        let command = match time_zone {
            Some(time_zone) => SettingsCommand::ChangeAll { name, sessions, time_zone },
            None => SettingsCommand::Change { name, sessions },
        };
        self.propose(&call, command).await?;
        self.settings().await.map(Tagged)
    }
}

impl Manager {
    async fn settings(&self) -> Result<Settings, ApiError> {
        let view = self.system().await?.view();
        let SessionLimits { idle_minutes, total_minutes } = view.accounts.session_limits;
        Ok(Settings {
            name: view.settings.cluster_name.clone(),
            session_idle_minutes: idle_minutes,
            session_minutes: total_minutes,
            time_zone: view.settings.time_zone.clone(),
            etag: hex(&settings_tag(&view.settings, &view.accounts.session_limits)),
        })
    }
}
