//! Owns the table of routes: which HTTP request is which call, and what it needs. The router, the authorization
//! and the OpenAPI document are made from this table and nothing else.

mod account;
mod activity;
mod certificate;
mod storage;

pub use crate::extract::{Asked, Body, Named, SecretBody};

use crate::access::Access;
use crate::{ApiError, List, Management};
use axum::Json;
use axum::extract::State;
use axum::handler::Handler;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::routing::{MethodFilter, MethodRouter, on};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;
use std::sync::Arc;

/// One route. It cannot be made without saying what it needs.
pub struct Route {
    pub method: Method,
    /// Below [`crate::PREFIX`], as axum and OpenAPI write it.
    pub path: &'static str,
    pub access: Access,
    /// One line for people.
    pub summary: &'static str,
    pub(crate) records: bool,
    pub(crate) repeatable: bool,
    pub(crate) query: Vec<Query>,
    pub(crate) request: Option<fn(&mut SchemaGenerator) -> Schema>,
    pub(crate) reply: Option<fn(&mut SchemaGenerator) -> Schema>,
    pub(crate) handler: MethodRouter<Arc<dyn Management>>,
}

/// A part of a route's query.
pub(crate) enum Query {
    Text(&'static str),
    Number(&'static str),
    Choice(&'static str, Vec<&'static str>),
}

impl Route {
    fn new<H, T>(
        method: Method,
        path: &'static str,
        access: Access,
        summary: &'static str,
        handler: H,
    ) -> Route
    where
        H: Handler<T, Arc<dyn Management>>,
        T: 'static,
    {
        let filter = MethodFilter::try_from(method.clone()).expect("a common method");
        Route {
            method,
            path,
            access,
            summary,
            records: false,
            repeatable: false,
            query: Vec::new(),
            request: None,
            reply: None,
            handler: on(filter, handler),
        }
    }

    /// Its body.
    fn takes<T: JsonSchema>(mut self) -> Route {
        self.request = Some(|generator| generator.subschema_for::<T>());
        self
    }

    /// Its answer's body; without one it answers 204.
    fn gives<T: JsonSchema>(mut self) -> Route {
        self.reply = Some(|generator| generator.subschema_for::<T>());
        self
    }

    /// A text in its query, which must be there.
    fn asks_text(mut self, name: &'static str) -> Route {
        self.query.push(Query::Text(name));
        self
    }

    /// A number in its query, which may be left out.
    fn asks_number(mut self, name: &'static str) -> Route {
        self.query.push(Query::Number(name));
        self
    }

    /// One of some words in its query, which may be left out.
    fn asks_choice(mut self, name: &'static str, words: &[&'static str]) -> Route {
        self.query.push(Query::Choice(name, words.to_vec()));
        self
    }

    /// It changes no replicated state, so that the gate puts it into the audit log.
    fn recorded(mut self) -> Route {
        self.records = true;
        self
    }

    /// An `Idempotency-Key` makes it safe to repeat.
    fn repeatable(mut self) -> Route {
        self.repeatable = true;
        self
    }
}

/// All routes of this version.
pub fn routes() -> Vec<Route> {
    let mut routes = storage::routes();
    routes.extend(activity::routes());
    routes.extend(certificate::routes());
    routes.extend(account::routes());
    routes.push(Route::new(
        Method::GET,
        "/openapi.json",
        Access::Everybody,
        "This description, in OpenAPI 3.1",
        crate::openapi::serve,
    ));
    routes
}

type Node = State<Arc<dyn Management>>;
type Reply<T> = Result<Json<T>, ApiError>;
type Made<T> = Result<(StatusCode, Json<T>), ApiError>;
type Done = Result<StatusCode, ApiError>;
type Tagged<T> = (HeaderMap, Json<T>);

fn made<T: Serialize>(thing: T) -> (StatusCode, Json<T>) {
    (StatusCode::CREATED, Json(thing))
}

fn list<T>(items: Vec<T>) -> Json<List<T>> {
    Json(List { items })
}

/// With the `ETag` that a change can name.
fn tagged<T: Serialize>(etag: String, thing: T) -> Tagged<T> {
    let value = HeaderValue::from_str(&format!("\"{etag}\""));
    (HeaderMap::from_iter(value.ok().map(|value| (header::ETAG, value))), Json(thing))
}

/// The tag that the caller saw, without its quotes.
fn if_match(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::IF_MATCH)?.to_str().unwrap_or("unreadable");
    (value != "*").then(|| value.trim_matches('"').to_owned())
}
