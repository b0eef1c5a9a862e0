//! Owns making an export and changing who may mount it; without JavaScript, too: rows are added by a button.

use super::find::find;
use super::rules::{ROWS_MAX, RuleRow, read, rows};
use crate::chrome::{Chrome, html};
use crate::flash::Done;
use crate::form::Form;
use crate::posted::Posted;
use crate::problems::Problems;
use crate::refusal::Refused;
use crate::reply::done;
use crate::visit::Member;
use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use nasd_api::{ClientError, ClientRule, CreateExport, ErrorCode, ExportAt, ListVolumes, Page, SetClients};

/// Names of volumes that a page offers at most.
const SUGGESTIONS: usize = 200;

#[derive(Template)]
#[template(path = "exports/edit.html")]
struct EditPage {
    c: Chrome,
    form: Form,
    rows: Vec<RuleRow>,
    problems: Problems,
    is_new: bool,
    /// Names of volumes to choose from while one is typed, not all of very many.
    volumes: Vec<String>,
    /// What somebody else saved meanwhile.
    theirs: Option<Vec<ClientRule>>,
}

impl EditPage {
    fn new(member: &Member, form: Form, is_new: bool) -> EditPage {
        let w = member.words();
        let title = if is_new { w.export_new.to_string() } else { w.export_edit.of(form.get("path")) };
        let mut rows = rows(&form);
        let wants_row = form.has("add") && rows.len() < ROWS_MAX;
        if rows.is_empty() || wants_row {
            rows.push(RuleRow::empty());
        }
        let (c, problems) = (member.chrome(title), Problems::default());
        EditPage { c, form, rows, problems, is_new, volumes: Vec::new(), theirs: None }
    }

    async fn of_new(member: &Member, form: Form) -> EditPage {
        // Without them it is only typed.
        let volumes = member.client.ask::<ListVolumes>(Page::first(SUGGESTIONS)).await;
        let volumes = volumes.map(|list| list.items).unwrap_or_default();
        let volumes = volumes.into_iter().map(|volume| volume.name).collect();
        EditPage { volumes, ..EditPage::new(member, form, true) }
    }

    /// What is wrong with a row's network.
    fn wrong(&self, at: &usize) -> Option<&str> {
        self.problems.of(&format!("network-{at}"))
    }

    fn with(self, problems: Problems) -> Response {
        let status = problems.status();
        html(status, EditPage { problems, ..self })
    }
}

pub async fn show_new(member: Member) -> Response {
    let query = member.visit.query();
    let volume = query.get("volume");
    let path = if volume.is_empty() { String::new() } else { format!("/{volume}") };
    let form = Form::new(&[("volume", volume), ("path", &path)]);
    EditPage::of_new(&member, form).await.with(Problems::default())
}

pub async fn make(Posted { member, mut form }: Posted) -> Result<Response, Refused> {
    let mut problems = Problems::default();
    if form.is_restored() || form.has("add") {
        return Ok(EditPage::of_new(&member, form).await.with(problems));
    }
    let w = member.words();
    problems.check(form.get("path").starts_with('/'), "path", w.path_wrong);
    problems.check(!form.get("volume").is_empty(), "volume", w.volume_missing);
    let clients = read(&rows(&form), w, &mut problems);
    if !problems.is_empty() {
        return Ok(EditPage::of_new(&member, form).await.with(problems));
    }
    let (path, volume) = (form.get("path").to_owned(), form.get("volume").to_owned());
    let request = CreateExport { path, volume, clients };
    match member.make::<CreateExport>(&request, &mut form).await {
        Ok(export) => Ok(done("/exports", Done::ExportMade, &export.path)),
        Err(error) => {
            let problems = Problems::of_error(&member, error, "path")?;
            Ok(EditPage::of_new(&member, form).await.with(problems))
        }
    }
}

pub async fn show(member: Member) -> Result<Response, Refused> {
    let export = find(&member, member.visit.query().get("path")).await?;
    let form = Form::new(&[("path", &export.path), ("volume", &export.volume), ("etag", &export.etag)]);
    let mut page = EditPage::new(&member, form, false);
    if !export.clients.is_empty() {
        page.rows = export.clients.iter().map(RuleRow::of).collect();
    }
    Ok(page.with(Problems::default()))
}

pub async fn change(Posted { member, form }: Posted) -> Result<Response, Refused> {
    let mut problems = Problems::default();
    let clients = read(&rows(&form), member.words(), &mut problems);
    if form.is_restored() || form.has("add") {
        return Ok(EditPage::new(&member, form, false).with(Problems::default()));
    }
    if !problems.is_empty() {
        return Ok(EditPage::new(&member, form, false).with(problems));
    }
    let path = form.get("path").to_owned();
    let at = ExportAt { path: path.clone() };
    let etag = Some(form.get("etag").to_owned());
    match member.client.call_if::<SetClients>(at, &SetClients { clients }, etag.as_deref()).await {
        Ok(_) => Ok(done("/exports", Done::ExportChanged, &path)),
        Err(ClientError::Refused(error)) if error.code == ErrorCode::PreconditionFailed => {
            conflict(&member, &path, form).await
        }
        Err(error) => {
            let problems = Problems::of_error(&member, error, "path")?;
            Ok(EditPage::new(&member, form, false).with(problems))
        }
    }
}

/// Both sides beside each other; sending again means to have seen theirs.
async fn conflict(member: &Member, path: &str, mut form: Form) -> Result<Response, Refused> {
    let export = find(member, path).await?;
    form.set("etag", &export.etag);
    let page = EditPage { theirs: Some(export.clients), ..EditPage::new(member, form, false) };
    Ok(html(StatusCode::PRECONDITION_FAILED, page))
}
