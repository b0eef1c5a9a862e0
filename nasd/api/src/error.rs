//! Owns what a management request is refused with. `refusal` makes it, and has its words in other languages.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a caller can do about a refusal: one variant per different reaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// The request is malformed or asks for something impossible. Repeating it is of no use. (400)
    InvalidRequest,
    /// Nobody is known to call: no credential, or one that is wrong or has expired. (401)
    Unauthenticated,
    /// The password was right; a code of the second factor is needed. (401)
    FactorNeeded,
    /// Too many attempts; a later one may succeed. (429)
    TooManyAttempts,
    /// Somebody else changed it since the caller looked. (412)
    PreconditionFailed,
    /// The body is not of a type that is read here. (415)
    UnsupportedMediaType,
    /// The caller may not do this, for instance join with a token that is spent. (403)
    Denied,
    /// Nothing has that name. (404)
    NotFound,
    /// The route exists, for another method. (405)
    MethodNotAllowed,
    /// The name is taken. (409)
    AlreadyExists,
    /// Something else has to change first, for instance an export still names the volume. (409)
    Conflict,
    /// The node belongs to no cluster yet. (409)
    NoCluster,
    /// The body is larger than [`crate::BODY_BYTES_MAX`]. (413)
    TooLarge,
    /// No majority, no leader, or no free node right now. A retry may succeed. (503)
    Unavailable,
    /// Nobody answered in time; whether it happened is not known. (504)
    TimedOut,
    /// A fault of the server; its log has the story. (500)
    Internal,
    /// A code that this version does not know: a newer server sent it.
    #[serde(other)]
    Unknown,
}

impl ErrorCode {
    /// The HTTP status that goes with it.
    pub fn status(self) -> StatusCode {
        match self {
            ErrorCode::InvalidRequest => StatusCode::BAD_REQUEST,
            ErrorCode::Unauthenticated | ErrorCode::FactorNeeded => StatusCode::UNAUTHORIZED,
            ErrorCode::TooManyAttempts => StatusCode::TOO_MANY_REQUESTS,
            ErrorCode::PreconditionFailed => StatusCode::PRECONDITION_FAILED,
            ErrorCode::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            ErrorCode::Denied => StatusCode::FORBIDDEN,
            ErrorCode::NotFound => StatusCode::NOT_FOUND,
            ErrorCode::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            ErrorCode::AlreadyExists | ErrorCode::Conflict | ErrorCode::NoCluster => StatusCode::CONFLICT,
            ErrorCode::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            ErrorCode::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            ErrorCode::TimedOut => StatusCode::GATEWAY_TIMEOUT,
            ErrorCode::Internal | ErrorCode::Unknown => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

/// A refusal: which one it is, what it is about, and the same in English.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, thiserror::Error)]
#[error("{message}")]
#[non_exhaustive]
pub struct ApiError {
    pub code: ErrorCode,
    /// Which refusal it is, for programs: it stays the same when the words change.
    #[serde(default)]
    pub reason: String,
    /// What is wrong, in English: one sentence without a full stop.
    pub message: String,
    /// What to do about it, in English, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// What the refusal is about, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub values: BTreeMap<String, String>,
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = (self.code.status(), Json(&self)).into_response();
        if response.status() == StatusCode::UNAUTHORIZED {
            // Browsers know no dialogue for this scheme, so that pages can ask in their own way.
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        // For the gate, which records what was refused.
        response.extensions_mut().insert(self);
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_of_a_newer_server_is_still_a_refusal() {
        let error: ApiError = serde_json::from_str(r#"{"code":"on_fire","message":"m","extra":1}"#).unwrap();
        assert_eq!(error.code, ErrorCode::Unknown);
        assert_eq!((error.hint, error.reason.as_str()), (None, ""));
    }

    #[test]
    fn codes_are_snake_case_on_the_wire() {
        let text = serde_json::to_string(&crate::refusal::no_cluster()).unwrap();
        assert!(text.contains(r#""code":"no_cluster""#), "{text}");
    }
}
