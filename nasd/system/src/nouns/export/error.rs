//! Why commands about exports are refused.

use crate::noun::{Refusal, RefusalKind};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum ExportError {
    #[error("volume {volume} is not one of {user}'s")]
    NotOwned { volume: String, user: String },
    #[error("`{0}` is no export path: begin with `/`, end without, no `.`, `..`, empty or overlong parts")]
    BadExportPath(String),
    #[error("{0} is exported already")]
    ExportExists(String),
    #[error("`{path}` would lie inside or around the export `{other}`")]
    ExportOverlaps { path: String, other: String },
    #[error("there is no export {0}")]
    UnknownExport(String),
    #[error("an export has at most {0} client rules")]
    TooManyClients(usize),
    #[error("`{0}` is no network: the prefix is longer than the address")]
    BadNetwork(String),
}

impl Refusal for ExportError {
    fn kind(&self) -> RefusalKind {
        match self {
            ExportError::ExportExists(_) => RefusalKind::Exists,
            ExportError::UnknownExport(_) => RefusalKind::Unknown,
            ExportError::ExportOverlaps { .. } => RefusalKind::Conflict,
            ExportError::NotOwned { .. } => RefusalKind::Denied,
            _ => RefusalKind::Invalid,
        }
    }

    #[cfg(feature = "testing")]
    fn samples() -> Vec<ExportError> {
        nasd_base::every_variant!(ExportError {
            NotOwned { volume: "media".to_owned(), user: "ann".to_owned() },
            BadExportPath("media".to_owned()),
            ExportExists("/media".to_owned()),
            ExportOverlaps { path: "/media/a".to_owned(), other: "/media".to_owned() },
            UnknownExport("/media".to_owned()),
            TooManyClients(256),
            BadNetwork("192.0.2.0/64".to_owned()),
        })
    }
}
