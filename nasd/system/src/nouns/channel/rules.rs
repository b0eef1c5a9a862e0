//! What channels look like, and how many there may be.

use super::{ChannelError, ChannelPlan, ESCALATION_MINUTES_MAX, RECIPIENTS_MAX};
use crate::nouns::node::check_address;
use crate::rules::shown;
use nasd_base::channel::{ChannelTarget, Protection, QuietHours, WebhookFormat};

pub const URL_BYTES_MAX: usize = 1024;
const MAILBOX_BYTES_MAX: usize = 254;
const WHO_BYTES_MAX: usize = 128;
/// Sealed: a secret of a thousand bytes, with room.
const SECRET_BYTES_MAX: usize = 1100;
const DAY_MINUTES: u16 = 24 * 60;

pub fn check_channel_name(name: &str) -> Result<(), ChannelError> {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let good = (1..=32).contains(&name.len())
        && name.bytes().next().is_some_and(inner)
        && name.bytes().all(|byte| inner(byte) || b"-_".contains(&byte));
    if good { Ok(()) } else { Err(ChannelError::BadChannelName(shown(name))) }
}

pub fn check_channel_plan(plan: &ChannelPlan) -> Result<(), ChannelError> {
    if plan.after_minutes > ESCALATION_MINUTES_MAX {
        return Err(ChannelError::BadEscalation);
    }
    let is_in_day = |QuietHours { from, until }| from < DAY_MINUTES && until < DAY_MINUTES;
    if !plan.quiet.is_none_or(is_in_day) {
        return Err(ChannelError::BadQuietHours);
    }
    check_target(&plan.target)
}

fn check_target(target: &ChannelTarget) -> Result<(), ChannelError> {
    match target {
        ChannelTarget::Email { server, user, from, to, .. } => {
            check_server(server)?;
            check_who(user)?;
            if !(1..=RECIPIENTS_MAX).contains(&to.len()) {
                return Err(ChannelError::BadRecipients);
            }
            to.iter().chain([from]).try_for_each(|mailbox| check_mailbox(mailbox))
        }
        ChannelTarget::Webhook { url, format, chat } => {
            check_url(url)?;
            check_who(chat)?;
            let fits = *format != WebhookFormat::Telegram || !chat.is_empty() && url.contains("{secret}");
            if fits { Ok(()) } else { Err(ChannelError::TelegramUnfit) }
        }
        ChannelTarget::Syslog { server, protection } => match protection {
            Protection::StartTls => Err(ChannelError::NoStartTls),
            Protection::Tls | Protection::None => check_server(server),
        },
        ChannelTarget::Snmp { server, user, .. } => check_server(server).and_then(|()| check_who(user)),
    }
}

/// Whether the channel cannot do without one.
pub fn check_channel_secret(target: &ChannelTarget, secret: &[u8]) -> Result<(), ChannelError> {
    if secret.len() > SECRET_BYTES_MAX {
        return Err(ChannelError::SecretTooLong);
    }
    let is_needed = match target {
        ChannelTarget::Email { user, .. } => !user.is_empty(),
        ChannelTarget::Webhook { url, .. } => url.contains("{secret}"),
        ChannelTarget::Snmp { user, .. } => user.is_empty(),
        ChannelTarget::Syslog { .. } => false,
    };
    if is_needed && secret.is_empty() { Err(ChannelError::SecretMissing) } else { Ok(()) }
}

fn check_server(server: &str) -> Result<(), ChannelError> {
    check_address(server).map_err(|_| ChannelError::BadServer(shown(server)))
}

fn check_url(url: &str) -> Result<(), ChannelError> {
    let host = ["http://", "https://"].iter().find_map(|scheme| url.strip_prefix(scheme));
    let good = url.len() <= URL_BYTES_MAX
        && url.bytes().all(|byte| byte.is_ascii_graphic())
        && host.is_some_and(|rest| !rest.is_empty() && !rest.starts_with(['/', '?', '#', ':', '@']));
    if good { Ok(()) } else { Err(ChannelError::BadUrl(shown(url))) }
}

fn check_mailbox(mailbox: &str) -> Result<(), ChannelError> {
    let good = mailbox.len() <= MAILBOX_BYTES_MAX
        && !mailbox.chars().any(|c| c.is_control() || c.is_whitespace() || "<>,;\"".contains(c))
        && mailbox.rsplit_once('@').is_some_and(|(who, host)| !who.is_empty() && !host.is_empty());
    if good { Ok(()) } else { Err(ChannelError::BadMailbox(shown(mailbox))) }
}

/// A name of somebody at the other end, or none.
fn check_who(who: &str) -> Result<(), ChannelError> {
    let good = who.len() <= WHO_BYTES_MAX && !who.chars().any(char::is_control);
    if good { Ok(()) } else { Err(ChannelError::BadWho(shown(who))) }
}
