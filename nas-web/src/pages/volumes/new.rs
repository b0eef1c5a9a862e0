//! Owns the volume wizard: a volume, its limits, and an export right away, on one page.

use super::shown::address;
use crate::chrome::{Chrome, html};
use crate::figures::read_bytes;
use crate::flash::Done;
use crate::form::Form;
use crate::posted::Posted;
use crate::problems::Problems;
use crate::refusal::Refused;
use crate::reply::done;
use crate::visit::Member;
use askama::Template;
use axum::response::Response;
use nasd_api::{
    ClientRule, CreateExport, CreateVolume, Limits, ListNodes, NodeInfo, Nothing, REPLICAS_MAX,
    check_volume_name,
};
use nasd_base::export::Squash;
use nasd_base::role::Right;

#[derive(Template)]
#[template(path = "volumes/new.html")]
struct NewPage {
    c: Chrome,
    form: Form,
    problems: Problems,
    nodes: usize,
    may_share: bool,
}

impl NewPage {
    fn chose(&self, replicas: &u8) -> bool {
        self.form.is("replicas", &replicas.to_string())
    }
}

pub async fn show(member: Member) -> Result<Response, Refused> {
    page(&member, Form::new(&[("replicas", "")]), Problems::default()).await
}

/// A node that does not answer must not take the form away with what was typed.
async fn page(member: &Member, form: Form, problems: Problems) -> Result<Response, Refused> {
    let nodes: Vec<NodeInfo> = member.client.all::<ListNodes>().await.unwrap_or_default();
    let c = member.chrome(member.words().volume_new);
    let (status, may_share) = (problems.status(), member.may(Right::ChangeExports));
    Ok(html(status, NewPage { c, form, problems, nodes: nodes.len(), may_share }))
}

pub async fn make(Posted { member, mut form }: Posted) -> Result<Response, Refused> {
    if form.is_restored() {
        return page(&member, form, Problems::default()).await;
    }
    let mut problems = Problems::default();
    let request = read(&member, &form, &mut problems);
    let client = read_client(&member, &form, &mut problems);
    if !problems.is_empty() {
        return page(&member, form, problems).await;
    }
    let key = form.idempotency_key();
    if let Err(error) = member.make::<CreateVolume>(&request, &mut form).await {
        let problems = Problems::of_error(&member, error, "name")?;
        return page(&member, form, problems).await;
    }
    let Some(client) = client else {
        return Ok(done(&address(&request.name), Done::VolumeMade, &request.name));
    };
    let export =
        CreateExport { path: format!("/{}", request.name), volume: request.name, clients: vec![client] };
    match member.client.call_once::<CreateExport>(Nothing, &export, &key).await {
        Ok(_) => Ok(done(&address(&export.volume), Done::VolumeAndExportMade, &export.volume)),
        // The volume is there: what is left is a matter of its page.
        Err(_) => Ok(done(
            &format!("/exports/new?volume={}", nasd_api::percent_encoded(&export.volume)),
            Done::VolumeMade,
            &export.volume,
        )),
    }
}

fn read(member: &Member, form: &Form, problems: &mut Problems) -> CreateVolume {
    let w = member.words();
    let name = form.get("name").to_owned();
    problems.check(check_volume_name(&name).is_ok(), "name", w.volume_name_wrong);
    let replicas = form.get("replicas").parse::<u8>().ok();
    let fine =
        form.get("replicas").is_empty() || replicas.is_some_and(|count| (1..=REPLICAS_MAX).contains(&count));
    problems.check(fine, "replicas", w.volume_replicas_wrong);
    CreateVolume { name, replicas, limits: read_limits(member, form, problems) }
}

pub fn read_limits(member: &Member, form: &Form, problems: &mut Problems) -> Limits {
    let w = member.words();
    let (bytes, files) = (read_bytes(form.get("bytes")), form.get("files").parse::<u64>().ok());
    problems.check(form.get("bytes").is_empty() || bytes.is_some(), "bytes", w.limit_bytes_wrong);
    let fine = form.get("files").is_empty() || files.is_some_and(|files| files > 0);
    problems.check(fine, "files", w.limit_files_wrong);
    Limits { bytes, files }
}

fn read_client(member: &Member, form: &Form, problems: &mut Problems) -> Option<ClientRule> {
    if !form.has("share") {
        return None;
    }
    let rule = form.get("network").parse::<ClientRule>().ok();
    problems.check(rule.is_some(), "network", member.words().network_wrong);
    rule.map(|rule| ClientRule {
        read_only: form.has("read_only"),
        squash: squash(form, rule.squash),
        insecure: form.has("insecure") || rule.insecure,
        ..rule
    })
}

/// What was chosen; a form without the choice, of a program, leaves what the rule says.
fn squash(form: &Form, said: Squash) -> Squash {
    match form.get("squash") {
        "none" => Squash::None,
        "all" => Squash::All,
        _ => said,
    }
}
