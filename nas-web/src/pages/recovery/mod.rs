//! Owns the page for when the cluster does not answer: what is known, and what to do, step by step.

use crate::chrome::{Chrome, html};
use crate::routes::PageRoute;
use crate::visit::Visit;
use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use nasd_api::{Health, HealthWord, Nothing, ReadHealth};

pub fn routes() -> Vec<PageRoute> {
    vec![PageRoute::get("/recovery", show).open()]
}

#[derive(Template)]
#[template(path = "recovery/recovery.html")]
struct RecoveryPage {
    c: Chrome,
    /// What was said instead of an answer.
    detail: Option<String>,
    /// Where to try again.
    again: String,
}

/// Instead of the page that was asked for.
pub fn page(c: Chrome, detail: Option<String>, visit: &Visit) -> Response {
    html(StatusCode::SERVICE_UNAVAILABLE, RecoveryPage { c, detail, again: visit.here.clone() })
}

/// By its own address it can be read in good times, too.
async fn show(visit: Visit) -> Response {
    let detail = match visit.visitor().ask::<ReadHealth>(Nothing).await {
        Ok(HealthWord { health: Health::Unavailable }) => {
            Some(visit.words().recovery_no_majority.to_string())
        }
        Ok(_) => None,
        Err(error) => Some(visit.language.said(&error).sentence),
    };
    let status = if detail.is_some() { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK };
    html(
        status,
        RecoveryPage { c: visit.chrome(visit.words().title_recovery), detail, again: "/".to_owned() },
    )
}
