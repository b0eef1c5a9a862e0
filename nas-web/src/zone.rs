//! Owns which time zone the pages show: the cluster's, asked for now and then.

use nasd_api::{Client, Nothing, ReadSettings, Zone};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// A change is seen on all consoles within this.
const KEPT_FOR: Duration = Duration::from_secs(5);

/// The newest that was heard of it.
#[derive(Default)]
pub struct KeptZone(Mutex<Option<(Instant, Zone)>>);

impl KeptZone {
    /// Of a node that does not say it, what it said last.
    pub async fn of(&self, client: &Client) -> Zone {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match kept {
            Some((at, zone)) if at.elapsed() < KEPT_FOR => zone,
            kept => {
                let asked = client.ask::<ReadSettings>(Nothing).await;
                let told = asked.ok().and_then(|settings| Zone::named(&settings.time_zone));
                let zone = told.or(kept.map(|(_, zone)| zone)).unwrap_or_default();
                *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), zone.clone()));
                zone
            }
        }
    }

    /// It was just changed here.
    pub fn forget(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}
