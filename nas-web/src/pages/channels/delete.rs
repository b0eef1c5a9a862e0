//! Owns deleting a channel: where it went to.

use super::words;
use crate::flow::confirm::Confirm;
use crate::page::{Chrome, Member, Problems, Refused, Response, Template, done, html};
use nasd_api::{Channel, ChannelAt, DeleteChannel, ReadChannel};

#[derive(Template)]
#[template(path = "channels/delete.html")]
struct DeletePage {
    c: Chrome,
    channel: Channel,
    problems: Problems,
}

pub struct Deletion;

impl Confirm for Deletion {
    type Act = DeleteChannel;

    fn at(name: &str) -> ChannelAt {
        ChannelAt::new(name)
    }

    async fn page(member: &Member, name: &str, problems: Problems) -> Result<Response, Refused> {
        let channel = member.ask::<ReadChannel>(ChannelAt::new(name)).await?;
        let c = member.chrome(words::of(member.language()).delete_title.of(name));
        Ok(html(problems.status(), DeletePage { c, channel, problems }))
    }

    fn done(name: &str) -> Response {
        done("/channels", words::DELETED, name)
    }
}
