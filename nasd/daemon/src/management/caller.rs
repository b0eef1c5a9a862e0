//! Owns for whom the management interface works at the moment: `Accounts::on_behalf` says it around a whole request, and
//! each method that changes something asks once and passes it on. Goes away when every operation gets its caller as an
//! argument.

use nasd_system::By;
use std::future::Future;

tokio::task_local! {
    static BY: By;
}

/// Runs `work` for somebody. Tasks that it spawns are not included.
pub(super) async fn on_behalf<T>(by: By, work: impl Future<Output = T>) -> T {
    BY.scope(by, work).await
}

/// For whom this task works: a node itself, unless somebody was named.
pub(super) fn by() -> By {
    BY.try_with(By::clone).unwrap_or(By::NODE)
}
