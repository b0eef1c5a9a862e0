//! When sessions end.

/// Minutes, and how often they were changed.
pub(crate) struct SessionsEnd {
    pub idle: u32,
    pub total: u32,
    pub changes: u32,
}

impl Default for SessionsEnd {
    fn default() -> SessionsEnd {
        SessionsEnd { idle: 30, total: 720, changes: 0 }
    }
}
