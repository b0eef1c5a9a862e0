//! Why commands about users of SNMP are refused.

use crate::noun::{Refusal, RefusalKind};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum SnmpUserError {
    #[error("there is an SNMP user {0} already")]
    SnmpUserExists(String),
    #[error("there is no SNMP user {0}")]
    UnknownSnmpUser(String),
    #[error("AES-256 needs a key that is longer than what {auth} makes; take SHA-256 or more")]
    SnmpPrivacyTooLong { auth: String },
    #[error("the keys are not those of all nodes; is the node that sent them newer?")]
    SnmpKeysUnfit,
}

impl Refusal for SnmpUserError {
    fn kind(&self) -> RefusalKind {
        match self {
            SnmpUserError::SnmpUserExists(_) => RefusalKind::Exists,
            SnmpUserError::UnknownSnmpUser(_) => RefusalKind::Unknown,
            _ => RefusalKind::Invalid,
        }
    }

    #[cfg(feature = "testing")]
    fn samples() -> Vec<SnmpUserError> {
        nasd_base::every_variant!(SnmpUserError {
            SnmpUserExists("librenms".to_owned()),
            UnknownSnmpUser("librenms".to_owned()),
            SnmpPrivacyTooLong { auth: "SHA".to_owned() },
            SnmpKeysUnfit,
        })
    }
}
