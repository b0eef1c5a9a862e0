//! Owns the routes of what goes on: disks, connected clients, tasks, events and performance.

use super::{Asked, Body, Done, Made, Named, Node, Reply, Route, listed, made};
use crate::access::Access;
use crate::paging::Page;
use crate::{ApiError, ConnectedClient, DiskInfo, Event, List, Performance, Range, StartTask, Task};
use axum::Json;
use axum::extract::State;
use axum::http::{Method, StatusCode};
use axum::response::sse::{self, KeepAlive, Sse};
use futures::{Stream, StreamExt};
use nasd_base::role::Right;
use serde::Deserialize;
use std::convert::Infallible;
use std::time::Duration;

/// A stream ends after this long, so that whoever lost the right to it is asked again.
const STREAM_MAX: Duration = Duration::from_secs(600);

pub fn routes() -> Vec<Route> {
    let (get, post) = (Method::GET, Method::POST);
    let (see, change) = (Access::Needs(Right::ReadStatus), Access::Needs(Right::ChangeStorage));
    vec![
        Route::new(get.clone(), "/disks", see, "The disks of all nodes", disks).lists::<DiskInfo>(),
        Route::new(get.clone(), "/clients", see, "Who is connected, on all nodes", clients)
            .lists::<ConnectedClient>(),
        Route::new(get.clone(), "/tasks", see, "The long operations, newest first", tasks).lists::<Task>(),
        Route::new(post.clone(), "/tasks", change, "Begin a long operation", start_task)
            .takes::<StartTask>()
            .gives::<Task>()
            .repeatable(),
        Route::new(get.clone(), "/tasks/{id}", see, "One long operation", task)
            .names::<u64>()
            .gives::<Task>(),
        Route::new(post, "/tasks/{id}/cancel", change, "Stop a long operation", cancel_task).names::<u64>(),
        Route::new(get.clone(), "/events", see, "What happened of late, newest first", events)
            .lists::<Event>(),
        Route::new(get.clone(), "/events/stream", see, "What happens, as server-sent events", stream)
            .streams(),
        Route::new(get, "/performance", see, "How much the cluster does and did", performance)
            .may_ask::<Range>("range")
            .gives::<Performance>(),
    ]
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asks {
    #[serde(default)]
    range: Range,
}

async fn disks(State(node): Node, Asked(page): Asked<Page>) -> Reply<List<DiskInfo>> {
    listed(page, node.disks().await?)
}

async fn clients(State(node): Node, Asked(page): Asked<Page>) -> Reply<List<ConnectedClient>> {
    listed(page, node.clients().await?)
}

async fn tasks(State(node): Node, Asked(page): Asked<Page>) -> Reply<List<Task>> {
    listed(page, node.tasks().await?)
}

async fn start_task(State(node): Node, Body(request): Body<StartTask>) -> Made<Task> {
    node.start_task(request).await.map(made)
}

async fn task(State(node): Node, Named(id): Named<u64>) -> Reply<Task> {
    let task = node.tasks().await?.into_iter().find(|task| task.id == id);
    task.map(Json).ok_or_else(|| ApiError::not_found(format!("there is no task {id}")))
}

async fn cancel_task(State(node): Node, Named(id): Named<u64>) -> Done {
    node.cancel_task(id).await.map(|()| StatusCode::NO_CONTENT)
}

async fn events(State(node): Node, Asked(page): Asked<Page>) -> Reply<List<Event>> {
    listed(page, node.recent_events().await?)
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

async fn performance(State(node): Node, Asked(asks): Asked<Asks>) -> Reply<Performance> {
    node.performance(asks.range).await.map(Json)
}
