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

/// Of one channel, at once.
const UNDER_WAY_MAX: usize = 4;

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
            time_zone: view.settings.time_zone.clone(),
            console: view.settings.console.clone(),
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
    let mut free = free(view, now);
    let due = due.filter(|delivery| free.get_mut(delivery.channel.as_str()).is_some_and(take_one));
    due.take(LEASED_MAX).map(|delivery| delivery.id).collect()
}

/// How many more deliveries of each channel may be under way: one that is silent must not take what all have.
fn free(view: &SystemView, now: Timestamp) -> BTreeMap<&str, usize> {
    let mut free: BTreeMap<&str, usize> =
        view.channels.all.keys().map(|name| (name.as_str(), UNDER_WAY_MAX)).collect();
    let is_leased = |delivery: &&Row| delivery.lease.is_some_and(|(_, until)| now < until);
    for delivery in view.channels.deliveries.values().filter(is_leased) {
        free.entry(&delivery.channel).and_modify(|left| *left = left.saturating_sub(1));
    }
    free
}

fn take_one(left: &mut usize) -> bool {
    let some = *left > 0;
    *left -= usize::from(some);
    some
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

    /// A web server took connections and said nothing: its deliveries were taken sixteen at a time, oldest first, until
    /// nobody was left to take the others'.
    #[test]
    fn a_channel_that_is_silent_leaves_room_for_the_others() {
        let mut rows: Vec<Row> = (1..=200).map(|id| delivery(id, Severity::Warning, About::Raised)).collect();
        rows.push(Row { channel: "other".into(), ..delivery(201, Severity::Warning, About::Raised) });
        let now = Timestamp { secs: 100, nanos: 0 };
        let mut view = SystemView { channels: Arc::new(two_channels(rows)), ..SystemView::default() };
        let taken = |view: &SystemView| due(view, &[ChannelKind::Webhook], now);
        assert_eq!(taken(&view), [1, 2, 3, 4, 201]);
        let until = now.plus(std::time::Duration::from_secs(90));
        let lease = |row: &mut Row| row.lease = Some((nasd_base::NodeId(1), until));
        let rows = &mut Arc::make_mut(&mut view.channels).deliveries;
        rows.range_mut(1..=3).for_each(|(_, row)| lease(row));
        assert_eq!(taken(&view), [4, 201], "three are under way");
    }

    fn two_channels(rows: Vec<Row>) -> Channels {
        let deliveries = rows.into_iter().map(|row| (row.id, row)).collect();
        let all = ["hook", "other"].map(|name| (name.to_owned(), channel(name, None)));
        Channels { all: all.into(), deliveries }
    }

    fn channel(name: &str, quiet: Option<QuietHours>) -> Channel {
        let (url, format, chat) = ("https://example.com".into(), WebhookFormat::Gotgan, String::new());
        let target = ChannelTarget::Webhook { url, format, chat };
        let (least, speech) = (Severity::Info, Speech::English);
        let plan = ChannelPlan { target, on: true, least, after_minutes: 0, quiet, speech };
        Channel { name: name.into(), plan, secret: Vec::new() }
    }

    #[test]
    fn in_quiet_hours_only_what_is_critical_goes_out() {
        let channel = channel("hook", Some(QuietHours { from: 22 * 60, until: 7 * 60 }));
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
