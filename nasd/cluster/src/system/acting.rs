//! For whom a task works. What a task proposes inside [`acting_as`] carries the caller into the audit log.

use super::audit::Actor;
use nasd_base::OpId;
use std::cell::Cell;
use std::future::Future;

tokio::task_local! {
    static ACTING: Acting;
}

struct Acting {
    actor: Actor,
    /// The id of the first proposal, if the caller chose it.
    op: Cell<Option<OpId>>,
}

/// Runs `work` for `actor`: every command that it proposes is recorded with its outcome. `op` becomes the id of
/// the first one, so that a caller that repeats its request gets the first outcome.
///
/// Tasks that `work` spawns are not included.
pub async fn acting_as<T>(actor: Actor, op: Option<OpId>, work: impl Future<Output = T>) -> T {
    ACTING.scope(Acting { actor, op: Cell::new(op) }, work).await
}

/// For whom this task works, if for anybody.
pub(super) fn actor() -> Option<Actor> {
    ACTING.try_with(|acting| acting.actor.clone()).ok()
}

/// Whose name this task works in, if in anybody's.
pub fn acting_name() -> Option<String> {
    actor().map(|actor| actor.name)
}

/// The id that the caller chose, once.
pub(super) fn take_op() -> Option<OpId> {
    ACTING.try_with(|acting| acting.op.take()).ok().flatten()
}
