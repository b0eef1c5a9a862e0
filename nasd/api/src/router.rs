//! Owns the router: the table of routes behind their gates, bounded in time and size.

use crate::access::{Access, Entrance};
use crate::contract;
use crate::extract::{BODY_BYTES_MAX, STRANGER_BODY_BYTES_MAX};
use crate::gate::{Gate, pass};
use crate::nouns::{Operations, handlers};
use crate::routes::by_handlers;
use crate::routes::metrics::METRICS;
use crate::table::openapi_route;
use crate::{ApiError, Management, PREFIX, refused};
use axum::extract::{DefaultBodyLimit, Request};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Router};
use std::sync::Arc;
use std::time::Duration;

/// Longest a request may take, body included. Above the minute a volume without a leader makes calls wait.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(120);

/// The routes for the local socket, whose callers are root on the node. Whatever goes wrong, the answer's body is
/// an [`ApiError`].
pub fn router<M: Management + Operations>(management: Arc<M>) -> Router {
    network_router(management).layer(Extension(Entrance::Local))
}

/// The routes for the socket of the node's agents: what everybody with `read_status` has, and what only agents may
/// ask for.
pub fn agent_router<M: Management + Operations>(management: Arc<M>) -> Router {
    network_router(management).layer(Extension(Entrance::Agent))
}

/// The routes for a server that says itself where each request came in: see [`Entrance`].
pub fn network_router<M: Management + Operations>(management: Arc<M>) -> Router {
    let handled =
        by_handlers().into_iter().map(|(route, handler)| (route, handler.with_state(management.clone())));
    let own = (openapi_route(), get(contract::serve));
    let (mut table, mut unversioned) = (Router::new(), Router::new());
    for (route, handler) in handled.chain(handlers(&management)).chain([own]) {
        let gate = Gate {
            management: management.clone(),
            access: route.access,
            summary: route.summary,
            records: route.records,
            streams: route.streams,
            in_person: route.in_person,
            repeatable: route.repeatable,
        };
        let bytes_max = match route.access {
            Access::Everybody => STRANGER_BODY_BYTES_MAX,
            Access::Needs(_) | Access::Founds(_) => BODY_BYTES_MAX,
        };
        let handler = handler.route_layer(from_fn_with_state(gate, pass));
        let handler = handler.route_layer(DefaultBodyLimit::max(bytes_max));
        if route.path == METRICS {
            unversioned = unversioned.route(route.path, handler.clone());
        }
        table = table.route(route.path, handler);
    }
    unversioned
        .nest(PREFIX, table)
        .fallback(no_such_route)
        .method_not_allowed_fallback(wrong_method)
        .layer(from_fn(within_time))
}

async fn no_such_route(request: Request) -> ApiError {
    refused::no_such_route(request.uri().path(), PREFIX)
}

async fn wrong_method(request: Request) -> ApiError {
    refused::wrong_method(request.uri().path(), request.method())
}

async fn within_time(request: Request, next: Next) -> Response {
    match tokio::time::timeout(REQUEST_TIMEOUT, next.run(request)).await {
        Ok(response) => response,
        Err(_) => refused::no_answer_in_time(REQUEST_TIMEOUT.as_secs()).into_response(),
    }
}
