//! Carries out what is asked of sessions.

use crate::Manager;
use crate::refusal;
use nasd_api::{
    ApiError, Call, EndOwnSession, EndSession, List, ListOwnSessions, ListSessions, Nothing, Serve,
    SessionInfo,
};
use nasd_base::{Clock, SystemClock};
use nasd_system::{AccountCommand, secret_id};

impl Serve<ListSessions> for Manager {
    async fn serve(&self, call: Call<ListSessions>) -> Result<List<SessionInfo>, ApiError> {
        call.at.of(self.list_sessions().await?)
    }
}

impl Serve<EndSession> for Manager {
    async fn serve(&self, call: Call<EndSession>) -> Result<Nothing, ApiError> {
        self.carry_out(&call, AccountCommand::EndSession { id: call.at.id.clone() }).await
    }
}

impl Serve<ListOwnSessions> for Manager {
    async fn serve(&self, call: Call<ListOwnSessions>) -> Result<List<SessionInfo>, ApiError> {
        let mut sessions = self.list_sessions().await?;
        sessions.retain(|session| session.user == call.caller.user);
        call.at.of(sessions)
    }
}

impl Serve<EndOwnSession> for Manager {
    async fn serve(&self, call: Call<EndOwnSession>) -> Result<Nothing, ApiError> {
        let (user, id) = (&call.caller.user, call.at.id.clone());
        if !self.list_sessions().await?.iter().any(|session| session.user == *user && session.id == id) {
            return Err(refusal::unknown_session());
        }
        self.carry_out(&call, AccountCommand::EndSession { id }).await
    }
}

impl Manager {
    async fn list_sessions(&self) -> Result<Vec<SessionInfo>, ApiError> {
        let (state, now) = (self.state().await?, SystemClock.now());
        let limits = &state.session_limits;
        let valid = state.sessions.values().filter(|session| session.is_valid(limits, now));
        let shown = valid.map(|session| SessionInfo {
            id: secret_id(&session.hash),
            user: session.user.clone(),
            address: session.address.clone(),
            created: session.created.secs,
            last_seen: session.last_seen.secs,
            expires: session.expires(limits).secs,
        });
        Ok(shown.collect())
    }
}
