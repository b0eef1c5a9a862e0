//! Owns text that must not reach a log: it prints as dots.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A secret. `Debug` shows nothing of it; [`Secret::reveal`] is the only way to its text.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    pub fn new(text: impl Into<String>) -> Secret {
        Secret(text.into())
    }

    /// The text itself: to be shown to whoever asked for it, or checked. Never to be logged.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::Secret;

    #[test]
    fn a_secret_does_not_print_itself() {
        let secret = Secret::new("open sesame");
        assert!(!format!("{secret:?}").contains("sesame"));
        assert_eq!(serde_json::to_string(&secret).unwrap(), "\"open sesame\"");
    }
}
