//! How often strangers may try to log in at this node, how many passwords are checked at once, and how many failures
//! are recorded. Who has to wait for wrong ones is the replicated state's to say; this keeps a flood from costing
//! processor time and log entries, and from keeping those out who have logged in from where they are before.

use crate::refusal;
use nasd_api::ApiError;
use nasd_base::rarely::Rarely;
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, timeout};

/// Attempts of one address within [`WINDOW`].
const ATTEMPTS_MAX: u32 = 10;
const WINDOW: Duration = Duration::from_secs(60);
/// Places that are remembered; the one that tried least gives way.
const PLACES_MAX: usize = 4096;
/// Passwords that are checked at once for whoever comes, each with 19 MiB.
const CHECKS_MAX: usize = 1;
/// The same for users from where they have logged in before.
const FAMILIAR_CHECKS_MAX: usize = 1;
/// Failures that are recorded in a minute; more are counted.
const RECORDS_MAX: u32 = 60;
/// The same of attempts that came too early.
const REFUSED_RECORDS_MAX: u32 = 10;
/// Requests that may wait for news of their session at once: strangers with made-up ones get no more of the node.
const HEARING_MAX: usize = 16;
/// Attempts that may wait for their turn; with more of them the next is refused at once, and holds nothing meanwhile.
const WAITING_MAX: usize = 16;
/// Hashes of new passwords that are made at once: as large as those that are checked.
const MADE_MAX: usize = 1;
/// How long an attempt waits for its turn.
const TURN_MAX: Duration = Duration::from_secs(5);

/// Who tries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comer {
    /// The user has logged in from there before.
    Familiar,
    Stranger,
}

pub struct Attempts {
    /// When a place's window began, and how many attempts were in it.
    recent: Mutex<BTreeMap<String, (Instant, u32)>>,
    checks: Semaphore,
    familiar_checks: Semaphore,
    waiting: Semaphore,
    made: Semaphore,
    records: Rarely,
    refused_records: Rarely,
    hearing: Semaphore,
}

impl Default for Attempts {
    fn default() -> Attempts {
        Attempts {
            recent: Mutex::default(),
            checks: Semaphore::new(CHECKS_MAX),
            familiar_checks: Semaphore::new(FAMILIAR_CHECKS_MAX),
            waiting: Semaphore::new(WAITING_MAX),
            made: Semaphore::new(MADE_MAX),
            records: Rarely::new(RECORDS_MAX, WINDOW),
            refused_records: Rarely::new(REFUSED_RECORDS_MAX, WINDOW),
            hearing: Semaphore::new(HEARING_MAX),
        }
    }
}

impl Attempts {
    /// Counts an attempt of a stranger at a place; those who are known there are the state's to count.
    ///
    /// # Errors
    /// `TooManyAttempts`.
    pub fn admit(&self, place: &str, comer: Comer) -> Result<(), ApiError> {
        if comer == Comer::Familiar {
            return Ok(());
        }
        let (now, mut recent) = (Instant::now(), self.recent.lock());
        if recent.len() >= PLACES_MAX && !recent.contains_key(place) {
            make_room(&mut recent, now);
        }
        let (began, count) = recent.entry(place.to_owned()).or_insert((now, 0));
        if now.duration_since(*began) >= WINDOW {
            (*began, *count) = (now, 0);
        }
        *count += 1;
        if *count > ATTEMPTS_MAX { Err(refusal::too_many_from_here()) } else { Ok(()) }
    }

    /// Whether a failure is to be recorded: then how many there were since the last that was.
    pub fn record(&self) -> Option<u64> {
        self.records.say(Instant::now())
    }

    /// The same for an attempt that came too early.
    pub fn record_refused(&self) -> Option<u64> {
        self.refused_records.say(Instant::now())
    }

    /// A place to wait for news of a credential, if there is one.
    pub fn hearing(&self) -> Option<SemaphorePermit<'_>> {
        self.hearing.try_acquire().ok()
    }

    /// Waits for a turn to check a password. Strangers wait for each other only.
    pub async fn turn(&self, comer: Comer) -> Result<SemaphorePermit<'_>, ApiError> {
        let turns = match comer {
            Comer::Familiar => &self.familiar_checks,
            Comer::Stranger => &self.checks,
        };
        let _waiting = match comer {
            Comer::Familiar => None,
            Comer::Stranger => Some(self.waiting.try_acquire().map_err(|_| refusal::too_many_at_once())?),
        };
        turn_of(turns).await
    }

    /// Waits for a turn to hash a new password, of somebody who may set one.
    pub async fn making(&self) -> Result<SemaphorePermit<'_>, ApiError> {
        turn_of(&self.made).await
    }
}

async fn turn_of(turns: &Semaphore) -> Result<SemaphorePermit<'_>, ApiError> {
    match timeout(TURN_MAX, turns.acquire()).await {
        Ok(Ok(turn)) => Ok(turn),
        _ => Err(refusal::too_many_at_once()),
    }
}

/// Forgets windows that are over, and one more where that is not enough.
fn make_room(recent: &mut BTreeMap<String, (Instant, u32)>, now: Instant) {
    recent.retain(|_, (began, _)| now.duration_since(*began) < WINDOW);
    if recent.len() >= PLACES_MAX {
        let least = recent.iter().min_by_key(|(_, (began, count))| (*count, *began));
        let least = least.map(|(place, _)| place.clone());
        least.and_then(|place| recent.remove(&place));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nasd_api::ErrorCode;

    #[tokio::test(start_paused = true)]
    async fn a_place_that_tries_too_often_waits_and_others_do_not() {
        let attempts = Attempts::default();
        let stranger = |place| attempts.admit(place, Comer::Stranger);
        for _ in 0..ATTEMPTS_MAX {
            assert!(stranger("192.0.2.1").is_ok());
        }
        assert_eq!(stranger("192.0.2.1").unwrap_err().code, ErrorCode::TooManyAttempts);
        assert!(stranger("192.0.2.2").is_ok());
        assert!(
            attempts.admit("192.0.2.1", Comer::Familiar).is_ok(),
            "a neighbour of theirs is not in the way"
        );
        tokio::time::advance(WINDOW).await;
        assert!(stranger("192.0.2.1").is_ok());
    }

    /// Each that waits holds a connection of the console.
    #[tokio::test(start_paused = true)]
    async fn few_strangers_wait_and_the_others_are_refused_at_once() {
        let attempts = Attempts::default();
        let _busy = attempts.turn(Comer::Stranger).await.unwrap();
        let began = Instant::now();
        let waits = async {
            futures::future::join_all((0..WAITING_MAX).map(|_| attempts.turn(Comer::Stranger))).await;
        };
        let more = async {
            tokio::task::yield_now().await;
            assert!(attempts.turn(Comer::Stranger).await.is_err());
            assert_eq!(began.elapsed(), Duration::ZERO);
            assert!(attempts.turn(Comer::Familiar).await.is_ok());
        };
        tokio::join!(waits, more);
    }

    /// Strangers used to queue for the same two turns as everybody else.
    #[tokio::test(start_paused = true)]
    async fn strangers_do_not_keep_those_waiting_who_are_known() {
        let attempts = Attempts::default();
        let _busy = attempts.turn(Comer::Stranger).await.unwrap();
        assert!(attempts.turn(Comer::Stranger).await.is_err());
        assert!(attempts.turn(Comer::Familiar).await.is_ok());
    }

    #[tokio::test]
    async fn few_wait_for_news_at_once() {
        let attempts = Attempts::default();
        let waiting: Vec<_> = (0..HEARING_MAX).map(|_| attempts.hearing()).collect();
        assert!(waiting.iter().all(Option::is_some) && attempts.hearing().is_none());
        drop(waiting);
        assert!(attempts.hearing().is_some());
    }

    /// 4,096 addresses used to shut out every other one for a minute.
    #[tokio::test(start_paused = true)]
    async fn a_flood_of_places_neither_grows_the_memory_nor_shuts_others_out() {
        let attempts = Attempts::default();
        for _ in 0..=ATTEMPTS_MAX {
            let _ = attempts.admit("busy", Comer::Stranger);
        }
        for number in 0..PLACES_MAX + 10 {
            assert!(attempts.admit(&number.to_string(), Comer::Stranger).is_ok());
        }
        assert!(attempts.recent.lock().len() <= PLACES_MAX);
        assert!(attempts.admit("busy", Comer::Stranger).is_err(), "who tried most is remembered");
    }
}
