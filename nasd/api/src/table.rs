//! Owns the table of routes. The router, the authorization and the OpenAPI document are made from it: the operations
//! ([`crate::nouns`]), and the few requests that are none ([`crate::routes`]).

use crate::access::Access;
use crate::nouns::of_operations;
use crate::route::Route;
use crate::routes::by_handlers;
use axum::http::Method;
use serde_json::{Map, Value};

/// All routes of this version.
pub fn routes() -> Vec<Route> {
    let mut routes: Vec<Route> = by_handlers().into_iter().map(|(route, _)| route).collect();
    routes.extend(of_operations());
    routes.push(openapi_route());
    routes
}

/// Where the description is, which describes itself, too.
pub(crate) fn openapi_route() -> Route {
    let summary = "This description, in OpenAPI 3.1";
    Route::new(Method::GET, "/openapi.json", Access::Everybody, summary).gives_tagged::<Map<String, Value>>()
}
