//! How often an address may try to log in at this node, and how many passwords are checked at once. The lock of a
//! user is the replicated state's; this keeps a flood from costing processor time and log entries.

use nasd_api::{ApiError, ErrorCode};
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, timeout};

/// Attempts of one address within [`WINDOW`].
const ATTEMPTS_MAX: u32 = 10;
const WINDOW: Duration = Duration::from_secs(60);
/// Addresses that are remembered; when there are more, new ones wait.
const ADDRESSES_MAX: usize = 4096;
/// Passwords that are checked at once, each with 19 MiB.
const CHECKS_MAX: usize = 2;
/// Requests that may wait for news of their session at once: strangers with made-up ones get no more of the node.
const HEARING_MAX: usize = 16;
/// How long an attempt waits for its turn.
const TURN_MAX: Duration = Duration::from_secs(5);

pub struct Attempts {
    /// When an address's window began, and how many attempts were in it.
    recent: Mutex<BTreeMap<String, (Instant, u32)>>,
    places: Semaphore,
    hearing: Semaphore,
}

impl Default for Attempts {
    fn default() -> Attempts {
        Attempts {
            recent: Mutex::default(),
            places: Semaphore::new(CHECKS_MAX),
            hearing: Semaphore::new(HEARING_MAX),
        }
    }
}

fn too_many() -> ApiError {
    ApiError::new(ErrorCode::TooManyAttempts, "too many attempts from this address; wait a minute")
}

impl Attempts {
    /// Counts an attempt.
    ///
    /// # Errors
    /// `TooManyAttempts`.
    pub fn admit(&self, address: &str) -> Result<(), ApiError> {
        let (now, mut recent) = (Instant::now(), self.recent.lock());
        if recent.len() >= ADDRESSES_MAX {
            recent.retain(|_, (began, _)| now.duration_since(*began) < WINDOW);
        }
        if recent.len() >= ADDRESSES_MAX && !recent.contains_key(address) {
            return Err(too_many());
        }
        let (began, count) = recent.entry(address.to_owned()).or_insert((now, 0));
        if now.duration_since(*began) >= WINDOW {
            (*began, *count) = (now, 0);
        }
        *count += 1;
        if *count > ATTEMPTS_MAX { Err(too_many()) } else { Ok(()) }
    }

    /// A place to wait for news of a credential, if there is one.
    pub fn hearing(&self) -> Option<SemaphorePermit<'_>> {
        self.hearing.try_acquire().ok()
    }

    /// Waits for a turn to check a password.
    pub async fn place(&self) -> Result<SemaphorePermit<'_>, ApiError> {
        match timeout(TURN_MAX, self.places.acquire()).await {
            Ok(Ok(place)) => Ok(place),
            _ => Err(ApiError::new(ErrorCode::TooManyAttempts, "too many logins at once; try again")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_address_that_tries_too_often_waits_and_others_do_not() {
        let attempts = Attempts::default();
        for _ in 0..ATTEMPTS_MAX {
            assert!(attempts.admit("192.0.2.1").is_ok());
        }
        assert_eq!(attempts.admit("192.0.2.1").unwrap_err().code, ErrorCode::TooManyAttempts);
        assert!(attempts.admit("192.0.2.2").is_ok());
        tokio::time::advance(WINDOW).await;
        assert!(attempts.admit("192.0.2.1").is_ok());
    }

    #[tokio::test]
    async fn few_wait_for_news_at_once() {
        let attempts = Attempts::default();
        let waiting: Vec<_> = (0..HEARING_MAX).map(|_| attempts.hearing()).collect();
        assert!(waiting.iter().all(Option::is_some) && attempts.hearing().is_none());
        drop(waiting);
        assert!(attempts.hearing().is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn a_flood_of_addresses_does_not_grow_the_memory() {
        let attempts = Attempts::default();
        for number in 0..ADDRESSES_MAX + 10 {
            let admitted = attempts.admit(&number.to_string()).is_ok();
            assert_eq!(admitted, number < ADDRESSES_MAX);
        }
        assert!(attempts.recent.lock().len() <= ADDRESSES_MAX);
        tokio::time::advance(WINDOW).await;
        assert!(attempts.admit("new").is_ok());
    }
}
