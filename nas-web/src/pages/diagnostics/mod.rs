//! Owns the pages of diagnoses: what each node found when it looked itself over, and support bundles.

mod bundle;
mod said;
pub mod words;

use crate::page::{
    Chrome, Form, Heading, Member, Noun, PageRoute, Posted, Refused, Response, StatusCode, Template, html, to,
};
use nasd_api::{Diagnosis, ListDiagnoses, Nothing, StartDiagnosis};
use nasd_base::role::Right;

pub const NOUN: Noun =
    Noun::new(routes)
        .says(words::TABLE)
        .under(Heading::System, "/diagnostics", "info", |language| words::of(language).nav);

fn routes() -> Vec<PageRoute> {
    let mut routes = vec![PageRoute::get("/diagnostics", list), PageRoute::post("/diagnostics", start)];
    routes.extend(bundle::routes());
    routes
}

#[derive(Template)]
#[template(path = "diagnostics/list.html")]
struct ListPage {
    c: Chrome,
    form: Form,
    nodes: Vec<Diagnosis>,
    may_start: bool,
    may_collect: bool,
}

async fn list(member: Member) -> Result<Response, Refused> {
    let nodes = member.all::<ListDiagnoses>().await?;
    let c = member.live(words::of(member.language()).nav).await;
    let (may_start, may_collect) = (member.may(Right::ChangeStorage), member.may(Right::ChangeCluster));
    Ok(html(StatusCode::OK, ListPage { c, form: Form::default(), nodes, may_start, may_collect }))
}

/// All checks of all nodes; a run that goes on is joined.
async fn start(Posted { member, form }: Posted) -> Result<Response, Refused> {
    if form.is_restored() {
        return Ok(to("/diagnostics"));
    }
    match member.client.call::<StartDiagnosis>(Nothing, &StartDiagnosis::default()).await {
        Ok(_) => Ok(to("/diagnostics")),
        Err(error) => Err(member.refuse(error)),
    }
}
