//! Owns the pages of nodes: the list, one node, and letting another one in.

mod node;
pub mod words;

use crate::page::{
    Chrome, Heading, Listing, Member, Noun, PageRoute, Paging, Posted, Problems, Refused, Response,
    StatusCode, Template, html,
};
use nasd_api::{ClusterStatus, CreateToken, ListNodes, NodeInfo, NodeState, Nothing, Token};
use nasd_base::role::Right;

/// Time enough to walk to the other machine.
const TOKEN_SECONDS: u32 = 3600;

pub const NOUN: Noun =
    Noun::new(routes)
        .says(words::TABLE)
        .under(Heading::Storage, "/nodes", "server", |language| words::of(language).nav);

const LIST: Listing = Listing::by("/nodes", "name");

fn routes() -> Vec<PageRoute> {
    vec![
        PageRoute::get("/nodes", list),
        PageRoute::get("/nodes/-add", show_add),
        PageRoute::post("/nodes/-add", make_token),
        PageRoute::get("/nodes/{name}", node::show),
    ]
}

#[derive(Template)]
#[template(path = "nodes/list.html")]
struct ListPage {
    c: Chrome,
    rows: Vec<NodeInfo>,
    paging: Paging,
    status: ClusterStatus,
    may_let_in: bool,
}

async fn list(member: Member) -> Result<Response, Refused> {
    let status = member.cluster().await?;
    let (rows, paging) = LIST.ask::<ListNodes>(&member, "").await?;
    let may_let_in = member.may(Right::ChangeCluster);
    let c = member.live(words::of(member.language()).nav).await;
    Ok(html(StatusCode::OK, ListPage { c, rows, paging, status, may_let_in }))
}

#[derive(Template)]
#[template(path = "nodes/add.html")]
struct AddPage {
    c: Chrome,
    problems: Problems,
    /// Shown once.
    token: Option<Token>,
}

async fn show_add(member: Member) -> Response {
    let c = member.chrome(words::of(member.language()).add);
    html(StatusCode::OK, AddPage { c, problems: Problems::default(), token: None })
}

async fn make_token(Posted { member, form }: Posted) -> Result<Response, Refused> {
    if form.is_restored() {
        return Ok(show_add(member).await);
    }
    let request = CreateToken { ttl_seconds: Some(TOKEN_SECONDS) };
    let (token, problems) = match member.client.call::<CreateToken>(Nothing, &request).await {
        Ok(token) => (Some(token), Problems::default()),
        Err(error) => (None, Problems::of_error(&member, error, "")?),
    };
    let c = member.chrome(words::of(member.language()).add);
    Ok(html(problems.status(), AddPage { c, problems, token }))
}

impl ListPage {
    fn leads(&self, node: &NodeInfo) -> bool {
        self.status.leader == Some(node.id)
    }
}
