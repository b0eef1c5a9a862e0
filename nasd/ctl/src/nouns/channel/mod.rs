//! Owns `nasctl channel`: over which ways alerts are delivered, and what was.

mod config;
mod target;

pub use config::ChannelSection;

use crate::asked::Asked;
use crate::failure::Failure;
use crate::listing::ListArgs;
use crate::reach::Node;
use crate::table::{columns, facts_of, or_dash};
use crate::{names, output, secret_input, terminal, when};
use clap::{Args, Subcommand};
use nasd_api::{
    Channel, ChannelAt, ChannelPlan, Client, CreateChannel, DeleteChannel, Delivery, DeliveryState,
    ListChannels, ListDeliveries, Nothing, ReadChannel, Secret, Speech, TestChannel, UpdateChannel,
};
use nasd_base::alert::Severity;
use nasd_base::channel::{ChannelTarget, QuietHours};
use std::path::PathBuf;
use target::Target;

/// Channels: how people are told of alerts
#[derive(Debug, Subcommand)]
pub enum ChannelCommand {
    /// List the channels
    List(ListArgs),
    /// Show one channel
    Show {
        #[arg(value_name = "CHANNEL", add = names::channels())]
        name: String,
    },
    /// Make a channel: by email, webhook, syslog or SNMP
    Create {
        name: String,
        #[command(flatten)]
        rules: Rules,
        #[command(subcommand)]
        target: Target,
    },
    /// Change a channel; what is not said stays
    Set {
        #[arg(value_name = "CHANNEL", add = names::channels())]
        name: String,
        #[command(flatten)]
        rules: Rules,
        #[command(subcommand)]
        target: Option<Target>,
    },
    /// Delete a channel, and what was to be delivered over it
    Delete {
        #[arg(value_name = "CHANNEL", add = names::channels())]
        name: String,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
    /// Deliver a test; `nasctl channel deliveries` says whether it arrived
    Test {
        #[arg(value_name = "CHANNEL", add = names::channels())]
        name: String,
    },
    /// List what was and is to be delivered
    Deliveries(ListArgs),
}

/// What a channel delivers, and when.
#[derive(Debug, Args)]
pub struct Rules {
    /// Deliver alerts of this severity and worse: info, warning or critical [default: warning]
    #[arg(long, value_name = "SEVERITY")]
    least: Option<Severity>,
    /// Deliver only what nobody has acknowledged for so many minutes; 0: everything, at once
    #[arg(long, value_name = "MINUTES")]
    after: Option<u16>,
    /// Deliver only what is critical in these hours, for instance 22:00-07:00; none: there are none
    #[arg(long, value_name = "HOURS", value_parser = hours)]
    quiet: Option<Hours>,
    /// In English (en) or Korean (ko) [default: en]
    #[arg(long, value_name = "LANGUAGE", value_parser = speech)]
    speech: Option<Speech>,
    /// Deliver nothing, for now
    #[arg(long, conflicts_with = "on")]
    off: bool,
    /// Deliver again
    #[arg(long)]
    on: bool,
    /// The file with the channel's secret (- for standard input): the password of its user, the key that signs its
    /// messages, what stands for {secret} in its address, or its community
    #[arg(long, value_name = "FILE")]
    secret_file: Option<PathBuf>,
}

/// Hours, or none.
#[derive(Clone, Debug)]
struct Hours(Option<String>);

fn hours(text: &str) -> Result<Hours, String> {
    match text {
        "none" => Ok(Hours(None)),
        text => {
            text.parse::<QuietHours>().map(|hours| Hours(Some(hours.to_string()))).map_err(|e| e.to_string())
        }
    }
}

fn speech(text: &str) -> Result<Speech, String> {
    match text {
        "en" => Ok(Speech::English),
        "ko" => Ok(Speech::Korean),
        _ => Err(format!("`{text}` is none of en, ko")),
    }
}

impl Rules {
    fn secret(&self, of: &str) -> Result<Option<Secret>, Failure> {
        let file = self.secret_file.as_deref();
        file.map(|file| secret_input::password(Some(file), of)).transpose()
    }

    /// What becomes of a channel.
    fn of(self, before: Option<&ChannelPlan>, target: ChannelTarget) -> ChannelPlan {
        let was = |pick: fn(&ChannelPlan) -> u16| before.map_or(0, pick);
        ChannelPlan {
            target,
            on: self.on || !self.off && before.is_none_or(|plan| plan.on),
            least: self.least.or(before.map(|plan| plan.least)).unwrap_or(Severity::Warning),
            after_minutes: self.after.unwrap_or(was(|plan| plan.after_minutes)),
            quiet: self.quiet.map_or_else(|| before.and_then(|plan| plan.quiet.clone()), |hours| hours.0),
            speech: self.speech.or(before.map(|plan| plan.speech)).unwrap_or_default(),
        }
    }
}

impl Asked for ChannelCommand {
    async fn run(self, at: &Node, json: bool) -> Result<(), Failure> {
        let node = &at.client().await?;
        match self {
            ChannelCommand::List(asked) => asked.print::<ListChannels>(node, json, table).await,
            ChannelCommand::Show { name } => {
                output::reply(json, &node.ask::<ReadChannel>(ChannelAt::new(&name)).await?, shown)
            }
            ChannelCommand::Create { name, rules, target } => {
                let secret = rules.secret(&name)?;
                let wanted = CreateChannel { name, plan: rules.of(None, target.into()), secret };
                output::one(json, &node.call::<CreateChannel>(Nothing, &wanted).await?, table)
            }
            ChannelCommand::Set { name, rules, target } => set(node, &name, rules, target, json).await,
            ChannelCommand::Delete { name, yes } => delete(node, &name, yes, json).await,
            ChannelCommand::Test { name } => {
                node.ask::<TestChannel>(ChannelAt::new(&name)).await?;
                output::done(
                    json,
                    "A test is on its way; `nasctl channel deliveries` says whether it arrived.",
                )
            }
            ChannelCommand::Deliveries(asked) => asked.print::<ListDeliveries>(node, json, deliveries).await,
        }
    }
}

async fn set(
    node: &Client,
    name: &str,
    rules: Rules,
    target: Option<Target>,
    json: bool,
) -> Result<(), Failure> {
    let channel = node.ask::<ReadChannel>(ChannelAt::new(name)).await?;
    let secret = rules.secret(name)?;
    let target = target.map_or_else(|| channel.plan.target.clone(), Into::into);
    let wanted = UpdateChannel { plan: rules.of(Some(&channel.plan), target), secret };
    let at = ChannelAt::new(name);
    output::one(json, &node.call_if::<UpdateChannel>(at, &wanted, Some(&channel.etag)).await?, table)
}

async fn delete(node: &Client, name: &str, yes: bool, json: bool) -> Result<(), Failure> {
    node.ask::<ReadChannel>(ChannelAt::new(name)).await?;
    terminal::names("channel", name, yes)?;
    node.ask::<DeleteChannel>(ChannelAt::new(name)).await?;
    output::done(json, &format!("Deleted channel {name}."))
}

fn table(channels: &[Channel]) -> String {
    let nothing = "There are no channels: nobody is told of alerts. Make one with `nasctl channel create`.";
    columns(&["CHANNEL", "KIND", "TO", "LEAST", "ON", "LAST DELIVERY"], channels, nothing, |channel| {
        [
            channel.name.clone(),
            channel.kind().name().to_owned(),
            channel.plan.target.place(),
            channel.plan.least.to_string(),
            if channel.plan.on { "yes" } else { "no" }.to_owned(),
            last(channel),
        ]
    })
}

fn last(channel: &Channel) -> String {
    or_dash(
        channel.last.as_ref().map(|last| {
            format!("{} {}", if last.arrived { "arrived" } else { "FAILED" }, when::utc(last.at))
        }),
    )
}

fn shown(channel: &Channel) -> String {
    let plan = &channel.plan;
    let speech = match plan.speech {
        Speech::English => "en",
        Speech::Korean => "ko",
    };
    let mut facts = vec![("kind", channel.kind().name().to_owned())];
    facts.extend(target::facts(&plan.target));
    facts.extend([
        ("secret", if channel.has_secret { "set" } else { "-" }.to_owned()),
        ("on", if plan.on { "yes" } else { "no" }.to_owned()),
        ("least", plan.least.to_string()),
        ("after", format!("{} min", plan.after_minutes)),
        ("quiet", or_dash(plan.quiet.as_ref())),
        ("speech", speech.to_owned()),
        ("last delivery", last(channel)),
    ]);
    facts_of("CHANNEL", &channel.name, facts)
}

fn deliveries(deliveries: &[Delivery]) -> String {
    let heading = ["DELIVERY", "CHANNEL", "ABOUT", "STATE", "MADE", "TRIES", "FAILURE"];
    columns(&heading, deliveries, "Nothing was delivered yet.", |delivery| {
        let about = serde_json::to_value(delivery.about).ok();
        let about = about.as_ref().and_then(|about| about.as_str()).unwrap_or("-").to_owned();
        let of = delivery.alerts.first().filter(|_| delivery.count == 1);
        [
            delivery.id.to_string(),
            delivery.channel.clone(),
            match of {
                Some(alert) => format!("{about} {alert}"),
                None if delivery.count > 1 => format!("{about} of {}", delivery.count),
                None => about,
            },
            state(delivery.state).to_owned(),
            when::utc(delivery.made),
            delivery.attempts.to_string(),
            or_dash(delivery.failure.as_ref()),
        ]
    })
}

fn state(state: DeliveryState) -> &'static str {
    match state {
        DeliveryState::Waiting => "waiting",
        DeliveryState::UnderWay => "under way",
        DeliveryState::Delivered => "delivered",
        DeliveryState::GivenUp => "GIVEN UP",
        DeliveryState::Retracted => "not needed",
        DeliveryState::Unknown => "unknown",
    }
}
