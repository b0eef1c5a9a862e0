//! Owns deleting a volume: what would be lost, and the typed name.

use super::words;
use crate::flow::confirm::Confirm;
use crate::page::{Chrome, Form, Member, Problems, Refused, Response, Template, done, html};
use nasd_api::{DeleteVolume, Export, ListExports, ReadVolume, VolumeAt, VolumeInfo};

#[derive(Template)]
#[template(path = "volumes/delete.html")]
struct DeletePage {
    c: Chrome,
    volume: VolumeInfo,
    exports: Vec<Export>,
    problems: Problems,
}

pub struct Deletion;

impl Confirm for Deletion {
    type Act = DeleteVolume;

    fn at(name: &str) -> VolumeAt {
        VolumeAt::new(name)
    }

    fn check(member: &Member, name: &str, form: &Form, problems: &mut Problems) {
        problems.check(form.get("typed") == name, "typed", words::of(member.language()).typed_wrong);
    }

    async fn page(member: &Member, name: &str, problems: Problems) -> Result<Response, Refused> {
        let volume = member.ask::<ReadVolume>(VolumeAt::new(name)).await?;
        let mut exports = member.all::<ListExports>().await?;
        exports.retain(|export| export.volume == name);
        let c = member.chrome(words::of(member.language()).delete_title.of(name));
        Ok(html(problems.status(), DeletePage { c, volume, exports, problems }))
    }

    fn done(name: &str) -> Response {
        done("/volumes", words::DELETED, name)
    }
}
