//! Owns the pages, one folder per capability: handlers, views and templates together.

pub mod dashboard;
pub mod language;
pub mod login;
pub mod recovery;
pub mod users;

use crate::routes::PageRoute;

pub fn routes() -> Vec<PageRoute> {
    let parts = [dashboard::routes(), login::routes(), language::routes(), recovery::routes()];
    parts.into_iter().flatten().collect()
}
