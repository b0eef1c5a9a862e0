//! What can be asked of communities.

use super::SnmpCommunity;
use crate::noun::Described;
use crate::nouns::accounts::SecretHash;
use crate::nouns::snmp_view::SnmpAccess;
use serde::{Deserialize, Serialize};

/// Append, never reorder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SnmpCommunityCommand {
    Create(SnmpCommunity),
    /// Replaces what it may read, and what is sent where that is given.
    Change {
        name: String,
        hash: Option<SecretHash>,
        access: SnmpAccess,
    },
    Delete {
        name: String,
    },
}

impl Described for SnmpCommunityCommand {
    fn describe(&self) -> String {
        match self {
            SnmpCommunityCommand::Create(SnmpCommunity { name, access, .. }) => {
                format!("create SNMP community {name} to read {}", access.describe())
            }
            SnmpCommunityCommand::Change { name, hash: Some(_), access } => {
                format!("give SNMP community {name} another secret to read {}", access.describe())
            }
            SnmpCommunityCommand::Change { name, hash: None, access } => {
                format!("let SNMP community {name} read {}", access.describe())
            }
            SnmpCommunityCommand::Delete { name } => format!("delete SNMP community {name}"),
        }
    }
}
