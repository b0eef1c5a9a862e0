//! Owns the written data of one inode on its way to the volume's disks: a state machine without I/O.
//!
//! ```text
//! write → gathering → unsent → sending → retained → (committed: dropped)
//!           └ joins neighbours             └ the server's copy may be in its memory only
//! ```
//!
//! Invariant: retained pieces do not overlap. A newer write that the server took, and a truncation, cut
//! their range out of the older pieces; so replaying them in any order gives the file's newest content.

use bytes::{Bytes, BytesMut};
use nasd_base::file::Caller;
use nasd_base::{Errno, Timestamp};
use nasd_fs::{Stability, WriteVerifier};
use std::collections::VecDeque;
use std::ops::Range;
use tokio::sync::OwnedSemaphorePermit;

/// A write that waits to be sent, and its share of the mount's memory.
struct Segment {
    offset: u64,
    data: Bytes,
    caller: Caller,
    share: OwnedSemaphorePermit,
}

/// The newest write, still growing.
struct Gathering {
    offset: u64,
    data: BytesMut,
    caller: Caller,
    share: OwnedSemaphorePermit,
}

/// Data that the server took and has not made durable as far as we know.
struct Kept {
    /// When it was acknowledged, in acknowledgements. Unique.
    stamp: u64,
    offset: u64,
    data: Bytes,
    caller: Caller,
    verifier: WriteVerifier,
    share: OwnedSemaphorePermit,
}

/// What to send: a copy that shares the bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Outgoing {
    /// Names the piece in [`Queue::replayed`] and [`Queue::replay_failed`].
    pub stamp: u64,
    pub offset: u64,
    pub data: Bytes,
    pub caller: Caller,
}

/// Data that was acknowledged to a program and could not be stored.
#[derive(Clone, Copy, Debug)]
struct Failure {
    /// Counts failures of this inode, from 1.
    number: u64,
    errno: Errno,
    reported: bool,
}

/// See the module.
#[derive(Default)]
pub(super) struct Queue {
    gathering: Option<Gathering>,
    unsent: VecDeque<Segment>,
    sending: Option<Segment>,
    retained: Vec<Kept>,
    stamps: u64,
    /// How often retained data was sent again. Whoever looked at the file before such a moment looks again.
    pub replays: u64,
    /// A modification time that was set after the retained data was written: replaying must not disturb it.
    mtime: Option<Timestamp>,
    failure: Option<Failure>,
    failures: u64,
    /// Open handles of this mount.
    pub handles: u64,
}

impl Queue {
    /// Takes a write. Neighbouring writes by the same caller become one, up to `join_bytes_max`.
    pub fn add(
        &mut self,
        offset: u64,
        data: BytesMut,
        caller: Caller,
        share: OwnedSemaphorePermit,
        join_bytes_max: usize,
    ) {
        let Some(tail) =
            self.gathering.as_mut().filter(|tail| tail.takes(offset, &data, &caller, join_bytes_max))
        else {
            self.close_gathering();
            self.gathering = Some(Gathering { offset, data, caller, share });
            return;
        };
        let at = (offset - tail.offset) as usize;
        let overlap = (tail.data.len() - at).min(data.len());
        tail.data[at..at + overlap].copy_from_slice(&data[..overlap]);
        tail.data.extend_from_slice(&data[overlap..]);
        tail.share.merge(share);
        // What was overwritten takes no memory any more.
        drop(tail.share.split(overlap));
    }

    fn close_gathering(&mut self) {
        if let Some(Gathering { offset, data, caller, share }) = self.gathering.take() {
            self.unsent.push_back(Segment { offset, data: data.freeze(), caller, share });
        }
    }

    /// Bytes that the server does not have yet.
    pub fn unsent_bytes(&self) -> usize {
        let gathering = self.gathering.as_ref().map_or(0, |tail| tail.data.len());
        let waiting: usize = self.unsent.iter().chain(&self.sending).map(|segment| segment.data.len()).sum();
        gathering + waiting
    }

    /// Pieces that the server does not have yet.
    pub fn unsent_pieces(&self) -> usize {
        usize::from(self.gathering.is_some()) + self.unsent.len() + usize::from(self.sending.is_some())
    }

    /// Bytes that would be lost if this machine and the volume's leader died now.
    pub fn bytes(&self) -> usize {
        self.unsent_bytes() + self.retained.iter().map(|kept| kept.data.len()).sum::<usize>()
    }

    pub fn is_clean(&self) -> bool {
        self.unsent_pieces() == 0 && self.retained.is_empty()
    }

    /// The oldest write to send. It stays in the queue, to be given again, until [`Queue::sent`] or
    /// [`Queue::send_failed`].
    pub fn next(&mut self) -> Option<Outgoing> {
        if self.sending.is_none() {
            if self.unsent.is_empty() {
                self.close_gathering();
            }
            self.sending = self.unsent.pop_front();
        }
        let segment = self.sending.as_ref()?;
        let (data, caller) = (segment.data.clone(), segment.caller.clone());
        Some(Outgoing { stamp: 0, offset: segment.offset, data, caller })
    }

    /// The server took what [`Queue::next`] gave.
    pub fn sent(&mut self, stability: Stability, verifier: WriteVerifier) {
        let Some(Segment { offset, data, caller, share }) = self.sending.take() else { return };
        self.cut(offset..offset + data.len() as u64);
        self.mtime = None;
        if stability == Stability::Unstable {
            let stamp = self.next_stamp();
            self.retained.push(Kept { stamp, offset, data, caller, verifier, share });
        }
    }

    /// The server took a write that was not in the queue. Nothing is being sent meanwhile.
    pub fn taken(
        &mut self,
        offset: u64,
        data: Bytes,
        caller: Caller,
        share: OwnedSemaphorePermit,
        stability: Stability,
        verifier: WriteVerifier,
    ) {
        debug_assert!(self.sending.is_none(), "a write overtakes another");
        self.sending = Some(Segment { offset, data, caller, share });
        self.sent(stability, verifier);
    }

    /// The server refused what [`Queue::next`] gave: it is dropped and the failure kept for whoever asks.
    pub fn send_failed(&mut self, errno: Errno) {
        self.sending = None;
        self.fail(errno);
    }

    fn next_stamp(&mut self) -> u64 {
        self.stamps += 1;
        self.stamps
    }

    /// Forgets retained data in `range`: newer data is there, or none.
    pub fn cut(&mut self, range: Range<u64>) {
        if range.is_empty() || !self.retained.iter().any(|kept| kept.overlaps(&range)) {
            return;
        }
        for kept in std::mem::take(&mut self.retained) {
            if kept.overlaps(&range) {
                kept.without(&range, || self.stamps + 1, &mut self.retained);
                self.stamps += 1;
            } else {
                self.retained.push(kept);
            }
        }
    }

    /// What a commit that starts now covers.
    pub fn stamp(&self) -> u64 {
        self.stamps
    }

    pub fn has_retained(&self) -> bool {
        !self.retained.is_empty()
    }

    /// Whether the server that shows `verifier` has all retained data.
    pub fn is_held_under(&self, verifier: WriteVerifier) -> bool {
        self.retained.iter().all(|kept| kept.verifier == verifier)
    }

    /// A commit that started at `stamp` was answered with `verifier`.
    pub fn committed(&mut self, stamp: u64, verifier: WriteVerifier) {
        self.retained.retain(|kept| kept.stamp > stamp || kept.verifier != verifier);
        self.forget_mtime_if_clean();
    }

    /// A commit that started at `stamp` was refused: nobody knows what of the data is left.
    pub fn commit_failed(&mut self, stamp: u64, errno: Errno) {
        self.retained.retain(|kept| kept.stamp > stamp);
        self.fail(errno);
    }

    /// Retained data that the server with `verifier` never got.
    pub fn next_lost(&self, verifier: WriteVerifier) -> Option<Outgoing> {
        let kept = self.retained.iter().find(|kept| kept.verifier != verifier)?;
        let (data, caller) = (kept.data.clone(), kept.caller.clone());
        Some(Outgoing { stamp: kept.stamp, offset: kept.offset, data, caller })
    }

    /// The server took what [`Queue::next_lost`] gave.
    pub fn replayed(&mut self, stamp: u64, stability: Stability, verifier: WriteVerifier) {
        let fresh = self.next_stamp();
        self.replays += 1;
        if stability != Stability::Unstable {
            self.retained.retain(|kept| kept.stamp != stamp);
        } else if let Some(kept) = self.retained.iter_mut().find(|kept| kept.stamp == stamp) {
            // A commit that is on its way does not cover it: it may have run before the replay.
            kept.stamp = fresh;
            kept.verifier = verifier;
        }
    }

    /// The server refused what [`Queue::next_lost`] gave.
    pub fn replay_failed(&mut self, stamp: u64, errno: Errno) {
        self.retained.retain(|kept| kept.stamp != stamp);
        self.fail(errno);
    }

    /// A modification time was set explicitly.
    pub fn mtime_was_set(&mut self, mtime: Timestamp) {
        self.mtime = Some(mtime);
        self.forget_mtime_if_clean();
    }

    /// The explicit modification time that a replay has overwritten.
    pub fn mtime_to_restore(&self) -> Option<Timestamp> {
        self.mtime
    }

    fn forget_mtime_if_clean(&mut self) {
        if self.retained.is_empty() {
            self.mtime = None;
        }
    }

    fn fail(&mut self, errno: Errno) {
        self.failures += 1;
        self.failure = Some(Failure { number: self.failures, errno, reported: false });
        self.forget_mtime_if_clean();
    }

    /// The failure that a handle which has seen `seen` failures must report, once.
    pub fn report(&mut self, seen: &mut u64) -> Result<(), Errno> {
        match &mut self.failure {
            Some(failure) if failure.number > *seen => {
                *seen = failure.number;
                failure.reported = true;
                Err(failure.errno)
            }
            _ => Ok(()),
        }
    }

    /// The failure that nobody has cleared by `fsync` or `close` yet: writing on would be in vain.
    pub fn pending_failure(&self, seen: u64) -> Result<(), Errno> {
        match self.failure {
            Some(failure) if failure.number > seen => Err(failure.errno),
            _ => Ok(()),
        }
    }

    /// How many failures a new handle counts as seen: all, but for one that was never reported.
    pub fn seen_at_open(&self) -> u64 {
        match self.failure {
            Some(failure) if !failure.reported => failure.number - 1,
            _ => self.failures,
        }
    }

    /// Whether nothing would be lost by forgetting the queue.
    pub fn is_idle(&self) -> bool {
        self.handles == 0 && self.is_clean() && self.failure.is_none_or(|failure| failure.reported)
    }

    /// Gives up on an unreported failure.
    pub fn forget_failure(&mut self) {
        self.failure = None;
    }
}

impl Gathering {
    /// Whether a write can become part of this one: it starts inside or right behind, and fits.
    fn takes(&self, offset: u64, data: &[u8], caller: &Caller, join_bytes_max: usize) -> bool {
        let end = self.offset + self.data.len() as u64;
        let fits = (offset + data.len() as u64).saturating_sub(self.offset) <= join_bytes_max as u64;
        (self.offset..=end).contains(&offset) && fits && self.caller == *caller
    }
}

impl Kept {
    fn range(&self) -> Range<u64> {
        self.offset..self.offset + self.data.len() as u64
    }

    fn overlaps(&self, range: &Range<u64>) -> bool {
        self.range().start < range.end && range.start < self.range().end
    }

    /// Pushes what is left of it outside `range`: nothing, one part or two.
    fn without(mut self, range: &Range<u64>, stamp: impl Fn() -> u64, rest: &mut Vec<Kept>) {
        let whole = self.range();
        let head = (range.start.max(whole.start) - whole.start) as usize;
        let tail = (range.end.min(whole.end) - whole.start) as usize;
        let behind = self.data.len() - tail;
        if behind > 0
            && let Some(share) = self.share.split(behind)
        {
            let data = compact(&self.data, tail..self.data.len());
            let caller = self.caller.clone();
            // The part keeps the age of its parent where it can; two pieces need two names.
            let stamp = if head > 0 { stamp() } else { self.stamp };
            rest.push(Kept {
                stamp,
                offset: whole.start + tail as u64,
                data,
                caller,
                verifier: self.verifier,
                share,
            });
        }
        if head > 0 {
            drop(self.share.split(self.data.len() - behind - head));
            self.data = compact(&self.data, 0..head);
            rest.push(self);
        }
    }
}

/// A part of `data`, copied when keeping it would keep much more in memory.
fn compact(data: &Bytes, part: Range<usize>) -> Bytes {
    if part.len() * 2 < data.len() { Bytes::copy_from_slice(&data[part]) } else { data.slice(part) }
}

#[cfg(test)]
#[path = "queue_tests.rs"]
mod tests;
