//! Owns changing what holds for the whole cluster: its name, when sessions end, the time zone, and where the console is.

use super::words;
use crate::flow::edit::{Edit, Sheet};
use crate::page::{Chrome, Form, Member, Problems, Refused, Response, Template, done, html};
use nasd_api::{
    ChangeSettings, Nothing, ReadSettings, SESSION_MINUTES_MAX, SESSION_MINUTES_MIN, Settings, Zone,
};

#[derive(Template)]
#[template(path = "settings/cluster.html")]
struct ClusterPage {
    c: Chrome,
    form: Form,
    problems: Problems,
    /// What somebody else saved meanwhile.
    theirs: Option<Settings>,
}

pub struct EditSettings;

impl Edit for EditSettings {
    type Saved = Settings;
    type Change = ChangeSettings;
    const FIELD: &'static str = "name";

    async fn read(member: &Member, _: &str) -> Result<Settings, Refused> {
        member.ask::<ReadSettings>(Nothing).await
    }

    fn form(settings: &Settings) -> Form {
        let (idle, total) = (settings.session_idle_minutes.to_string(), settings.session_minutes.to_string());
        Form::new(&[
            ("name", &settings.name),
            ("idle", &idle),
            ("lifetime", &total),
            ("zone", &settings.time_zone),
            ("console", &settings.console),
        ])
    }

    fn at(_: &str) -> Nothing {
        Nothing
    }

    fn request(member: &Member, form: &Form, problems: &mut Problems) -> Option<ChangeSettings> {
        let w = words::of(member.language());
        problems.check(!form.get("name").is_empty(), "name", w.name_missing);
        let (idle, total) = (minutes(form, "idle"), minutes(form, "lifetime"));
        for (field, value) in [("idle", idle), ("lifetime", total)] {
            if value.is_none() {
                problems.add(field, w.minutes_wrong.of2(SESSION_MINUTES_MIN, SESSION_MINUTES_MAX));
            }
        }
        let time_zone = Zone::named(form.get("zone")).map(|zone| zone.name().to_owned());
        problems.check(time_zone.is_some(), "zone", w.zone_wrong);
        // The pages that follow ask for it anew.
        member.visit.console.zone.forget();
        let (session_idle_minutes, session_minutes) = (idle?, total?);
        problems.check(session_idle_minutes <= session_minutes, "lifetime", w.lifetime_short);
        let name = form.get("name").to_owned();
        let (time_zone, console) =
            (Some(time_zone?), Some(form.get("console").trim_end_matches('/').to_owned()));
        Some(ChangeSettings { name, session_idle_minutes, session_minutes, time_zone, console })
    }

    async fn page(member: &Member, _: &str, mut sheet: Sheet<Settings>) -> Result<Response, Refused> {
        let (status, theirs) = (sheet.status(), sheet.theirs());
        let Sheet { form, problems, .. } = sheet;
        let c = member.chrome(words::of(member.language()).change);
        Ok(html(status, ClusterPage { c, form, problems, theirs }))
    }

    fn done(_: &str, settings: Settings) -> Response {
        done("/settings", words::CHANGED, &settings.name)
    }
}

fn minutes(form: &Form, field: &str) -> Option<u32> {
    let minutes = form.get(field).parse().ok()?;
    (SESSION_MINUTES_MIN..=SESSION_MINUTES_MAX).contains(&minutes).then_some(minutes)
}
