//! Owns how requests are read: JSON bodies, paths and queries, each bounded and refused in words.

use crate::{ApiError, ErrorCode};
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use serde::de::DeserializeOwned;

/// Largest body of a request, in bytes: the largest honest one (an export with hundreds of client rules)
/// is a fraction of it.
pub const BODY_BYTES_MAX: usize = 64 << 10;

/// A JSON body; what cannot be read is refused in words.
pub struct Body<T>(pub T);

/// As [`Body`], and the refusal quotes nothing of it.
pub struct SecretBody<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let bytes = json(request, state).await?;
        serde_json::from_slice(&bytes)
            .map(Body)
            .map_err(|error| ApiError::invalid(format!("the request's body cannot be read: {error}")))
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for SecretBody<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let bytes = json(request, state).await?;
        serde_json::from_slice(&bytes).map(SecretBody).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            ApiError::invalid(format!("the request's body cannot be read at line {line}, column {column}"))
                .hint("GET /api/v1/openapi.json describes it")
        })
    }
}

/// The body's bytes, if it is to be JSON.
async fn json<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, ApiError> {
    // Browsers cannot send this type across sites without asking first, which keeps forged forms out.
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let is_json = kind.is_some_and(|kind| kind.split(';').next().unwrap_or("").trim() == "application/json");
    if !is_json {
        let message = "the body must be JSON, with content-type: application/json";
        return Err(ApiError::new(ErrorCode::UnsupportedMediaType, message));
    }
    let bytes = Bytes::from_request(request, state).await.map_err(unreadable)?;
    // serde would take a list of the fields' values for the object that the contract asks for.
    if bytes.trim_ascii_start().first() == Some(&b'[') {
        return Err(ApiError::invalid("the request's body must be an object, not a list"));
    }
    Ok(bytes)
}

fn unreadable(rejection: BytesRejection) -> ApiError {
    match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => {
            let message = format!("the request's body is larger than {BODY_BYTES_MAX} bytes");
            ApiError::new(ErrorCode::TooLarge, message)
        }
        _ => ApiError::invalid("the request's body did not arrive whole"),
    }
}

/// The query part of the address; what cannot be read is refused in words.
pub struct Asked<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Asked<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        match Query::<T>::from_request_parts(parts, state).await {
            Ok(Query(query)) => Ok(Asked(query)),
            Err(rejection) => Err(ApiError::invalid(rejection.body_text())),
        }
    }
}

/// What the path names; what cannot be read is refused in words.
pub struct Named<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Named<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        match Path::<T>::from_request_parts(parts, state).await {
            Ok(Path(name)) => Ok(Named(name)),
            Err(rejection) => Err(ApiError::invalid(rejection.body_text())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Limits;

    #[tokio::test]
    async fn a_list_is_not_taken_for_an_object() {
        let request = |body: &'static str| {
            let request = Request::put("/").header(header::CONTENT_TYPE, "application/json");
            request.body(axum::body::Body::from(body)).unwrap()
        };
        assert!(Body::<Limits>::from_request(request(" [null, null]"), &()).await.is_err());
        assert!(Body::<Limits>::from_request(request("{}"), &()).await.is_ok());
    }
}
