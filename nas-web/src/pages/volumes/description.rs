//! Owns what is said of a volume: how it is typed, and changed.

use super::shown::address;
use super::words;
use crate::flow::edit::{Edit, Sheet};
use crate::page::{Chrome, Form, Member, Problems, Refused, Response, Template, done, html};
use nasd_api::{Description, ReadVolume, SetDescription, VolumeAt, VolumeInfo};
use nasd_base::description::{DESCRIPTION_CHARS_MAX, DESCRIPTION_LINES_MAX, is_description};

#[derive(Template)]
#[template(path = "volumes/description.html")]
struct DescriptionPage {
    c: Chrome,
    name: String,
    form: Form,
    problems: Problems,
    /// What somebody else saved meanwhile.
    theirs: Option<String>,
}

/// Browsers end lines in two characters.
pub fn read_description(member: &Member, form: &Form, problems: &mut Problems) -> String {
    let description = form.get("description").replace("\r\n", "\n");
    if !is_description(&description) {
        let wrong = words::of(member.language()).description_wrong;
        problems.add("description", wrong.of2(DESCRIPTION_CHARS_MAX, DESCRIPTION_LINES_MAX));
    }
    description
}

pub struct EditDescription;

impl Edit for EditDescription {
    type Saved = VolumeInfo;
    type Change = SetDescription;
    const FIELD: &'static str = "description";

    async fn read(member: &Member, name: &str) -> Result<VolumeInfo, Refused> {
        member.ask::<ReadVolume>(VolumeAt::new(name)).await
    }

    fn form(volume: &VolumeInfo) -> Form {
        Form::new(&[("description", &volume.description)])
    }

    fn at(name: &str) -> VolumeAt {
        VolumeAt::new(name)
    }

    fn request(member: &Member, form: &Form, problems: &mut Problems) -> Option<Description> {
        Some(Description { description: read_description(member, form, problems) })
    }

    async fn page(member: &Member, name: &str, mut sheet: Sheet<VolumeInfo>) -> Result<Response, Refused> {
        let (status, theirs) = (sheet.status(), sheet.theirs().map(|volume| volume.description));
        let (c, name) =
            (member.chrome(words::of(member.language()).description_of.of(name)), name.to_owned());
        let Sheet { form, problems, .. } = sheet;
        Ok(html(status, DescriptionPage { c, name, form, problems, theirs }))
    }

    fn done(name: &str, _: VolumeInfo) -> Response {
        done(&address(name), words::DESCRIBED, name)
    }
}
