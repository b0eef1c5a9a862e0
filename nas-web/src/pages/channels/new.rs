//! Owns making a channel: of which kind, and then what it needs.

use super::{fields, words};
use crate::flow::create::Create;
use crate::page::{Chrome, Form, Member, Problems, Refused, Response, Template, Text, done, html};
use nasd_api::{Channel, CreateChannel};
use nasd_base::channel::ChannelKind;

#[derive(Template)]
#[template(path = "channels/new.html")]
struct NewPage {
    c: Chrome,
    form: Form,
    problems: Problems,
}

impl NewPage {
    fn has_kind(&self) -> bool {
        self.form.get("kind").parse::<ChannelKind>().is_ok()
    }

    /// The kinds to choose from: code, name, what it is.
    fn kinds(&self) -> [(&'static str, Text, Text); 4] {
        let w = words::of(self.c.language());
        [
            ("email", w.email, w.email_text),
            ("webhook", w.webhook, w.webhook_text),
            ("syslog", w.syslog, w.syslog_text),
            ("snmp", w.snmp, w.snmp_text),
        ]
    }
}

pub struct NewChannel;

impl Create for NewChannel {
    type Make = CreateChannel;
    const FIELD: &'static str = "name";

    fn blank(asked: &Form) -> Form {
        fields::blank(asked.get("kind"))
    }

    fn request(member: &Member, form: &Form, problems: &mut Problems) -> Option<CreateChannel> {
        problems.check(!form.get("name").is_empty(), "name", words::of(member.language()).name_missing);
        let plan = fields::plan(member, form, problems)?;
        Some(CreateChannel { name: form.get("name").to_owned(), plan, secret: fields::secret(form) })
    }

    async fn page(member: &Member, mut form: Form, problems: Problems) -> Result<Response, Refused> {
        if form.get("speech").is_empty() {
            form.set("speech", member.language().code());
        }
        let c = member.chrome(words::of(member.language()).new);
        Ok(html(problems.status(), NewPage { c, form, problems }))
    }

    async fn done(_: &Member, _: &Form, channel: Channel) -> Response {
        done("/channels", words::MADE, &channel.name)
    }
}
