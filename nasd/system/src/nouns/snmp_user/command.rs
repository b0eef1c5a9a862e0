//! What can be asked of users of SNMP.

use super::{SnmpKeys, SnmpUser};
use crate::noun::Described;
use crate::nouns::snmp_view::SnmpAccess;
use serde::{Deserialize, Serialize};

/// Append, never reorder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SnmpUserCommand {
    Create(SnmpUser),
    /// Replaces what one may read, and what proves it where that is given.
    Change {
        name: String,
        keys: Option<SnmpKeys>,
        access: SnmpAccess,
    },
    Delete {
        name: String,
    },
}

impl Described for SnmpUserCommand {
    fn describe(&self) -> String {
        match self {
            SnmpUserCommand::Create(SnmpUser { name, keys, access }) => {
                let (auth, privacy) = (keys.auth, keys.privacy);
                format!("let SNMP user {name} ({auth}, {privacy}) read {}", access.describe())
            }
            SnmpUserCommand::Change { name, keys: Some(keys), access } => {
                let (auth, privacy) = (keys.auth, keys.privacy);
                format!("give SNMP user {name} other keys ({auth}, {privacy}) to read {}", access.describe())
            }
            SnmpUserCommand::Change { name, keys: None, access } => {
                format!("let SNMP user {name} read {}", access.describe())
            }
            SnmpUserCommand::Delete { name } => format!("delete SNMP user {name}"),
        }
    }
}
