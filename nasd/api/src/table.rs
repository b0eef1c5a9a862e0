//! Owns the list of operations, and how a request for one reaches whoever serves it. The router, the authorization and
//! the OpenAPI document are made from this list, and from the few requests that are no operations ([`crate::routes`]).

use crate::access::{Access, Caller};
use crate::gate::ChosenOp;
use crate::operation::{At, Body, Call, Operation, Reply, Serve, if_match};
use crate::route::Route;
use crate::routes::by_handlers;
use crate::{
    ApiError, CancelTask, ChangeSettings, ClusterCreate, ClusterJoin, ConfirmFactor, CreateApiToken,
    CreateExport, CreateGroup, CreateSetupToken, CreateToken, CreateUser, CreateVolume, DeleteApiToken,
    DeleteExport, DeleteGroup, DeleteOwnApiToken, DeleteUser, DeleteVolume, EndOwnSession, EndSession,
    ListApiTokens, ListClients, ListDisks, ListEvents, ListExports, ListGroups, ListMounts, ListNodes,
    ListOwnApiTokens, ListOwnSessions, ListRoles, ListSessions, ListTasks, ListUsers, ListVolumes,
    MountRequest, NewCertificate, OfferFactor, ReadAccount, ReadAudit, ReadCertificate, ReadCluster,
    ReadCounters, ReadGroup, ReadHealth, ReadPerformance, ReadSettings, ReadTask, ReadUser, ReadVolume,
    RemoveFactor, RemoveOwnFactor, ResetCertificate, RotateAuthority, SetClients, SetLimits, SetOwnPassword,
    SetPassword, SetRoot, SetUp, StartTask, UnlockUser, Unmount, UpdateGroup, UpdateUser, VerifyAudit,
    refusal,
};
use axum::RequestExt;
use axum::extract::{RawPathParams, Request, State};
use axum::http::Method;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, MethodRouter, on};
use serde_json::{Map, Value};
use std::sync::Arc;

macro_rules! table {
    ($($operation:ty),+ $(,)?) => {
        /// Serves every operation.
        pub trait Operations: $(Serve<$operation> +)+ Send + Sync + 'static {}

        impl<S: $(Serve<$operation> +)+ Send + Sync + 'static> Operations for S {}

        fn of_operations() -> Vec<Route> {
            vec![$(Route::of::<$operation>()),+]
        }

        /// Every operation with what answers requests for it.
        pub(crate) fn handlers<S: Operations>() -> Vec<(Route, MethodRouter<Arc<S>>)> {
            vec![$((Route::of::<$operation>(), handler::<$operation, S>())),+]
        }
    };
}

table! {
    ReadHealth,
    ReadCluster,
    ClusterCreate,
    ClusterJoin,
    CreateToken,
    RotateAuthority,
    ListNodes,
    ReadSettings,
    ChangeSettings,
    ReadCertificate,
    NewCertificate,
    ResetCertificate,
    ListVolumes,
    CreateVolume,
    ReadVolume,
    DeleteVolume,
    SetLimits,
    SetRoot,
    ListExports,
    CreateExport,
    SetClients,
    DeleteExport,
    ListMounts,
    MountRequest,
    Unmount,
    ListDisks,
    ListClients,
    ListTasks,
    StartTask,
    ReadTask,
    CancelTask,
    ListEvents,
    ReadPerformance,
    ReadCounters,
    ListGroups,
    CreateGroup,
    ReadGroup,
    UpdateGroup,
    DeleteGroup,
    CreateSetupToken,
    SetUp,
    ListRoles,
    ListUsers,
    CreateUser,
    ReadUser,
    UpdateUser,
    DeleteUser,
    SetPassword,
    UnlockUser,
    RemoveFactor,
    ListSessions,
    EndSession,
    ListApiTokens,
    DeleteApiToken,
    ReadAccount,
    SetOwnPassword,
    OfferFactor,
    ConfirmFactor,
    RemoveOwnFactor,
    ListOwnSessions,
    EndOwnSession,
    ListOwnApiTokens,
    CreateApiToken,
    DeleteOwnApiToken,
    ReadAudit,
    VerifyAudit,
}

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

fn handler<O: Operation, S: Serve<O>>() -> MethodRouter<Arc<S>> {
    let filter = MethodFilter::try_from(O::SHAPE.method).expect("a common method");
    on(filter, respond::<O, S>)
}

async fn respond<O: Operation, S: Serve<O>>(State(server): State<Arc<S>>, request: Request) -> Response {
    match answer::<O, S>(&server, request).await {
        Ok(reply) => reply.respond(O::success()),
        Err(refusal) => refusal.into_response(),
    }
}

async fn answer<O: Operation, S: Serve<O>>(server: &S, mut request: Request) -> Result<O::Reply, ApiError> {
    // The gate has put it there.
    let caller = request.extensions().get::<Caller>().cloned().ok_or_else(refusal::unauthenticated)?;
    let op = request.extensions().get::<ChosenOp>().map(|chosen| chosen.0);
    let names = request.extract_parts::<RawPathParams>().await;
    let names = names.map_err(|rejection| refusal::query_unreadable(rejection.body_text()))?;
    let at = O::At::read(&names, request.uri().query().unwrap_or_default())?;
    let etag = if O::SHAPE.conditional { if_match(request.headers()) } else { None };
    let body = O::Body::read(request, O::SHAPE.secret).await?;
    O::check(&caller, &at, &body)?;
    server.serve(Call { caller, op, at, body, etag }).await
}
