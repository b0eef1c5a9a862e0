//! Where alerts are delivered to: the kinds of channels and what each needs to know. Secrets are apart.

use crate::alert::{UnknownWord, called};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// How a channel reaches somebody. Append, never reorder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChannelKind {
    Email,
    Webhook,
    Syslog,
    Snmp,
}

impl ChannelKind {
    pub const ALL: [ChannelKind; 4] =
        [ChannelKind::Email, ChannelKind::Webhook, ChannelKind::Syslog, ChannelKind::Snmp];

    /// The name in requests and replies.
    pub fn name(self) -> &'static str {
        match self {
            ChannelKind::Email => "email",
            ChannelKind::Webhook => "webhook",
            ChannelKind::Syslog => "syslog",
            ChannelKind::Snmp => "snmp",
        }
    }
}

/// How a connection is protected. Append, never reorder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Protection {
    /// TLS from the first byte.
    Tls,
    /// TLS after a greeting in the clear, or nothing is sent.
    StartTls,
    /// None: whoever is on the way reads along.
    None,
}

impl Protection {
    pub const ALL: [Protection; 3] = [Protection::Tls, Protection::StartTls, Protection::None];

    pub fn name(self) -> &'static str {
        match self {
            Protection::Tls => "tls",
            Protection::StartTls => "starttls",
            Protection::None => "none",
        }
    }
}

/// What a webhook's receiver reads. Append, never reorder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WebhookFormat {
    /// Ours, signed.
    Gotgan,
    Slack,
    Teams,
    /// A bot's `sendMessage`: the secret is its token.
    Telegram,
}

impl WebhookFormat {
    pub const ALL: [WebhookFormat; 4] =
        [WebhookFormat::Gotgan, WebhookFormat::Slack, WebhookFormat::Teams, WebhookFormat::Telegram];

    pub fn name(self) -> &'static str {
        match self {
            WebhookFormat::Gotgan => "gotgan",
            WebhookFormat::Slack => "slack",
            WebhookFormat::Teams => "teams",
            WebhookFormat::Telegram => "telegram",
        }
    }
}

/// Where a channel ends, without its secret. Append, never reorder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum ChannelTarget {
    Email {
        /// `host:port`.
        server: String,
        protection: Protection,
        /// Logs in with the secret; empty: does not log in.
        user: String,
        from: String,
        to: Vec<String>,
    },
    Webhook {
        url: String,
        format: WebhookFormat,
        /// Of Telegram: whom the bot writes to. Else empty.
        chat: String,
    },
    Syslog {
        /// `host:port`.
        server: String,
        /// [`Protection::StartTls`] there is none.
        protection: Protection,
    },
    Snmp {
        /// `host:port`.
        server: String,
        /// It is answered, and sent again until it is.
        inform: bool,
        /// Of SNMPv3; empty: v2c, whose community is the secret.
        user: String,
    },
}

impl ChannelTarget {
    pub fn kind(&self) -> ChannelKind {
        match self {
            ChannelTarget::Email { .. } => ChannelKind::Email,
            ChannelTarget::Webhook { .. } => ChannelKind::Webhook,
            ChannelTarget::Syslog { .. } => ChannelKind::Syslog,
            ChannelTarget::Snmp { .. } => ChannelKind::Snmp,
        }
    }

    /// What it consists of, by the names that forms and commands have for it; a choice is 0 or 1.
    pub fn fields(&self) -> Vec<(&'static str, String)> {
        match self.clone() {
            ChannelTarget::Email { server, protection, user, from, to } => vec![
                ("server", server),
                ("protection", protection.name().to_owned()),
                ("user", user),
                ("from", from),
                ("to", to.join(", ")),
            ],
            ChannelTarget::Webhook { url, format, chat } => {
                vec![("url", url), ("format", format.name().to_owned()), ("chat", chat)]
            }
            ChannelTarget::Syslog { server, protection } => {
                vec![("server", server), ("protection", protection.name().to_owned())]
            }
            ChannelTarget::Snmp { server, inform, user } => {
                vec![("server", server), ("inform", u8::from(inform).to_string()), ("user", user)]
            }
        }
    }

    /// Where it goes, in a word for lists and the audit log. A webhook's path may let somebody in: it is left out.
    pub fn place(&self) -> String {
        match self {
            ChannelTarget::Email { to, .. } => to.join(", "),
            ChannelTarget::Webhook { url, .. } => origin(url).to_owned(),
            ChannelTarget::Syslog { server, .. } | ChannelTarget::Snmp { server, .. } => server.clone(),
        }
    }

    /// For those who may not change it: a webhook without its path, and so that it cannot be saved like that.
    pub fn masked(self) -> ChannelTarget {
        match self {
            ChannelTarget::Webhook { url, format, chat } if origin(&url).len() < url.len() => {
                ChannelTarget::Webhook { url: format!("{}/…", origin(&url)), format, chat }
            }
            other => other,
        }
    }
}

/// A URL without its path.
fn origin(url: &str) -> &str {
    let start = url.find("://").map_or(0, |at| at + 3);
    url[start..].find(['/', '?', '#']).map_or(url, |end| &url[..start + end])
}

/// Minutes of a day, in the cluster's time zone, in which only what is critical is delivered. The end is not in it and
/// may be before the start: over midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuietHours {
    pub from: u16,
    pub until: u16,
}

impl QuietHours {
    pub fn holds(self, minute: u16) -> bool {
        match self.from < self.until {
            true => (self.from..self.until).contains(&minute),
            false => minute >= self.from || minute < self.until,
        }
    }
}

/// `22:00-07:00`.
impl fmt::Display for QuietHours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [from, until] = [self.from, self.until].map(|minute| (minute / 60, minute % 60));
        write!(f, "{:02}:{:02}-{:02}:{:02}", from.0, from.1, until.0, until.1)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` are no hours: write them like 22:00-07:00")]
pub struct NoHours(String);

impl FromStr for QuietHours {
    type Err = NoHours;

    fn from_str(text: &str) -> Result<QuietHours, NoHours> {
        let minute = |text: &str| {
            let (hours, minutes) = text.trim().split_once(':')?;
            let (hours, minutes): (u16, u16) = (hours.parse().ok()?, minutes.parse().ok()?);
            (hours < 24 && minutes < 60).then_some(hours * 60 + minutes)
        };
        let both = text.split_once('-').and_then(|(from, until)| Some((minute(from)?, minute(until)?)));
        let shown = || NoHours(text.chars().take(40).filter(|c| !c.is_control()).collect());
        both.map(|(from, until)| QuietHours { from, until }).ok_or_else(shown)
    }
}

impl FromStr for Protection {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Protection, UnknownWord> {
        called(text, &Protection::ALL, Protection::name)
    }
}

impl FromStr for WebhookFormat {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<WebhookFormat, UnknownWord> {
        called(text, &WebhookFormat::ALL, WebhookFormat::name)
    }
}

impl FromStr for ChannelKind {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<ChannelKind, UnknownWord> {
        called(text, &ChannelKind::ALL, ChannelKind::name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quiet_hours_may_go_over_midnight() {
        let night: QuietHours = "22:00-07:00".parse().unwrap();
        assert!(night.holds(23 * 60) && night.holds(0) && night.holds(7 * 60 - 1));
        assert!(!night.holds(7 * 60) && !night.holds(12 * 60));
        let noon: QuietHours = "12:00-13:30".parse().unwrap();
        assert!(noon.holds(12 * 60) && !noon.holds(13 * 60 + 30) && !noon.holds(0));
        assert_eq!(night.to_string().parse(), Ok(night));
        for bad in ["", "22:00", "24:00-01:00", "1:60-2:00"] {
            assert!(bad.parse::<QuietHours>().is_err(), "{bad}");
        }
    }

    /// A webhook's address lets whoever knows it write: lists and the audit log showed it to everybody.
    #[test]
    fn the_path_of_a_webhook_is_not_shown() {
        let hook = |url: &str| ChannelTarget::Webhook {
            url: url.into(),
            format: WebhookFormat::Slack,
            chat: String::new(),
        };
        assert_eq!(hook("https://hooks.example.com/T0/secret").place(), "https://hooks.example.com");
        assert_eq!(hook("http://[::1]:80?token=x").place(), "http://[::1]:80");
        assert_eq!(hook("https://a.example").place(), "https://a.example");
        assert_eq!(hook("https://a.example/T0/secret").masked(), hook("https://a.example/…"));
        assert_eq!(hook("https://a.example").masked(), hook("https://a.example"));
    }
}
