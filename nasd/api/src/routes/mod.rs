//! Owns the table of routes: which HTTP request is which call, and what it needs. The router, the authorization
//! and the OpenAPI document are made from this table and nothing else.

mod activity;
mod session;

pub(crate) use crate::extract::Body;

use crate::access::Access;
use crate::operation::{self, At, Body as _, Operation, Reply as _, Shape};
use crate::{ApiError, ErrorCode, Management};
use axum::Json;
use axum::extract::State;
use axum::handler::Handler;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::routing::{MethodFilter, MethodRouter, on};
use schemars::{JsonSchema, Schema, SchemaGenerator};
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
    /// An API token cannot ask for it.
    pub in_person: bool,
    pub(crate) repeatable: bool,
    /// It can be asked for on condition that what it changes has a tag.
    pub(crate) conditional: bool,
    /// Its answer has the tag of what it shows.
    pub(crate) tagged: bool,
    /// Its answer goes on as long as the caller listens.
    pub(crate) streams: bool,
    pub(crate) success: StatusCode,
    /// What its path and query name: see [`At::parts`].
    pub(crate) at: fn(&mut SchemaGenerator) -> Vec<(String, serde_json::Value, bool)>,
    pub(crate) request: Option<Described>,
    pub(crate) reply: Option<Described>,
    /// What it refuses with besides what follows from the rest.
    pub(crate) refuses: Vec<ErrorCode>,
    /// `None`: an operation's, see [`crate::operation`].
    pub(crate) handler: Option<MethodRouter<Arc<dyn Management>>>,
}

/// The schema of a type.
pub(crate) type Described = fn(&mut SchemaGenerator) -> Schema;

pub(crate) fn described<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
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
        Route { handler: Some(on(filter, handler)), ..Route::bare(method, path, access, summary) }
    }

    /// As the operation says.
    pub(crate) fn of<O: Operation>() -> Route {
        let Shape {
            method,
            path,
            access,
            summary,
            refuses,
            repeatable,
            conditional,
            recorded,
            in_person,
            ..
        } = O::SHAPE;
        let passwords: &[ErrorCode] = if in_person { &[ErrorCode::TooManyAttempts] } else { &[] };
        Route {
            records: recorded,
            repeatable,
            conditional,
            tagged: O::Reply::TAGGED,
            success: operation::success::<O>(),
            at: O::At::parts,
            request: O::Body::schema(),
            reply: O::Reply::schema(),
            refuses: [refuses, passwords].concat(),
            in_person,
            ..Route::bare(method, path, access, summary)
        }
    }

    fn bare(method: Method, path: &'static str, access: Access, summary: &'static str) -> Route {
        let success = if method == Method::GET { StatusCode::OK } else { StatusCode::NO_CONTENT };
        Route {
            method,
            path,
            access,
            summary,
            records: false,
            in_person: false,
            repeatable: false,
            conditional: false,
            tagged: false,
            streams: false,
            success,
            request: None,
            reply: None,
            refuses: Vec::new(),
            at: |_| Vec::new(),
            handler: None,
        }
    }

    /// Its body.
    fn takes<T: JsonSchema>(mut self) -> Route {
        self.request = Some(described::<T>);
        self
    }

    /// Its answer's body; without one it answers 204.
    fn gives<T: JsonSchema>(mut self) -> Route {
        self.reply = Some(described::<T>);
        self.success = if self.method == Method::POST { StatusCode::CREATED } else { StatusCode::OK };
        self
    }

    /// As [`Route::gives`], with an `ETag`.
    fn gives_tagged<T: JsonSchema>(mut self) -> Route {
        self.tagged = true;
        self.gives::<T>()
    }

    /// What its answer's body makes one expect is not so.
    fn succeeds_with(mut self, status: StatusCode) -> Route {
        self.success = status;
        self
    }

    /// It answers with server-sent events.
    fn streams(mut self) -> Route {
        self.streams = true;
        self
    }

    /// Refusals that do not follow from what it takes and needs.
    fn refuses(mut self, codes: &[ErrorCode]) -> Route {
        self.refuses.extend(codes);
        self
    }
}

/// All routes of this version.
pub fn routes() -> Vec<Route> {
    let mut routes = by_handlers();
    routes.extend(operation::shapes());
    routes
}

/// Those that are not operations yet.
pub(crate) fn by_handlers() -> Vec<Route> {
    let mut routes = activity::routes();
    routes.extend(session::routes());
    routes.push(
        Route::new(
            Method::GET,
            "/openapi.json",
            Access::Everybody,
            "This description, in OpenAPI 3.1",
            crate::openapi::serve,
        )
        .gives_tagged::<serde_json::Map<String, serde_json::Value>>(),
    );
    routes
}

type Node = State<Arc<dyn Management>>;
type Reply<T> = Result<Json<T>, ApiError>;

/// The tag that the caller saw, without its quotes.
pub(crate) fn if_match(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::IF_MATCH)?.to_str().unwrap_or("unreadable");
    (value != "*").then(|| value.trim_matches('"').to_owned())
}
