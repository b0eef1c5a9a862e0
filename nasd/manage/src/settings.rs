//! Carries out what is asked of the settings of the whole cluster.

use crate::Manager;
use crate::refusal::of_system;
use crate::tag::hex;
use nasd_api::{ApiError, Call, ChangeSettings, ReadSettings, Serve, Settings, Tagged};
use nasd_system::{SessionLimits, SettingsCommand, check_console, settings_tag};

impl Serve<ReadSettings> for Manager {
    async fn serve(&self, _: Call<ReadSettings>) -> Result<Tagged<Settings>, ApiError> {
        Ok(Tagged(self.settings().await?))
    }
}

impl Serve<ChangeSettings> for Manager {
    async fn serve(&self, call: Call<ChangeSettings>) -> Result<Tagged<Settings>, ApiError> {
        let ChangeSettings { name, session_idle_minutes, session_minutes, time_zone, console } =
            call.body.clone();
        let sessions = SessionLimits { idle_minutes: session_idle_minutes, total_minutes: session_minutes };
        let command = match (time_zone, console) {
            (time_zone, Some(console)) => {
                // Before it is proposed: what could never be is not remembered under the id that its caller chose.
                check_console(&console).map_err(|error| of_system(&error.into()))?;
                SettingsCommand::ChangeWithConsole { name, sessions, time_zone, console }
            }
            (Some(time_zone), None) => SettingsCommand::ChangeAll { name, sessions, time_zone },
            (None, None) => SettingsCommand::Change { name, sessions },
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
            console: view.settings.console.clone(),
            etag: hex(&settings_tag(&view.settings, &view.accounts.session_limits)),
        })
    }
}
