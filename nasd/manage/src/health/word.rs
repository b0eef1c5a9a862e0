//! Owns the cluster's health in a word. Anybody may ask for it, and it takes a look at every volume: it is looked at a
//! few times a second, however many ask.

use crate::Manager;
use nasd_api::{ApiError, Call, HealthWord, ReadHealth, Serve};
use parking_lot::Mutex;
use std::time::Duration;
use tokio::time::Instant;

/// How long a word holds: less than it takes to notice that something is wrong.
const GOOD_FOR: Duration = Duration::from_millis(250);

/// The last word, and when it was found.
#[derive(Default)]
pub struct Word(Mutex<Option<(Instant, HealthWord)>>);

impl Word {
    fn at(&self, now: Instant) -> Option<HealthWord> {
        let last = self.0.lock();
        let (_, word) = last.as_ref().filter(|(found, _)| now.duration_since(*found) < GOOD_FOR)?;
        Some(word.clone())
    }
}

impl Serve<ReadHealth> for Manager {
    async fn serve(&self, _: Call<ReadHealth>) -> Result<HealthWord, ApiError> {
        let now = Instant::now();
        if let Some(word) = self.word.at(now) {
            return Ok(word);
        }
        let verdict = self.observe().await?.verdict();
        let word = HealthWord { health: verdict.health, reason: verdict.headline.reason };
        *self.word.0.lock() = Some((now, word.clone()));
        Ok(word)
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
        let well = HealthWord { health: nasd_api::Health::Healthy, reason: "all_is_there".into() };
        *word.0.lock() = Some((now, well.clone()));
        assert_eq!(word.at(now + GOOD_FOR / 2), Some(well));
        assert_eq!(word.at(now + GOOD_FOR), None);
    }
}
