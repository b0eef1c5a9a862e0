//! Why commands about views, and what may be read by whom, are refused.

use crate::noun::{Refusal, RefusalKind};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum SnmpViewError {
    #[error(
        "`{0}` cannot be a name here: use 1 to 32 letters, digits, `-`, `_` and `.`, beginning with a letter or digit"
    )]
    BadSnmpName(String),
    #[error("there is an SNMP view {0} already")]
    SnmpViewExists(String),
    #[error("there is no SNMP view {0}")]
    UnknownSnmpView(String),
    #[error("the SNMP view {0} is always there, as it is")]
    SnmpViewBuiltIn(String),
    #[error("the SNMP view {view} is what {readers} may read; let them read another one first")]
    SnmpViewRead { view: String, readers: String },
    #[error("an SNMP view includes 1 to {0} object identifiers, and excludes as many at most")]
    SnmpViewSize(usize),
    #[error("say from where, with 1 to {0} addresses or networks; 0.0.0.0/0 and ::/0 are everywhere")]
    SnmpSources(usize),
    #[error("`{0}` is no network of SNMP managers: the prefix is longer than the address")]
    BadSnmpSource(String),
}

impl Refusal for SnmpViewError {
    fn kind(&self) -> RefusalKind {
        match self {
            SnmpViewError::SnmpViewExists(_) => RefusalKind::Exists,
            SnmpViewError::UnknownSnmpView(_) => RefusalKind::Unknown,
            SnmpViewError::SnmpViewBuiltIn(_) | SnmpViewError::SnmpViewRead { .. } => RefusalKind::Conflict,
            _ => RefusalKind::Invalid,
        }
    }

    #[cfg(feature = "testing")]
    fn samples() -> Vec<SnmpViewError> {
        nasd_base::every_variant!(SnmpViewError {
            BadSnmpName("a b".to_owned()),
            SnmpViewExists("figures".to_owned()),
            UnknownSnmpView("figures".to_owned()),
            SnmpViewBuiltIn("all".to_owned()),
            SnmpViewRead { view: "figures".to_owned(), readers: "librenms, zabbix".to_owned() },
            SnmpViewSize(64),
            SnmpSources(64),
            BadSnmpSource("192.0.2.0/64".to_owned()),
        })
    }
}
