//! What can be asked of views.

use super::SnmpView;
use crate::noun::Described;
use nasd_base::snmp::Oid;
use serde::{Deserialize, Serialize};

/// Append, never reorder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SnmpViewCommand {
    Create(SnmpView),
    /// Replaces what one shows.
    Change(SnmpView),
    /// Refused while a user or community reads it.
    Delete {
        name: String,
    },
}

impl Described for SnmpViewCommand {
    fn describe(&self) -> String {
        match self {
            SnmpViewCommand::Create(view) => format!("create SNMP view {} of {}", view.name, shown(view)),
            SnmpViewCommand::Change(view) => format!("make SNMP view {} show {}", view.name, shown(view)),
            SnmpViewCommand::Delete { name } => format!("delete SNMP view {name}"),
        }
    }
}

/// `1.3.6.1, -1.3.6.1.4`
fn shown(view: &SnmpView) -> String {
    let included = view.included.iter().map(Oid::to_string);
    let excluded = view.excluded.iter().map(|oid| format!("-{oid}"));
    included.chain(excluded).collect::<Vec<_>>().join(", ")
}
