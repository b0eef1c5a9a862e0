//! Owns how a name is written in a URL.

use std::fmt::Write;

/// Escapes all but the characters that mean themselves everywhere in a URL (RFC 3986 §2.3): a name for a route.
pub fn percent_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for &byte in text.as_bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}
