//! Owns one's own account: password, second factor, sessions, API tokens.

mod factor;
mod page;
mod tokens;
pub mod words;

use crate::credentials::new_password;
use crate::flow::create::make;
use crate::flow::press;
use crate::page::{Heading, Member, Noun, PageRoute, Path, Posted, Problems, Refused, Response, done, to};
use crate::pages::sessions::words as sessions;
use nasd_api::{EndOwnSession, Nothing, Secret, SessionAt, SetOwnPassword};
use page::{page, untouched};

pub const NOUN: Noun =
    Noun::new(routes)
        .says(words::TABLE)
        .under(Heading::People, "/account", "person", |language| words::of(language).nav);

fn routes() -> Vec<PageRoute> {
    vec![
        PageRoute::get("/account", show),
        PageRoute::post("/account/password", set_password),
        PageRoute::post("/account/factor", factor::offer),
        PageRoute::post("/account/factor/confirm", factor::confirm),
        PageRoute::post("/account/factor/remove", factor::remove),
        PageRoute::post("/account/sessions/{id}/end", end_session),
        PageRoute::post("/account/tokens", make::<tokens::NewToken>),
        PageRoute::post("/account/tokens/revoke", tokens::revoke),
    ]
}

async fn show(member: Member) -> Result<Response, Refused> {
    page(&member, untouched(), Problems::default()).await
}

async fn set_password(Posted { member, form }: Posted) -> Result<Response, Refused> {
    let mut problems = Problems::default();
    if form.is_restored() {
        return Ok(to("/account"));
    }
    let mut request = new_password(&form, member.words(), &mut problems);
    request.current = Some(Secret::new(form.raw("current")));
    if !problems.is_empty() {
        return page(&member, untouched(), problems).await;
    }
    match member.client.call::<SetOwnPassword>(Nothing, &request).await {
        Ok(()) => Ok(done("/account", words::PASSWORD_SET, &member.whoami.user)),
        Err(error) => {
            let problems = Problems::of_error(&member, error, "password")?;
            page(&member, untouched(), problems).await
        }
    }
}

async fn end_session(Path(id): Path<String>, posted: Posted) -> Result<Response, Refused> {
    let user = &posted.member.whoami.user;
    press::<EndOwnSession>(&posted, SessionAt::new(&id), "/account", sessions::ENDED, user).await
}
