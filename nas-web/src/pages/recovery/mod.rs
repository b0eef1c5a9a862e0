//! Owns the address at which what to do without an answer can be read in good times, too.

use crate::page::{Noun, PageRoute, Response};
use crate::silence::{self, Silence};
use crate::visit::Visit;
use nasd_api::{Fresh, Health, HealthWord};

pub const NOUN: Noun = Noun::new(routes);

fn routes() -> Vec<PageRoute> {
    vec![PageRoute::get("/recovery", show).open()]
}

async fn show(visit: Visit) -> Response {
    let w = visit.words();
    let silence = match visit.health().await {
        Ok(Fresh { value: HealthWord { health }, stale }) if stale || health == Health::Unavailable => {
            Some(Silence { what: w.recovery_now, detail: w.recovery_no_majority.to_string() })
        }
        Ok(_) => None,
        Err(error) => Some(Silence::of(&error, visit.language)),
    };
    silence::page(visit.chrome(w.title_recovery), silence, "/".to_owned())
}
