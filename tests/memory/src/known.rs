//! What whoever asks the cluster in memory can count on.

/// What changes of a session must bring here.
pub const CSRF: &str = "csrf";
/// Of roles, and of [`CAREFUL`].
pub const PASSWORD: &str = "right horse battery";
/// What every authenticator shows.
pub const CODE: &str = "246810";
/// An administrator with a second factor.
pub const CAREFUL: &str = "careful";
/// A user who tried too often.
pub const LOCKED: &str = "locked";
/// Seconds since 1970-01-01 UTC: it is always then.
pub const NOW: i64 = 1_800_000_000;
