//! Communities of SNMPv1 and v2c: words that everybody on the way can read. The state knows their hashes only.

mod command;
mod decide;
mod error;
#[cfg(test)]
mod tests;

pub use command::SnmpCommunityCommand;
pub use error::SnmpCommunityError;

use crate::named::{Named, NamedEffect};
use crate::noun::{Tag, hashed};
use crate::nouns::accounts::SecretHash;
use crate::nouns::snmp_view::SnmpAccess;
use serde::{Deserialize, Serialize};

pub const COMMUNITIES_MAX: usize = 100;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnmpCommunity {
    /// What people call it; not what is sent.
    pub name: String,
    /// Of what is sent, by [`crate::hash_secret`].
    pub hash: SecretHash,
    pub access: SnmpAccess,
}

pub(crate) type SnmpCommunityEffect = NamedEffect<SnmpCommunity>;

impl Named for SnmpCommunity {
    const TABLE: &str = "snmp_community";
    const SCHEMA: &str = "CREATE TABLE IF NOT EXISTS snmp_community (key TEXT PRIMARY KEY, content BLOB NOT NULL) WITHOUT ROWID;";

    fn name(&self) -> &str {
        &self.name
    }
}

pub fn snmp_community_tag(community: &SnmpCommunity) -> Tag {
    hashed("snmp community", community)
}
