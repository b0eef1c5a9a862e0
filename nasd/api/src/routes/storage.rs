//! Owns the routes of the cluster, its volumes, exports and mounts.

use super::{Asked, Body, Done, Made, Named, Node, Reply, Route, if_match, listed, made};
use crate::access::{Access, Caller, Proof};
use crate::described::{MountPoint, VolumeName};
use crate::paging::Page;
use crate::{ApiError, ErrorCode, HealthWord, List, MountReach, TOKEN_SECONDS_MAX};
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::{Extension, Json};
use nasd_base::role::Right;
use serde::Deserialize;
use std::path::PathBuf;

pub fn routes() -> Vec<Route> {
    let (get, post, put, delete) = (Method::GET, Method::POST, Method::PUT, Method::DELETE);
    let see = Access::Needs(Right::ReadStatus);
    let (change, destroy) = (Access::Needs(Right::ChangeStorage), Access::Needs(Right::DestroyStorage));
    let cluster = Access::Needs(Right::ChangeCluster);
    let founds = Access::Founds(Right::ChangeCluster);
    vec![
        Route::new(get.clone(), "/health", Access::Everybody, "How the cluster does, in a word", health)
            .gives::<HealthWord>(),
        Route::new(get.clone(), "/cluster", see, "The cluster, its nodes and volumes", cluster_status)
            .gives::<crate::ClusterStatus>(),
        Route::new(post.clone(), "/cluster", founds, "Found a cluster with this node", create_cluster)
            .takes::<crate::ClusterCreate>()
            .gives::<crate::ClusterStatus>()
            .recorded(),
        Route::new(post.clone(), "/cluster/join", founds, "Join a cluster with this node", join_cluster)
            .takes::<crate::ClusterJoin>()
            .gives::<crate::ClusterStatus>()
            .recorded(),
        Route::new(post.clone(), "/tokens", cluster, "A token that lets one node join", create_token)
            .takes::<crate::CreateToken>()
            .gives::<crate::Token>(),
        Route::new(
            post.clone(),
            "/authority/rotation",
            cluster,
            "Give the cluster another authority",
            rotate,
        )
        .gives::<crate::Task>()
        .refuses(&[ErrorCode::Conflict]),
        Route::new(get.clone(), "/nodes", see, "The nodes", nodes).lists::<crate::NodeInfo>(),
        Route::new(get.clone(), "/volumes", see, "The volumes", volumes).lists::<crate::VolumeInfo>(),
        Route::new(post.clone(), "/volumes", change, "Make a volume", create_volume)
            .takes::<crate::CreateVolume>()
            .gives::<crate::VolumeInfo>()
            .repeatable(),
        Route::new(get.clone(), "/volumes/{name}", see, "One volume", volume)
            .names::<VolumeName>()
            .gives_tagged::<crate::VolumeInfo>(),
        Route::new(
            delete.clone(),
            "/volumes/{name}",
            destroy,
            "Destroy a volume with its files",
            delete_volume,
        )
        .names::<VolumeName>(),
        Route::new(put.clone(), "/volumes/{name}/limits", change, "Set what a volume may hold", set_limits)
            .names::<VolumeName>()
            .takes::<crate::Limits>()
            .gives_tagged::<crate::VolumeInfo>()
            .conditional(),
        Route::new(get.clone(), "/mounts", see, "The answering node's mounts", mounts)
            .lists::<crate::MountInfo>(),
        Route::new(post, "/mounts", change, "Mount a volume on the answering node", mount)
            .takes::<crate::MountRequest>()
            .gives::<crate::MountInfo>()
            .refuses(&[ErrorCode::NotFound])
            .recorded(),
        Route::new(delete, "/mounts", change, "Unmount `?at=` on the answering node", unmount)
            .asks::<MountPoint>("at")
            .refuses(&[ErrorCode::NotFound])
            .recorded(),
        Route::new(get, "/counters", see, "What the answering node counted", counters)
            .gives::<crate::Counters>(),
    ]
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ByMountPoint {
    at: PathBuf,
}

async fn health(State(node): Node) -> Reply<HealthWord> {
    let health = node.health().await?;
    Ok(Json(HealthWord { health }))
}

async fn volume(
    State(node): Node,
    Named(name): Named<String>,
) -> Result<super::Tagged<crate::VolumeInfo>, ApiError> {
    let volume = node.volumes().await?.into_iter().find(|volume| volume.name == name);
    let volume = volume.ok_or_else(|| ApiError::not_found(format!("there is no volume {name}")))?;
    let etag = volume.etag.clone();
    Ok(super::tagged(etag, volume))
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

/// What an API token lets in, it lets in only as long as it is good itself.
async fn create_token(
    State(node): Node,
    Extension(caller): Extension<Caller>,
    Body(request): Body<crate::CreateToken>,
) -> Made<crate::Token> {
    // Before it is cut to what the caller's own token allows.
    if request.ttl_seconds.is_some_and(|seconds| !(1..=TOKEN_SECONDS_MAX).contains(&seconds)) {
        let message = format!("a join token is good for 1 to {TOKEN_SECONDS_MAX} seconds");
        return Err(ApiError::invalid(message));
    }
    let until = match caller.proof {
        Proof::ApiToken { expires, .. } => Some(expires),
        _ => None,
    };
    node.create_token(request, until).await.map(made)
}

async fn rotate(State(node): Node) -> Made<crate::Task> {
    node.rotate_authority().await.map(made)
}

async fn nodes(State(node): Node, Asked(page): Asked<Page>) -> Reply<List<crate::NodeInfo>> {
    listed(page, node.nodes().await?)
}

async fn volumes(State(node): Node, Asked(page): Asked<Page>) -> Reply<List<crate::VolumeInfo>> {
    listed(page, node.volumes().await?)
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
    Named(name): Named<String>,
    headers: HeaderMap,
    Body(limits): Body<crate::Limits>,
) -> Result<super::Tagged<crate::VolumeInfo>, ApiError> {
    check_limits(&limits)?;
    let volume = node.set_limits(name, limits, if_match(&headers)).await?;
    let etag = volume.etag.clone();
    Ok(super::tagged(etag, volume))
}

fn check_limits(limits: &crate::Limits) -> Result<(), ApiError> {
    match [limits.bytes, limits.files].iter().flatten().all(|limit| (1..=i64::MAX as u64).contains(limit)) {
        true => Ok(()),
        false => Err(ApiError::invalid("a limit is at least 1; leave it out to have none")),
    }
}

async fn delete_volume(State(node): Node, Named(name): Named<String>) -> Done {
    node.delete_volume(name).await.map(|()| StatusCode::NO_CONTENT)
}

async fn mounts(State(node): Node, Asked(page): Asked<Page>) -> Reply<List<crate::MountInfo>> {
    listed(page, node.mounts().await?)
}

async fn mount(
    State(node): Node,
    Extension(caller): Extension<Caller>,
    Body(request): Body<crate::MountRequest>,
) -> Made<crate::MountInfo> {
    request.check(&caller)?;
    node.mount(request, MountReach::of(&caller)).await.map(made)
}

async fn unmount(
    State(node): Node,
    Extension(caller): Extension<Caller>,
    Asked(query): Asked<ByMountPoint>,
) -> Done {
    node.unmount(query.at, MountReach::of(&caller)).await.map(|()| StatusCode::NO_CONTENT)
}

async fn counters(State(node): Node) -> Reply<crate::Counters> {
    node.counters().await.map(Json)
}
