//! What can be asked of join tokens.

use super::TokenHash;
use crate::KeyFingerprint;
use crate::noun::Described;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TokenCommand {
    /// Lets one node join for `valid_seconds` from the leader's now.
    Create { token: TokenHash, valid_seconds: u32 },
    /// Uses a token up and registers a joining node, whose id is the index of this entry in the log. The
    /// same key with the same token gets the same node again, until it is active. Gives `Registered`.
    Redeem { token: TokenHash, name: String, address: String, key: KeyFingerprint },
}

impl Described for TokenCommand {
    fn describe(&self) -> String {
        match self {
            TokenCommand::Create { valid_seconds, .. } => {
                format!("create a join token for {valid_seconds} s")
            }
            TokenCommand::Redeem { name, address, .. } => format!("let node {name} join from {address}"),
        }
    }
}
