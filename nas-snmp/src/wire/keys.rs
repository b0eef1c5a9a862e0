//! Owns keys of users: localized ones, by which messages are signed, checked, encrypted and read.

use super::V3Message;
use async_snmp::v3::auth::verify_message;
use async_snmp::v3::{self, SaltCounter, UsmSecurityParams};
use bytes::Bytes;

pub use async_snmp::{AuthProtocol, PrivProtocol};

/// A key that its protocol cannot use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a key is too short for its protocol")]
pub struct BadKey;

/// What a user's messages are signed with.
#[derive(Clone)]
pub struct AuthKey(pub(super) v3::LocalizedKey);

/// What a user's messages are encrypted with.
#[derive(Clone)]
pub struct PrivKey(pub(super) v3::PrivKey);

/// Makes that no two messages are encrypted alike.
pub struct Salt(pub(super) SaltCounter);

impl AuthKey {
    /// A key that was localized (RFC 3414 A.2) to this agent's engine.
    pub fn localized(protocol: AuthProtocol, key: &[u8]) -> Result<AuthKey, BadKey> {
        let fits = key.len() == protocol.digest_len();
        let key = fits.then(|| v3::LocalizedKey::from_bytes(protocol, key).ok()).flatten();
        key.map(AuthKey).ok_or(BadKey)
    }

    /// The key that a passphrase makes for an engine; it takes milliseconds.
    pub fn of_passphrase(protocol: AuthProtocol, passphrase: &str, engine: &[u8]) -> Result<AuthKey, BadKey> {
        v3::LocalizedKey::from_str_password(protocol, passphrase, engine).map(AuthKey).map_err(|_| BadKey)
    }

    /// Whether a message was signed with it. The digest has its full length, or it was not.
    pub fn signed(&self, message: &V3Message) -> bool {
        if cfg!(fuzzing) {
            return true;
        }
        let place = UsmSecurityParams::find_auth_params_offset(&message.whole);
        place.is_some_and(|(at, length)| {
            length == self.0.mac_len() && verify_message(&self.0, &message.whole, at, length).unwrap_or(false)
        })
    }
}

impl PrivKey {
    pub fn localized(protocol: PrivProtocol, key: &[u8]) -> Result<PrivKey, BadKey> {
        v3::PrivKey::from_bytes(protocol, key).map(PrivKey).map_err(|_| BadKey)
    }

    /// The key that a passphrase makes for an engine; `auth` is the digest that makes it. Only where that is as long as
    /// the key: programs differ in how a shorter one is made longer.
    pub fn of_passphrase(
        protocol: PrivProtocol,
        auth: AuthProtocol,
        passphrase: &str,
        engine: &[u8],
    ) -> Result<PrivKey, BadKey> {
        let key = v3::LocalizedKey::from_str_password(auth, passphrase, engine).map_err(|_| BadKey)?;
        PrivKey::localized(protocol, key.as_bytes())
    }

    /// What a message carries, of one that is encrypted.
    pub fn decrypted(&self, message: &V3Message) -> Option<Bytes> {
        self.0.decrypt(&message.scoped, message.boots, message.time, &message.salt).ok()
    }
}

impl Salt {
    /// # Errors
    /// When the system has no random bytes.
    pub fn new() -> Result<Salt, String> {
        SaltCounter::new().map(Salt).map_err(|error| error.to_string())
    }
}

impl std::fmt::Debug for AuthKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AuthKey")
    }
}

impl std::fmt::Debug for PrivKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PrivKey")
    }
}
