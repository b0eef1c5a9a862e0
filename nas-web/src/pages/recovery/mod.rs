//! Owns the address at which what to do without an answer can be read in good times, too.

use crate::page::{Noun, PageRoute, Response};
use crate::silence;
use crate::visit::Visit;
use nasd_api::{Health, HealthWord, Nothing, ReadHealth};

pub const NOUN: Noun = Noun::new(routes);

fn routes() -> Vec<PageRoute> {
    vec![PageRoute::get("/recovery", show).open()]
}

async fn show(visit: Visit) -> Response {
    let detail = match visit.visitor().ask::<ReadHealth>(Nothing).await {
        Ok(HealthWord { health: Health::Unavailable }) => {
            Some(visit.words().recovery_no_majority.to_string())
        }
        Ok(_) => None,
        Err(error) => Some(visit.language.said(&error).sentence),
    };
    silence::page(visit.chrome(visit.words().title_recovery), detail, "/".to_owned())
}
