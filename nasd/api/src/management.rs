//! Owns what the daemon does beside operations: it tells of what happens.

use crate::{Accounts, ApiError, Events, Setup};
use nasd_base::net::BoxFuture;

/// What a management call gives back.
pub type Answer<'a, T> = BoxFuture<'a, Result<T, ApiError>>;

/// What the gate and the few requests need that are no operations; the others are [`crate::Operations`].
pub trait Management: Accounts + Setup {
    /// Those that happen from now on, until the node stops.
    fn events(&self) -> Answer<'_, Events>;
}
