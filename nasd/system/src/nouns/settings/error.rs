//! Why commands about the settings are refused.

use crate::noun::Refusal;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum SettingsError {
    #[error(
        "`{0}` is no cluster name: use 1 to 63 of a-z, 0-9, `-` and `.`, beginning and ending with a letter or digit"
    )]
    BadClusterName(String),
    #[error("`{0}` cannot be the name of a time zone")]
    BadTimeZone(String),
    #[error("`{0}` cannot be told by SNMP: use at most 255 bytes, and one line")]
    BadContact(String),
    #[error(
        "`{0}` cannot be the console's address: write https://HOST or https://HOST:PORT, at most 255 bytes"
    )]
    BadConsole(String),
}

impl Refusal for SettingsError {
    #[cfg(feature = "testing")]
    fn samples() -> Vec<SettingsError> {
        nasd_base::every_variant!(SettingsError {
            BadClusterName("C 1".to_owned()),
            BadTimeZone("here".to_owned()),
            BadContact("a\nb".to_owned()),
            BadConsole("here".to_owned()),
        })
    }
}
