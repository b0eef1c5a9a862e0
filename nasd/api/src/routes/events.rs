//! Owns the stream of events.

use super::handled::{Handled, Node, handled};
use crate::ApiError;
use crate::access::Access;
use crate::route::Route;
use axum::extract::State;
use axum::http::Method;
use axum::response::sse::{self, KeepAlive, Sse};
use futures::{Stream, StreamExt};
use nasd_base::role::Right;
use std::convert::Infallible;
use std::time::Duration;

/// A stream ends after this long, so that whoever lost the right to it is asked again.
const STREAM_MAX: Duration = Duration::from_secs(600);

pub fn routes() -> Vec<Handled> {
    let see = Access::Needs(Right::ReadStatus);
    let route = Route::new(Method::GET, "/events/stream", see, "What happens, as server-sent events");
    vec![handled(route.streams(), stream)]
}

async fn stream(
    State(node): Node,
) -> Result<Sse<impl Stream<Item = Result<sse::Event, Infallible>>>, ApiError> {
    let events = node.events().await?.take_until(tokio::time::sleep(STREAM_MAX));
    let shown = events.map(|event| {
        let text = serde_json::to_string(&event).unwrap_or_default();
        Ok(sse::Event::default().id(event.seq.to_string()).data(text))
    });
    Ok(Sse::new(shown).keep_alive(KeepAlive::default()))
}
