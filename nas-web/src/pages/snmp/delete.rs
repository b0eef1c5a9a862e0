//! Owns deleting a user, a community or a view of SNMP.

use super::words;
use crate::flow::confirm::Confirm;
use crate::page::{Chrome, Member, Problems, Refused, Response, Template, Text, done, html};
use nasd_api::{
    DeleteSnmpCommunity, DeleteSnmpUser, DeleteSnmpView, ReadSnmpCommunity, ReadSnmpUser, ReadSnmpView,
    SnmpAt,
};

#[derive(Template)]
#[template(path = "snmp/delete.html")]
struct DeletePage {
    c: Chrome,
    /// Of the thing.
    path: String,
    text: Text,
    problems: Problems,
}

macro_rules! deletions {
    ($($kind:ident: $delete:ident, $read:ident, $path:literal, $title:ident, $text:ident, $done:ident;)*) => {$(
        pub struct $kind;

        impl Confirm for $kind {
            type Act = $delete;

            fn at(name: &str) -> SnmpAt {
                SnmpAt::new(name)
            }

            async fn page(member: &Member, name: &str, problems: Problems) -> Result<Response, Refused> {
                let (w, thing) = (words::of(member.language()), member.ask::<$read>(SnmpAt::new(name)).await?);
                let (c, path) = (member.chrome(w.$title.of(&thing.name)), format!($path, thing.name));
                Ok(html(problems.status(), DeletePage { c, path, text: w.$text, problems }))
            }

            fn done(name: &str) -> Response {
                done("/snmp", words::$done, name)
            }
        }
    )*};
}

deletions! {
    User: DeleteSnmpUser, ReadSnmpUser, "/snmp/users/{}", user_delete_title, user_delete_text, USER_DELETED;
    Community: DeleteSnmpCommunity, ReadSnmpCommunity, "/snmp/communities/{}", community_delete_title,
        community_delete_text, COMMUNITY_DELETED;
    View: DeleteSnmpView, ReadSnmpView, "/snmp/views/{}", view_delete_title, view_delete_text, VIEW_DELETED;
}
