//! Owns ending an export: who would lose access; the volume stays.

use super::find::find;
use super::words;
use crate::flow::confirm::Confirm;
use crate::page::{Chrome, Member, Problems, Refused, Response, Template, done, html};
use nasd_api::{DeleteExport, Export, ExportAt};

#[derive(Template)]
#[template(path = "exports/delete.html")]
struct DeletePage {
    c: Chrome,
    export: Export,
    problems: Problems,
}

pub struct Deletion;

impl Confirm for Deletion {
    type Act = DeleteExport;
    const SUBJECT: &'static str = "path";

    fn at(path: &str) -> ExportAt {
        ExportAt::new(path)
    }

    async fn page(member: &Member, path: &str, problems: Problems) -> Result<Response, Refused> {
        let export = find(member, path).await?;
        let c = member.chrome(words::of(member.language()).delete_title.of(path));
        Ok(html(problems.status(), DeletePage { c, export, problems }))
    }

    fn done(path: &str) -> Response {
        done("/exports", words::ENDED, path)
    }
}
