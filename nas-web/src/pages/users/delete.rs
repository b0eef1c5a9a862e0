//! Owns deleting a user: what ends with it.

use super::words;
use crate::flow::confirm::Confirm;
use crate::page::{Chrome, Member, Problems, Refused, Response, Template, done, html};
use nasd_api::{DeleteUser, ListApiTokens, ListSessions, ReadUser, User, UserAt};

#[derive(Template)]
#[template(path = "users/delete.html")]
struct DeletePage {
    c: Chrome,
    user: User,
    /// What ends with it.
    sessions: usize,
    tokens: usize,
    problems: Problems,
}

pub struct Deletion;

impl Confirm for Deletion {
    type Act = DeleteUser;

    fn at(name: &str) -> UserAt {
        UserAt::new(name)
    }

    async fn page(member: &Member, name: &str, problems: Problems) -> Result<Response, Refused> {
        let user = member.ask::<ReadUser>(UserAt::new(name)).await?;
        let sessions = member.all::<ListSessions>().await?;
        let tokens = member.all::<ListApiTokens>().await?;
        let sessions = sessions.iter().filter(|session| session.user == name).count();
        let tokens = tokens.iter().filter(|token| token.user == name).count();
        let c = member.chrome(words::of(member.language()).delete_title.of(name));
        Ok(html(problems.status(), DeletePage { c, user, sessions, tokens, problems }))
    }

    fn done(name: &str) -> Response {
        done("/users", words::DELETED, name)
    }
}
