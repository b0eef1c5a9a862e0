//! Carries out what is asked of channels. Their secrets are sealed before they are proposed.

use crate::Manager;
use crate::refusal::{self, of_system};
use crate::tag::hex;
use nasd_api::{
    ApiError, Call, Caller, Channel, ChannelPlan, CreateChannel, DeleteChannel, LastDelivery, List,
    ListChannels, Nothing, ReadChannel, Secret, Serve, Speech, Tagged, TestChannel, UpdateChannel,
};
use nasd_base::OsEntropy;
use nasd_base::role::Right;
use nasd_system::{
    Channel as Row, ChannelCommand, DeliveryEnd, SystemView, channel_tag, check_channel_name,
    check_channel_plan, check_channel_secret,
};

impl Serve<ListChannels> for Manager {
    async fn serve(&self, call: Call<ListChannels>) -> Result<List<Channel>, ApiError> {
        let view = self.system().await?.view();
        let channels = view.channels.all.values().map(|channel| as_seen(&call.caller, shown(channel, &view)));
        call.at.of(channels.collect())
    }
}

impl Serve<ReadChannel> for Manager {
    async fn serve(&self, call: Call<ReadChannel>) -> Result<Tagged<Channel>, ApiError> {
        let channel = self.channel(&call.at.name).await?;
        let channel = channel.ok_or_else(|| refusal::unknown_channel(&call.at.name))?;
        Ok(Tagged(as_seen(&call.caller, channel)))
    }
}

impl Serve<CreateChannel> for Manager {
    async fn serve(&self, call: Call<CreateChannel>) -> Result<Channel, ApiError> {
        let CreateChannel { name, plan, secret } = call.body.clone();
        let (plan, secret) = (planned(plan)?, secret.unwrap_or_else(|| Secret::new("")));
        let secret = self.sealed(&name, &secret).await?;
        // Before it is proposed: what could never be is not remembered under the id that its caller chose.
        check_channel_name(&name).map_err(|error| of_system(&error.into()))?;
        check_channel_secret(&plan.target, &secret).map_err(|error| of_system(&error.into()))?;
        self.propose(&call, ChannelCommand::Create { name: name.clone(), plan, secret }).await?;
        self.channel(&name).await?.ok_or_else(refusal::channel_made_behind)
    }
}

impl Serve<UpdateChannel> for Manager {
    async fn serve(&self, call: Call<UpdateChannel>) -> Result<Tagged<Channel>, ApiError> {
        let (name, UpdateChannel { plan, secret }) = (call.at.name.clone(), call.body.clone());
        let plan = planned(plan)?;
        let secret = match secret {
            Some(secret) => Some(self.sealed(&name, &secret).await?),
            None => None,
        };
        self.propose(&call, ChannelCommand::Change { name: name.clone(), plan, secret }).await?;
        self.channel(&name).await?.map(Tagged).ok_or_else(|| refusal::unknown_channel(&name))
    }
}

impl Serve<DeleteChannel> for Manager {
    async fn serve(&self, call: Call<DeleteChannel>) -> Result<Nothing, ApiError> {
        self.carry_out(&call, ChannelCommand::Delete { name: call.at.name.clone() }).await
    }
}

impl Serve<TestChannel> for Manager {
    async fn serve(&self, call: Call<TestChannel>) -> Result<Nothing, ApiError> {
        self.carry_out(&call, ChannelCommand::Test { name: call.at.name.clone() }).await
    }
}

impl Manager {
    async fn channel(&self, name: &str) -> Result<Option<Channel>, ApiError> {
        let view = self.system().await?.view();
        Ok(view.channels.all.get(name).map(|channel| shown(channel, &view)))
    }

    /// Nothing for an empty one.
    async fn sealed(&self, channel: &str, secret: &Secret) -> Result<Vec<u8>, ApiError> {
        Ok(match secret.reveal() {
            "" => Vec::new(),
            text => self.seal_key().await?.seal(&Row::seal_owner(channel), text.as_bytes(), &OsEntropy),
        })
    }

    /// What is sealed for the channel.
    pub(crate) async fn secret_of(&self, channel: &Row) -> Result<Option<Secret>, ApiError> {
        if channel.secret.is_empty() {
            return Ok(None);
        }
        let opened = self.seal_key().await?.open(&Row::seal_owner(&channel.name), &channel.secret);
        let text = opened.and_then(|bytes| String::from_utf8(bytes).ok());
        text.map(|text| Some(Secret::new(text)))
            .ok_or_else(|| refusal::channel_secret_unreadable(&channel.name))
    }
}

fn planned(plan: ChannelPlan) -> Result<nasd_system::ChannelPlan, ApiError> {
    let ChannelPlan { target, on, least, after_minutes, quiet, speech } = plan;
    let quiet =
        quiet.map(|text| text.parse().map_err(|_| refusal::quiet_hours_unreadable(&text))).transpose()?;
    let speech = match speech {
        Speech::English => nasd_system::Speech::English,
        Speech::Korean => nasd_system::Speech::Korean,
    };
    let plan = nasd_system::ChannelPlan { target, on, least, after_minutes, quiet, speech };
    check_channel_plan(&plan).map_err(|error| of_system(&error.into()))?;
    Ok(plan)
}

/// Whoever knows the path of a webhook's address may be let in there: only those who could read it anew see it.
fn as_seen(caller: &Caller, mut channel: Channel) -> Channel {
    if !caller.may(Right::ChangeCluster) {
        channel.plan.target = channel.plan.target.masked();
    }
    channel
}

fn shown(channel: &Row, view: &SystemView) -> Channel {
    let nasd_system::ChannelPlan { target, on, least, after_minutes, quiet, speech } = channel.plan.clone();
    let quiet = quiet.map(|hours| hours.to_string());
    let over = view.channels.deliveries.values().rev().filter(|delivery| delivery.channel == channel.name);
    let last = over.filter_map(|delivery| delivery.ended).find(|(_, how)| *how != DeliveryEnd::Retracted);
    Channel {
        name: channel.name.clone(),
        plan: ChannelPlan { target, on, least, after_minutes, quiet, speech: speech_of(speech) },
        has_secret: !channel.secret.is_empty(),
        last: last.map(|(at, how)| LastDelivery { at: at.secs, arrived: how == DeliveryEnd::Delivered }),
        etag: hex(&channel_tag(channel)),
    }
}

pub(crate) fn speech_of(speech: nasd_system::Speech) -> Speech {
    match speech {
        nasd_system::Speech::English => Speech::English,
        nasd_system::Speech::Korean => Speech::Korean,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nasd_base::channel::{ChannelTarget, WebhookFormat};
    use nasd_base::role::Role;

    /// Who may only look could write to the chat of those who look after the cluster: its webhook's address was in the list.
    #[test]
    fn only_who_may_change_a_webhook_sees_all_of_its_address() {
        let secret = || ChannelTarget::Webhook {
            url: "https://hooks.example.com/T0/B0/secret".into(),
            format: WebhookFormat::Slack,
            chat: String::new(),
        };
        let plan = nasd_system::ChannelPlan {
            target: secret(),
            on: true,
            least: nasd_base::alert::Severity::Warning,
            after_minutes: 0,
            quiet: None,
            speech: nasd_system::Speech::English,
        };
        let row = Row { name: "chat".into(), plan, secret: Vec::new() };
        for role in Role::ALL {
            let nobody = Caller::nobody("amy".into());
            let caller = Caller { role: Some(role), rights: role.rights().to_vec(), ..nobody };
            let seen = as_seen(&caller, shown(&row, &SystemView::default())).plan.target;
            let may_change = role.may(Right::ChangeCluster);
            assert_eq!(seen == secret(), may_change, "{role:?}: {seen:?}");
            assert!(
                may_change
                    || check_channel_plan(&nasd_system::ChannelPlan { target: seen, ..row.plan.clone() })
                        .is_err()
            );
        }
    }
}
