//! Owns the stream that tells open pages that something has changed. What it is they see when they ask for themselves
//! again, with their own rights; the stream says nothing else.

use crate::console::Console;
use crate::news::PATH;
use crate::page::{Member, Noun, PageRoute};
use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures::{Stream, StreamExt, stream};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

/// What happens at once is told once.
const GATHER: Duration = Duration::from_millis(500);
/// A browser is let go after this long, and comes back.
const STREAM_MAX: Duration = Duration::from_secs(600);
/// How often nasd is asked whether who listens is still logged in; it is asked before anything is told, too.
const ASK_EVERY: Duration = Duration::from_secs(3);

pub const NOUN: Noun = Noun::new(routes);

fn routes() -> Vec<PageRoute> {
    vec![PageRoute::get(PATH, listen)]
}

/// Whether something has changed by then; `None` when there is nobody to tell it to any more.
async fn next_change(changes: &mut watch::Receiver<()>, member: &Member) -> Option<bool> {
    let changed = match timeout(ASK_EVERY, changes.changed()).await {
        Ok(changed) => changed.map(|()| true).ok()?,
        Err(_) => false,
    };
    if changed {
        sleep(GATHER).await;
        changes.mark_unchanged();
    }
    member.is_logged_in().await.then_some(changed)
}

async fn listen(
    State(console): State<Arc<Console>>,
    member: Member,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let listening = (console.news.changes(), member);
    let told = stream::unfold(listening, |(mut changes, member)| async move {
        while !next_change(&mut changes, &member).await? {}
        Some((Ok(Event::default().data("changed")), (changes, member)))
    });
    let mut ended = console.news.ended();
    let end = async move {
        let _ = timeout(STREAM_MAX, ended.wait_for(|ended| *ended)).await;
    };
    Sse::new(told.take_until(Box::pin(end))).keep_alive(KeepAlive::default())
}
