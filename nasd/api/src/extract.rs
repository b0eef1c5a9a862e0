//! Owns how requests are read: JSON bodies, paths and queries, each bounded and refused in words.

use crate::{ApiError, refused};
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, FromRequestParts, Query, Request};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Largest body of a request, in bytes: the largest honest one (an export with hundreds of client rules)
/// is a fraction of it.
pub const BODY_BYTES_MAX: usize = 64 << 10;

/// The same where callers need not be known: a login is a tenth of it.
pub(crate) const STRANGER_BODY_BYTES_MAX: usize = 4 << 10;

/// A JSON body; what cannot be read is refused in words.
pub struct Body<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        from_json(&json_bytes(request).await?).map(Body)
    }
}

/// What cannot be read is refused in words, which quote it.
pub(crate) fn from_json<T: DeserializeOwned>(body: &[u8]) -> Result<T, ApiError> {
    let unread = refused::body_unreadable;
    match serde_json::from_slice(body) {
        Ok(body) => Ok(body),
        Err(error) if error.to_string().starts_with("invalid type: floating point") => with_integers(body)
            .and_then(|body| serde_json::from_value(body).ok())
            .ok_or_else(|| unread(error)),
        Err(error) => Err(unread(error)),
    }
}

/// As [`from_json`], and the refusal quotes nothing.
pub(crate) fn from_secret_json<T: DeserializeOwned>(body: &[u8]) -> Result<T, ApiError> {
    serde_json::from_slice(body).map_err(|error| refused::body_unreadable_at(error.line(), error.column()))
}

/// The body with `5.0` read as `5`, if that is what kept it from being read: JSON knows one kind of number, and the
/// contract's integers are those without a fraction.
fn with_integers(bytes: &[u8]) -> Option<Value> {
    let mut body: Value = serde_json::from_slice(bytes).ok()?;
    make_integers(&mut body);
    Some(body)
}

fn make_integers(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(make_integers),
        Value::Object(members) => members.values_mut().for_each(make_integers),
        Value::Number(number) => {
            let whole = number.as_f64().filter(|float| number.is_f64() && float.fract() == 0.0);
            // What is beyond 64 bits stays as it is, and is refused.
            if let Some(float) = whole.filter(|float| (0.0..=u64::MAX as f64 / 2.0).contains(float)) {
                *number = (float as u64).into();
            }
        }
        _ => {}
    }
}

/// The body's bytes, if it is to be JSON.
///
/// # Errors
/// `InvalidRequest`, `TooLarge` or `UnsupportedMediaType`, in words.
pub(crate) async fn json_bytes(request: Request) -> Result<Bytes, ApiError> {
    // Browsers cannot send this type across sites without asking first, which keeps forged forms out.
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let is_json = kind.is_some_and(|kind| kind.split(';').next().unwrap_or("").trim() == "application/json");
    if !is_json {
        return Err(refused::body_not_json());
    }
    let bytes = Bytes::from_request(request, &()).await.map_err(unreadable)?;
    // serde would take a list of the fields' values for the object that the contract asks for.
    if bytes.trim_ascii_start().first() == Some(&b'[') {
        return Err(refused::body_is_a_list());
    }
    Ok(bytes)
}

fn unreadable(rejection: BytesRejection) -> ApiError {
    match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => refused::body_too_large(),
        _ => refused::body_cut(),
    }
}

/// The query part of the address; what cannot be read is refused in words.
pub struct Asked<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Asked<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        match Query::<T>::from_request_parts(parts, state).await {
            Ok(Query(query)) => Ok(Asked(query)),
            Err(rejection) => Err(refused::query_unreadable(rejection.body_text())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Limits;

    fn put(body: &'static str) -> Request {
        let request = Request::put("/").header(header::CONTENT_TYPE, "application/json");
        request.body(axum::body::Body::from(body)).unwrap()
    }

    #[tokio::test]
    async fn a_number_without_a_fraction_is_an_integer() {
        let read =
            |body| async move { Body::<Limits>::from_request(put(body), &()).await.map(|body| body.0.bytes) };
        assert_eq!(read(r#"{"bytes":5.0}"#).await, Ok(Some(5)));
        for refused in
            [r#"{"bytes":5.5}"#, r#"{"bytes":-5.0}"#, r#"{"bytes":1e30}"#, r#"{"bytes":5.0,"size":1}"#]
        {
            assert!(read(refused).await.is_err(), "{refused}");
        }
    }

    #[tokio::test]
    async fn a_list_is_not_taken_for_an_object() {
        assert!(Body::<Limits>::from_request(put(" [null, null]"), &()).await.is_err());
        assert!(Body::<Limits>::from_request(put("{}"), &()).await.is_ok());
    }
}
