//! Owns the form of an SNMP community, for making one and for changing it. What is sent is typed and never shown.

use super::access::{Choices, sources, typed};
use super::words;
use crate::flow::create::Create;
use crate::flow::edit::{Edit, Sheet};
use crate::page::{Chrome, Form, Member, Problems, Refused, Response, Template, done, html};
use nasd_api::{
    ChangeSnmpCommunity, CreateSnmpCommunity, ReadSnmpCommunity, SNMP_VIEW, Secret, SnmpAt, SnmpCommunity,
};

#[derive(Template)]
#[template(path = "snmp/community.html")]
struct CommunityPage {
    c: Chrome,
    form: Form,
    problems: Problems,
    choices: Choices,
    /// As it is saved; none yet of a new one.
    saved: Option<SnmpCommunity>,
    in_conflict: bool,
}

pub struct NewCommunity;

impl Create for NewCommunity {
    type Make = CreateSnmpCommunity;
    const FIELD: &'static str = "name";

    fn blank(_: &Form) -> Form {
        Form::new(&[("view", SNMP_VIEW)])
    }

    fn request(member: &Member, form: &Form, problems: &mut Problems) -> Option<CreateSnmpCommunity> {
        let w = words::of(member.language());
        problems.check(!form.get("name").is_empty(), "name", w.name_missing);
        problems.check(!form.get("community").is_empty(), "community", w.community_missing);
        let (name, community) = (form.get("name").to_owned(), Secret::new(form.get("community")));
        let (view, sources) = (form.get("view").to_owned(), sources(member, form, problems));
        Some(CreateSnmpCommunity { name, community, view, sources })
    }

    async fn page(member: &Member, form: Form, problems: Problems) -> Result<Response, Refused> {
        let (c, choices) =
            (member.chrome(words::of(member.language()).community_new), Choices::read(member).await?);
        let (saved, in_conflict) = (None, false);
        Ok(html(problems.status(), CommunityPage { c, form, problems, choices, saved, in_conflict }))
    }

    async fn done(_: &Member, _: &Form, community: SnmpCommunity) -> Response {
        done(&format!("/snmp/communities/{}", community.name), words::COMMUNITY_MADE, &community.name)
    }
}

pub struct EditCommunity;

impl Edit for EditCommunity {
    type Saved = SnmpCommunity;
    type Change = ChangeSnmpCommunity;
    const FIELD: &'static str = "view";

    async fn read(member: &Member, name: &str) -> Result<SnmpCommunity, Refused> {
        member.ask::<ReadSnmpCommunity>(SnmpAt::new(name)).await
    }

    fn form(community: &SnmpCommunity) -> Form {
        Form::new(&[("view", &community.view), ("sources", &typed(&community.sources))])
    }

    fn at(name: &str) -> SnmpAt {
        SnmpAt::new(name)
    }

    fn request(member: &Member, form: &Form, problems: &mut Problems) -> Option<ChangeSnmpCommunity> {
        let community = Some(form.get("community")).filter(|text| !text.is_empty()).map(Secret::new);
        let (view, sources) = (form.get("view").to_owned(), sources(member, form, problems));
        Some(ChangeSnmpCommunity { community, view, sources })
    }

    async fn page(member: &Member, name: &str, sheet: Sheet<SnmpCommunity>) -> Result<Response, Refused> {
        let status = sheet.status();
        let Sheet { form, problems, saved, in_conflict } = sheet;
        let saved = match saved {
            Some(community) => community,
            None => EditCommunity::read(member, name).await?,
        };
        let (c, choices, saved) = (member.chrome(name), Choices::read(member).await?, Some(saved));
        Ok(html(status, CommunityPage { c, form, problems, choices, saved, in_conflict }))
    }

    fn done(name: &str, _: SnmpCommunity) -> Response {
        done(&format!("/snmp/communities/{name}"), words::COMMUNITY_CHANGED, name)
    }
}
