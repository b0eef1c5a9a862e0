//! Who may manage the cluster: users and their groups, passwords and second factors, sessions and API tokens.
//!
//! ```text
//!  node that is asked: password, code ─▶ LogIn / Guess ─▶ decide ─▶ rows of the system's state
//!                     secret of a session or token ─▶ BLAKE3 ─▶ its row, on any node
//! ```
//!
//! Secrets never get here in the clear: passwords come as argon2id hashes, other secrets as BLAKE3 hashes, the
//! keys of second factors sealed. See `docs/decisions/0015-management-identity.md`.

mod api_token;
mod command;
mod decide;
mod error;
mod factor;
mod group;
mod guesses;
mod password;
mod rules;
mod seal;
mod session;
mod setup;
mod store;
mod tables;
mod totp;
mod user;
mod words;

pub use api_token::API_TOKEN_SECONDS_MAX;
pub use command::{AccountCommand, Proving, WantedGroup};
pub use error::{
    AccountError, PASSWORD_CHARS_MAX, PASSWORD_CHARS_MIN, SESSION_MINUTES_MAX, SESSION_MINUTES_MIN,
};
pub(crate) use group::disown;
pub use guesses::place as guessing_place;
pub use password::{PasswordHash, check_password};
pub(crate) use rules::check_session_limits;
pub use rules::{OWNED_MAX, SECONDS_MIN, USERS_MAX, check_group_name, check_label, check_user_name};
pub use seal::SealKey;
pub(crate) use tables::AccountEffect;
pub use tables::{
    Accounts, ApiToken, Factor, Group, SecretHash, Session, SessionLimits, SetupToken, User, group_tag,
    hash_secret, secret_id, user_tag,
};
pub use totp::{CODE_DIGITS, STEP_SECONDS, TotpKey};

#[cfg(test)]
mod tests;
