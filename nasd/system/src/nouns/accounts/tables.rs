//! Users, sessions and API tokens in memory.

use super::password::PasswordHash;
use crate::noun::{Tag, hashed};
use nasd_base::role::{Grant, Right, Role};
use nasd_base::{Timestamp, VolumeId};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// BLAKE3 of a secret of at least 80 random bits.
pub type SecretHash = [u8; 32];

/// When sessions end. Stored as [`User`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionLimits {
    /// Without a request.
    pub idle_minutes: u32,
    /// At the latest.
    pub total_minutes: u32,
}

impl Default for SessionLimits {
    fn default() -> SessionLimits {
        SessionLimits { idle_minutes: 30, total_minutes: 12 * 60 }
    }
}

/// The second factor that is in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Factor {
    /// The authenticator's key, sealed.
    pub sealed: Vec<u8>,
    /// The step of the last code that was used: that one and older ones are not good any more.
    pub last_step: u64,
    /// Hashes of the recovery codes that are left.
    pub recovery: Vec<SecretHash>,
}

/// Rows are stored as postcard behind a version: append fields only with a new version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    pub name: String,
    pub role: Role,
    /// The volumes whose exports a share owner decides about: another one of the same name is not theirs.
    pub owned: Vec<VolumeId>,
    pub disabled: bool,
    pub password: PasswordHash,
    pub created: Timestamp,
    /// A key that was offered and not confirmed yet.
    pub offered: Option<Vec<u8>>,
    pub factor: Option<Factor>,
}

/// Users who have a role together, besides each one's own. Stored as [`User`] is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    pub name: String,
    pub role: Role,
    /// As a user's.
    pub owned: Vec<VolumeId>,
    /// Names of users that there are.
    pub members: BTreeSet<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    pub hash: SecretHash,
    pub user: String,
    pub address: String,
    pub created: Timestamp,
    /// At most a minute older than the last request.
    pub last_seen: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiToken {
    pub hash: SecretHash,
    pub user: String,
    pub name: String,
    pub scopes: Vec<Right>,
    pub created: Timestamp,
    pub expires: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetupToken {
    pub hash: SecretHash,
    pub expires: Timestamp,
}

/// Who was guessed at, and where, both as hashes: strangers choose the names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct GuessKey {
    /// Zero: whoever.
    pub user: [u8; 8],
    /// Zero: wherever the user has not logged in before.
    pub place: [u8; 8],
}

/// What was wrong so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Guesses {
    pub wrong: u32,
    pub last: Timestamp,
    pub wait_until: Option<Timestamp>,
}

/// The places of one user; see [`super::guesses::place`].
pub type Familiar = BTreeMap<String, Timestamp>;

/// All rows, by their keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Accounts {
    pub users: BTreeMap<String, User>,
    pub groups: BTreeMap<String, Group>,
    pub session_limits: SessionLimits,
    pub sessions: BTreeMap<SecretHash, Session>,
    pub api_tokens: BTreeMap<SecretHash, ApiToken>,
    /// None once somebody has administered the cluster.
    pub setup_tokens: BTreeMap<SecretHash, SetupToken>,
    /// Wrong passwords and codes, of users that there are and of others.
    pub guesses: BTreeMap<GuessKey, Guesses>,
    /// From where each user has logged in, and when it last did.
    pub familiar: BTreeMap<String, Familiar>,
}

/// One row's change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccountEffect {
    User(User),
    NoUser(String),
    Group(Group),
    NoGroup(String),
    SessionLimits(SessionLimits),
    Session(Session),
    NoSession(SecretHash),
    ApiToken(ApiToken),
    NoApiToken(SecretHash),
    SetupToken(SetupToken),
    NoSetupToken(SecretHash),
    Guesses(GuessKey, Guesses),
    NoGuesses(GuessKey),
    /// None at all take the row away.
    Familiar(String, Familiar),
}

impl Session {
    /// When it ends unless it is used.
    pub fn expires(&self, limits: &SessionLimits) -> Timestamp {
        let after = |begun: Timestamp, minutes: u32| begun.plus(Duration::from_secs(60 * u64::from(minutes)));
        after(self.created, limits.total_minutes).min(after(self.last_seen, limits.idle_minutes))
    }

    pub fn is_valid(&self, limits: &SessionLimits, now: Timestamp) -> bool {
        now < self.expires(limits)
    }
}

impl User {
    /// Whether the user is an administrator who can log in, now or after a lock. Groups do not count: who is one
    /// through a group only stops being one with the group.
    pub fn administers(&self) -> bool {
        self.role == Role::Administrator && !self.disabled
    }
}

impl Accounts {
    /// Whether somebody can administer the cluster without the local socket.
    pub fn is_set_up(&self) -> bool {
        self.users.values().any(User::administers)
    }

    /// The groups that the user is in.
    pub fn groups_of(&self, user: &str) -> impl Iterator<Item = &Group> {
        self.groups.values().filter(move |group| group.members.contains(user))
    }

    /// What the user may do, by its own role and its groups'.
    pub fn grant(&self, user: &User) -> Grant<VolumeId> {
        let groups = self.groups_of(&user.name).map(|group| (group.role, &group.owned[..]));
        Grant::of(std::iter::once((user.role, &user.owned[..])).chain(groups))
    }

    /// The user of a valid session.
    pub fn session_user(&self, session: &SecretHash, now: Timestamp) -> Option<(&Session, &User)> {
        let session = self.sessions.get(session).filter(|one| one.is_valid(&self.session_limits, now))?;
        let user = self.users.get(&session.user).filter(|user| !user.disabled)?;
        Some((session, user))
    }

    /// The user of a valid API token.
    pub fn api_token_user(&self, token: &SecretHash, now: Timestamp) -> Option<(&ApiToken, &User)> {
        let token = self.api_tokens.get(token).filter(|token| now < token.expires)?;
        let user = self.users.get(&token.user).filter(|user| !user.disabled)?;
        Some((token, user))
    }
}

/// Of what an administrator sets; logins do not change it.
pub fn user_tag(user: &User) -> Tag {
    hashed("user", &(&user.name, user.role, &user.owned, user.disabled))
}

pub fn group_tag(group: &Group) -> Tag {
    hashed("group", group)
}

/// What the state knows a secret by.
pub fn hash_secret(secret: &[u8]) -> SecretHash {
    blake3::hash(secret).into()
}

/// How a session is named in lists: useless to whoever reads it.
pub fn secret_id(hash: &SecretHash) -> String {
    hash[..8].iter().map(|byte| format!("{byte:02x}")).collect()
}
