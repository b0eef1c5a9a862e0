//! The changes of users, sessions and API tokens. Append variants and fields, never
//! reorder. See `docs/formats/system-state.md`.

use super::password::PasswordHash;
use super::tables::SecretHash;
use nasd_base::role::{Right, Role};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AccountCommand {
    /// Lets one caller make the first administrator, within `valid_seconds` from the leader's now. Earlier ones stay
    /// good; beyond a few the one that expires first makes room. Refused once there is an administrator.
    CreateSetupToken {
        token: SecretHash,
        valid_seconds: u32,
    },
    /// Uses every setup token up.
    SetUp {
        token: SecretHash,
        name: String,
        password: PasswordHash,
    },
    CreateUser {
        name: String,
        role: Role,
        owned: Vec<String>,
        password: PasswordHash,
    },
    /// Disabling a user ends its sessions.
    UpdateUser {
        name: String,
        role: Role,
        owned: Vec<String>,
        disabled: bool,
    },
    /// With its sessions and API tokens.
    DeleteUser {
        name: String,
    },
    /// The password was right: it was checked against the hash with the id `checked`. `step` is of the one-time
    /// code, `recovery` the hash of a recovery code; one of them is needed where there is a second factor.
    LogIn {
        name: String,
        checked: [u8; 32],
        step: Option<u64>,
        recovery: Option<SecretHash>,
        session: SecretHash,
        address: String,
    },
    /// The session is in use.
    TouchSession {
        session: SecretHash,
    },
    /// `id` as [`super::secret_id`] makes it.
    EndSession {
        id: String,
    },
    CreateApiToken {
        user: String,
        name: String,
        token: SecretHash,
        scopes: Vec<Right>,
        valid_seconds: u32,
    },
    DeleteApiToken {
        user: String,
        name: String,
    },
    /// The key of a second factor, which [`AccountCommand::ConfirmFactor`] puts in force. Replaces one that was offered
    /// and not confirmed; refused when there is one in force.
    OfferFactor {
        user: String,
        sealed: Vec<u8>,
    },
    /// `sealed`: the key whose code of `step` was shown. `recovery`: hashes of codes that are good once each.
    ConfirmFactor {
        user: String,
        sealed: Vec<u8>,
        step: u64,
        recovery: Vec<SecretHash>,
    },
    RemoveFactor {
        user: String,
    },
    /// Takes a lock for wrong passwords away.
    UnlockUser {
        name: String,
    },
    CreateGroup(WantedGroup),
    /// Replaces role, volumes and members of the group with the name.
    UpdateGroup(WantedGroup),
    /// Its members stay.
    DeleteGroup {
        name: String,
    },
    /// A wrong password or code of somebody who wanted to be `name`, whether there is such a user or not. Counts,
    /// unless they should have waited.
    Guess {
        name: String,
        address: String,
        proving: Proving,
    },
    /// Ends the user's sessions but `keep_session`, its API tokens unless they are kept, and its waits.
    SetPassword {
        name: String,
        password: PasswordHash,
        keep_session: Option<SecretHash>,
        keep_tokens: bool,
    },
}

/// A group as somebody asks for it: with the names of volumes that there are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WantedGroup {
    pub name: String,
    pub role: Role,
    pub owned: Vec<String>,
    pub members: BTreeSet<String>,
}

/// What a password or code was wrong for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Proving {
    Login,
    /// A change of what protects an account, by somebody who is logged in.
    Change,
}
