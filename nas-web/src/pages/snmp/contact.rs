//! Owns the form of what SNMP tells of the cluster: whom to ask, and where it is.

use super::words;
use crate::flow::edit::{Edit, Sheet};
use crate::page::{Chrome, Form, Member, Problems, Refused, Response, Template, done, html};
use nasd_api::{ChangeSnmp, Nothing, ReadSnmp, Snmp};

#[derive(Template)]
#[template(path = "snmp/contact.html")]
struct ContactPage {
    c: Chrome,
    form: Form,
    problems: Problems,
    /// What somebody else saved meanwhile.
    theirs: Option<Snmp>,
}

pub struct EditContact;

impl Edit for EditContact {
    type Saved = Snmp;
    type Change = ChangeSnmp;
    const FIELD: &'static str = "contact";

    async fn read(member: &Member, _: &str) -> Result<Snmp, Refused> {
        member.ask::<ReadSnmp>(Nothing).await
    }

    fn form(snmp: &Snmp) -> Form {
        Form::new(&[("contact", &snmp.contact), ("location", &snmp.location)])
    }

    fn at(_: &str) -> Nothing {
        Nothing
    }

    fn request(_: &Member, form: &Form, _: &mut Problems) -> Option<ChangeSnmp> {
        Some(ChangeSnmp {
            contact: form.get("contact").to_owned(),
            location: form.get("location").to_owned(),
        })
    }

    async fn page(member: &Member, _: &str, mut sheet: Sheet<Snmp>) -> Result<Response, Refused> {
        let (status, theirs) = (sheet.status(), sheet.theirs());
        let c = member.chrome(words::of(member.language()).contact_change);
        Ok(html(status, ContactPage { c, form: sheet.form, problems: sheet.problems, theirs }))
    }

    fn done(_: &str, _: Snmp) -> Response {
        done("/snmp", words::CONTACT_CHANGED, "")
    }
}
