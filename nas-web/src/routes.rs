//! Owns the table of the console's routes; the router and the tests that go through all of them are made from it.

use crate::console::{Console, Site};
use crate::pages::{NOUNS, tables};
use crate::route::PageRoute;
use crate::visit::{Member, Visit};
use crate::{answered, assets, guard, refusal};
use axum::Router;
use axum::http::StatusCode;
use axum::middleware::from_fn_with_state;
use axum::response::Response;
use std::sync::Arc;

/// Every route of the console.
pub fn table() -> Vec<PageRoute> {
    let mut routes: Vec<PageRoute> = NOUNS.iter().flat_map(|noun| (noun.routes)()).collect();
    routes.push(PageRoute::get("/assets/{name}", assets::serve).open());
    routes
}

/// The console, for a server that says where each request came in (`nasd_api::Entrance`).
pub fn router(console: Arc<Console>) -> Router {
    let mut router = Router::new();
    for route in table() {
        router = router.route(route.path, route.handler);
    }
    let router =
        router.fallback(no_such_page).method_not_allowed_fallback(wrong_method).with_state(console.clone());
    console.set_site(Site {
        pages: router.clone(),
        navigation: NOUNS.iter().filter_map(|noun| noun.entry).collect(),
        done: tables().flat_map(|table| table.done).copied().collect(),
    });
    let router = router.layer(from_fn_with_state(console.clone(), answered::pass));
    router.layer(from_fn_with_state(console, guard::pass))
}

async fn no_such_page(visit: Visit) -> Response {
    let title = visit.words().title_not_found;
    let chrome = match Member::of(&visit).await {
        Ok(member) => member.chrome(title),
        Err(_) => visit.chrome(title),
    };
    refusal::page(chrome, StatusCode::NOT_FOUND, None)
}

async fn wrong_method(visit: Visit) -> Response {
    let chrome = visit.chrome(visit.words().title_refused);
    refusal::page(chrome, StatusCode::METHOD_NOT_ALLOWED, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A volume called `new` had no page: its address was that of the form that makes volumes. No name begins with a dash.
    #[test]
    fn no_page_stands_where_a_thing_may_be_called_so() {
        let routes = table();
        for (path, other) in routes.iter().flat_map(|one| routes.iter().map(|other| (one.path, other.path))) {
            let (parts, others): (Vec<&str>, Vec<&str>) =
                (path.split('/').collect(), other.split('/').collect());
            if parts.len() != others.len() {
                continue;
            }
            let is_place = |part: &str| part.starts_with('{');
            let alike = |(one, other): (&&str, &&str)| one == other || is_place(one) || is_place(other);
            let fits_both = parts.iter().zip(&others).all(alike);
            let taken = parts.iter().zip(&others).find(|(one, other)| is_place(one) && !is_place(other));
            if let (true, Some((_, word))) = (fits_both, taken) {
                assert!(word.starts_with('-'), "{other} is a page of {path}, too");
            }
        }
    }
}
