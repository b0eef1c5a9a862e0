//! Owns what is said of one route, for the router, the gate in front of it and the OpenAPI document.

use crate::ErrorCode;
use crate::access::Access;
use crate::operation::{At, Body as _, Described, Operation, Reply as _, Shape, described};
use axum::http::{Method, StatusCode};
use schemars::{JsonSchema, SchemaGenerator};

/// One route. It cannot be made without saying what it needs.
pub struct Route {
    pub method: Method,
    /// Below [`crate::PREFIX`], as axum and OpenAPI write it.
    pub path: &'static str,
    pub access: Access,
    /// One line for people.
    pub summary: &'static str,
    pub(crate) korean: Option<&'static str>,
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
    /// Its answer is text of one of these types.
    pub(crate) texts: &'static [&'static str],
    pub(crate) success: StatusCode,
    /// What its path and query name: see [`At::parts`].
    pub(crate) at: fn(&mut SchemaGenerator) -> Vec<(String, serde_json::Value, bool)>,
    pub(crate) request: Option<Described>,
    pub(crate) reply: Option<Described>,
    /// What it refuses with besides what follows from the rest.
    pub(crate) refuses: Vec<ErrorCode>,
}

impl Route {
    /// As the operation says.
    pub(crate) fn of<O: Operation>() -> Route {
        let Shape {
            method,
            path,
            access,
            summary,
            korean,
            refuses,
            repeatable,
            conditional,
            recorded,
            in_person,
            ..
        } = O::SHAPE;
        let passwords: &[ErrorCode] = if in_person { &[ErrorCode::TooManyAttempts] } else { &[] };
        Route {
            korean,
            records: recorded,
            repeatable,
            conditional,
            tagged: O::Reply::TAGGED,
            texts: O::Reply::MEDIA_TYPES,
            success: O::success(),
            at: O::At::parts,
            request: O::Body::schema(),
            reply: O::Reply::schema(),
            refuses: [refuses, passwords].concat(),
            in_person,
            ..Route::new(method, path, access, summary)
        }
    }

    /// Of a request that no operation is.
    pub(crate) fn new(method: Method, path: &'static str, access: Access, summary: &'static str) -> Route {
        let success = if method == Method::GET { StatusCode::OK } else { StatusCode::NO_CONTENT };
        Route {
            method,
            path,
            access,
            summary,
            korean: None,
            records: false,
            in_person: false,
            repeatable: false,
            conditional: false,
            tagged: false,
            streams: false,
            texts: &[],
            success,
            request: None,
            reply: None,
            refuses: Vec::new(),
            at: |_| Vec::new(),
        }
    }

    /// Its line for people in Korean. What is recorded has it among the words of deeds.
    pub(crate) fn korean(mut self, summary: &'static str) -> Route {
        self.korean = Some(summary);
        self
    }

    /// Its body.
    pub(crate) fn takes<T: JsonSchema>(mut self) -> Route {
        self.request = Some(described::<T>);
        self
    }

    /// Its answer's body; without one it answers 204.
    pub(crate) fn gives<T: JsonSchema>(mut self) -> Route {
        self.reply = Some(described::<T>);
        self.success = if self.method == Method::POST { StatusCode::CREATED } else { StatusCode::OK };
        self
    }

    /// As [`Route::gives`], with an `ETag`.
    pub(crate) fn gives_tagged<T: JsonSchema>(mut self) -> Route {
        self.tagged = true;
        self.gives::<T>()
    }

    /// What its answer's body makes one expect is not so.
    pub(crate) fn succeeds_with(mut self, status: StatusCode) -> Route {
        self.success = status;
        self
    }

    /// It answers with server-sent events.
    pub(crate) fn streams(mut self) -> Route {
        self.streams = true;
        self
    }

    /// It answers with text of one of these types.
    pub(crate) fn gives_texts(mut self, media_types: &'static [&'static str]) -> Route {
        self.texts = media_types;
        self
    }

    /// Refusals that do not follow from what it takes and needs.
    pub(crate) fn refuses(mut self, codes: &[ErrorCode]) -> Route {
        self.refuses.extend(codes);
        self
    }
}
