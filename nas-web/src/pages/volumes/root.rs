//! Owns who may write into a volume: how it is chosen for one that is made, and changed.

use super::shown::address;
use super::words;
use crate::flow::edit::{Edit, Sheet};
use crate::page::{Chrome, Form, Member, Problems, Refused, Response, Template, done, html};
use nasd_api::{ID_MAX, Mode, ReadVolume, RootDir, SetRoot, VolumeAt, VolumeInfo};

/// Nobody but root writes.
const OF_ROOT: RootDir = RootDir { uid: 0, gid: 0, mode: Mode::new(0o755) };

#[derive(Template)]
#[template(path = "volumes/root.html")]
struct RootPage {
    c: Chrome,
    name: String,
    form: Form,
    problems: Problems,
}

/// The fields that say the same.
pub fn written(root: RootDir) -> [(&'static str, String); 4] {
    let writers = match root {
        root if root == RootDir::default() => "everybody",
        OF_ROOT => "root",
        _ => "owner",
    };
    let RootDir { uid, gid, mode } = match writers {
        "owner" => root,
        _ => RootDir { mode: Mode::OF_AN_OWNER, ..OF_ROOT },
    };
    let id = |id: u32| if writers == "owner" { id.to_string() } else { String::new() };
    [("writers", writers.to_owned()), ("uid", id(uid)), ("gid", id(gid)), ("mode", mode.to_string())]
}

/// A form without the choice, of a program, means everybody who may mount.
pub fn read(member: &Member, form: &Form, problems: &mut Problems) -> Option<RootDir> {
    match form.get("writers") {
        "root" => Some(OF_ROOT),
        "owner" => {
            let w = words::of(member.language());
            let id = |field| form.get(field).parse::<u32>().ok().filter(|id| *id <= ID_MAX);
            let uid = problems.need(id("uid"), "uid", w.id_wrong);
            let gid = problems.need(id("gid"), "gid", w.id_wrong);
            let mode = problems.need(form.get("mode").parse().ok(), "mode", w.mode_wrong);
            Some(RootDir { uid: uid?, gid: gid?, mode: mode? })
        }
        _ => Some(RootDir::default()),
    }
}

pub struct EditRoot;

impl Edit for EditRoot {
    type Saved = VolumeInfo;
    type Change = SetRoot;
    const FIELD: &'static str = "writers";

    async fn read(member: &Member, name: &str) -> Result<VolumeInfo, Refused> {
        member.ask::<ReadVolume>(VolumeAt::new(name)).await
    }

    fn form(volume: &VolumeInfo) -> Form {
        let fields = written(volume.root.unwrap_or_default());
        Form::new(&fields.each_ref().map(|(name, value)| (*name, value.as_str())))
    }

    fn at(name: &str) -> VolumeAt {
        VolumeAt::new(name)
    }

    fn request(member: &Member, form: &Form, problems: &mut Problems) -> Option<RootDir> {
        read(member, form, problems)
    }

    async fn page(member: &Member, name: &str, sheet: Sheet<VolumeInfo>) -> Result<Response, Refused> {
        let status = sheet.status();
        let (c, name) = (member.chrome(words::of(member.language()).writers_of.of(name)), name.to_owned());
        let Sheet { form, problems, .. } = sheet;
        Ok(html(status, RootPage { c, name, form, problems }))
    }

    fn done(name: &str, _: VolumeInfo) -> Response {
        done(&address(name), words::ROOT_SET, name)
    }
}
