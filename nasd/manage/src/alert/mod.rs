//! Carries out what is asked of alerts and silences, and finds what is wrong.

mod facts;
mod failover;
mod majority;
mod named;
mod plan;
#[cfg(test)]
mod plan_tests;
mod watch;

pub use facts::percent;
pub use named::described;
pub use watch::watch;

use crate::Manager;
use crate::refusal::{self, of_system};
use nasd_api::{
    AcknowledgeAlert, Alert, AlertAt, ApiError, Call, CreateSilence, EndSilence, List, ListAlerts,
    ListPastAlerts, ListSilences, Nothing, ReadAlert, Serve, Silence,
};
use nasd_base::{Clock, SystemClock};
use nasd_system::{AlertCommand, Silenced, SystemReply, SystemView, check_silence};

impl Serve<ListAlerts> for Manager {
    async fn serve(&self, call: Call<ListAlerts>) -> Result<List<Alert>, ApiError> {
        call.at.of(self.alerts(nasd_system::Alert::is_open).await?)
    }
}

impl Serve<ListPastAlerts> for Manager {
    async fn serve(&self, call: Call<ListPastAlerts>) -> Result<List<Alert>, ApiError> {
        call.at.of(self.alerts(|alert| !alert.is_open()).await?)
    }
}

impl Serve<ReadAlert> for Manager {
    async fn serve(&self, call: Call<ReadAlert>) -> Result<Alert, ApiError> {
        self.alert(call.at.id).await
    }
}

impl Serve<AcknowledgeAlert> for Manager {
    async fn serve(&self, call: Call<AcknowledgeAlert>) -> Result<Alert, ApiError> {
        let (AlertAt { id }, by) = (call.at.clone(), call.caller.user.clone());
        let note = call.body.note.clone();
        self.propose(&call, AlertCommand::Acknowledge { alert: id, by, note }).await?;
        self.alert(id).await
    }
}

impl Serve<ListSilences> for Manager {
    async fn serve(&self, call: Call<ListSilences>) -> Result<List<Silence>, ApiError> {
        call.at.of(silences(&self.system().await?.view()))
    }
}

impl Serve<CreateSilence> for Manager {
    async fn serve(&self, call: Call<CreateSilence>) -> Result<Silence, ApiError> {
        let CreateSilence { kind, object, seconds, why } = call.body.clone();
        check_silence(seconds).map_err(|error| of_system(&error.into()))?;
        let before = self.system().await?.view();
        let object = object.map(|text| named::read(&text, &before)).transpose()?;
        let (what, by) = (Silenced { kind, object }, call.caller.user.clone());
        let reply = self.propose(&call, AlertCommand::Silence { what, seconds, by, why }).await?;
        let mut made = silences(&self.system().await?.view()).into_iter();
        made.find(|silence| reply == SystemReply::Silence(silence.id))
            .ok_or_else(refusal::silence_made_behind)
    }
}

impl Serve<EndSilence> for Manager {
    async fn serve(&self, call: Call<EndSilence>) -> Result<Nothing, ApiError> {
        self.carry_out(&call, AlertCommand::EndSilence { silence: call.at.id }).await
    }
}

impl Manager {
    async fn alerts(&self, wanted: fn(&nasd_system::Alert) -> bool) -> Result<Vec<Alert>, ApiError> {
        let view = self.system().await?.view();
        let counts = named::consequences(&view);
        let wanted = view.alerts.all.values().rev().filter(|alert| wanted(alert));
        Ok(wanted.map(|alert| described(alert, &view, &counts, SystemClock.now())).collect())
    }

    async fn alert(&self, id: u64) -> Result<Alert, ApiError> {
        let view = self.system().await?.view();
        let alert = view.alerts.all.get(&id).ok_or_else(|| refusal::unknown_alert(id))?;
        Ok(described(alert, &view, &named::consequences(&view), SystemClock.now()))
    }
}

fn silences(view: &SystemView) -> Vec<Silence> {
    let now = SystemClock.now();
    let lasting = view.alerts.silences.values().filter(|silence| now < silence.until);
    let shown = lasting.map(|silence| Silence {
        id: silence.id,
        kind: silence.kind,
        object: silence.object.as_ref().map(ToString::to_string),
        name: silence.object.as_ref().map(|object| named::name(object, view)),
        until: silence.until.secs,
        by: silence.by.clone(),
        why: silence.why.clone(),
    });
    shown.collect()
}
