//! What an administrator sets for the whole cluster.

mod command;
mod decide;
mod error;
mod rows;

pub use command::SettingsCommand;
pub use error::SettingsError;
pub use rows::ClusterSettings;
pub(crate) use rows::SettingsEffect;

use super::accounts::SessionLimits;
use crate::noun::{Tag, hashed};
use crate::rules::{is_host_name, shown};

/// Nodes that know of no time zones or console apply the same commands: while none was set, all see the same tag.
pub fn settings_tag(settings: &ClusterSettings, sessions: &SessionLimits) -> Tag {
    match (settings.time_zone.as_str(), settings.console.as_str()) {
        (UTC, "") => hashed("settings", &(&settings.cluster_name, sessions)),
        (zone, "") => hashed("settings", &(&settings.cluster_name, sessions, zone)),
        (zone, console) => hashed("settings", &(&settings.cluster_name, sessions, zone, console)),
    }
}

pub fn contact_tag(settings: &ClusterSettings) -> Tag {
    hashed("contact", &(&settings.contact, &settings.location))
}

/// Longest contact or location, in bytes (RFC 3418, sysContact).
pub const CONTACT_BYTES_MAX: usize = 255;

const CONSOLE_BYTES_MAX: usize = 255;

/// The time zone until another one is set.
pub const UTC: &str = "UTC";
const TIME_ZONE_BYTES_MAX: usize = 64;

/// Whether there is one of that name the interface knows: its database is another with another version, and what is
/// applied must not depend on that.
pub fn check_time_zone(name: &str) -> Result<(), SettingsError> {
    let fits = (1..=TIME_ZONE_BYTES_MAX).contains(&name.len()) && name.chars().all(|c| c.is_ascii_graphic());
    if fits { Ok(()) } else { Err(SettingsError::BadTimeZone(shown(name))) }
}

pub fn check_contact(text: &str) -> Result<(), SettingsError> {
    let fits = text.len() <= CONTACT_BYTES_MAX && !text.chars().any(char::is_control);
    if fits { Ok(()) } else { Err(SettingsError::BadContact(shown(text))) }
}

/// Pages follow behind it: it has no query, nobody's name, and no `/` at its end.
pub fn check_console(address: &str) -> Result<(), SettingsError> {
    let rest = ["https://", "http://"].iter().find_map(|scheme| address.strip_prefix(scheme));
    let letters =
        |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~:[]/".contains(&byte));
    let begins = |text: &str| text.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '[');
    let fits = |text: &str| begins(text) && letters(text) && !text.ends_with('/');
    let good = address.len() <= CONSOLE_BYTES_MAX && rest.map_or(address.is_empty(), fits);
    if good { Ok(()) } else { Err(SettingsError::BadConsole(shown(address))) }
}

pub fn check_cluster_name(name: &str) -> Result<(), SettingsError> {
    if is_host_name(name) { Ok(()) } else { Err(SettingsError::BadClusterName(shown(name))) }
}
