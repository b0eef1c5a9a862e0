//! Owns the pages of channels: the list, making, changing, trying and deleting one, and what was delivered.

mod delete;
mod edit;
mod fields;
mod new;
pub mod said;
pub mod words;

use crate::flow::{self, press};
use crate::page::{
    Chrome, Heading, Listing, Member, Noun, PageRoute, Paging, Path, Posted, Refused, Response, StatusCode,
    Template, html,
};
use nasd_api::{Channel, ChannelAt, Delivery, ListChannels, ListDeliveries, TestChannel};
use nasd_base::role::Right;

pub const NOUN: Noun =
    Noun::new(routes)
        .says(words::TABLE)
        .under(Heading::System, "/channels", "send", |language| words::of(language).nav);

const LIST: Listing = Listing::by("/channels", "name");
const DELIVERIES: Listing = Listing::down_from("/deliveries", "id");

fn routes() -> Vec<PageRoute> {
    let parts = [
        vec![
            PageRoute::get("/channels", list),
            PageRoute::post("/channels/{name}/test", test),
            PageRoute::get("/deliveries", deliveries),
        ],
        flow::create::routes::<new::NewChannel>("/channels/-new"),
        flow::edit::routes::<edit::EditChannel>("/channels/{name}"),
        flow::confirm::routes::<delete::Deletion>("/channels/{name}/delete"),
    ];
    parts.into_iter().flatten().collect()
}

#[derive(Template)]
#[template(path = "channels/list.html")]
struct ListPage {
    c: Chrome,
    rows: Vec<Channel>,
    paging: Paging,
    may_change: bool,
}

#[derive(Template)]
#[template(path = "channels/deliveries.html")]
struct DeliveriesPage {
    c: Chrome,
    rows: Vec<Delivery>,
    paging: Paging,
}

async fn list(member: Member) -> Result<Response, Refused> {
    let (rows, paging) = LIST.ask::<ListChannels>(&member, "").await?;
    let c = member.chrome(words::of(member.language()).nav);
    let may_change = member.may(Right::ChangeCluster);
    Ok(html(StatusCode::OK, ListPage { c, rows, paging, may_change }))
}

async fn deliveries(member: Member) -> Result<Response, Refused> {
    let (rows, paging) = DELIVERIES.ask::<ListDeliveries>(&member, "").await?;
    let c = member.live(words::of(member.language()).deliveries).await;
    Ok(html(StatusCode::OK, DeliveriesPage { c, rows, paging }))
}

async fn test(Path(name): Path<String>, posted: Posted) -> Result<Response, Refused> {
    press::<TestChannel>(&posted, ChannelAt::new(&name), "/deliveries", words::TESTED, &name).await
}
