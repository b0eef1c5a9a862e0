//! Owns the pages of SNMP: who may ask how the cluster does, what they may read, and how they ask.

mod access;
mod communities;
mod contact;
mod delete;
mod users;
mod views;
pub mod words;

use crate::flow;
use crate::page::{Chrome, Heading, Member, Noun, PageRoute, Refused, Response, StatusCode, Template, html};
use nasd_api::{
    ListSnmpCommunities, ListSnmpUsers, ListSnmpViews, Nothing, Page, ReadSnmp, Snmp, SnmpCommunity,
    SnmpUser, SnmpView,
};
use nasd_base::role::Right;

pub const NOUN: Noun =
    Noun::new(routes)
        .says(words::TABLE)
        .under(Heading::System, "/snmp", "signal", |language| words::of(language).nav);

fn routes() -> Vec<PageRoute> {
    let parts = [
        vec![PageRoute::get("/snmp", list)],
        flow::edit::routes::<contact::EditContact>("/snmp/contact"),
        flow::create::routes::<users::NewUser>("/snmp/users/-new"),
        flow::edit::routes::<users::EditUser>("/snmp/users/{name}"),
        flow::confirm::routes::<delete::User>("/snmp/users/{name}/delete"),
        flow::create::routes::<communities::NewCommunity>("/snmp/communities/-new"),
        flow::edit::routes::<communities::EditCommunity>("/snmp/communities/{name}"),
        flow::confirm::routes::<delete::Community>("/snmp/communities/{name}/delete"),
        flow::create::routes::<views::NewView>("/snmp/views/-new"),
        flow::edit::routes::<views::EditView>("/snmp/views/{name}"),
        flow::confirm::routes::<delete::View>("/snmp/views/{name}/delete"),
    ];
    parts.into_iter().flatten().collect()
}

/// All of it: there are a hundred of each at most.
#[derive(Template)]
#[template(path = "snmp/snmp.html")]
struct SnmpPage {
    c: Chrome,
    snmp: Snmp,
    users: Vec<SnmpUser>,
    communities: Vec<SnmpCommunity>,
    views: Vec<SnmpView>,
    may_change: bool,
}

async fn list(member: Member) -> Result<Response, Refused> {
    let page = SnmpPage {
        c: member.chrome(words::of(member.language()).nav),
        snmp: member.ask::<ReadSnmp>(Nothing).await?,
        users: member.ask::<ListSnmpUsers>(Page::default()).await?.items,
        communities: member.ask::<ListSnmpCommunities>(Page::default()).await?.items,
        views: member.ask::<ListSnmpViews>(Page::default()).await?.items,
        may_change: member.may(Right::ChangeCluster),
    };
    Ok(html(StatusCode::OK, page))
}
