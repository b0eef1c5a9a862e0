//! A route with what answers it.

use crate::route::Route;
use crate::{ApiError, Management};
use axum::Json;
use axum::extract::State;
use axum::handler::Handler;
use axum::routing::{MethodFilter, MethodRouter, on};
use std::sync::Arc;

/// A route, and what answers it.
pub(crate) type Handled = (Route, MethodRouter<Arc<dyn Management>>);

pub(super) fn handled<H: Handler<T, Arc<dyn Management>>, T: 'static>(route: Route, handler: H) -> Handled {
    let filter = MethodFilter::try_from(route.method.clone()).expect("a common method");
    (route, on(filter, handler))
}

pub(super) type Node = State<Arc<dyn Management>>;
pub(super) type Reply<T> = Result<Json<T>, ApiError>;
