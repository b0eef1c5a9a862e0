//! Owns the list of what can be asked: the trait that the daemon implements.

use crate::{Accounts, ApiError, Events, Setup};
use nasd_base::net::BoxFuture;

/// What a management call gives back.
pub type Answer<'a, T> = BoxFuture<'a, Result<T, ApiError>>;

/// Carries out management requests. Calls may overlap; one that changes something returns when the change
/// is on a majority's disks and this node acts by it.
///
/// Requests arrive here decoded and within bounds, with volume names and replica counts checked; paths and
/// addresses are not checked yet. A caller that goes
/// away, or waits longer than the server's limit, drops the future: an implementation whose half-done work
/// would matter carries it on in a task of its own.
pub trait Management: Accounts + Setup {
    /// Those that happen from now on, until the node stops.
    fn events(&self) -> Answer<'_, Events>;
}
