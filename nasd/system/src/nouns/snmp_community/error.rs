//! Why commands about communities are refused.

use crate::noun::{Refusal, RefusalKind};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum SnmpCommunityError {
    #[error("there is an SNMP community {0} already")]
    SnmpCommunityExists(String),
    #[error("there is no SNMP community {0}")]
    UnknownSnmpCommunity(String),
    #[error("another SNMP community has the same secret; choose another one")]
    SnmpCommunityShared,
}

impl Refusal for SnmpCommunityError {
    fn kind(&self) -> RefusalKind {
        match self {
            SnmpCommunityError::SnmpCommunityExists(_) => RefusalKind::Exists,
            SnmpCommunityError::UnknownSnmpCommunity(_) => RefusalKind::Unknown,
            SnmpCommunityError::SnmpCommunityShared => RefusalKind::Conflict,
        }
    }

    #[cfg(feature = "testing")]
    fn samples() -> Vec<SnmpCommunityError> {
        nasd_base::every_variant!(SnmpCommunityError {
            SnmpCommunityExists("old-tools".to_owned()),
            UnknownSnmpCommunity("old-tools".to_owned()),
            SnmpCommunityShared,
        })
    }
}
