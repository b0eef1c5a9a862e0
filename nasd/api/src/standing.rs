//! Owns how one connection stands: whether its caller is known, what is in progress on it, and when it is to end.
//!
//! Whoever has proved nothing may hold a connection for a short while, with few requests and few bytes. Nobody holds
//! one without asking for anything, however many pings are answered, and nobody leaves an answer unread.

use nasd_base::door::Place;
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// Longest that a stranger's connection is kept: long enough to log in, or to be asked for the node's health.
const STRANGER_LIFE: Duration = Duration::from_secs(60);
/// The same of a connection whose caller proved something, after the last time.
const BELIEF: Duration = Duration::from_secs(15 * 60);
/// Longest that a connection is kept on which nothing is in progress.
const STRANGER_IDLE: Duration = Duration::from_secs(15);
const KNOWN_IDLE: Duration = Duration::from_secs(120);
/// Longest that a client leaves a part of an answer unread.
const UNREAD: Duration = Duration::from_secs(60);
/// Longest that a connection takes to end that was told to.
const FAREWELL: Duration = Duration::from_secs(5);
/// Requests that a stranger may have in progress on one connection: a page and what it shows.
const STRANGER_REQUESTS_MAX: usize = 16;
/// Bytes that a stranger may send on one connection: several times the largest request.
const STRANGER_BYTES_MAX: u64 = 256 << 10;

/// One connection, for whoever serves its requests: they carry it as an extension.
#[derive(Clone)]
pub struct Standing(Arc<Mutex<State>>);

struct State {
    /// `None`: whoever opens this door is known.
    place: Option<Place>,
    next: u64,
    /// Since when the client has not asked for more of an answer that there is more of; by request.
    in_progress: BTreeMap<u64, Option<Instant>>,
    began: Instant,
    quiet_since: Instant,
    proved: Instant,
    read_bytes: u64,
    /// Since when it has been told to end.
    ending: Option<Instant>,
}

/// What is to become of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Due {
    /// Nothing before this time.
    Look(Instant),
    /// It takes no further requests.
    End,
    /// It is cut off.
    Cut,
}

/// A request in progress, until its answer has been handed over or given up.
pub(crate) struct InProgress {
    standing: Standing,
    number: u64,
}

impl Standing {
    /// A stranger's, in this place.
    pub(crate) fn in_place(place: Place) -> Standing {
        Standing::new(Some(place))
    }

    /// Of a connection through a door that only known callers open.
    pub(crate) fn known() -> Standing {
        Standing::new(None)
    }

    fn new(place: Option<Place>) -> Standing {
        let now = Instant::now();
        Standing(Arc::new(Mutex::new(State {
            place,
            next: 0,
            in_progress: BTreeMap::new(),
            began: now,
            quiet_since: now,
            proved: now,
            read_bytes: 0,
            ending: None,
        })))
    }

    /// Its caller has proved who it is. False where there is no place for one more known caller.
    pub fn become_known(&self) -> bool {
        let mut state = self.0.lock();
        state.proved = Instant::now();
        state.place.as_mut().is_none_or(Place::become_known)
    }

    /// Completes when the connection has to go for another.
    pub(crate) fn displaced(&self) -> impl Future<Output = ()> + Send + use<> {
        let displaced = self.0.lock().place.as_ref().map(Place::displaced);
        async move {
            match displaced {
                Some(displaced) => displaced.await,
                None => pending().await,
            }
        }
    }

    /// Begins a request. `None` when its caller has enough of them.
    pub(crate) fn begin(&self) -> Option<InProgress> {
        let mut state = self.0.lock();
        if !state.is_known() && state.in_progress.len() >= STRANGER_REQUESTS_MAX {
            return None;
        }
        let number = state.next;
        state.next += 1;
        state.in_progress.insert(number, None);
        Some(InProgress { standing: self.clone(), number })
    }

    /// Counts bytes that came. False when they are too many.
    pub(crate) fn count_read(&self, bytes: usize) -> bool {
        let mut state = self.0.lock();
        if state.is_known() {
            return true;
        }
        state.read_bytes += bytes as u64;
        state.read_bytes <= STRANGER_BYTES_MAX
    }

    pub(crate) fn ends(&self, now: Instant) {
        self.0.lock().ending.get_or_insert(now);
    }

    pub(crate) fn due(&self, now: Instant) -> Due {
        self.0.lock().due(now)
    }
}

impl State {
    fn is_known(&self) -> bool {
        self.place.as_ref().is_none_or(Place::is_known)
    }

    fn due(&self, now: Instant) -> Due {
        let unread = self.in_progress.values().flatten().min().map(|since| *since + UNREAD);
        let is_idle = self.in_progress.is_empty();
        let (ends, cut) = match (self.ending, self.is_known()) {
            (Some(ending), known) => (None, (is_idle || !known).then_some(ending + FAREWELL)),
            (None, false) => {
                let idle = is_idle.then_some(self.quiet_since + STRANGER_IDLE);
                (Some((self.began + STRANGER_LIFE).min(idle.unwrap_or(now + STRANGER_LIFE))), None)
            }
            (None, true) => {
                let idle = is_idle.then_some(self.quiet_since + KNOWN_IDLE);
                (Some((self.proved + BELIEF).min(idle.unwrap_or(now + BELIEF))), None)
            }
        };
        let cut = [cut, unread].into_iter().flatten().min();
        match (ends, cut) {
            (_, Some(cut)) if cut <= now => Due::Cut,
            (Some(ends), _) if ends <= now => Due::End,
            // Whatever begins meanwhile is due later than that.
            (ends, cut) => Due::Look([ends, cut].into_iter().flatten().min().unwrap_or(now + FAREWELL)),
        }
    }
}

impl InProgress {
    /// The client was given a part of the answer, or asks for the next one.
    pub(crate) fn is_unread_since(&self, since: Option<Instant>) {
        if let Some(unread) = self.standing.0.lock().in_progress.get_mut(&self.number) {
            *unread = since;
        }
    }
}

impl Drop for InProgress {
    fn drop(&mut self) {
        let mut state = self.standing.0.lock();
        state.in_progress.remove(&self.number);
        state.quiet_since = Instant::now();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nasd_base::door::{Door, DoorLimits};

    fn stranger() -> Standing {
        let limits =
            DoorLimits { strangers_max: 4, strangers_per_host_max: 4, known_max: 4, known_per_host_max: 4 };
        Standing::in_place(Door::new("test", limits).enter([192, 0, 2, 1].into()).unwrap())
    }

    #[tokio::test(start_paused = true)]
    async fn a_stranger_has_a_minute_and_less_when_idle() {
        let (standing, now) = (stranger(), Instant::now());
        assert_eq!(standing.due(now), Due::Look(now + STRANGER_IDLE));
        assert_eq!(standing.due(now + STRANGER_IDLE), Due::End);
        let request = standing.begin().unwrap();
        assert_eq!(standing.due(now + STRANGER_IDLE), Due::Look(now + STRANGER_LIFE));
        assert_eq!(standing.due(now + STRANGER_LIFE), Due::End);
        standing.ends(now + STRANGER_LIFE);
        assert_eq!(standing.due(now + STRANGER_LIFE + FAREWELL), Due::Cut, "with what is in progress");
        drop(request);
    }

    #[tokio::test(start_paused = true)]
    async fn a_known_callers_stream_goes_on_and_what_it_does_not_read_ends_it() {
        let (standing, now) = (stranger(), Instant::now());
        let stream = standing.begin().unwrap();
        assert!(standing.become_known());
        assert!(matches!(standing.due(now + STRANGER_LIFE), Due::Look(_)));
        assert_eq!(standing.due(now + BELIEF), Due::End);
        standing.ends(now + BELIEF);
        assert!(matches!(standing.due(now + 4 * BELIEF), Due::Look(_)), "it goes on");
        stream.is_unread_since(Some(now + BELIEF));
        assert_eq!(standing.due(now + BELIEF + UNREAD), Due::Cut);
        stream.is_unread_since(None);
        assert!(matches!(standing.due(now + BELIEF + UNREAD), Due::Look(_)));
        drop(stream);
        assert_eq!(standing.due(now + BELIEF + FAREWELL), Due::Cut);
    }

    #[tokio::test(start_paused = true)]
    async fn a_stranger_has_few_requests_and_bytes_until_it_is_known() {
        let standing = stranger();
        let requests: Vec<_> = (0..STRANGER_REQUESTS_MAX).map(|_| standing.begin().unwrap()).collect();
        assert!(standing.begin().is_none());
        assert!(standing.count_read(STRANGER_BYTES_MAX as usize) && !standing.count_read(1));
        assert!(standing.become_known() && standing.begin().is_some() && standing.count_read(1 << 30));
        drop(requests);
    }
}
