//! Owns the page of who is slow or busy, and why: of everything, or of one volume or client.

mod rows;
pub mod words;

use crate::page::{
    Chrome, Form, Member, Noun, PageRoute, Refused, Response, StatusCode, Template, Text, html,
};
use nasd_api::{ClientError, ErrorCode, ReadTop, TopAt, TopBy, TopSpan};
use rows::{Place, Rows, Slow};

pub const NOUN: Noun = Noun::new(routes).says(words::TABLE);

fn routes() -> Vec<PageRoute> {
    vec![PageRoute::get("/performance/slow", show)]
}

#[derive(Template)]
#[template(path = "top/top.html")]
struct TopPage {
    c: Chrome,
    volume: String,
    client: String,
    by: String,
    span: String,
    sorts: Vec<Choice>,
    spans: Vec<Choice>,
    /// There is no such volume.
    is_missing: bool,
    silent: Option<String>,
    others: Option<u64>,
    is_hidden: bool,
    volumes: Vec<Rows>,
    clients: Vec<Rows>,
    files: Vec<Place>,
    directories: Vec<Place>,
    floor: String,
    slowest: Vec<Slow>,
}

/// What can be chosen instead.
struct Choice {
    to: String,
    text: Text,
    is_chosen: bool,
}

async fn show(member: Member) -> Result<Response, Refused> {
    let (w, asked) = (words::of(member.language()), asked(&member.visit.query()));
    let told = match member.client.ask::<ReadTop>(asked.clone()).await {
        Err(ClientError::Refused(error)) if error.code == ErrorCode::NotFound => None,
        told => Some(told.map_err(|error| member.refuse(error))?),
    };
    let is_missing = told.is_none();
    let top = told.unwrap_or_default();
    let row = |one: &rows::Named<'_>| rows::row(w, one, top.seconds);
    let place = |file| rows::place(w, file, top.seconds);
    let page = TopPage {
        c: member.live(w.title).await,
        sorts: sorts(w, &asked),
        spans: spans(w, &asked),
        is_missing,
        silent: (!top.silent.is_empty()).then(|| top.silent.join(", ")),
        others: Some(top.others.operations).filter(|count| *count > 0),
        is_hidden: top.paths_hidden,
        volumes: top.volumes.iter().map(|one| row(&rows::Named::from(one))).collect(),
        clients: top.clients.iter().map(|one| row(&rows::Named::from(one))).collect(),
        files: top.files.iter().map(place).collect(),
        directories: top.directories.iter().map(place).collect(),
        floor: rows::measured(w, asked.by, top.files_floor),
        slowest: top.slowest.iter().map(|slow| rows::slow(w, &member.zone, slow)).collect(),
        by: asked.by.name().to_owned(),
        span: asked.span.name().to_owned(),
        volume: asked.volume.unwrap_or_default(),
        client: asked.client.unwrap_or_default(),
    };
    Ok(html(StatusCode::OK, page))
}

fn asked(query: &Form) -> TopAt {
    let named = |field| Some(query.get(field).to_owned()).filter(|name| !name.is_empty());
    let (volume, client) = (named("volume"), named("client"));
    let by = TopBy::ALL.into_iter().find(|by| query.is("by", by.name())).unwrap_or_default();
    let span = TopSpan::ALL.into_iter().find(|span| query.is("span", span.name())).unwrap_or_default();
    TopAt { by, span, volume, client }
}

fn sorts(w: &words::Words, asked: &TopAt) -> Vec<Choice> {
    let named = [w.by_time, w.by_operations, w.by_bytes];
    let choice = |(by, text)| choice(text, by == asked.by, &TopAt { by, ..asked.clone() });
    TopBy::ALL.into_iter().zip(named).map(choice).collect()
}

fn spans(w: &words::Words, asked: &TopAt) -> Vec<Choice> {
    let named = [w.ten_seconds, w.minute, w.five_minutes];
    let choice = |(span, text)| choice(text, span == asked.span, &TopAt { span, ..asked.clone() });
    TopSpan::ALL.into_iter().zip(named).map(choice).collect()
}

fn choice(text: Text, is_chosen: bool, at: &TopAt) -> Choice {
    let mut form = Form::new(&[("by", at.by.name()), ("span", at.span.name())]);
    for (field, name) in [("volume", &at.volume), ("client", &at.client)] {
        name.iter().for_each(|name| form.set(field, name.as_str()));
    }
    Choice { to: format!("/performance/slow?{}", form.encoded()), text, is_chosen }
}
