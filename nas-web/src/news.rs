//! Owns telling open pages that something has changed. What it is they see when they ask for themselves again, with
//! their own rights; the stream says nothing else.

use crate::console::Console;
use crate::routes::PageRoute;
use crate::visit::Member;
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
/// A stream ends after this long, so that whoever was logged out is asked again.
const STREAM_MAX: Duration = Duration::from_secs(600);
/// Pause before nasd is asked again for its events.
const RETRY_EVERY: Duration = Duration::from_secs(2);

/// Says to whoever listens that something changed.
#[derive(Default)]
pub struct News {
    changes: watch::Sender<()>,
    ended: watch::Sender<bool>,
}

impl News {
    pub fn tell(&self) {
        self.changes.send_replace(());
    }

    /// Ends all streams, those to come too: none may hold up the end of the console.
    pub fn end(&self) {
        self.ended.send_replace(true);
    }
}

/// Passes on that nasd has told of something, for ever: one stream from nasd serves all browsers.
pub async fn follow(console: Arc<Console>) {
    loop {
        // A nasd that was started again has forgotten the link.
        console.offer_setup().await;
        if let Ok(mut news) = console.node.news().await {
            // Whatever happened before is not known.
            console.news.tell();
            while news.is_told().await {
                console.news.tell();
            }
        }
        console.news.tell();
        sleep(RETRY_EVERY).await;
    }
}

pub fn routes() -> Vec<PageRoute> {
    vec![PageRoute::get("/news", listen)]
}

async fn listen(
    State(console): State<Arc<Console>>,
    _member: Member,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let told = stream::unfold(console.news.changes.subscribe(), |mut changes| async move {
        changes.changed().await.ok()?;
        sleep(GATHER).await;
        changes.mark_unchanged();
        Some((Ok(Event::default().data("changed")), changes))
    });
    let mut ended = console.news.ended.subscribe();
    let end = async move {
        let _ = timeout(STREAM_MAX, ended.wait_for(|ended| *ended)).await;
    };
    Sse::new(told.take_until(Box::pin(end))).keep_alive(KeepAlive::default())
}
