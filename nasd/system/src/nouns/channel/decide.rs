//! What a command does to channels and deliveries: pure.

use super::rules::{check_channel_name, check_channel_plan, check_channel_secret};
use super::{
    About, Attempted, CHANNELS_MAX, Channel, ChannelCommand, ChannelEffect, ChannelError, ChannelPlan,
    Delivery, DeliveryEnd, DeliveryId, Desk, FAILURE_CHARS_MAX, GIVEN_UP_AFTER, LEASE, LEASED_MAX,
    RETRY_FIRST, RETRY_MAX, channel_tag,
};
use crate::noun::{At, Tag};
use crate::nouns::{Decide, Decision, SystemError, SystemReply, SystemView, done};
use crate::rules::shown;
use nasd_base::{NodeId, Timestamp};
use std::time::Duration;

impl Decide for ChannelCommand {
    fn decide(&self, view: &SystemView, at: &At<'_>) -> Decision {
        match self {
            ChannelCommand::Create { name, plan, secret } => create(view, name, plan, secret),
            ChannelCommand::Change { name, plan, secret } => change(view, name, plan, secret.as_deref()),
            ChannelCommand::Delete { name } => delete(view, name),
            ChannelCommand::Test { name } => test(view, at, name),
            ChannelCommand::Lease { node, deliveries } => lease(view, at, *node, deliveries),
            ChannelCommand::Report { node, delivery, outcome } => report(view, at, *node, *delivery, outcome),
        }
    }

    fn tag(&self, view: &SystemView) -> Result<Option<Tag>, SystemError> {
        match self {
            ChannelCommand::Change { name, .. } | ChannelCommand::Delete { name } => {
                Ok(Some(channel_tag(find(view, name)?)))
            }
            _ => Ok(None),
        }
    }
}

fn find<'a>(view: &'a SystemView, name: &str) -> Result<&'a Channel, ChannelError> {
    view.channels.all.get(name).ok_or_else(|| ChannelError::UnknownChannel(shown(name)))
}

fn create(view: &SystemView, name: &str, plan: &ChannelPlan, secret: &[u8]) -> Decision {
    check_channel_name(name)?;
    check_channel_plan(plan)?;
    check_channel_secret(&plan.target, secret)?;
    let channel = Channel { name: name.to_owned(), plan: plan.clone(), secret: secret.to_vec() };
    match view.channels.all.get(name) {
        Some(_) => Err(ChannelError::ChannelExists(name.to_owned()).into()),
        None if view.channels.all.len() >= CHANNELS_MAX => Err(ChannelError::TooManyChannels.into()),
        None => done([ChannelEffect::Channel(Box::new(channel))]),
    }
}

fn change(view: &SystemView, name: &str, plan: &ChannelPlan, secret: Option<&[u8]>) -> Decision {
    let channel = find(view, name)?;
    check_channel_plan(plan)?;
    let secret = secret.unwrap_or(&channel.secret);
    check_channel_secret(&plan.target, secret)?;
    let channel = Channel { plan: plan.clone(), secret: secret.to_vec(), ..channel.clone() };
    done([ChannelEffect::Channel(Box::new(channel))])
}

fn delete(view: &SystemView, name: &str) -> Decision {
    let name = find(view, name)?.name.clone();
    let theirs = view.channels.deliveries.values().filter(|delivery| delivery.channel == name);
    let theirs = theirs.map(|delivery| ChannelEffect::NoDelivery(delivery.id));
    done(theirs.chain([ChannelEffect::NoChannel(name.clone())]))
}

/// Also over one that is off: whoever tests it wants to see.
fn test(view: &SystemView, at: &At<'_>, name: &str) -> Decision {
    let channel = find(view, name)?;
    let is_test = |delivery: &Delivery| {
        delivery.channel == channel.name && delivery.about == About::Test && delivery.ended.is_none()
    };
    if view.channels.deliveries.values().any(is_test) {
        return Err(ChannelError::TestUnderWay(channel.name.clone()).into());
    }
    let mut desk = Desk::of(&view.channels, at.now);
    desk.test(&channel.name);
    done(desk.effects())
}

fn lease(view: &SystemView, at: &At<'_>, node: NodeId, wanted: &[DeliveryId]) -> Decision {
    let mut desk = Desk::of(&view.channels, at.now);
    let channels = &view.channels;
    let due = |id: &&DeliveryId| {
        channels.deliveries.get(id).is_some_and(|it| it.is_due(at.now) && !channels.is_ahead(it))
    };
    let due: Vec<DeliveryId> = wanted.iter().filter(due).take(LEASED_MAX).copied().collect();
    // Whoever tried those never said what came of it, for a day.
    let is_hopeless = |id: &DeliveryId| {
        let delivery = &view.channels.deliveries[id];
        delivery.attempts > 0 && at.now >= delivery.made.plus(GIVEN_UP_AFTER + 2 * RETRY_MAX)
    };
    let (hopeless, leased): (Vec<_>, Vec<_>) = due.into_iter().partition(is_hopeless);
    for id in hopeless {
        desk.change(id, |delivery| delivery.end(at.now, DeliveryEnd::GivenUp));
    }
    for id in &leased {
        desk.change(*id, |delivery| {
            delivery.lease = Some((node, at.now.plus(LEASE)));
            delivery.attempts += 1;
        });
    }
    let effects = desk.effects().into_iter().map(Into::into).collect();
    Ok((SystemReply::Leased(leased), effects))
}

fn report(view: &SystemView, at: &At<'_>, node: NodeId, id: DeliveryId, outcome: &Attempted) -> Decision {
    let delivery =
        view.channels.deliveries.get(&id).ok_or(SystemError::from(ChannelError::UnknownDelivery(id)))?;
    if delivery.ended.is_some() || delivery.lease.is_none_or(|(leased, _)| leased != node) {
        return done::<ChannelEffect>([]);
    }
    let mut desk = Desk::of(&view.channels, at.now);
    desk.change(id, |delivery| match outcome {
        Attempted::Delivered => {
            delivery.failure = None;
            delivery.end(at.now, DeliveryEnd::Delivered);
        }
        Attempted::Failed { why } => delivery.fail(at.now, why),
    });
    done(desk.effects())
}

impl Delivery {
    fn fail(&mut self, now: Timestamp, why: &str) {
        let why = why.chars().filter(|c| !c.is_control()).take(FAILURE_CHARS_MAX).collect();
        (self.lease, self.failure) = (None, Some(why));
        self.due = now.plus(retry_after(self.attempts));
        if self.about == About::Test || now >= self.made.plus(GIVEN_UP_AFTER) {
            self.end(now, DeliveryEnd::GivenUp);
        }
    }
}

fn retry_after(attempts: u32) -> Duration {
    let doublings = attempts.saturating_sub(1).min(16);
    (RETRY_FIRST * 2u32.pow(doublings)).min(RETRY_MAX)
}
