//! Why commands about channels and deliveries are refused.

use super::{CHANNELS_MAX, DeliveryId, ESCALATION_MINUTES_MAX, RECIPIENTS_MAX};
use crate::noun::{Refusal, RefusalKind};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum ChannelError {
    #[error(
        "`{0}` is no name of a channel: use 1 to 32 of a-z, 0-9, `-` and `_`, beginning with a letter or digit"
    )]
    BadChannelName(String),
    #[error("there is a channel {0} already")]
    ChannelExists(String),
    #[error("there is no channel {0}")]
    UnknownChannel(String),
    #[error("there is no delivery {0}")]
    UnknownDelivery(DeliveryId),
    #[error("`{0}` is no server of a channel: write HOST:PORT")]
    BadServer(String),
    #[error(
        "`{0}` is no address of a webhook: it begins with http:// or https:// and has at most 1024 bytes"
    )]
    BadUrl(String),
    #[error("`{0}` is no address of a mailbox")]
    BadMailbox(String),
    #[error("an email channel has 1 to {} recipients", RECIPIENTS_MAX)]
    BadRecipients,
    #[error("`{0}` cannot be the user or chat of a channel")]
    BadWho(String),
    #[error("syslog knows TLS from the first byte, or none")]
    NoStartTls,
    #[error("a Telegram channel needs a chat, and a place for its bot's token in the address")]
    TelegramUnfit,
    #[error("this channel needs a secret: the password of its user, the token of its bot, or its community")]
    SecretMissing,
    #[error("a channel waits at most {} minutes for somebody to acknowledge", ESCALATION_MINUTES_MAX)]
    BadEscalation,
    #[error("quiet hours are within a day")]
    BadQuietHours,
    #[error("the secret of a channel is too long")]
    SecretTooLong,
    #[error("there are {} channels already", CHANNELS_MAX)]
    TooManyChannels,
    #[error("a test of channel {0} is still under way")]
    TestUnderWay(String),
}

impl Refusal for ChannelError {
    fn kind(&self) -> RefusalKind {
        use ChannelError as E;
        match self {
            E::ChannelExists(_) => RefusalKind::Exists,
            E::UnknownChannel(_) | E::UnknownDelivery(_) => RefusalKind::Unknown,
            E::TooManyChannels | E::TestUnderWay(_) => RefusalKind::Conflict,
            // What is asked for in itself is possible; together it is not.
            E::SecretMissing | E::TelegramUnfit | E::NoStartTls => RefusalKind::Conflict,
            _ => RefusalKind::Invalid,
        }
    }

    #[cfg(feature = "testing")]
    fn samples() -> Vec<ChannelError> {
        let text = |text: &str| text.to_owned();
        nasd_base::every_variant!(ChannelError {
            BadChannelName(text("C 1")),
            ChannelExists(text("mail")),
            UnknownChannel(text("mail")),
            UnknownDelivery(7),
            BadServer(text("mail")),
            BadUrl(text("ftp://x")),
            BadMailbox(text("amy")),
            BadRecipients,
            BadWho(text("?")),
            NoStartTls,
            TelegramUnfit,
            SecretMissing,
            BadEscalation,
            BadQuietHours,
            SecretTooLong,
            TooManyChannels,
            TestUnderWay(text("mail")),
        })
    }
}
