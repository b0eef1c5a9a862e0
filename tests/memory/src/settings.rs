//! Settings.

use crate::sessions_end::SessionsEnd;
use crate::{Memory, State};
use nasd_api::{ApiError, Call, ChangeSettings, ReadSettings, Serve, Settings, Tagged, UTC, refusal};

impl Serve<ReadSettings> for Memory {
    async fn serve(&self, _: Call<ReadSettings>) -> Result<Tagged<Settings>, ApiError> {
        self.act(|state| state.settings().map(Tagged))
    }
}

impl Serve<ChangeSettings> for Memory {
    async fn serve(&self, call: Call<ChangeSettings>) -> Result<Tagged<Settings>, ApiError> {
        let Call { body: request, etag, .. } = call;
        self.act(|state| {
            if etag.is_some_and(|etag| state.settings().is_ok_and(|settings| settings.etag != etag)) {
                return Err(refusal::changed());
            }
            let ChangeSettings {
                name,
                session_idle_minutes: idle,
                session_minutes: total,
                time_zone,
                console,
            } = request;
            state.console = console.unwrap_or(std::mem::take(&mut state.console));
            state.cluster = Some(name);
            state.time_zone = time_zone.or(state.time_zone.take());
            state.sessions_end = SessionsEnd { idle, total, changes: state.sessions_end.changes + 1 };
            state.settings()
        })
        .map(Tagged)
    }
}

impl State {
    fn settings(&self) -> Result<Settings, ApiError> {
        Ok(Settings {
            name: self.cluster.clone().ok_or_else(refusal::no_cluster)?,
            session_idle_minutes: self.sessions_end.idle,
            session_minutes: self.sessions_end.total,
            time_zone: self.time_zone.clone().unwrap_or_else(|| UTC.into()),
            console: self.console.clone(),
            etag: format!("{}", self.sessions_end.changes),
        })
    }
}
