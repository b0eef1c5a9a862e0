//! Owns the page of help: the tasks done most, each with the way to it.

use crate::page::{Chrome, Heading, Member, Noun, PageRoute, Response, StatusCode, Template, html};
pub mod words;

pub const NOUN: Noun =
    Noun::new(routes)
        .says(words::TABLE)
        .under(Heading::System, "/help", "help", |language| words::of(language).nav);

fn routes() -> Vec<PageRoute> {
    vec![PageRoute::get("/help", show)]
}

#[derive(Template)]
#[template(path = "help/help.html")]
struct HelpPage {
    c: Chrome,
}

async fn show(member: Member) -> Response {
    html(StatusCode::OK, HelpPage { c: member.chrome(words::of(member.language()).nav) })
}
