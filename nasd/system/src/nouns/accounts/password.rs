//! Passwords as the state knows them: argon2id hashes. The work is done by the node that is asked, never in apply.

use super::error::{AccountError, PASSWORD_CHARS_MAX, PASSWORD_CHARS_MIN};
use argon2::{Algorithm, Argon2, Params, Version};
use serde::{Deserialize, Serialize};
use std::fmt;

/// What OWASP asks of argon2id at least: 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
const HASH_BYTES: usize = 32;
const SALT_BYTES: usize = 16;

/// An argon2id hash with what it was made with, so that the cost can rise later.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PasswordHash {
    memory_kib: u32,
    passes: u32,
    lanes: u32,
    salt: [u8; SALT_BYTES],
    hash: [u8; HASH_BYTES],
}

impl PasswordHash {
    /// Hashes a password with a random `salt`. Takes about 20 ms of a core and 19 MiB; blocks.
    ///
    /// # Errors
    /// `WeakPassword` when [`check_password`] refuses it.
    pub fn create(password: &str, salt: [u8; SALT_BYTES]) -> Result<PasswordHash, AccountError> {
        check_password(password)?;
        let mut made = PasswordHash {
            memory_kib: MEMORY_KIB,
            passes: PASSES,
            lanes: LANES,
            salt,
            hash: [0; HASH_BYTES],
        };
        made.hash = made.computed(password).ok_or(AccountError::WeakPassword)?;
        Ok(made)
    }

    /// A hash that no password has: verifying against it costs what any other does.
    pub fn of_nobody() -> PasswordHash {
        PasswordHash {
            memory_kib: MEMORY_KIB,
            passes: PASSES,
            lanes: LANES,
            salt: [0; SALT_BYTES],
            hash: [0; HASH_BYTES],
        }
    }

    /// Whether this is the password. Costs what [`PasswordHash::create`] does; blocks.
    pub fn verify(&self, password: &str) -> bool {
        if password.chars().count() > PASSWORD_CHARS_MAX {
            return false;
        }
        // BLAKE3's comparison takes the same time wherever two hashes differ.
        self.computed(password).is_some_and(|hash| blake3::Hash::from(hash) == blake3::Hash::from(self.hash))
    }

    /// Names this hash: a login that was checked against another is not valid any more.
    pub fn id(&self) -> [u8; 32] {
        blake3::hash(&postcard::to_stdvec(self).expect("hashes always encode")).into()
    }

    /// Whether the costs are ones that this version makes: what a stranger's command could ask for is bounded.
    pub(super) fn is_sane(&self) -> bool {
        (8..=256 * 1024).contains(&self.memory_kib)
            && (1..=16).contains(&self.passes)
            && (1..=4).contains(&self.lanes)
    }

    fn computed(&self, password: &str) -> Option<[u8; HASH_BYTES]> {
        let params = Params::new(self.memory_kib, self.passes, self.lanes, Some(HASH_BYTES)).ok()?;
        let mut hash = [0; HASH_BYTES];
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        argon2.hash_password_into(password.as_bytes(), &self.salt, &mut hash).ok()?;
        Some(hash)
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}

/// Whether a new password is long enough, and not so long that it only costs time.
///
/// # Errors
/// `WeakPassword` says the rule.
pub fn check_password(password: &str) -> Result<(), AccountError> {
    let fits = (PASSWORD_CHARS_MIN..=PASSWORD_CHARS_MAX).contains(&password.chars().count());
    if fits { Ok(()) } else { Err(AccountError::WeakPassword) }
}
