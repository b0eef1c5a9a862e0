//! Owns the room for large forms of whoever is not logged in.

use tokio::sync::{Semaphore, SemaphorePermit};

/// What all strangers' forms take up, beyond what each has room for anyway, while they arrive: somebody whose session
/// ended sends a large one.
const STRANGERS_FORMS_BYTES: usize = 4 << 20;

/// The room for large forms of whoever is not logged in.
pub struct StrangersForms(Semaphore);

impl Default for StrangersForms {
    fn default() -> StrangersForms {
        StrangersForms(Semaphore::new(STRANGERS_FORMS_BYTES))
    }
}

impl StrangersForms {
    pub fn take(&self, bytes: usize) -> Option<SemaphorePermit<'_>> {
        self.0.try_acquire_many(u32::try_from(bytes).ok()?).ok()
    }
}
