//! Owns what every request passes first: forms from other sites stay out, and a message is shown once.

use crate::console::Console;
use crate::cookies::{self, FLASH_COOKIE};
use crate::refusal;
use crate::reply::with_cookie;
use crate::visit::visit_of;
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_TYPE, HOST, ORIGIN};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::sync::Arc;

pub async fn pass(State(console): State<Arc<Console>>, request: Request, next: Next) -> Response {
    if !request.method().is_safe() && !is_from_here(request.headers(), request.uri().authority()) {
        let (visit, _) = visit_of(request, &console);
        return match visit {
            Ok(visit) => {
                let chrome = visit.chrome(visit.words().title_denied);
                refusal::page(chrome, StatusCode::FORBIDDEN, None)
            }
            Err(refused) => refused.into_response(),
        };
    }
    let had_flash = cookies::read(request.headers(), FLASH_COOKIE).is_some();
    let response = next.run(request).await;
    let is_page =
        response.headers().get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    if had_flash && is_page { with_cookie(response, cookies::removed(FLASH_COOKIE)) } else { response }
}

/// Browsers say where a form comes from; what says nothing is no browser that is supported.
/// `authority` is what HTTP/2 says instead of Host.
fn is_from_here(headers: &HeaderMap, authority: Option<&Authority>) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = text("sec-fetch-site") {
        return site == "same-origin" || site == "none";
    }
    let host = headers.get(HOST).and_then(|value| value.to_str().ok()).or(authority.map(Authority::as_str));
    let origin = headers.get(ORIGIN).and_then(|value| value.to_str().ok());
    match (origin.and_then(|origin| origin.strip_prefix("https://")), host) {
        (Some(origin), Some(host)) => origin.eq_ignore_ascii_case(host),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::{HeaderName, HeaderValue};

    fn said(headers: &[(&'static str, &'static str)]) -> bool {
        let pair = |(name, value): &(&'static str, &'static str)| {
            (HeaderName::from_static(name), HeaderValue::from_static(value))
        };
        is_from_here(&headers.iter().map(pair).collect(), None)
    }

    #[test]
    fn forms_of_other_sites_stay_out() {
        let host = ("host", "nas.example");
        assert!(said(&[host, ("sec-fetch-site", "same-origin")]));
        assert!(said(&[host, ("origin", "https://nas.example")]));
        assert!(!said(&[host]));
        assert!(!said(&[host, ("origin", "null")]));
        assert!(!said(&[host, ("origin", "http://nas.example")]));
        assert!(!said(&[host, ("origin", "https://nas.example.evil.example")]));
        for site in ["cross-site", "same-site", ""] {
            let value: &'static str = site;
            assert!(!said(&[host, ("origin", "https://nas.example"), ("sec-fetch-site", value)]), "{site}");
        }
    }

    #[test]
    fn http_2_says_the_host_with_the_address() {
        let origin =
            (HeaderName::from_static("origin"), HeaderValue::from_static("https://nas.example:8443"));
        let headers: HeaderMap = [origin].into_iter().collect();
        assert!(is_from_here(&headers, Some(&Authority::from_static("nas.example:8443"))));
        assert!(!is_from_here(&headers, Some(&Authority::from_static("nas.example"))));
    }
}
