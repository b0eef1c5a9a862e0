//! Owns the OpenAPI document as it is served.

use crate::openapi::document;
use crate::table::routes;
use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use std::sync::LazyLock;

/// The document as it is served: it takes 10 ms to make, and anybody may ask for it.
static PREPARED: LazyLock<(Bytes, HeaderValue)> = LazyLock::new(|| {
    let text = openapi().to_string();
    let tag = format!("\"{}\"", &blake3::hash(text.as_bytes()).to_hex()[..32]);
    (text.into(), HeaderValue::from_str(&tag).expect("hexadecimal digits"))
});

pub(crate) async fn serve(headers: HeaderMap) -> Response {
    let (text, tag) = &*PREPARED;
    let seen = headers.get(header::IF_NONE_MATCH).is_some_and(|seen| {
        seen.to_str().is_ok_and(|seen| seen == "*" || seen.split(',').any(|one| one.trim() == tag))
    });
    if seen {
        return (StatusCode::NOT_MODIFIED, [(header::ETAG, tag.clone())]).into_response();
    }
    let kind = HeaderValue::from_static("application/json");
    ([(header::CONTENT_TYPE, kind), (header::ETAG, tag.clone())], text.clone()).into_response()
}

/// The document of this version.
pub fn openapi() -> Value {
    document(&routes())
}
