//! Channels, and what is delivered over them. See `docs/decisions/0041-alerts.md`.

mod command;
mod decide;
mod desk;
mod error;
mod rows;
mod rules;
#[cfg(test)]
mod tests;

pub use command::{Attempted, ChannelCommand};
pub(crate) use desk::Desk;
pub use error::ChannelError;
pub(crate) use rows::ChannelEffect;
pub use rows::Channels;
pub use rules::{URL_BYTES_MAX, check_channel_name, check_channel_plan, check_channel_secret};

use crate::noun::{Tag, hashed};
use crate::nouns::alert::AlertId;
use nasd_base::alert::Severity;
use nasd_base::channel::{ChannelTarget, QuietHours};
use nasd_base::{NodeId, Timestamp};
use serde::{Deserialize, Serialize};
use std::time::Duration;

pub const CHANNELS_MAX: usize = 64;
pub const RECIPIENTS_MAX: usize = 20;
/// A week.
pub const ESCALATION_MINUTES_MAX: u16 = 7 * 24 * 60;

/// How long an agent may take to deliver and say so.
pub const LEASE: Duration = Duration::from_secs(90);
/// Deliveries that are over and remembered; the oldest are forgotten.
pub const OVER_MAX: usize = 1_000;
/// Deliveries of one channel that are not over: what comes then is told together.
pub const WAITING_MAX: usize = 200;
/// More than so many of a channel within [`DIGEST_TIME`] are told together.
pub const DIGEST_AFTER: usize = 10;
pub const DIGEST_TIME: Duration = Duration::from_secs(60);
/// Alerts that one delivery names; it counts the others.
pub const NAMED_MAX: usize = 20;
/// Deliveries that are leased at once.
pub const LEASED_MAX: usize = 16;

/// A failure is tried again after this time, doubled each time up to the longest, until it is given up.
const RETRY_FIRST: Duration = Duration::from_secs(15);
const RETRY_MAX: Duration = Duration::from_secs(3600);
const GIVEN_UP_AFTER: Duration = Duration::from_secs(24 * 3600);
/// Longest reason of a failure, in characters.
const FAILURE_CHARS_MAX: usize = 300;

pub type DeliveryId = u64;

/// What people are told in. Append, never reorder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Speech {
    English,
    Korean,
}

/// What can be said of a channel besides its name and its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelPlan {
    pub target: ChannelTarget,
    /// Nothing is delivered over one that is off.
    pub on: bool,
    /// Of this severity, and worse.
    pub least: Severity,
    /// Only what nobody has acknowledged for so long; 0: everything, at once.
    pub after_minutes: u16,
    pub quiet: Option<QuietHours>,
    pub speech: Speech,
}

/// A row of the state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Channel {
    pub name: String,
    pub plan: ChannelPlan,
    /// Sealed for `channel NAME`; empty: none.
    pub secret: Vec<u8>,
}

pub fn channel_tag(channel: &Channel) -> Tag {
    hashed("channel", channel)
}

impl Channel {
    /// Who a channel's secret is sealed for: no user is called like that.
    pub fn seal_owner(name: &str) -> String {
        format!("channel {name}")
    }
}

/// What a delivery says. Append, never reorder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum About {
    Raised,
    Ended,
    /// It comes and goes, and stays open for now.
    Flapping,
    /// Several alerts at once.
    Digest,
    /// Somebody looks whether it arrives.
    Test,
}

/// How a delivery ended. Append, never reorder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DeliveryEnd {
    Delivered,
    GivenUp,
    /// Before it was tried: somebody looks after the alert, or it is over.
    Retracted,
}

/// A row of the state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    pub id: DeliveryId,
    pub channel: String,
    pub about: About,
    pub severity: Severity,
    /// At most [`NAMED_MAX`].
    pub alerts: Vec<AlertId>,
    /// With those that are not named.
    pub count: u32,
    pub made: Timestamp,
    pub due: Timestamp,
    pub attempts: u32,
    /// Who tries it, until when.
    pub lease: Option<(NodeId, Timestamp)>,
    pub ended: Option<(Timestamp, DeliveryEnd)>,
    /// Why the last attempt failed.
    pub failure: Option<String>,
}

impl Delivery {
    /// Whether somebody should try it now.
    pub fn is_due(&self, now: Timestamp) -> bool {
        self.ended.is_none() && self.due <= now && self.lease.is_none_or(|(_, until)| until <= now)
    }

    /// Nobody has tried it.
    fn is_untouched(&self) -> bool {
        self.ended.is_none() && self.attempts == 0
    }

    fn end(&mut self, now: Timestamp, how: DeliveryEnd) {
        (self.lease, self.ended) = (None, Some((now, how)));
    }
}
