//! Owns the routes of the cluster's settings.

use super::{Body, Node, Route, Tagged, if_match, tagged};
use crate::access::Access;
use crate::{ApiError, ChangeSettings, SESSION_MINUTES_MAX, SESSION_MINUTES_MIN, Settings};
use axum::extract::State;
use axum::http::{HeaderMap, Method};
use nasd_base::role::Right;

pub fn routes() -> Vec<Route> {
    let (see, change) = (Access::Needs(Right::ReadStatus), Access::Needs(Right::ChangeCluster));
    vec![
        Route::new(Method::GET, "/settings", see, "The cluster's settings", show).gives_tagged::<Settings>(),
        Route::new(Method::PUT, "/settings", change, "Replace the cluster's settings", put)
            .takes::<ChangeSettings>()
            .gives_tagged::<Settings>()
            .conditional(),
    ]
}

async fn show(State(node): Node) -> Result<Tagged<Settings>, ApiError> {
    let settings = node.settings().await?;
    let etag = settings.etag.clone();
    Ok(tagged(etag, settings))
}

async fn put(
    State(node): Node,
    headers: HeaderMap,
    Body(request): Body<ChangeSettings>,
) -> Result<Tagged<Settings>, ApiError> {
    check(&request)?;
    let settings = node.change_settings(request, if_match(&headers)).await?;
    let etag = settings.etag.clone();
    Ok(tagged(etag, settings))
}

fn check(request: &ChangeSettings) -> Result<(), ApiError> {
    let (idle, total) = (request.session_idle_minutes, request.session_minutes);
    let possible = SESSION_MINUTES_MIN..=SESSION_MINUTES_MAX;
    if !possible.contains(&idle) || !possible.contains(&total) {
        let message =
            format!("a session's limits are {SESSION_MINUTES_MIN} to {SESSION_MINUTES_MAX} minutes");
        return Err(ApiError::invalid(message));
    }
    if idle > total {
        let message =
            "session_idle_minutes is more than session_minutes: a session would never be idle for so long";
        return Err(ApiError::invalid(message));
    }
    Ok(())
}
