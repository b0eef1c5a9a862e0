//! Owns the stream that tells open pages that their node still answers them, and that something has changed. What it is
//! they see when they ask for themselves again, with their own rights; the stream says nothing else.

use crate::console::Console;
use crate::news::PATH;
use crate::page::{Member, Noun, PageRoute};
use axum::extract::State;
use axum::response::sse::{Event, Sse};
use futures::{Stream, StreamExt, stream};
use nasd_api::{ClientError, ErrorCode, Zone};
use nasd_base::{Clock, SystemClock};
use std::convert::Infallible;
use std::future::ready;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

/// What happens at once is told once.
const GATHER: Duration = Duration::from_millis(500);
/// A browser is let go after this long, and comes back before it misses a beat.
const STREAM_MAX: Duration = Duration::from_secs(600);
const COME_BACK: Duration = Duration::from_secs(1);
/// How often nasd is asked whether who listens is still logged in; it is asked before anything is told, too. Pages
/// that hear nothing for three times as long say that they are not live.
const BEAT_EVERY: Duration = Duration::from_secs(1);

pub const NOUN: Noun = Noun::new(routes);

fn routes() -> Vec<PageRoute> {
    vec![PageRoute::get(PATH, listen)]
}

/// What a page is told.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Told {
    /// nasd has just answered.
    Beat,
    Changed,
    /// nasd does not answer.
    Silent,
    /// The session has ended: nothing more is told.
    Ended,
}

impl Told {
    fn event(self, zone: &Zone) -> Event {
        let name = match self {
            Told::Beat => "beat",
            Told::Changed => "changed",
            Told::Silent => "silent",
            Told::Ended => "ended",
        };
        Event::default().event(name).data(zone.time_of_day(SystemClock.now().secs)).retry(COME_BACK)
    }
}

struct Listener {
    changes: watch::Receiver<()>,
    member: Member,
    /// Something has, and the page was not told yet.
    has_changed: bool,
}

impl Listener {
    /// `None` when the console ends.
    async fn next(&mut self) -> Option<Told> {
        if let Ok(changed) = timeout(BEAT_EVERY, self.changes.changed()).await {
            changed.ok()?;
            sleep(GATHER).await;
            self.changes.mark_unchanged();
            self.has_changed = true;
        }
        Some(match self.member.whoami().await {
            Err(ClientError::Refused(error)) if error.code == ErrorCode::Unauthenticated => Told::Ended,
            Err(error) if error.is_silence() => Told::Silent,
            _ if std::mem::take(&mut self.has_changed) => Told::Changed,
            _ => Told::Beat,
        })
    }
}

async fn listen(
    State(console): State<Arc<Console>>,
    member: Member,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let zone = member.zone.clone();
    let listener = Listener { changes: console.news.changes(), member, has_changed: false };
    let told = stream::unfold(Some(listener), |listener| async move {
        let mut listener = listener?;
        let told = listener.next().await?;
        Some((told, (told != Told::Ended).then_some(listener)))
    });
    let mut ended = console.news.ended();
    let end = async move {
        let _ = timeout(STREAM_MAX, ended.wait_for(|ended| *ended)).await;
    };
    // Who listens was asked for a moment ago.
    let told = stream::once(ready(Told::Beat)).chain(told.take_until(Box::pin(end)));
    Sse::new(told.map(move |told| Ok(told.event(&zone))))
}
