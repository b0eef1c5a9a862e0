//! Join tokens: each lets one machine become a node.

mod command;
mod decide;
mod desk;
#[cfg(test)]
mod desk_tests;
mod rows;
#[cfg(test)]
mod tests;

pub use command::{TokenCommand, describe};
pub use decide::{TOKEN_SECONDS_MAX, decide};
pub use desk::{JoinDesk, TOKEN_LIFETIME, create_token};
pub use nasd_cluster::token::TokenHash;
pub use rows::{SCHEMA, TokenEffect, load, take, write};

use nasd_base::{NodeId, Timestamp};

/// A join token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    pub hash: TokenHash,
    pub expires: Timestamp,
    pub used_by: Option<NodeId>,
}

/// A join token, without anything that would let somebody use it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenInfo {
    /// The first eight bytes of its hash, in hexadecimal.
    pub id: String,
    pub expires: Timestamp,
    pub used_by: Option<NodeId>,
}

impl Token {
    pub fn info(&self) -> TokenInfo {
        TokenInfo { id: token_id(&self.hash), expires: self.expires, used_by: self.used_by }
    }
}

/// How a token is named in lists and messages.
pub fn token_id(hash: &TokenHash) -> String {
    hash[..8].iter().map(|byte| format!("{byte:02x}")).collect()
}
