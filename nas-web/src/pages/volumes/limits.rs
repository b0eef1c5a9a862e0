//! Owns changing what a volume may hold, and how its limits are typed.

use super::shown::address;
use super::words;
use crate::figures::exact_bytes;
use crate::flow::edit::{Edit, Sheet};
use crate::page::{Chrome, Form, Member, Problems, Refused, Response, Template, done, html};
use nasd_api::{Limits, ReadVolume, SetLimits, VolumeAt, VolumeInfo};
use nasd_base::read_size;

#[derive(Template)]
#[template(path = "volumes/limits.html")]
struct LimitsPage {
    c: Chrome,
    name: String,
    form: Form,
    problems: Problems,
    /// What somebody else saved meanwhile.
    theirs: Option<Limits>,
}

fn written(limits: &Limits) -> (String, String) {
    let bytes = limits.bytes.map(exact_bytes).unwrap_or_default();
    (bytes, limits.files.map(|files| files.to_string()).unwrap_or_default())
}

pub fn read_limits(member: &Member, form: &Form, problems: &mut Problems) -> Limits {
    let w = words::of(member.language());
    let (bytes, files) = (read_size(form.get("bytes")), form.get("files").parse::<u64>().ok());
    problems.check(form.get("bytes").is_empty() || bytes.is_some(), "bytes", w.limit_bytes_wrong);
    let fine = form.get("files").is_empty() || files.is_some_and(|files| files > 0);
    problems.check(fine, "files", w.limit_files_wrong);
    Limits { bytes, files }
}

pub struct EditLimits;

impl Edit for EditLimits {
    type Saved = VolumeInfo;
    type Change = SetLimits;
    const FIELD: &'static str = "bytes";

    async fn read(member: &Member, name: &str) -> Result<VolumeInfo, Refused> {
        member.ask::<ReadVolume>(VolumeAt::new(name)).await
    }

    fn form(volume: &VolumeInfo) -> Form {
        let (bytes, files) = written(&volume.limits);
        Form::new(&[("bytes", &bytes), ("files", &files)])
    }

    fn at(name: &str) -> VolumeAt {
        VolumeAt::new(name)
    }

    fn request(member: &Member, form: &Form, problems: &mut Problems) -> Option<Limits> {
        Some(read_limits(member, form, problems))
    }

    async fn page(member: &Member, name: &str, mut sheet: Sheet<VolumeInfo>) -> Result<Response, Refused> {
        let (status, theirs) = (sheet.status(), sheet.theirs().map(|volume| volume.limits));
        let (c, name) = (member.chrome(words::of(member.language()).limits_of.of(name)), name.to_owned());
        let Sheet { form, problems, .. } = sheet;
        Ok(html(status, LimitsPage { c, name, form, problems, theirs }))
    }

    fn done(name: &str, _: VolumeInfo) -> Response {
        done(&address(name), words::LIMITS_SET, name)
    }
}
