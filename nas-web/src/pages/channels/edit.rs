//! Owns changing a channel.

use super::{fields, words};
use crate::flow::edit::{Edit, Sheet};
use crate::page::{Chrome, Form, Member, Problems, Refused, Response, Template, done, html};
use nasd_api::{Channel, ChannelAt, ReadChannel, UpdateChannel};

#[derive(Template)]
#[template(path = "channels/channel.html")]
struct ChannelPage {
    c: Chrome,
    /// As it is saved now.
    channel: Channel,
    form: Form,
    problems: Problems,
    in_conflict: bool,
}

pub struct EditChannel;

impl Edit for EditChannel {
    type Saved = Channel;
    type Change = UpdateChannel;
    const FIELD: &'static str = "server";

    async fn read(member: &Member, name: &str) -> Result<Channel, Refused> {
        member.ask::<ReadChannel>(ChannelAt::new(name)).await
    }

    fn form(channel: &Channel) -> Form {
        fields::written(&channel.plan)
    }

    fn at(name: &str) -> ChannelAt {
        ChannelAt::new(name)
    }

    fn request(member: &Member, form: &Form, problems: &mut Problems) -> Option<UpdateChannel> {
        Some(UpdateChannel { plan: fields::plan(member, form, problems)?, secret: fields::secret(form) })
    }

    async fn page(member: &Member, name: &str, sheet: Sheet<Channel>) -> Result<Response, Refused> {
        let status = sheet.status();
        let Sheet { form, problems, saved, in_conflict } = sheet;
        let channel = match saved {
            Some(channel) => channel,
            None => EditChannel::read(member, name).await?,
        };
        Ok(html(status, ChannelPage { c: member.chrome(name), channel, form, problems, in_conflict }))
    }

    fn done(name: &str, _: Channel) -> Response {
        done("/channels", words::CHANGED, name)
    }
}
