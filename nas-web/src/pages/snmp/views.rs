//! Owns the form of an SNMP view, for making one and for changing it.

use super::words;
use crate::flow::create::Create;
use crate::flow::edit::{Edit, Sheet};
use crate::page::{Chrome, Form, Member, Problems, Refused, Response, Template, done, html};
use nasd_api::{ChangeSnmpView, CreateSnmpView, ReadSnmpView, SnmpAt, SnmpView};
use nasd_base::snmp::Oid;

#[derive(Template)]
#[template(path = "snmp/view.html")]
struct ViewPage {
    c: Chrome,
    form: Form,
    problems: Problems,
    /// As it is saved; none yet of a new one.
    saved: Option<SnmpView>,
    in_conflict: bool,
}

impl ViewPage {
    /// One that nobody can change.
    fn built_in(&self) -> Option<&SnmpView> {
        self.saved.as_ref().filter(|view| view.built_in)
    }
}

pub struct NewView;

impl Create for NewView {
    type Make = CreateSnmpView;
    const FIELD: &'static str = "name";

    fn blank(_: &Form) -> Form {
        Form::default()
    }

    fn request(member: &Member, form: &Form, problems: &mut Problems) -> Option<CreateSnmpView> {
        problems.check(!form.get("name").is_empty(), "name", words::of(member.language()).name_missing);
        let (included, excluded) = trees(member, form, problems);
        Some(CreateSnmpView { name: form.get("name").to_owned(), included, excluded })
    }

    async fn page(member: &Member, form: Form, problems: Problems) -> Result<Response, Refused> {
        let c = member.chrome(words::of(member.language()).view_new);
        Ok(html(problems.status(), ViewPage { c, form, problems, saved: None, in_conflict: false }))
    }

    async fn done(_: &Member, _: &Form, view: SnmpView) -> Response {
        done("/snmp", words::VIEW_MADE, &view.name)
    }
}

pub struct EditView;

impl Edit for EditView {
    type Saved = SnmpView;
    type Change = ChangeSnmpView;
    const FIELD: &'static str = "included";

    async fn read(member: &Member, name: &str) -> Result<SnmpView, Refused> {
        member.ask::<ReadSnmpView>(SnmpAt::new(name)).await
    }

    fn form(view: &SnmpView) -> Form {
        Form::new(&[("included", &listed(&view.included)), ("excluded", &listed(&view.excluded))])
    }

    fn at(name: &str) -> SnmpAt {
        SnmpAt::new(name)
    }

    fn request(member: &Member, form: &Form, problems: &mut Problems) -> Option<ChangeSnmpView> {
        let (included, excluded) = trees(member, form, problems);
        Some(ChangeSnmpView { included, excluded })
    }

    async fn page(member: &Member, name: &str, sheet: Sheet<SnmpView>) -> Result<Response, Refused> {
        let status = sheet.status();
        let Sheet { form, problems, saved, in_conflict } = sheet;
        let saved = match saved {
            Some(view) => view,
            None => EditView::read(member, name).await?,
        };
        let c = member.chrome(name);
        Ok(html(status, ViewPage { c, form, problems, saved: Some(saved), in_conflict }))
    }

    fn done(name: &str, _: SnmpView) -> Response {
        done("/snmp", words::VIEW_CHANGED, name)
    }
}

/// As somebody types them.
pub fn listed(oids: &[Oid]) -> String {
    oids.iter().map(Oid::to_string).collect::<Vec<_>>().join(", ")
}

fn trees(member: &Member, form: &Form, problems: &mut Problems) -> (Vec<Oid>, Vec<Oid>) {
    let w = words::of(member.language());
    problems.check(!form.names("included").is_empty(), "included", w.included_missing);
    let mut read = |field: &str| -> Vec<Oid> {
        let parsed = form.names(field).into_iter().filter_map(|text| match text.parse() {
            Ok(oid) => Some(oid),
            Err(_) => {
                problems.add(field, w.oid_bad.of(text));
                None
            }
        });
        parsed.collect()
    };
    (read("included"), read("excluded"))
}
