//! Owns the switch between languages: a plain link, so that it works for everybody.

use crate::cookies;
use crate::page::{Noun, PageRoute, Path, Response, to};
use crate::reply::{local, with_cookie};
use crate::visit::Visit;
use crate::words::Language;

pub const NOUN: Noun = Noun::new(routes);

fn routes() -> Vec<PageRoute> {
    vec![PageRoute::get("/language/{code}", switch).open()]
}

async fn switch(Path(code): Path<String>, visit: Visit) -> Response {
    let query = visit.query();
    let back = to(local(query.get("to")));
    match Language::from_code(&code) {
        Some(language) => with_cookie(back, cookies::language(language.code())),
        None => back,
    }
}
