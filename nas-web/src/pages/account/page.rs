//! Owns the page of one's account, which all of its forms come back to.

use super::words;
use crate::page::{Chrome, Form, Listing, Member, Paging, Problems, Refused, Response, Template, html};
use nasd_api::{ApiTokenInfo, ListOwnApiTokens, ListOwnSessions, Nothing, ReadAccount, SessionInfo};
use nasd_base::role::Right;

const TOKENS: Listing = Listing::by("/account", "name");

#[derive(Template)]
#[template(path = "account/account.html")]
struct AccountPage {
    c: Chrome,
    sessions: Vec<SessionInfo>,
    tokens: Vec<ApiTokenInfo>,
    paging: Paging,
    rights: Vec<Right>,
    has_factor: bool,
    form: Form,
    problems: Problems,
}

impl AccountPage {
    fn chose(&self, right: &Right) -> bool {
        self.form.all("scope").contains(&right.name())
    }
}

/// The form of an API token before anybody typed in it.
pub fn untouched() -> Form {
    Form::new(&[("days", "90")])
}

pub async fn page(member: &Member, form: Form, problems: Problems) -> Result<Response, Refused> {
    let sessions = member.all::<ListOwnSessions>().await?;
    let (tokens, paging) = TOKENS.ask::<ListOwnApiTokens>(member, "").await?;
    // Whoever is known to nasd alone (root) has no user of its own.
    let has_factor = member.client.ask::<ReadAccount>(Nothing).await.is_ok_and(|user| user.has_second_factor);
    let (c, rights) = (member.chrome(words::of(member.language()).nav), member.whoami.rights.clone());
    Ok(html(
        problems.status(),
        AccountPage { c, sessions, tokens, paging, rights, has_factor, form, problems },
    ))
}
