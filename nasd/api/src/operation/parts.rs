//! Owns what operations take and give: names in a path and a query, JSON bodies, answers with and without a tag; how
//! each is written, read and described.

use crate::extract::{from_json, from_secret_json};
use crate::percent::percent_encoded;
use crate::{ApiError, refused};
use axum::Json;
use axum::extract::{Query, RawPathParams};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::fmt::Write;

/// The schema of a type.
pub(crate) type Described = fn(&mut SchemaGenerator) -> Schema;

pub(crate) fn described<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

/// Where an operation takes nothing, or gives nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Nothing;

/// What an operation's path and query name: a struct whose fields are texts or numbers.
pub trait At: Clone + Send + Sync + Sized + 'static {
    /// Each name with its schema, and whether it must be there.
    fn parts(generator: &mut SchemaGenerator) -> Vec<(String, Value, bool)>;

    /// # Errors
    /// `InvalidRequest`, in words.
    fn read(path: &RawPathParams, query: &str) -> Result<Self, ApiError>;

    /// The path of a request, with its query, below [`crate::PREFIX`].
    fn route(&self, path: &str) -> String;
}

impl At for Nothing {
    fn parts(_: &mut SchemaGenerator) -> Vec<(String, Value, bool)> {
        Vec::new()
    }

    fn read(_: &RawPathParams, _: &str) -> Result<Self, ApiError> {
        Ok(Nothing)
    }

    fn route(&self, path: &str) -> String {
        path.to_owned()
    }
}

impl<T: Serialize + DeserializeOwned + JsonSchema + Clone + Send + Sync + 'static> At for T {
    fn parts(generator: &mut SchemaGenerator) -> Vec<(String, Value, bool)> {
        parts_of(&T::json_schema(generator).to_value())
    }

    fn read(path: &RawPathParams, query: &str) -> Result<Self, ApiError> {
        let read = Query::<T>::try_from_uri(&as_query(path, query)?);
        read.map(|Query(at)| at).map_err(|rejection| refused::query_unreadable(rejection.body_text()))
    }

    fn route(&self, path: &str) -> String {
        filled_in(path, &serde_json::to_value(self).unwrap_or_default())
    }
}

fn parts_of(schema: &Value) -> Vec<(String, Value, bool)> {
    let required = schema["required"].as_array().cloned().unwrap_or_default();
    let Value::Object(fields) = schema["properties"].clone() else { return Vec::new() };
    let part = |(name, mut schema): (String, Value)| {
        // To leave it out is the same as its default.
        schema.as_object_mut().map(|schema| schema.remove("default"));
        let is_required = required.iter().any(|one| *one == name);
        (name, schema, is_required)
    };
    fields.into_iter().map(part).collect()
}

/// The names of the path with those of the query.
fn as_query(path: &RawPathParams, query: &str) -> Result<Uri, ApiError> {
    let mut pairs = query.to_owned();
    for (name, value) in path {
        let _ = write!(pairs, "&{name}={}", percent_encoded(value));
    }
    format!("/?{}", pairs.trim_start_matches('&')).parse().map_err(refused::address_unreadable)
}

fn filled_in(path: &str, fields: &Value) -> String {
    let mut route = path.to_owned();
    let mut begins = '?';
    for (name, value) in fields.as_object().into_iter().flatten() {
        let text = match value {
            Value::Null => continue,
            Value::String(text) => percent_encoded(text),
            other => percent_encoded(&other.to_string()),
        };
        let place = format!("{{{name}}}");
        if route.contains(&place) {
            route = route.replace(&place, &text);
        } else {
            let _ = write!(route, "{begins}{name}={text}");
            begins = '&';
        }
    }
    route
}

/// The body of a request.
pub trait Body: Send + Sync + Sized + 'static {
    fn schema() -> Option<Described>;

    /// A refusal quotes nothing of a secret one.
    ///
    /// # Errors
    /// `InvalidRequest`, in words.
    fn read(body: &[u8], is_secret: bool) -> Result<Self, ApiError>;

    /// # Errors
    /// Only for what JSON cannot say.
    fn to_json(&self) -> serde_json::Result<Vec<u8>>;
}

impl Body for Nothing {
    fn schema() -> Option<Described> {
        None
    }

    fn read(_: &[u8], _: bool) -> Result<Self, ApiError> {
        Ok(Nothing)
    }

    fn to_json(&self) -> serde_json::Result<Vec<u8>> {
        Ok(Vec::new())
    }
}

impl<T: Serialize + DeserializeOwned + JsonSchema + Send + Sync + 'static> Body for T {
    fn schema() -> Option<Described> {
        Some(described::<T>)
    }

    fn read(body: &[u8], is_secret: bool) -> Result<Self, ApiError> {
        if is_secret { from_secret_json(body) } else { from_json(body) }
    }

    fn to_json(&self) -> serde_json::Result<Vec<u8>> {
        serde_json::to_vec(self)
    }
}

/// What an operation answers with.
pub trait Reply: Send + Sized + 'static {
    fn schema() -> Option<Described>;

    /// It has an `ETag`.
    const TAGGED: bool = false;

    /// Where its body is no JSON: what it may be.
    const MEDIA_TYPES: &'static [&'static str] = &[];

    fn respond(self, status: StatusCode) -> Response;

    /// What a client gets.
    type Read;

    /// # Errors
    /// When the answer is another operation's.
    fn read(body: &[u8]) -> serde_json::Result<Self::Read>;
}

impl Reply for Nothing {
    fn schema() -> Option<Described> {
        None
    }

    fn respond(self, status: StatusCode) -> Response {
        status.into_response()
    }

    type Read = ();

    fn read(_: &[u8]) -> serde_json::Result<()> {
        Ok(())
    }
}

impl<T: Serialize + DeserializeOwned + JsonSchema + Send + 'static> Reply for T {
    fn schema() -> Option<Described> {
        Some(described::<T>)
    }

    fn respond(self, status: StatusCode) -> Response {
        (status, Json(self)).into_response()
    }

    type Read = T;

    fn read(body: &[u8]) -> serde_json::Result<T> {
        serde_json::from_slice(body)
    }
}

/// Something that can be changed on condition that nobody else has changed it.
pub trait HasTag {
    /// Changes when anything does that can be set.
    fn tag(&self) -> &str;
}

/// An answer that shows its thing's tag as its `ETag`, for `If-Match`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tagged<T>(pub T);

impl<T: HasTag + Serialize + DeserializeOwned + JsonSchema + Send + 'static> Reply for Tagged<T> {
    fn schema() -> Option<Described> {
        Some(described::<T>)
    }

    const TAGGED: bool = true;

    fn respond(self, status: StatusCode) -> Response {
        let tag = HeaderValue::from_str(&format!("\"{}\"", self.0.tag()));
        let headers = HeaderMap::from_iter(tag.ok().map(|tag| (header::ETAG, tag)));
        (status, headers, Json(self.0)).into_response()
    }

    type Read = T;

    fn read(body: &[u8]) -> serde_json::Result<T> {
        serde_json::from_slice(body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::paging::Page;
    use serde::Deserialize;

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    struct Place {
        volume: String,
        number: u64,
        path: Option<String>,
    }

    #[test]
    fn names_of_the_path_go_into_it_and_the_rest_is_asked_for() {
        let at = Place { volume: "a b/c".into(), number: 7, path: Some("/d?&=#%é".into()) };
        let written = at.route("/volumes/{volume}/things/{number}");
        assert_eq!(written, "/volumes/a%20b%2Fc/things/7?path=%2Fd%3F%26%3D%23%25%C3%A9");
        let none = Place { path: None, ..at };
        assert_eq!(none.route("/volumes/{volume}"), "/volumes/a%20b%2Fc?number=7");
        assert_eq!(Page::<crate::VolumeInfo>::default().route("/volumes"), "/volumes");
    }
}
