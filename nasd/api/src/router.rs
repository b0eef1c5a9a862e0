//! Owns the routes of version 1: which HTTP request is which call of [`Management`].
//!
//! | Route | Call |
//! |---|---|
//! | `GET /cluster`, `POST /cluster` | `cluster_status`, `create_cluster` |
//! | `POST /cluster/join`, `POST /tokens` | `join_cluster`, `create_token` |
//! | `GET /nodes`, `GET /counters` | `nodes`, `counters` |
//! | `GET /volumes`, `POST /volumes`, `DELETE /volumes/{name}` | `volumes`, `create_volume`, `delete_volume` |
//! | `PUT /volumes/{name}/limits` | `set_limits` |
//! | `GET /exports`, `POST /exports`, `DELETE /exports?path=` | `exports`, `create_export`, `delete_export` |
//! | `GET /mounts`, `POST /mounts`, `DELETE /mounts?at=` | `mounts`, `mount`, `unmount` |

use crate::{ApiError, ErrorCode, List, Management, PREFIX};
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, FromRequest, FromRequestParts, Path, Query, Request, State};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post, put};
use axum::{Json, Router};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Largest body of a request, in bytes: the largest honest one (an export with hundreds of client rules)
/// is a fraction of it.
pub const BODY_BYTES_MAX: usize = 64 << 10;

/// Longest a request may take, body included. Above the minute a volume without a leader makes calls wait.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(120);

type Node = State<Arc<dyn Management>>;

/// The routes, each under [`PREFIX`]. Whatever goes wrong, the answer's body is an [`ApiError`].
pub fn router(management: Arc<dyn Management>) -> Router {
    let routes = Router::new()
        .route("/cluster", get(cluster_status).post(create_cluster))
        .route("/cluster/join", post(join_cluster))
        .route("/tokens", post(create_token))
        .route("/nodes", get(nodes))
        .route("/volumes", get(volumes).post(create_volume))
        .route("/volumes/{name}", delete(delete_volume))
        .route("/volumes/{name}/limits", put(set_limits))
        .route("/exports", get(exports).post(create_export).delete(delete_export))
        .route("/mounts", get(mounts).post(mount).delete(unmount))
        .route("/counters", get(counters));
    Router::new()
        .nest(PREFIX, routes)
        .fallback(no_such_route)
        .method_not_allowed_fallback(wrong_method)
        .layer(axum::middleware::from_fn(within_time))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .with_state(management)
}

async fn no_such_route(request: Request) -> ApiError {
    ApiError::not_found(format!("there is no {}", request.uri().path()))
        .hint(format!("this server speaks {PREFIX}; a newer client may need a newer server"))
}

async fn wrong_method(request: Request) -> ApiError {
    let message = format!("{} cannot be asked for with {}", request.uri().path(), request.method());
    ApiError::new(ErrorCode::MethodNotAllowed, message)
}

async fn within_time(request: Request, next: Next) -> Response {
    match tokio::time::timeout(REQUEST_TIMEOUT, next.run(request)).await {
        Ok(response) => response,
        Err(_) => {
            let message = format!("no answer within {} s; it may still happen", REQUEST_TIMEOUT.as_secs());
            ApiError::new(ErrorCode::TimedOut, message).into_response()
        }
    }
}

/// A JSON body; what cannot be read is refused in words.
struct Body<T>(T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        // Browsers cannot send this type across sites without asking first, which keeps forged forms out.
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let is_json =
            kind.is_some_and(|kind| kind.split(';').next().unwrap_or("").trim() == "application/json");
        if !is_json {
            return Err(ApiError::invalid("the body must be JSON, with content-type: application/json"));
        }
        let bytes = Bytes::from_request(request, state).await.map_err(unreadable)?;
        serde_json::from_slice(&bytes)
            .map(Body)
            .map_err(|error| ApiError::invalid(format!("the request's body cannot be read: {error}")))
    }
}

fn unreadable(rejection: BytesRejection) -> ApiError {
    match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => {
            let message = format!("the request's body is larger than {BODY_BYTES_MAX} bytes");
            ApiError::new(ErrorCode::TooLarge, message)
        }
        _ => ApiError::invalid("the request's body did not arrive whole"),
    }
}

/// The query part of the address; what cannot be read is refused in words.
struct Asked<T>(T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Asked<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        match Query::<T>::from_request_parts(parts, state).await {
            Ok(Query(query)) => Ok(Asked(query)),
            Err(rejection) => Err(ApiError::invalid(rejection.body_text())),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ByPath {
    path: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ByMountPoint {
    at: PathBuf,
}

type Reply<T> = Result<Json<T>, ApiError>;
type Made<T> = Result<(StatusCode, Json<T>), ApiError>;
type Done = Result<StatusCode, ApiError>;

fn made<T: Serialize>(thing: T) -> (StatusCode, Json<T>) {
    (StatusCode::CREATED, Json(thing))
}

fn list<T>(items: Vec<T>) -> Json<List<T>> {
    Json(List { items })
}

async fn cluster_status(State(node): Node) -> Reply<crate::ClusterStatus> {
    node.cluster_status().await.map(Json)
}

async fn create_cluster(
    State(node): Node,
    Body(request): Body<crate::ClusterCreate>,
) -> Made<crate::ClusterStatus> {
    node.create_cluster(request).await.map(made)
}

async fn join_cluster(
    State(node): Node,
    Body(request): Body<crate::ClusterJoin>,
) -> Made<crate::ClusterStatus> {
    node.join_cluster(request).await.map(made)
}

async fn create_token(State(node): Node, Body(request): Body<crate::CreateToken>) -> Made<crate::Token> {
    node.create_token(request).await.map(made)
}

async fn nodes(State(node): Node) -> Reply<List<crate::NodeInfo>> {
    node.nodes().await.map(list)
}

async fn volumes(State(node): Node) -> Reply<List<crate::VolumeInfo>> {
    node.volumes().await.map(list)
}

async fn create_volume(
    State(node): Node,
    Body(request): Body<crate::CreateVolume>,
) -> Made<crate::VolumeInfo> {
    crate::check_volume_name(&request.name).map_err(|bad| ApiError::invalid(bad.to_string()))?;
    if request.replicas.is_some_and(|count| count == 0 || count > crate::REPLICAS_MAX) {
        return Err(ApiError::invalid(format!("a volume has 1 to {} replicas", crate::REPLICAS_MAX)));
    }
    check_limits(&request.limits)?;
    node.create_volume(request).await.map(made)
}

async fn set_limits(
    State(node): Node,
    Path(name): Path<String>,
    Body(limits): Body<crate::Limits>,
) -> Reply<crate::VolumeInfo> {
    check_limits(&limits)?;
    node.set_limits(name, limits).await.map(Json)
}

fn check_limits(limits: &crate::Limits) -> Result<(), ApiError> {
    match [limits.bytes, limits.files].iter().flatten().all(|limit| (1..=i64::MAX as u64).contains(limit)) {
        true => Ok(()),
        false => Err(ApiError::invalid("a limit is at least 1; leave it out to have none")),
    }
}

async fn delete_volume(State(node): Node, Path(name): Path<String>) -> Done {
    node.delete_volume(name).await.map(|()| StatusCode::NO_CONTENT)
}

async fn exports(State(node): Node) -> Reply<List<crate::Export>> {
    node.exports().await.map(list)
}

async fn create_export(State(node): Node, Body(request): Body<crate::CreateExport>) -> Made<crate::Export> {
    node.create_export(request).await.map(made)
}

async fn delete_export(State(node): Node, Asked(query): Asked<ByPath>) -> Done {
    node.delete_export(query.path).await.map(|()| StatusCode::NO_CONTENT)
}

async fn mounts(State(node): Node) -> Reply<List<crate::MountInfo>> {
    node.mounts().await.map(list)
}

async fn mount(State(node): Node, Body(request): Body<crate::MountRequest>) -> Made<crate::MountInfo> {
    node.mount(request).await.map(made)
}

async fn unmount(State(node): Node, Asked(query): Asked<ByMountPoint>) -> Done {
    node.unmount(query.at).await.map(|()| StatusCode::NO_CONTENT)
}

async fn counters(State(node): Node) -> Reply<crate::Counters> {
    node.counters().await.map(Json)
}
