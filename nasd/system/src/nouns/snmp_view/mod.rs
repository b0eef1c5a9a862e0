//! What SNMP shows to whom: views, each a part of the tree of objects, and the access of users and communities to them.

mod command;
mod decide;
mod error;
mod rules;
#[cfg(test)]
pub(super) mod tests;

pub use command::SnmpViewCommand;
pub use error::SnmpViewError;
pub use rules::{OIDS_MAX, SOURCES_MAX, VIEWS_MAX, built_in_views, check_snmp_name};
pub(crate) use rules::{check_access, check_room};

use crate::named::{Named, NamedEffect};
use crate::noun::{Tag, hashed};
use nasd_base::export::Network;
use nasd_base::snmp::Oid;
use serde::{Deserialize, Serialize};

/// A part of the tree: what is at or below one of `included`, unless a longer one of `excluded` holds it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnmpView {
    pub name: String,
    pub included: Vec<Oid>,
    pub excluded: Vec<Oid>,
}

/// What somebody may read, and from where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnmpAccess {
    /// The name of a view.
    pub view: String,
    /// Never none: whoever may ask from anywhere has `0.0.0.0/0` or `::/0` there.
    pub sources: Vec<Network>,
}

pub(crate) type SnmpViewEffect = NamedEffect<SnmpView>;

impl Named for SnmpView {
    const TABLE: &str = "snmp_view";
    const SCHEMA: &str =
        "CREATE TABLE IF NOT EXISTS snmp_view (key TEXT PRIMARY KEY, content BLOB NOT NULL) WITHOUT ROWID;";

    fn name(&self) -> &str {
        &self.name
    }
}

pub fn snmp_view_tag(view: &SnmpView) -> Tag {
    hashed("snmp view", view)
}

impl SnmpAccess {
    /// In the words of the audit log.
    pub(crate) fn describe(&self) -> String {
        let sources: Vec<String> = self.sources.iter().map(Network::to_string).collect();
        format!("view {} from {}", self.view, sources.join(", "))
    }
}
