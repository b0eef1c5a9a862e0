//! Join tokens: each lets one machine become a node.

mod command;
mod decide;
mod desk;
#[cfg(test)]
mod desk_tests;
mod error;
mod rows;
#[cfg(test)]
mod tests;

pub use command::TokenCommand;
pub use decide::TOKEN_SECONDS_MAX;
pub use desk::{JoinDesk, TOKEN_LIFETIME, create_token};
pub use error::TokenError;
pub use nasd_cluster::token::TokenHash;
pub(crate) use rows::TokenEffect;

use nasd_base::{NodeId, Timestamp};

/// A join token, without anything that would let somebody use it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    pub hash: TokenHash,
    pub expires: Timestamp,
    pub used_by: Option<NodeId>,
}
