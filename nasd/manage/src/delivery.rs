//! Says what is delivered to whom, and gives the node's agents what they are to deliver.

use crate::Manager;
use crate::alert::described;
use crate::channel::speech_of;
use crate::refusal::of_system;
use nasd_api::{
    ApiError, Call, Delivery, DeliveryAbout, DeliveryState, List, ListDeliveries, Message, Nothing,
    ReportDelivery, Serve, TakeDeliveries, Zone,
};
use nasd_base::alert::Severity;
use nasd_base::channel::ChannelKind;
use nasd_base::{Clock, SystemClock, Timestamp};
use nasd_system::{
    About, Attempted, By, ChannelCommand, Delivery as Row, DeliveryEnd, DeliveryId, LEASED_MAX, SystemReply,
    SystemView,
};
use std::collections::BTreeMap;

impl Serve<ListDeliveries> for Manager {
    async fn serve(&self, call: Call<ListDeliveries>) -> Result<List<Delivery>, ApiError> {
        let view = self.system().await?.view();
        call.at.of(view.channels.deliveries.values().rev().map(shown).collect())
    }
}

/// Agents ask often: nothing is proposed while nothing is due.
impl Serve<TakeDeliveries> for Manager {
    async fn serve(&self, call: Call<TakeDeliveries>) -> Result<List<Message>, ApiError> {
        let system = self.system().await?;
        let due = due(&system.view(), &call.body.kinds, SystemClock.now());
        if due.is_empty() {
            return Ok(Vec::new().into());
        }
        let lease = ChannelCommand::Lease { node: system.me(), deliveries: due };
        let system = self.deciding().await?;
        let leased = match system.propose(&By::NODE, lease.into()).await.map_err(|e| of_system(&e))? {
            SystemReply::Leased(leased) => leased,
            _ => Vec::new(),
        };
        let view = system.view();
        let mut messages = Vec::new();
        for delivery in leased.iter().filter_map(|id| view.channels.deliveries.get(id)) {
            match self.message(delivery, &view).await {
                Ok(message) => messages.extend(message),
                Err(error) => self.report(delivery.id, Some(error.message)).await?,
            }
        }
        Ok(messages.into())
    }
}

impl Serve<ReportDelivery> for Manager {
    async fn serve(&self, call: Call<ReportDelivery>) -> Result<Nothing, ApiError> {
        self.report(call.at.id, call.body.failure).await.map(|()| Nothing)
    }
}

impl Manager {
    async fn report(&self, delivery: DeliveryId, failure: Option<String>) -> Result<(), ApiError> {
        let system = self.deciding().await?;
        let outcome = failure.map_or(Attempted::Delivered, |why| Attempted::Failed { why });
        let report = ChannelCommand::Report { node: system.me(), delivery, outcome };
        system.propose(&By::NODE, report.into()).await.map(|_| ()).map_err(|error| of_system(&error))
    }

    /// Nothing for a channel that was deleted meanwhile.
    async fn message(&self, delivery: &Row, view: &SystemView) -> Result<Option<Message>, ApiError> {
        let Some(channel) = view.channels.all.get(&delivery.channel) else { return Ok(None) };
        let (now, none) = (SystemClock.now(), BTreeMap::new());
        let alerts = delivery.alerts.iter().filter_map(|id| view.alerts.all.get(id));
        Ok(Some(Message {
            delivery: delivery.id,
            attempt: delivery.attempts,
            cluster: view.settings.cluster_name.clone(),
            channel: channel.name.clone(),
            target: channel.plan.target.clone(),
            secret: self.secret_of(channel).await?,
            speech: speech_of(channel.plan.speech),
            about: about(delivery.about),
            severity: delivery.severity,
            at: delivery.made.secs,
            alerts: alerts.map(|alert| described(alert, view, &none, now)).collect(),
            count: delivery.count,
        }))
    }
}

/// What may be tried now over channels of these kinds: the oldest first.
fn due(view: &SystemView, kinds: &[ChannelKind], now: Timestamp) -> Vec<DeliveryId> {
    let zone = Zone::named(&view.settings.time_zone).unwrap_or_default();
    let minute = zone.minute_of_day(now.secs);
    let may_go = |delivery: &Row| {
        let channel = view.channels.all.get(&delivery.channel);
        channel.is_some_and(|channel| {
            let is_quiet = channel.plan.quiet.is_some_and(|hours| hours.holds(minute));
            let disturbs = delivery.severity < Severity::Critical && delivery.about != About::Test;
            kinds.contains(&channel.plan.target.kind()) && !(is_quiet && disturbs)
        })
    };
    let due = view.channels.deliveries.values().filter(|delivery| delivery.is_due(now) && may_go(delivery));
    let due = due.filter(|delivery| !view.channels.is_ahead(delivery));
    due.take(LEASED_MAX).map(|delivery| delivery.id).collect()
}

fn about(about: About) -> DeliveryAbout {
    match about {
        About::Raised => DeliveryAbout::Raised,
        About::Ended => DeliveryAbout::Ended,
        About::Flapping => DeliveryAbout::Flapping,
        About::Digest => DeliveryAbout::Digest,
        About::Test => DeliveryAbout::Test,
    }
}

fn shown(delivery: &Row) -> Delivery {
    let state = match delivery.ended {
        None if delivery.lease.is_some() => DeliveryState::UnderWay,
        None => DeliveryState::Waiting,
        Some((_, DeliveryEnd::Delivered)) => DeliveryState::Delivered,
        Some((_, DeliveryEnd::GivenUp)) => DeliveryState::GivenUp,
        Some((_, DeliveryEnd::Retracted)) => DeliveryState::Retracted,
    };
    Delivery {
        id: delivery.id,
        channel: delivery.channel.clone(),
        about: about(delivery.about),
        state,
        alerts: delivery.alerts.clone(),
        count: delivery.count,
        made: delivery.made.secs,
        due: delivery.due.secs,
        attempts: delivery.attempts,
        ended: delivery.ended.map(|(at, _)| at.secs),
        failure: delivery.failure.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nasd_base::channel::{ChannelTarget, QuietHours, WebhookFormat};
    use nasd_system::{Channel, ChannelPlan, Channels, Speech};
    use std::sync::Arc;

    fn delivery(id: u64, severity: Severity, about: About) -> Row {
        Row {
            id,
            channel: "hook".into(),
            about,
            severity,
            alerts: Vec::new(),
            count: 1,
            made: Timestamp::default(),
            due: Timestamp::default(),
            attempts: 0,
            lease: None,
            ended: None,
            failure: None,
        }
    }

    #[test]
    fn in_quiet_hours_only_what_is_critical_goes_out() {
        let target = ChannelTarget::Webhook {
            url: "https://example.com".into(),
            format: WebhookFormat::Gotgan,
            chat: String::new(),
        };
        let quiet = Some(QuietHours { from: 22 * 60, until: 7 * 60 });
        let plan = ChannelPlan {
            target,
            on: true,
            least: Severity::Info,
            after_minutes: 0,
            quiet,
            speech: Speech::English,
        };
        let channel = Channel { name: "hook".into(), plan, secret: Vec::new() };
        let rows = [
            delivery(1, Severity::Warning, About::Raised),
            delivery(2, Severity::Critical, About::Raised),
            delivery(3, Severity::Info, About::Test),
        ];
        let channels = Channels {
            all: [("hook".to_owned(), channel)].into(),
            deliveries: rows.into_iter().map(|row| (row.id, row)).collect(),
        };
        let mut view = SystemView { channels: Arc::new(channels), ..SystemView::default() };
        let at = |hour: i64| Timestamp { secs: 1_800_000_000 / 86_400 * 86_400 + hour * 3600, nanos: 0 };
        assert_eq!(due(&view, &[ChannelKind::Webhook], at(23)), [2, 3]);
        assert_eq!(due(&view, &[ChannelKind::Webhook], at(12)), [1, 2, 3]);
        assert!(due(&view, &[ChannelKind::Email], at(12)).is_empty());
        // 23:00 UTC is 08:00 in Seoul.
        Arc::make_mut(&mut view.settings).time_zone = "Asia/Seoul".into();
        assert_eq!(due(&view, &[ChannelKind::Webhook], at(23)), [1, 2, 3]);
    }
}
