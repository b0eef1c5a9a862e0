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

/// Nodes that know of no time zones apply the same commands: while none was set, both see the same tag.
pub fn settings_tag(settings: &ClusterSettings, sessions: &SessionLimits) -> Tag {
    match settings.time_zone.as_str() {
        UTC => hashed("settings", &(&settings.cluster_name, sessions)),
        zone => hashed("settings", &(&settings.cluster_name, sessions, zone)),
    }
}

pub fn contact_tag(settings: &ClusterSettings) -> Tag {
    hashed("contact", &(&settings.contact, &settings.location))
}

/// Longest contact or location, in bytes (RFC 3418, sysContact).
pub const CONTACT_BYTES_MAX: usize = 255;

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

pub fn check_cluster_name(name: &str) -> Result<(), SettingsError> {
    if is_host_name(name) { Ok(()) } else { Err(SettingsError::BadClusterName(shown(name))) }
}
