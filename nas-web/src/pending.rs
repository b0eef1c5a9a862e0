//! Owns passwords that were right while their code is asked for, so that they do not go back to the browser.

use crate::chance;
use nasd_api::Secret;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// As long as it takes to find the phone.
const LIFE: Duration = Duration::from_secs(180);
/// Each took a right password to get here.
const WAITING_MAX: usize = 64;

struct Waiting {
    handle: blake3::Hash,
    user: String,
    password: Secret,
    until: Instant,
}

/// Logins between the password and the code. In memory only.
#[derive(Default)]
pub struct Pending(Mutex<Vec<Waiting>>);

impl Pending {
    /// The handle for the form that asks for the code.
    pub fn remember(&self, user: String, password: Secret) -> String {
        let handle = chance::secret();
        let waiting =
            Waiting { handle: blake3::hash(handle.as_bytes()), user, password, until: Instant::now() + LIFE };
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= WAITING_MAX {
            all.remove(0);
        }
        all.push(waiting);
        handle
    }

    pub fn find(&self, handle: &str) -> Option<(String, Secret)> {
        let hash = blake3::hash(handle.as_bytes());
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|waiting| waiting.until > Instant::now());
        let found = all.iter().find(|waiting| waiting.handle == hash)?;
        Some((found.user.clone(), found.password.clone()))
    }

    pub fn forget(&self, handle: &str) {
        let hash = blake3::hash(handle.as_bytes());
        self.0.lock().unwrap_or_else(PoisonError::into_inner).retain(|waiting| waiting.handle != hash);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_password_waits_three_minutes_and_no_longer() {
        let pending = Pending::default();
        let handle = pending.remember("a".into(), Secret::new("p"));
        assert_eq!(pending.find(&handle), Some(("a".into(), Secret::new("p"))));
        assert_eq!(pending.find("another"), None);
        tokio::time::advance(LIFE).await;
        assert_eq!(pending.find(&handle), None);
    }

    #[tokio::test]
    async fn no_more_wait_than_fit() {
        let pending = Pending::default();
        let first = pending.remember("first".into(), Secret::new("p"));
        for _ in 0..WAITING_MAX {
            pending.remember("more".into(), Secret::new("p"));
        }
        assert_eq!(pending.find(&first), None);
    }
}
