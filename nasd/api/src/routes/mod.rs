//! Owns the requests that are no operations: what they bring or give is no JSON, or says something about the session
//! that they come with.

mod events;
mod handled;
pub(crate) mod metrics;
mod session;

use handled::Handled;

/// All of them.
pub(crate) fn by_handlers() -> Vec<Handled> {
    let mut routes = events::routes();
    routes.extend(metrics::routes());
    routes.extend(session::routes());
    routes
}
