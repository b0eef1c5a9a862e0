//! Sessions.

use crate::Memory;
use crate::known::NOW;
use nasd_api::*;
use nasd_base::role::Role;

impl Serve<ListSessions> for Memory {
    async fn serve(&self, call: Call<ListSessions>) -> Result<List<SessionInfo>, ApiError> {
        call.at.of(self.list_sessions()?)
    }
}

impl Serve<EndSession> for Memory {
    async fn serve(&self, call: Call<EndSession>) -> Result<Nothing, ApiError> {
        self.end_session(call.at.id).map(|()| Nothing)
    }
}

impl Serve<ListOwnSessions> for Memory {
    async fn serve(&self, call: Call<ListOwnSessions>) -> Result<List<SessionInfo>, ApiError> {
        let mut sessions = self.list_sessions()?;
        sessions.retain(|session| session.user == call.caller.user);
        call.at.of(sessions)
    }
}

impl Serve<EndOwnSession> for Memory {
    async fn serve(&self, call: Call<EndOwnSession>) -> Result<Nothing, ApiError> {
        let Call { caller, at: SessionAt { id }, .. } = call;
        if !self.list_sessions()?.iter().any(|session| session.user == caller.user && session.id == id) {
            return Err(refusal::unknown_session());
        }
        self.end_session(id).map(|()| Nothing)
    }
}

impl Memory {
    /// Sessions are good until then; an ended one is not.
    pub fn end_all_sessions(&self) {
        let mut state = self.state.lock().unwrap();
        state.sessions_ended = true;
        state.sessions.clear();
    }

    fn list_sessions(&self) -> Result<Vec<SessionInfo>, ApiError> {
        let (id, user) = ("1".to_owned(), Role::Administrator.to_string());
        let (address, expires) = ("192.0.2.9".to_owned(), NOW + 43_200);
        let of_role = SessionInfo { id, user, address, created: NOW, last_seen: NOW, expires };
        self.act(|state| {
            let of_role = Some(of_role).filter(|_| state.role_logged_in && !state.sessions_ended);
            Ok(state.sessions.values().cloned().chain(of_role).collect())
        })
    }

    pub(crate) fn end_session(&self, id: String) -> Result<(), ApiError> {
        self.act(|state| {
            let before = state.sessions.len();
            state.sessions.retain(|_, session| session.id != id);
            let of_role = id == "1" && state.role_logged_in && !state.sessions_ended;
            if state.sessions.len() < before {
                return Ok(());
            }
            state.sessions_ended |= of_role;
            let missing = || refusal::unknown_session();
            of_role.then_some(()).ok_or_else(missing)
        })
    }
}
