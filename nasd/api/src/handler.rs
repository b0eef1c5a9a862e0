//! Owns how a request for an operation reaches whoever serves it. What is the same for all operations is compiled once:
//! there are more than a hundred.

use crate::access::Caller;
use crate::deed::Deed;
use crate::extract::json_bytes;
use crate::gate::ChosenOp;
use crate::operation::{At, Body, Call, Operation, Reply, Serve, if_match};
use crate::{ApiError, refused};
use axum::RequestExt;
use axum::body::Bytes;
use axum::extract::{RawPathParams, Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, MethodRouter, on};
use nasd_base::net::BoxFuture;
use std::marker::PhantomData;
use std::sync::Arc;

pub(crate) fn handler<O: Operation, S: Serve<O>>(server: &Arc<S>) -> MethodRouter {
    let filter = MethodFilter::try_from(O::SHAPE.method).expect("a common method");
    let served = Served { server: server.clone(), operation: PhantomData::<fn() -> O> };
    let handled: Handled = (O::Body::schema().is_some(), Arc::new(served));
    on(filter, respond).with_state(handled)
}

/// A request, before it is known what its operation makes of it.
struct Asked {
    caller: Caller,
    op: Option<[u8; 16]>,
    names: RawPathParams,
    query: String,
    if_match: Option<String>,
    body: Bytes,
}

/// An operation, with whoever serves it.
trait Answers: Send + Sync {
    /// Says what it will be called in the audit log as soon as it knows.
    ///
    /// # Errors
    /// What the request itself is refused for.
    fn answer(&self, asked: Asked, deed: &mut Option<Deed>) -> Result<Answering<'_>, ApiError>;
}

type Answering<'a> = BoxFuture<'a, Result<Response, ApiError>>;

struct Served<O, S> {
    server: Arc<S>,
    operation: PhantomData<fn() -> O>,
}

impl<O: Operation, S: Serve<O>> Answers for Served<O, S> {
    fn answer(&self, asked: Asked, deed: &mut Option<Deed>) -> Result<Answering<'_>, ApiError> {
        let Asked { caller, op, names, query, if_match, body } = asked;
        let at = O::At::read(&names, &query)?;
        let etag = if_match.filter(|_| O::SHAPE.conditional);
        let body = O::Body::read(&body, O::SHAPE.secret)?;
        *deed = O::deed(&at, &body);
        O::check(&caller, &at, &body)?;
        let served = self.server.serve(Call { caller, op, at, body, etag });
        Ok(Box::pin(async move { served.await.map(|reply| reply.respond(O::success())) }))
    }
}

/// Whether its requests have a body, and what answers them.
type Handled = (bool, Arc<dyn Answers>);

async fn respond(State((takes_body, operation)): State<Handled>, request: Request) -> Response {
    let mut deed = None;
    let answered = match read(request, takes_body).await.and_then(|asked| operation.answer(asked, &mut deed))
    {
        Ok(answering) => answering.await,
        Err(refusal) => Err(refusal),
    };
    let mut response = answered.unwrap_or_else(IntoResponse::into_response);
    // For the gate.
    if let Some(deed) = deed {
        response.extensions_mut().insert(deed);
    }
    response
}

async fn read(mut request: Request, takes_body: bool) -> Result<Asked, ApiError> {
    // The gate has put it there.
    let caller = request.extensions().get::<Caller>().cloned().ok_or_else(refused::unauthenticated)?;
    let op = request.extensions().get::<ChosenOp>().map(|chosen| chosen.0);
    let names = request.extract_parts::<RawPathParams>().await;
    let names = names.map_err(|rejection| refused::query_unreadable(rejection.body_text()))?;
    let query = request.uri().query().unwrap_or_default().to_owned();
    let if_match = if_match(request.headers());
    let body = if takes_body { json_bytes(request).await? } else { Bytes::new() };
    Ok(Asked { caller, op, names, query, if_match, body })
}
