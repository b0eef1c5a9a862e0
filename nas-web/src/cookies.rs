//! Owns cookies: how they are read from a request, and the attributes that each is set with.

use axum::http::header::COOKIE;
use axum::http::{HeaderMap, HeaderValue};
pub use nasd_api::SESSION_COOKIE;

pub const LANGUAGE_COOKIE: &str = "lang";
/// A message for the next page.
pub const FLASH_COOKIE: &str = "__Host-gotgan-flash";
/// The setup token while the wizard runs, so that it is not in addresses.
pub const SETUP_COOKIE: &str = "__Host-gotgan-setup";

/// As long as a session lasts at most; nasd decides, the cookie only goes with it.
const SESSION_SECONDS: u32 = 60 * nasd_api::SESSION_MINUTES_MAX;
const SETUP_SECONDS: u32 = 3600;
/// Longer than a redirect takes; a message nobody fetched must not come up an hour later.
const FLASH_SECONDS: u32 = 30;
const LANGUAGE_SECONDS: u32 = 365 * 86_400;
/// Longest cookie that is looked at, in bytes.
const VALUE_BYTES_MAX: usize = 1024;

/// The first cookie of that name, if there is one of a sensible length.
pub fn read<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let (_, value) = pairs.find(|(key, _)| *key == name)?;
    (!value.is_empty() && value.len() <= VALUE_BYTES_MAX).then_some(value)
}

pub fn session(secret: &str) -> Option<HeaderValue> {
    private(SESSION_COOKIE, secret, SESSION_SECONDS)
}

pub fn setup(token: &str) -> Option<HeaderValue> {
    private(SETUP_COOKIE, token, SETUP_SECONDS)
}

pub fn flash(text: &str) -> Option<HeaderValue> {
    private(FLASH_COOKIE, text, FLASH_SECONDS)
}

/// Takes a private cookie back.
pub fn removed(name: &str) -> Option<HeaderValue> {
    private(name, "", 0)
}

pub fn language(code: &str) -> Option<HeaderValue> {
    format!("{LANGUAGE_COOKIE}={code}; Path=/; Secure; SameSite=Lax; Max-Age={LANGUAGE_SECONDS}").parse().ok()
}

/// `None` for a value that does not fit a cookie: what comes from outside never splits a header.
fn private(name: &str, value: &str, seconds: u32) -> Option<HeaderValue> {
    let plain = |byte: u8| byte.is_ascii_graphic() && !b";,\"\\".contains(&byte);
    if !value.bytes().all(plain) || value.len() > VALUE_BYTES_MAX {
        return None;
    }
    format!("{name}={value}; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age={seconds}").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_cannot_add_attributes_or_headers() {
        for bad in ["a; Domain=x", "a\r\nSet-Cookie: b=c", "a,b", "é", &"x".repeat(2000)] {
            assert_eq!(setup(bad), None, "{bad}");
        }
        assert!(setup("abc-123_.").is_some());
    }

    #[test]
    fn cookies_are_found_among_others() {
        let headers = HeaderMap::from_iter([(COOKIE, HeaderValue::from_static("a=1; lang=ko ;b=2"))]);
        assert_eq!(read(&headers, "lang"), Some("ko"));
        assert_eq!(read(&headers, "c"), None);
    }
}
