//! Owns the routes of groups.

use super::account::check_owned;
use super::{Asked, Body, Done, Made, Named, Node, Reply, Route, Tagged, if_match, listed, made, tagged};
use crate::access::{Access, Caller};
use crate::described::UserName;
use crate::paging::Page;
use crate::{ApiError, CreateGroup, ErrorCode, Group, List, MEMBERS_MAX, UpdateGroup};
use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode};
use nasd_base::role::Right;

pub fn routes() -> Vec<Route> {
    let (see, change) = (Access::Needs(Right::ReadIdentity), Access::Needs(Right::ChangeIdentity));
    vec![
        Route::new(Method::GET, "/groups", see, "The groups of users", groups).lists::<Group>(),
        Route::new(Method::POST, "/groups", change, "Make a group", create)
            .takes::<CreateGroup>()
            .gives::<Group>()
            .refuses(&[ErrorCode::NotFound])
            .repeatable(),
        Route::new(Method::GET, "/groups/{name}", see, "One group", group)
            .names::<UserName>()
            .gives_tagged::<Group>(),
        Route::new(Method::PUT, "/groups/{name}", change, "Set role, volumes and members", update)
            .names::<UserName>()
            .takes::<UpdateGroup>()
            .gives_tagged::<Group>()
            .conditional(),
        Route::new(Method::DELETE, "/groups/{name}", change, "Delete a group; its members stay", delete)
            .names::<UserName>(),
    ]
}

async fn groups(State(node): Node, Asked(page): Asked<Page>) -> Reply<List<Group>> {
    listed(page, node.groups().await?)
}

async fn group(State(node): Node, Named(name): Named<String>) -> Result<Tagged<Group>, ApiError> {
    let group = node.groups().await?.into_iter().find(|group| group.name == name);
    let group = group.ok_or_else(|| ApiError::not_found(format!("there is no group {name}")))?;
    let etag = group.etag.clone();
    Ok(tagged(etag, group))
}

async fn create(
    State(node): Node,
    Extension(caller): Extension<Caller>,
    Body(request): Body<CreateGroup>,
) -> Made<Group> {
    caller.check_gives(request.role)?;
    check_owned(request.role, &request.owned)?;
    check_members(&request.members)?;
    node.create_group(request).await.map(made)
}

fn check_members(members: &[String]) -> Result<(), ApiError> {
    match members.len() > MEMBERS_MAX {
        true => Err(ApiError::invalid(format!("a group has at most {MEMBERS_MAX} members"))),
        false => Ok(()),
    }
}

async fn update(
    State(node): Node,
    Extension(caller): Extension<Caller>,
    Named(name): Named<String>,
    headers: HeaderMap,
    Body(request): Body<UpdateGroup>,
) -> Result<Tagged<Group>, ApiError> {
    caller.check_gives(request.role)?;
    check_owned(request.role, &request.owned)?;
    check_members(&request.members)?;
    let group = node.update_group(name, request, if_match(&headers)).await?;
    let etag = group.etag.clone();
    Ok(tagged(etag, group))
}

async fn delete(State(node): Node, Named(name): Named<String>) -> Done {
    node.delete_group(name).await.map(|()| StatusCode::NO_CONTENT)
}
