//! Users of SNMPv3: what proves them, which is keys for each node and never a passphrase, and what they may read.

mod command;
mod decide;
mod error;
#[cfg(test)]
mod tests;

pub use command::SnmpUserCommand;
pub use error::SnmpUserError;

use crate::named::{Named, NamedEffect};
use crate::noun::{Tag, hashed};
use crate::nouns::snmp_view::SnmpAccess;
use nasd_base::snmp::{AuthProtocol, Privacy};
use serde::{Deserialize, Serialize};
use std::fmt;

pub const SNMP_USERS_MAX: usize = 100;
/// For how many slots of nodes a user has keys: see [`crate::SystemView::slot`].
pub const SLOTS_MIN: u32 = 256;
pub const SLOTS_MAX: u32 = 4096;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnmpUser {
    pub name: String,
    pub keys: SnmpKeys,
    pub access: SnmpAccess,
}

/// What proves a user: of each slot, beginning with the first, the localized key that messages are signed with, then that
/// which they are enciphered with.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnmpKeys {
    pub auth: AuthProtocol,
    pub privacy: Privacy,
    pub slots: u32,
    /// By a [`crate::SealKey`], for [`SnmpKeys::owner`].
    pub sealed: Vec<u8>,
}

impl SnmpKeys {
    /// Whose the seal is.
    pub fn owner(user: &str) -> String {
        format!("SNMP user {user}")
    }

    pub fn bytes_of_slot(&self) -> usize {
        self.auth.key_bytes() + self.privacy.key_bytes()
    }
}

/// Nothing of the keys.
impl fmt::Debug for SnmpKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SnmpKeys({}, {}, {} slots)", self.auth, self.privacy, self.slots)
    }
}

pub(crate) type SnmpUserEffect = NamedEffect<SnmpUser>;

impl Named for SnmpUser {
    const TABLE: &str = "snmp_user";
    const SCHEMA: &str =
        "CREATE TABLE IF NOT EXISTS snmp_user (key TEXT PRIMARY KEY, content BLOB NOT NULL) WITHOUT ROWID;";

    fn name(&self) -> &str {
        &self.name
    }
}

pub fn snmp_user_tag(user: &SnmpUser) -> Tag {
    hashed("snmp user", user)
}
