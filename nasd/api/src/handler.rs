//! Owns how a request for an operation reaches whoever serves it.

use crate::access::Caller;
use crate::deed::Deed;
use crate::gate::ChosenOp;
use crate::operation::{At, Body, Call, Operation, Reply, Serve, if_match};
use crate::{ApiError, refused};
use axum::RequestExt;
use axum::extract::{RawPathParams, Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, MethodRouter, on};
use std::sync::Arc;

pub(crate) fn handler<O: Operation, S: Serve<O>>() -> MethodRouter<Arc<S>> {
    let filter = MethodFilter::try_from(O::SHAPE.method).expect("a common method");
    on(filter, respond::<O, S>)
}

async fn respond<O: Operation, S: Serve<O>>(State(server): State<Arc<S>>, request: Request) -> Response {
    let mut deed = None;
    let mut response = match answer::<O, S>(&server, request, &mut deed).await {
        Ok(reply) => reply.respond(O::success()),
        Err(refusal) => refusal.into_response(),
    };
    // For the gate.
    if let Some(deed) = deed {
        response.extensions_mut().insert(deed);
    }
    response
}

async fn answer<O: Operation, S: Serve<O>>(
    server: &S,
    mut request: Request,
    deed: &mut Option<Deed>,
) -> Result<O::Reply, ApiError> {
    // The gate has put it there.
    let caller = request.extensions().get::<Caller>().cloned().ok_or_else(refused::unauthenticated)?;
    let op = request.extensions().get::<ChosenOp>().map(|chosen| chosen.0);
    let names = request.extract_parts::<RawPathParams>().await;
    let names = names.map_err(|rejection| refused::query_unreadable(rejection.body_text()))?;
    let at = O::At::read(&names, request.uri().query().unwrap_or_default())?;
    let etag = if O::SHAPE.conditional { if_match(request.headers()) } else { None };
    let body = O::Body::read(request, O::SHAPE.secret).await?;
    *deed = O::deed(&at, &body);
    O::check(&caller, &at, &body)?;
    server.serve(Call { caller, op, at, body, etag }).await
}
