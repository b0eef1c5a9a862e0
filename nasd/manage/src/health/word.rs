//! Owns the cluster's health in a word. Anybody may ask for it, and it takes a look at every volume: it is looked at a
//! few times a second, however many ask.

use crate::Manager;
use nasd_api::{ApiError, Call, Health, HealthWord, ReadHealth, Serve};
use parking_lot::Mutex;
use std::time::Duration;
use tokio::time::Instant;

/// How long a word holds: less than it takes to notice that something is wrong.
const GOOD_FOR: Duration = Duration::from_millis(250);

/// The last word, and when it was found.
#[derive(Default)]
pub struct Word(Mutex<Option<(Instant, Health)>>);

impl Word {
    fn at(&self, now: Instant) -> Option<Health> {
        let last = *self.0.lock();
        last.filter(|(found, _)| now.duration_since(*found) < GOOD_FOR).map(|(_, health)| health)
    }
}

impl Serve<ReadHealth> for Manager {
    async fn serve(&self, _: Call<ReadHealth>) -> Result<HealthWord, ApiError> {
        Ok(HealthWord { health: self.health_word().await? })
    }
}

impl Manager {
    pub(crate) async fn health_word(&self) -> Result<Health, ApiError> {
        let now = Instant::now();
        if let Some(health) = self.word.at(now) {
            return Ok(health);
        }
        let health = self.observe().await?.verdict().health;
        *self.word.0.lock() = Some((now, health));
        Ok(health)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_word_holds_for_a_moment() {
        let word = Word::default();
        let now = Instant::now();
        assert_eq!(word.at(now), None);
        *word.0.lock() = Some((now, Health::Healthy));
        assert_eq!(word.at(now + GOOD_FOR / 2), Some(Health::Healthy));
        assert_eq!(word.at(now + GOOD_FOR), None);
    }
}
