//! Owns where a browser is sent, and the cookies that go with an answer.

use crate::cookies;
use crate::flash;
use crate::words::Done;
use axum::http::header::{LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use nasd_api::percent_encoded;

/// Sends the browser to another page of the console.
pub fn to(path: &str) -> Response {
    let location = HeaderValue::from_str(path).unwrap_or(HeaderValue::from_static("/"));
    (StatusCode::SEE_OTHER, [(LOCATION, location)]).into_response()
}

/// Sends the browser to the login, and from there to `here`.
pub fn to_login(here: &str) -> Response {
    to(&login_address(here))
}

pub fn login_address(here: &str) -> String {
    match here {
        "/" => "/login".to_owned(),
        here => format!("/login?to={}", percent_encoded(here)),
    }
}

/// As [`to`], with a message on that page.
pub fn done(path: &str, done: Done, subject: &str) -> Response {
    with_cookie(to(path), cookies::flash(&flash::written(done, subject)))
}

pub fn with_cookie(mut response: Response, cookie: Option<HeaderValue>) -> Response {
    let headers: &mut HeaderMap = response.headers_mut();
    headers.extend(cookie.map(|cookie| (SET_COOKIE, cookie)));
    response
}

/// Only places of this console: nobody is led elsewhere by a link to it.
pub fn local(path: &str) -> &str {
    let fine = path.starts_with('/')
        && !path.starts_with("//")
        && path.len() <= 2000
        && path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if fine { path } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::local;

    #[test]
    fn links_lead_nowhere_else() {
        for bad in
            ["//evil.example", "https://evil.example", "/\\evil", "", "/a\r\nb", "/a b", "javascript:x"]
        {
            assert_eq!(local(bad), "/", "{bad}");
        }
        assert_eq!(local("/volumes/a%20b?q=1"), "/volumes/a%20b?q=1");
    }
}
