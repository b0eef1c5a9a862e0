//! Channels in the configuration file: all but their secrets, which nobody is shown.

use super::target;
use crate::config::passwords::Passwords;
use crate::config::section::{Change, Fields, Names, Section, Seen, number, still_there, yes_or_no};
use crate::failure::Failure;
use nasd_api::{
    ChannelAt, ChannelPlan, Client, CreateChannel, DeleteChannel, ListChannels, Nothing, UpdateChannel,
};
use serde::{Deserialize, Serialize};
#[cfg(test)]
use {
    crate::config::testing,
    nasd_api::Speech,
    nasd_base::alert::Severity,
    nasd_base::channel::{ChannelTarget, Protection, WebhookFormat},
    proptest::prelude::*,
};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChannelSection {
    pub name: String,
    pub plan: ChannelPlan,
}

impl Section for ChannelSection {
    const KIND: &str = "channel";
    const HELD: &str =
        "channels of alerts (without their secrets: one that needs a secret has to be made first)";

    fn name(&self) -> &str {
        &self.name
    }

    fn fields(&self) -> Fields {
        let ChannelPlan { target, on, least, after_minutes, quiet, speech } = &self.plan;
        let ends = target::facts(target).into_iter().map(|(name, value)| format!("{name} {value}"));
        let ends: Vec<String> = [target.kind().name().to_owned()].into_iter().chain(ends).collect();
        vec![
            ("target", ends.join(", ")),
            ("on", yes_or_no(*on)),
            ("least", least.to_string()),
            ("after_minutes", after_minutes.to_string()),
            ("quiet", number(quiet)),
            ("speech", format!("{speech:?}").to_lowercase()),
        ]
    }

    fn rank(change: &Change<Self>) -> u8 {
        match change {
            Change::Create(_) => 20,
            Change::Update { .. } => 21,
            Change::Remove(_) => 22,
        }
    }

    async fn read(node: &Client, _: &Names) -> Result<Vec<Seen<Self>>, Failure> {
        let seen = |channel: nasd_api::Channel| Seen {
            value: ChannelSection { name: channel.name, plan: channel.plan },
            etag: channel.etag,
        };
        Ok(node.all::<ListChannels>().await?.into_iter().map(seen).collect())
    }

    async fn carry_out(change: &Change<Self>, node: &Client, _: &mut Passwords) -> Result<(), Failure> {
        match change {
            Change::Create(ChannelSection { name, plan }) => {
                let wanted = CreateChannel { name: name.clone(), plan: plan.clone(), secret: None };
                node.call::<CreateChannel>(Nothing, &wanted).await?;
            }
            Change::Update { from, to } => {
                let wanted = UpdateChannel { plan: to.plan.clone(), secret: None };
                node.call_if::<UpdateChannel>(ChannelAt::new(&to.name), &wanted, Some(&from.etag)).await?;
            }
            Change::Remove(channel) => {
                still_there(channel, node).await?;
                node.ask::<DeleteChannel>(ChannelAt::new(&channel.value.name)).await?;
            }
        }
        Ok(())
    }

    #[cfg(test)]
    fn arbitrary() -> impl Strategy<Value = Self> {
        let server = || Just("mail.example.com:465".to_owned());
        let target = prop_oneof![
            server().prop_map(|server| ChannelTarget::Syslog { server, protection: Protection::Tls }),
            server().prop_map(|server| ChannelTarget::Email {
                server,
                protection: Protection::StartTls,
                user: String::new(),
                from: "nas@example.com".into(),
                to: vec!["amy@example.com".into()],
            }),
            Just(ChannelTarget::Webhook {
                url: "https://example.com/x".into(),
                format: WebhookFormat::Teams,
                chat: String::new(),
            }),
        ];
        let quiet = prop_oneof![Just(None), Just(Some("22:00-07:00".to_owned()))];
        let rules = (any::<bool>(), 0u16..3, quiet, any::<bool>());
        (testing::name(), target, rules).prop_map(|(name, target, (on, after_minutes, quiet, korean))| {
            let speech = if korean { Speech::Korean } else { Speech::English };
            let least = Severity::Critical;
            ChannelSection { name, plan: ChannelPlan { target, on, least, after_minutes, quiet, speech } }
        })
    }
}
