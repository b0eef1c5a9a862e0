//! Owns the pages of NFS exports: the list, making, changing and ending one.

mod answer;
mod delete;
mod edit;
mod find;
pub mod mount_line;
mod rules;
pub mod said;
pub mod words;

pub use rules::RuleRow;

use crate::flow;
use crate::page::{
    Chrome, Form, Heading, Listing, Member, Noun, PageRoute, Paging, Problems, Refused, Response, Template,
    html,
};
use crate::pages::refused_mounts::Section;
use answer::{Answer, answer, asked};
use mount_line::mount_lines;
use nasd_api::{Export, ListExports, ListNodes, RefusedMountsAt};
use nasd_base::role::Right;

pub const NOUN: Noun =
    Noun::new(routes)
        .says(words::TABLE)
        .under(Heading::Storage, "/exports", "share", |language| words::of(language).nav);

const LIST: Listing = Listing::by("/exports", "path");

fn routes() -> Vec<PageRoute> {
    let parts = [
        vec![PageRoute::get("/exports", list)],
        flow::create::routes::<edit::NewExport>("/exports/new"),
        flow::edit::routes::<edit::EditExport>("/exports/edit"),
        flow::confirm::routes::<delete::Deletion>("/exports/delete"),
    ];
    parts.into_iter().flatten().collect()
}

/// Rules of one export that the list shows: of fifty exports with very many, the page stays readable.
const SHOWN_MAX: usize = 8;

#[derive(Template)]
#[template(path = "exports/list.html")]
struct ListPage {
    c: Chrome,
    /// The exports, with the answer for the client that was asked about.
    rows: Vec<(Export, Option<Answer>)>,
    query: Form,
    problems: Problems,
    paging: Paging,
    /// How the first one is mounted from a node that answers.
    example: Option<String>,
    may_change: bool,
    refused: Section,
}

async fn list(member: Member) -> Result<Response, Refused> {
    let (query, mut problems) = (member.visit.query(), Problems::default());
    let w = words::of(member.language());
    let client = asked(&query, w, &mut problems);
    let asked = match client {
        // What is exported above it decides, too.
        Some(client) => Some((client, member.all::<ListExports>().await?)),
        None => None,
    };
    let (listed, nodes, refused) = tokio::join!(
        LIST.ask::<ListExports>(&member, ""),
        member.all::<ListNodes>(),
        Section::of(&member, RefusedMountsAt::default()),
    );
    let ((rows, paging), nodes) = (listed?, nodes?);
    let told = |export: &Export| asked.as_ref().map(|(client, all)| answer(all, export, *client, w));
    let example = rows.first().and_then(|export| mount_lines(&nodes, &export.path).into_iter().next());
    let example = example.map(|line| line.command);
    let rows = rows.into_iter().map(|export| (export.clone(), told(&export))).collect();
    let may_change = member.may(Right::ChangeExports);
    let (c, status) = (member.chrome(w.nav), problems.status());
    Ok(html(status, ListPage { c, rows, query, problems, paging, example, may_change, refused }))
}
