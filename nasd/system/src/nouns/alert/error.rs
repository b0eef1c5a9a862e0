//! Why commands about alerts are refused.

use super::{AlertId, SilenceId};
use crate::noun::{Refusal, RefusalKind};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum AlertError {
    #[error("there is no alert {0}")]
    UnknownAlert(AlertId),
    #[error("alert {0} is over")]
    AlertEnded(AlertId),
    #[error("there is no silence {0}")]
    UnknownSilence(SilenceId),
    #[error("a silence names a kind of alerts or what they are about")]
    SilencesEverything,
    #[error("a silence lasts from 1 minute to 30 days")]
    BadSilence,
    #[error("there are {0} silences; end some of them")]
    TooManySilences(usize),
    #[error("what a node saw could not be taken: {0} changes at once")]
    TooManyChanges(usize),
}

impl Refusal for AlertError {
    fn kind(&self) -> RefusalKind {
        match self {
            AlertError::UnknownAlert(_) | AlertError::UnknownSilence(_) => RefusalKind::Unknown,
            AlertError::AlertEnded(_) | AlertError::TooManySilences(_) | AlertError::SilencesEverything => {
                RefusalKind::Conflict
            }
            _ => RefusalKind::Invalid,
        }
    }

    #[cfg(feature = "testing")]
    fn samples() -> Vec<AlertError> {
        nasd_base::every_variant!(AlertError {
            UnknownAlert(7),
            AlertEnded(7),
            UnknownSilence(7),
            SilencesEverything,
            BadSilence,
            TooManySilences(64),
            TooManyChanges(300),
        })
    }
}
