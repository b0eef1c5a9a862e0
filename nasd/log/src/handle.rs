//! What keeps the log open.

use crate::recover::Recovery;
use crate::shared::Shared;
use std::sync::Arc;

/// Held by every clone of the log and its groups; the last one lets the writer end.
pub(crate) struct Handle {
    pub(crate) shared: Arc<Shared>,
    pub(crate) recovery: Recovery,
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.shared.close();
    }
}
