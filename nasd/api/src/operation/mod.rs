//! Operations as values: each thing that can be asked of a node is one type, which says all that is to be known of it.
//!
//! ```text
//!                       ┌─▶ router and gate      (crate::table)
//!   Operation::SHAPE ───┼─▶ OpenAPI document     (crate::openapi)
//!   At, Body, Reply     └─▶ typed client         (crate::Client::call)
//!
//!   Serve<O>::serve: the one function that carries it out, of whoever keeps the state
//! ```
//!
//! A new operation is a type in its noun's file, its name in the list in [`crate::nouns`], and an `impl Serve` where it
//! is carried out. Nothing else repeats it.

/// Declares operations whose requests have no body: `Name(At) -> Reply = Shape;`.
macro_rules! operations {
    ($($(#[$about:meta])+ $name:ident($at:ty) -> $reply:ty = $shape:expr;)+) => {$(
        $(#[$about])+
        pub struct $name;

        impl crate::operation::Operation for $name {
            type At = $at;
            type Body = crate::operation::Nothing;
            type Reply = $reply;

            const SHAPE: crate::operation::Shape = $shape;
        }
    )+};
}
pub(crate) use operations;

mod parts;
mod shape;

pub use parts::{At, Body, HasTag, Nothing, Reply, Tagged};
pub(crate) use parts::{Described, described};
pub use shape::Shape;

use crate::access::Caller;
use crate::{ApiError, Deed};
use axum::http::{HeaderMap, Method, StatusCode, header};
use std::future::Future;

/// One thing that can be asked.
pub trait Operation: Send + Sync + 'static {
    /// What its path and its query name.
    type At: At;
    /// The body of its request.
    type Body: Body;
    /// What it answers with when it is done.
    type Reply: Reply;

    const SHAPE: Shape;

    /// The status of its answer when it is done.
    fn success() -> StatusCode {
        match Self::Reply::schema() {
            None if Self::Reply::MEDIA_TYPES.is_empty() => StatusCode::NO_CONTENT,
            None => StatusCode::OK,
            Some(_) if Self::SHAPE.method == Method::POST => StatusCode::CREATED,
            Some(_) => StatusCode::OK,
        }
    }

    /// Refuses what nobody may ask for, or this caller may not, whatever the cluster's state is. What is wrong with the
    /// body's form has been refused before.
    ///
    /// # Errors
    /// `InvalidRequest` or `Denied`, in words.
    fn check(_caller: &Caller, _at: &Self::At, _body: &Self::Body) -> Result<(), ApiError> {
        Ok(())
    }

    /// What it is called in the audit log, where the gate puts it there; else by its summary and what its address names.
    fn deed(_at: &Self::At, _body: &Self::Body) -> Option<Deed> {
        None
    }
}

/// One request for an operation, read and checked.
#[derive(Clone, Debug)]
pub struct Call<O: Operation> {
    pub caller: Caller,
    /// The id that the caller chose for its change (`Idempotency-Key`): what is asked for again under the same gets the
    /// first outcome.
    pub op: Option<[u8; 16]>,
    pub at: O::At,
    pub body: O::Body,
    /// Carry it out only if what it changes has this tag (`If-Match`); else it is refused with `PreconditionFailed`.
    pub etag: Option<String>,
}

/// Carries an operation out.
pub trait Serve<O: Operation>: Send + Sync + 'static {
    /// Calls may overlap. One that changes something returns when the change is on a majority's disks and this node acts
    /// by it. A caller that goes away, or waits longer than the server's limit, drops the future: half-done work that
    /// would matter is carried on in a task of its own.
    ///
    /// # Errors
    /// The refusals that [`Operation::SHAPE`] names, and those that any request can meet.
    fn serve(&self, call: Call<O>) -> impl Future<Output = Result<O::Reply, ApiError>> + Send;
}

/// The tag that the caller saw, without its quotes.
pub(crate) fn if_match(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::IF_MATCH)?.to_str().unwrap_or("unreadable");
    (value != "*").then(|| value.trim_matches('"').to_owned())
}
