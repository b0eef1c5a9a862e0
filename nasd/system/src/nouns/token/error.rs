//! Why commands about join tokens are refused.

use crate::noun::{Refusal, RefusalKind};
use nasd_base::NodeId;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum TokenError {
    #[error("a token is valid for 1 second to 24 hours")]
    BadTokenLifetime,
    #[error("there are {0} open join tokens; wait until they expire")]
    TooManyTokens(usize),
    #[error("this token exists already")]
    TokenExists,
    #[error("the join token is not known to this cluster; create one with `nasctl cluster token`")]
    TokenUnknown,
    #[error("the join token was already used, by node {0}; each token lets one node in, create another")]
    TokenUsed(NodeId),
    #[error("the join token has expired; create another and use it within its lifetime")]
    TokenExpired,
}

impl Refusal for TokenError {
    fn kind(&self) -> RefusalKind {
        match self {
            TokenError::TooManyTokens(_) => RefusalKind::Conflict,
            TokenError::TokenUnknown | TokenError::TokenUsed(_) | TokenError::TokenExpired => {
                RefusalKind::Denied
            }
            _ => RefusalKind::Invalid,
        }
    }

    #[cfg(feature = "testing")]
    fn samples() -> Vec<TokenError> {
        nasd_base::every_variant!(TokenError {
            BadTokenLifetime,
            TooManyTokens(64),
            TokenExists,
            TokenUnknown,
            TokenUsed(NodeId(2)),
            TokenExpired,
        })
    }
}
