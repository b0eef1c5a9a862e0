//! Bringing what a reader is about to ask for into the store's cache: [`crate::leader::read_ahead`] says what.

use crate::core::Core;
use crate::leader::read_ahead::FILLS_MAX;
use nasd_base::Ino;
use nasd_meta::Source;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

impl Core {
    /// Notes that `range` of a file is being read, and fills the cache if it is read in order.
    pub(super) fn look_ahead(self: &Arc<Self>, ino: Ino, range: &Range<u64>, size: u64) {
        if range.is_empty() {
            return;
        }
        let Some(fill) = self.read_ahead.note(ino, range, size) else { return };
        if self.read_ahead.fills.fetch_add(1, Relaxed) >= FILLS_MAX {
            self.read_ahead.fills.fetch_sub(1, Relaxed);
            return;
        }
        let core = self.clone();
        tokio::spawn(async move {
            core.fill_cache(ino, fill).await;
            core.read_ahead.fills.fetch_sub(1, Relaxed);
        });
    }

    async fn fill_cache(&self, ino: Ino, range: Range<u64>) {
        let Ok((_, pieces)) = self.meta.pieces(ino, range) else { return };
        for piece in pieces {
            if let Source::Chunk { chunk, start } = piece.source {
                // Whatever is wrong with it, the reader that needs it will find.
                let _ = self.store.read(self.key(chunk), start, piece.len as u32).await;
            }
        }
    }
}
