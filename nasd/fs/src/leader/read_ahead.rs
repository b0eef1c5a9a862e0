//! Who reads a file in order, and what of it should be in the store's cache before it is asked for.

use nasd_base::Ino;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::atomic::AtomicUsize;

/// Readers that are told apart; with more the memory starts anew.
const STREAMS_MAX: usize = 4096;

/// How far ahead of a reader the cache is filled.
const WINDOW_BYTES: u64 = 2 << 20;

/// Fills under way at once, for all files of the volume: leaves the disks to those who wait.
pub(super) const FILLS_MAX: usize = 8;

/// Who reads in order, and how far ahead the cache is.
#[derive(Default)]
pub(crate) struct ReadAhead {
    streams: Mutex<HashMap<Ino, Stream>>,
    pub(super) fills: AtomicUsize,
}

#[derive(Clone, Copy)]
struct Stream {
    /// Where the next read of this reader begins.
    next: u64,
    /// The cache was filled up to here.
    filled: u64,
}

impl ReadAhead {
    /// Notes a read; returns what should be brought into the cache.
    pub(super) fn note(&self, ino: Ino, range: &Range<u64>, size: u64) -> Option<Range<u64>> {
        let mut streams = self.streams.lock();
        if range.end >= size {
            streams.remove(&ino);
            return None;
        }
        let Some(stream) = streams.get_mut(&ino).filter(|stream| stream.next == range.start) else {
            if streams.len() >= STREAMS_MAX {
                streams.clear();
            }
            streams.insert(ino, Stream { next: range.end, filled: range.end });
            return None;
        };
        stream.next = range.end;
        stream.filled = stream.filled.max(range.end);
        // Half a window at a time: neither every read nor in large lumps.
        let wanted = (range.end + WINDOW_BYTES).min(size);
        if wanted - stream.filled.min(wanted) < WINDOW_BYTES / 2 && wanted < size {
            return None;
        }
        let fill = stream.filled..wanted;
        stream.filled = wanted.max(stream.filled);
        (!fill.is_empty()).then_some(fill)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KIB: u64 = 1 << 10;

    #[test]
    fn a_sequential_reader_is_kept_ahead_and_a_random_one_is_not() {
        let ahead = ReadAhead::default();
        let size = 64 << 20;
        let mut filled = 0;
        for block in 0..128 {
            let range = block * 128 * KIB..(block + 1) * 128 * KIB;
            if let Some(fill) = ahead.note(Ino(1), &range, size) {
                assert!(fill.start >= range.end && fill.start >= filled, "nothing is filled twice");
                filled = fill.end;
            }
            assert!(block < 2 || filled >= range.end + WINDOW_BYTES / 2 - 128 * KIB, "block {block}");
        }
        for block in [5, 90, 17, 200] {
            let range = block * 128 * KIB..(block + 1) * 128 * KIB;
            assert_eq!(ahead.note(Ino(2), &range, size), None);
        }
    }

    #[test]
    fn a_reader_at_the_end_is_forgotten() {
        let ahead = ReadAhead::default();
        assert_eq!(ahead.note(Ino(1), &(0..10), 100), None);
        assert_eq!(ahead.note(Ino(1), &(10..100), 100), None);
        assert!(ahead.streams.lock().is_empty());
    }
}
