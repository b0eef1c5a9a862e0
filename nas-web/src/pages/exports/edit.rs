//! Owns making an export and changing who may mount it; without JavaScript, too: rows are added and moved by
//! buttons.

use super::answer::client;
use super::find::find;
use super::rules::{DOWN, ROWS_MAX, RuleRow, UP, read, reorder, rows, write};
use super::words;
use crate::flow::create::Create;
use crate::flow::edit::{Edit, Sheet};
use crate::page::{Chrome, Form, Member, Problems, Refused, Response, Template, done, html};
use crate::pages::refused_mounts::Section;
use nasd_api::{ClientRule, CreateExport, Export, ExportAt, ListVolumes, Page, RefusedMountsAt, SetClients};
use std::net::IpAddr;

/// The button that asks for one more row.
const ADD_ROW: &str = "add";
/// Names of volumes that a page offers at most.
const SUGGESTIONS: usize = 200;

#[derive(Template)]
#[template(path = "exports/edit.html")]
struct EditPage {
    c: Chrome,
    form: Form,
    rows: Vec<RuleRow>,
    /// The row that was just moved or added for a client.
    moved: Option<usize>,
    problems: Problems,
    is_new: bool,
    /// Names of volumes to choose from while one is typed, not all of very many.
    volumes: Vec<String>,
    /// What somebody else saved meanwhile.
    theirs: Option<Vec<ClientRule>>,
    /// Of an export that there is.
    refused: Option<Section>,
}

impl EditPage {
    fn new(member: &Member, title: impl ToString, form: Form, problems: Problems) -> EditPage {
        let mut rows = rows(&form);
        let moved = reorder(&mut rows, &form);
        let wants_row = form.has(ADD_ROW) && rows.len() < ROWS_MAX;
        if rows.is_empty() || wants_row {
            rows.push(RuleRow::empty());
        }
        let c = member.chrome(title);
        EditPage {
            c,
            form,
            rows,
            moved,
            problems,
            is_new: false,
            volumes: Vec::new(),
            theirs: None,
            refused: None,
        }
    }

    /// With a row for a client that is to be let in; nothing is saved yet.
    fn let_in(&mut self, client: IpAddr) {
        self.rows.retain(|row| !row.network.is_empty());
        self.moved = Some(self.rows.len());
        self.rows.push(RuleRow::for_client(client));
    }

    /// What is wrong with a row's network.
    fn wrong(&self, at: &usize) -> Option<&str> {
        self.problems.of(&format!("network-{at}"))
    }
}

/// A button of the rows was pressed: it is not to be saved yet.
fn is_arranged(form: &Form) -> bool {
    [ADD_ROW, UP, DOWN].iter().any(|button| form.has(button))
}

pub struct NewExport;

impl Create for NewExport {
    type Make = CreateExport;
    const FIELD: &'static str = "path";

    fn blank(asked: &Form) -> Form {
        let volume = asked.get("volume");
        let path = if volume.is_empty() { String::new() } else { format!("/{volume}") };
        Form::new(&[("volume", volume), ("path", &path)])
    }

    fn request(member: &Member, form: &Form, problems: &mut Problems) -> Option<CreateExport> {
        let w = words::of(member.language());
        let (path, volume) = (form.get("path").to_owned(), form.get("volume").to_owned());
        problems.check(path.starts_with('/'), "path", w.path_wrong);
        problems.check(!volume.is_empty(), "volume", w.volume_missing);
        Some(CreateExport { path, volume, clients: read(&rows(form), w, problems) })
    }

    fn is_unfinished(form: &Form) -> bool {
        is_arranged(form)
    }

    async fn page(member: &Member, form: Form, problems: Problems) -> Result<Response, Refused> {
        // Without them it is only typed.
        let volumes = member.client.ask::<ListVolumes>(Page::first(SUGGESTIONS)).await;
        let volumes = volumes.map(|list| list.items).unwrap_or_default();
        let volumes = volumes.into_iter().map(|volume| volume.name).collect();
        let (status, title) = (problems.status(), words::of(member.language()).new);
        let page = EditPage::new(member, title, form, problems);
        Ok(html(status, EditPage { is_new: true, volumes, ..page }))
    }

    async fn done(_: &Member, _: &Form, export: Export) -> Response {
        done("/exports", words::MADE, &export.path)
    }
}

pub struct EditExport;

impl Edit for EditExport {
    type Saved = Export;
    type Change = SetClients;
    const FIELD: &'static str = "path";
    const SUBJECT: &'static str = "path";

    async fn read(member: &Member, path: &str) -> Result<Export, Refused> {
        find(member, path).await
    }

    fn form(export: &Export) -> Form {
        let mut form = Form::new(&[("path", &export.path), ("volume", &export.volume)]);
        write(&export.clients, &mut form);
        form
    }

    fn at(path: &str) -> ExportAt {
        ExportAt::new(path)
    }

    fn request(member: &Member, form: &Form, problems: &mut Problems) -> Option<SetClients> {
        Some(SetClients { clients: read(&rows(form), words::of(member.language()), problems) })
    }

    fn is_unfinished(form: &Form) -> bool {
        is_arranged(form)
    }

    async fn page(member: &Member, path: &str, mut sheet: Sheet<Export>) -> Result<Response, Refused> {
        let (status, title) = (sheet.status(), words::of(member.language()).edit.of(path));
        let theirs = sheet.theirs().map(|export| export.clients);
        let mut page = EditPage::new(member, title, sheet.form, sheet.problems);
        if let Some(client) = client(&member.visit.query()) {
            page.let_in(client);
        }
        let at = RefusedMountsAt { export: Some(path.to_owned()), ..RefusedMountsAt::default() };
        page.refused = Some(Section::of(member, at).await);
        Ok(html(status, EditPage { theirs, ..page }))
    }

    fn done(path: &str, _: Export) -> Response {
        done("/exports", words::CHANGED, path)
    }
}
