//! The changes of users, sessions and API tokens, and why they are refused. Append variants and fields, never
//! reorder. See `docs/formats/system-state.md`.

use super::password::{PASSWORD_CHARS_MAX, PASSWORD_CHARS_MIN, PasswordHash};
use super::rules::{SESSION_MINUTES_MAX, SESSION_MINUTES_MIN};
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

/// Why a change of accounts was refused. It changed nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum AccountError {
    #[error("a user's name has 1 to 32 of a-z, 0-9, `-`, `_` and `.`, and begins with a letter")]
    BadUserName,
    #[error("an API token's name has 1 to 64 letters, digits, `-`, `_` and `.`")]
    BadLabel,
    #[error("a password has {PASSWORD_CHARS_MIN} to {PASSWORD_CHARS_MAX} characters")]
    WeakPassword,
    #[error("there is a user {0} already")]
    UserExists(String),
    #[error("there is no user {0}")]
    UnknownUser(String),
    #[error("{0} is the last administrator who can log in; make another one first")]
    LastAdministrator(String),
    #[error("there is an administrator already; log in as one, or use the local socket of a node")]
    AlreadySetUp,
    #[error("the setup token is wrong or was used; `nasctl cluster setup-token` on a node makes another")]
    SetupTokenUnknown,
    #[error("the setup token has expired; `nasctl cluster setup-token` on a node makes another")]
    SetupTokenExpired,
    #[error("the user name, the password or the code is wrong")]
    BadCredentials,
    #[error("too many wrong attempts; try again in {seconds} s")]
    Locked { name: String, seconds: u32 },
    #[error("a code of the second factor is needed")]
    FactorNeeded,
    #[error("there is no such session; it may have ended")]
    UnknownSession,
    #[error("{user} has an API token {name} already")]
    ApiTokenExists { user: String, name: String },
    #[error("{user} has no API token {name}")]
    UnknownApiToken { user: String, name: String },
    #[error("an API token needs at least one scope, each named once")]
    BadScopes,
    #[error("an API token is valid for 1 minute to 365 days, a setup token for 1 minute to 7 days")]
    BadLifetime,
    #[error("only a share owner owns volumes")]
    OwnsWithoutRole,
    #[error("one of the owned volumes has no possible name")]
    BadVolumeName,
    #[error("no second factor was offered, or another one since; begin again")]
    NoFactorOffered,
    #[error("{0} has no second factor")]
    NoFactor(String),
    #[error("{0} has a second factor already")]
    FactorExists(String),
    #[error("there are too many {0}")]
    TooMany(String),
    #[error("the command's content cannot be right; is the node that sent it newer?")]
    Malformed,
    #[error("a group's name has 1 to 32 of a-z, 0-9, `-`, `_` and `.`, and begins with a letter")]
    BadGroupName,
    #[error("there is a group {0} already")]
    GroupExists(String),
    #[error("there is no group {0}")]
    UnknownGroup(String),
    #[error(
        "sessions end after {SESSION_MINUTES_MIN} to {SESSION_MINUTES_MAX} minutes without a request, and at the latest \
         after as many or more, up to {SESSION_MINUTES_MAX}"
    )]
    BadSessionLimits,
    #[error("there is no volume {0}")]
    UnknownVolume(String),
}
