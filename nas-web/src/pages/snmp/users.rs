//! Owns the form of an SNMPv3 user, for making one and for changing it.

use super::access::{Choices, sources, typed};
use super::words;
use crate::flow::create::Create;
use crate::flow::edit::{Edit, Sheet};
use crate::page::{Chrome, Form, Member, Problems, Refused, Response, StatusCode, Template, done, html};
use nasd_api::{
    ChangeSnmpUser, CreateSnmpUser, ReadSnmpUser, SNMP_VIEW, Secret, SnmpAt, SnmpPassphrases, SnmpUser,
};
use nasd_base::snmp::{AuthProtocol, Privacy};

#[derive(Template)]
#[template(path = "snmp/user.html")]
struct UserPage {
    c: Chrome,
    form: Form,
    problems: Problems,
    choices: Choices,
    /// As it is saved; none yet of a new one.
    saved: Option<SnmpUser>,
    in_conflict: bool,
}

impl UserPage {
    fn command(&self, user: &SnmpUser) -> String {
        let privacy = match user.privacy {
            Privacy::None => String::new(),
            privacy => format!(" -x {privacy}"),
        };
        let how = format!("-v3 -l {} -u {} -a {}{privacy}", user.privacy.level(), user.name, user.auth);
        self.choices.command(&how, &user.view)
    }
}

pub struct NewUser;

impl Create for NewUser {
    type Make = CreateSnmpUser;
    const FIELD: &'static str = "name";

    fn blank(_: &Form) -> Form {
        protocols(AuthProtocol::default(), Privacy::default(), SNMP_VIEW, "")
    }

    fn request(member: &Member, form: &Form, problems: &mut Problems) -> Option<CreateSnmpUser> {
        let w = words::of(member.language());
        problems.check(!form.get("name").is_empty(), "name", w.name_missing);
        problems.check(!form.raw("auth-passphrase").is_empty(), "auth-passphrase", w.passphrase_missing);
        let passphrases = passphrases(member, form, problems)?;
        let (name, view) = (form.get("name").to_owned(), form.get("view").to_owned());
        Some(CreateSnmpUser { name, passphrases, view, sources: sources(member, form, problems) })
    }

    async fn page(member: &Member, form: Form, problems: Problems) -> Result<Response, Refused> {
        let c = member.chrome(words::of(member.language()).user_new);
        page(member, problems.status(), c, (form, problems), None, false).await
    }

    async fn done(_: &Member, _: &Form, user: SnmpUser) -> Response {
        done(&format!("/snmp/users/{}", user.name), words::USER_MADE, &user.name)
    }
}

pub struct EditUser;

impl Edit for EditUser {
    type Saved = SnmpUser;
    type Change = ChangeSnmpUser;
    const FIELD: &'static str = "view";

    async fn read(member: &Member, name: &str) -> Result<SnmpUser, Refused> {
        member.ask::<ReadSnmpUser>(SnmpAt::new(name)).await
    }

    fn form(user: &SnmpUser) -> Form {
        let mut form = protocols(user.auth, user.privacy, &user.view, &typed(&user.sources));
        form.set("was", format!("{} {}", user.auth, user.privacy));
        form
    }

    fn at(name: &str) -> SnmpAt {
        SnmpAt::new(name)
    }

    fn request(member: &Member, form: &Form, problems: &mut Problems) -> Option<ChangeSnmpUser> {
        let is_same = form.is("was", &format!("{} {}", form.get("auth"), form.get("privacy")));
        let is_typed =
            ["auth-passphrase", "privacy-passphrase"].iter().any(|field| !form.raw(field).is_empty());
        let anew = words::of(member.language()).passphrases_anew;
        problems.check(is_typed || is_same, "auth-passphrase", anew);
        problems.check(!is_typed || !form.raw("auth-passphrase").is_empty(), "auth-passphrase", anew);
        let passphrases = if is_typed { Some(passphrases(member, form, problems)?) } else { None };
        let view = form.get("view").to_owned();
        Some(ChangeSnmpUser { passphrases, view, sources: sources(member, form, problems) })
    }

    async fn page(member: &Member, name: &str, sheet: Sheet<SnmpUser>) -> Result<Response, Refused> {
        let status = sheet.status();
        let Sheet { form, problems, saved, in_conflict } = sheet;
        let saved = match saved {
            Some(user) => user,
            None => EditUser::read(member, name).await?,
        };
        page(member, status, member.chrome(name), (form, problems), Some(saved), in_conflict).await
    }

    fn done(name: &str, _: SnmpUser) -> Response {
        done(&format!("/snmp/users/{name}"), words::USER_CHANGED, name)
    }
}

fn protocols(auth: AuthProtocol, privacy: Privacy, view: &str, sources: &str) -> Form {
    Form::new(&[("auth", auth.name()), ("privacy", privacy.name()), ("view", view), ("sources", sources)])
}

fn passphrases(member: &Member, form: &Form, problems: &mut Problems) -> Option<SnmpPassphrases> {
    let w = words::of(member.language());
    let auth = problems.need(form.get("auth").parse().ok(), "auth", w.protocol_missing)?;
    let privacy: Privacy = problems.need(form.get("privacy").parse().ok(), "privacy", w.protocol_missing)?;
    let typed = Some(form.raw("privacy-passphrase")).filter(|text| !text.is_empty());
    let fits = typed.is_some() != (privacy == Privacy::None);
    problems.check(fits, "privacy-passphrase", w.privacy_passphrase_fits);
    let auth_passphrase = Secret::new(form.raw("auth-passphrase"));
    Some(SnmpPassphrases { auth, auth_passphrase, privacy, privacy_passphrase: typed.map(Secret::new) })
}

async fn page(
    member: &Member,
    status: StatusCode,
    c: Chrome,
    (form, problems): (Form, Problems),
    saved: Option<SnmpUser>,
    in_conflict: bool,
) -> Result<Response, Refused> {
    let choices = Choices::read(member).await?;
    Ok(html(status, UserPage { c, form, problems, choices, saved, in_conflict }))
}
