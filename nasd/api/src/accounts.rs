//! Owns what the gate asks about callers, and what requests do to the session that they come with.

use crate::{Answer, Caller, Credential, Deed, LogIn, Secret, Use, Whoami};
use nasd_base::net::BoxFuture;

/// Proves callers, and records what they do.
pub trait Accounts: Send + Sync + 'static {
    /// Who brings the credential. `Unauthenticated` for one that is wrong, revoked or expired.
    fn authenticate(&self, credential: Credential, address: String, use_: Use) -> Answer<'_, Caller>;

    /// Ends when the caller's session or token has, or may do less than it could.
    fn until_lessened(&self, caller: Caller) -> BoxFuture<'static, ()>;

    /// Puts something that changes no replicated state into the audit log.
    fn record(&self, caller: Caller, deed: Deed, outcome: String) -> Answer<'_, ()>;

    /// Whether this node knows of no majority: what it answers may be old.
    fn is_stale(&self) -> BoxFuture<'_, bool>;

    /// The secret of the new session, and who it is. Slow on purpose for wrong passwords and unknown users alike.
    fn log_in(&self, request: LogIn, address: String) -> Answer<'_, (Secret, Whoami)>;

    /// Ends the session that the caller asks with.
    fn log_out(&self, caller: Caller) -> Answer<'_, ()>;
}
