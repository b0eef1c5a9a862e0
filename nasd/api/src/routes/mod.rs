//! Owns the requests that are no operations: what they bring or give is no JSON, or says something about the session
//! that they come with.

mod events;
mod session;

use crate::route::Route;
use crate::{ApiError, Management};
use axum::Json;
use axum::extract::State;
use axum::handler::Handler;
use axum::routing::{MethodFilter, MethodRouter, on};
use std::sync::Arc;

/// A route, and what answers it.
pub(crate) type Handled = (Route, MethodRouter<Arc<dyn Management>>);

/// All of them.
pub(crate) fn by_handlers() -> Vec<Handled> {
    let mut routes = events::routes();
    routes.extend(session::routes());
    routes
}

fn handled<H: Handler<T, Arc<dyn Management>>, T: 'static>(route: Route, handler: H) -> Handled {
    let filter = MethodFilter::try_from(route.method.clone()).expect("a common method");
    (route, on(filter, handler))
}

type Node = State<Arc<dyn Management>>;
type Reply<T> = Result<Json<T>, ApiError>;
