//! Why commands about accounts are refused, and the bounds that the refusals name.

use crate::noun::{Refusal, RefusalKind};
use serde::{Deserialize, Serialize};

/// Fewest characters of a password (NIST SP 800-63B asks for 8 with a second factor, 15 without; lockout allows
/// the middle).
pub const PASSWORD_CHARS_MIN: usize = 10;
/// Most characters of a password: more would only cost the node that hashes it.
pub const PASSWORD_CHARS_MAX: usize = 256;
/// What the limits of sessions may be, in minutes.
pub const SESSION_MINUTES_MIN: u32 = 5;
pub const SESSION_MINUTES_MAX: u32 = 24 * 60;

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

impl Refusal for AccountError {
    fn kind(&self) -> RefusalKind {
        match self {
            AccountError::UserExists(_)
            | AccountError::GroupExists(_)
            | AccountError::ApiTokenExists { .. } => RefusalKind::Exists,
            AccountError::UnknownUser(_)
            | AccountError::UnknownGroup(_)
            | AccountError::UnknownSession
            | AccountError::UnknownVolume(_)
            | AccountError::UnknownApiToken { .. }
            | AccountError::NoFactor(_) => RefusalKind::Unknown,
            AccountError::LastAdministrator(_)
            | AccountError::AlreadySetUp
            | AccountError::NoFactorOffered
            | AccountError::FactorExists(_)
            | AccountError::TooMany(_) => RefusalKind::Conflict,
            AccountError::SetupTokenUnknown | AccountError::SetupTokenExpired => RefusalKind::Denied,
            AccountError::BadCredentials => RefusalKind::Unproved,
            AccountError::FactorNeeded => RefusalKind::FactorNeeded,
            AccountError::Locked { .. } => RefusalKind::TooManyAttempts,
            _ => RefusalKind::Invalid,
        }
    }

    #[cfg(feature = "testing")]
    fn samples() -> Vec<AccountError> {
        nasd_base::every_variant!(AccountError {
            BadUserName,
            BadLabel,
            WeakPassword,
            UserExists("ann".to_owned()),
            UnknownUser("ann".to_owned()),
            LastAdministrator("ann".to_owned()),
            AlreadySetUp,
            SetupTokenUnknown,
            SetupTokenExpired,
            BadCredentials,
            Locked { name: "ann".to_owned(), seconds: 60 },
            FactorNeeded,
            UnknownSession,
            ApiTokenExists { user: "ann".to_owned(), name: "backup".to_owned() },
            UnknownApiToken { user: "ann".to_owned(), name: "backup".to_owned() },
            BadScopes,
            BadLifetime,
            OwnsWithoutRole,
            BadVolumeName,
            NoFactorOffered,
            NoFactor("ann".to_owned()),
            FactorExists("ann".to_owned()),
            TooMany("API tokens; delete some".to_owned()),
            Malformed,
            BadGroupName,
            GroupExists("day".to_owned()),
            UnknownGroup("day".to_owned()),
            BadSessionLimits,
            UnknownVolume("media".to_owned()),
        })
    }
}
