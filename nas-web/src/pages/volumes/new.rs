//! Owns the volume wizard: a volume, its limits, and an export right away, on one page.

use super::description::read_description;
use super::limits::read_limits;
use super::root;
use super::shown::address;
use super::words;
use crate::flow::create::Create;
use crate::page::{Chrome, Form, Member, Problems, Refused, Response, Template, done, html};
use crate::pages::exports::RuleRow;
use crate::pages::exports::words as exports;
use nasd_api::{
    ClientRule, CreateExport, CreateVolume, ListNodes, NodeInfo, Nothing, REPLICAS_MAX, RootDir, VolumeInfo,
    check_volume_name, percent_encoded,
};
use nasd_base::export::Squash;
use nasd_base::role::Right;
use std::ops::RangeInclusive;

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
    /// What the cluster can hold, and would take: three at least, if there are so many nodes.
    fn offered(&self) -> RangeInclusive<usize> {
        self.nodes.min(3)..=self.nodes.min(usize::from(REPLICAS_MAX))
    }

    fn chose(&self, replicas: &usize) -> bool {
        self.form.is("replicas", &replicas.to_string())
    }

    /// What can become of the client's users, who become whom the rule that was typed names.
    fn squashes(&self, w: &exports::Words) -> [(&'static str, String); 3] {
        let typed = self.form.get("network").parse().ok();
        typed.map_or_else(RuleRow::empty, |rule| RuleRow::of(&rule)).squashes(w)
    }
}

pub struct NewVolume;

impl Create for NewVolume {
    type Make = CreateVolume;
    const FIELD: &'static str = "name";

    fn blank(_: &Form) -> Form {
        let root = root::written(RootDir::default());
        let mut form = Form::new(&root.each_ref().map(|(name, value)| (*name, value.as_str())));
        form.set("replicas", "");
        form
    }

    fn request(member: &Member, form: &Form, problems: &mut Problems) -> Option<CreateVolume> {
        let w = words::of(member.language());
        let (name, replicas) = (form.get("name").to_owned(), form.get("replicas").parse::<u8>().ok());
        problems.check(check_volume_name(&name).is_ok(), "name", w.name_wrong);
        let fine = form.get("replicas").is_empty()
            || replicas.is_some_and(|count| (1..=REPLICAS_MAX).contains(&count));
        problems.check(fine, "replicas", w.replicas_wrong);
        let network_wrong = exports::of(member.language()).network_wrong;
        let limits = read_limits(member, form, problems);
        let description = read_description(member, form, problems);
        let root = root::read(member, form, problems);
        problems.check(
            form.get("network").is_empty() || read_client(form).is_some(),
            "network",
            network_wrong,
        );
        Some(CreateVolume { name, replicas, limits, root: root?, description })
    }

    /// A node that does not answer must not take the form away with what was typed.
    async fn page(member: &Member, form: Form, problems: Problems) -> Result<Response, Refused> {
        let nodes: Vec<NodeInfo> = member.client.all::<ListNodes>().await.unwrap_or_default();
        let c = member.chrome(words::of(member.language()).new);
        let (status, may_share) = (problems.status(), member.may(Right::ChangeExports));
        Ok(html(status, NewPage { c, form, problems, nodes: nodes.len(), may_share }))
    }

    async fn done(member: &Member, form: &Form, volume: VolumeInfo) -> Response {
        let name = volume.name;
        let Some(client) = read_client(form) else {
            return done(&address(&name), words::MADE, &name);
        };
        let export = CreateExport { path: format!("/{name}"), volume: name.clone(), clients: vec![client] };
        match member.client.call_once::<CreateExport>(Nothing, &export, &form.idempotency_key()).await {
            Ok(_) => done(&address(&name), words::MADE_AND_EXPORTED, &name),
            // The volume is there: what is left is a matter of its page.
            Err(_) => {
                let rest = format!("/exports/new?volume={}", percent_encoded(&name));
                done(&rest, words::MADE, &name)
            }
        }
    }
}

fn read_client(form: &Form) -> Option<ClientRule> {
    let rule = form.get("network").parse::<ClientRule>().ok()?;
    Some(ClientRule {
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
