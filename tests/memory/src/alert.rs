//! Alerts and silences.

use crate::{Memory, NOW};
use nasd_api::*;
use nasd_base::alert::{AlertKind, Severity};

impl Memory {
    /// Something is wrong with the node of this number and name.
    pub fn add_alert(&self, kind: AlertKind, severity: Severity, node: (u64, &str)) -> u64 {
        let mut state = self.state.lock().unwrap();
        let id = state.alerts.len() as u64 + 1;
        let (number, name) = node;
        state.alerts.push(Alert {
            id,
            kind,
            severity,
            state: AlertState::Raised,
            object: format!("node/{number}"),
            name: name.to_owned(),
            what: verdict::node_absent(name),
            advice: alarm::advice(kind),
            page: format!("/nodes/{number}"),
            raised: NOW,
            ended: None,
            acknowledged: None,
            silenced: false,
            flapping: false,
            cause: None,
            consequences: 0,
        });
        id
    }

    /// The alert of this number is another one's consequence, or over.
    pub fn change_alert(&self, id: u64, change: impl FnOnce(&mut Alert)) {
        change(&mut self.state.lock().unwrap().alerts[id as usize - 1]);
    }

    fn alerts(&self, are_open: bool) -> Vec<Alert> {
        let state = self.state.lock().unwrap();
        let wanted = |alert: &&Alert| (alert.state != AlertState::Ended) == are_open;
        state.alerts.iter().rev().filter(wanted).cloned().collect()
    }
}

impl Serve<ListAlerts> for Memory {
    async fn serve(&self, call: Call<ListAlerts>) -> Result<List<Alert>, ApiError> {
        call.at.of(self.alerts(true))
    }
}

impl Serve<ListPastAlerts> for Memory {
    async fn serve(&self, call: Call<ListPastAlerts>) -> Result<List<Alert>, ApiError> {
        call.at.of(self.alerts(false))
    }
}

impl Serve<ReadAlert> for Memory {
    async fn serve(&self, call: Call<ReadAlert>) -> Result<Alert, ApiError> {
        let found =
            self.act(|state| Ok(state.alerts.iter().find(|alert| alert.id == call.at.id).cloned()))?;
        found.ok_or_else(|| refusal::unknown_alert(call.at.id))
    }
}

impl Serve<AcknowledgeAlert> for Memory {
    async fn serve(&self, call: Call<AcknowledgeAlert>) -> Result<Alert, ApiError> {
        self.acts(&call);
        let Call { caller, at: AlertAt { id }, body, .. } = call;
        self.act(|state| {
            let alert = state.alerts.iter_mut().find(|alert| alert.id == id);
            let alert = alert.ok_or_else(|| refusal::unknown_alert(id))?;
            alert.state = AlertState::Acknowledged;
            alert.acknowledged = Some(Acknowledgement { by: caller.user, at: NOW, note: body.note });
            Ok(alert.clone())
        })
    }
}

impl Serve<ListSilences> for Memory {
    async fn serve(&self, call: Call<ListSilences>) -> Result<List<Silence>, ApiError> {
        call.at.of(self.act(|state| Ok(state.silences.clone()))?)
    }
}

impl Serve<CreateSilence> for Memory {
    async fn serve(&self, call: Call<CreateSilence>) -> Result<Silence, ApiError> {
        self.acts(&call);
        let Call { caller, body: CreateSilence { kind, object, seconds, why }, .. } = call;
        self.act(|state| {
            let id = state.silences.last().map_or(1, |last| last.id + 1);
            let (until, name) = (NOW + i64::from(seconds), object.clone());
            let silence = Silence { id, kind, object, name, until, by: caller.user, why };
            state.silences.push(silence.clone());
            Ok(silence)
        })
    }
}

impl Serve<EndSilence> for Memory {
    async fn serve(&self, call: Call<EndSilence>) -> Result<Nothing, ApiError> {
        self.act(|state| {
            let place = state.silences.iter().position(|silence| silence.id == call.at.id);
            state.silences.remove(place.ok_or_else(|| refusal::unknown_silence(call.at.id))?);
            Ok(Nothing)
        })
    }
}
