//! Owns the page of help: the tasks done most, each with the way to it.

use crate::chrome::{Chrome, html};
use crate::route::PageRoute;
use crate::visit::Member;
use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

pub fn routes() -> Vec<PageRoute> {
    vec![PageRoute::get("/help", show)]
}

#[derive(Template)]
#[template(path = "help/help.html")]
struct HelpPage {
    c: Chrome,
}

async fn show(member: Member) -> Response {
    html(StatusCode::OK, HelpPage { c: member.chrome(member.words().nav_help) })
}
