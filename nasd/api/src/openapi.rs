//! Owns the OpenAPI 3.1 document, made from the table of routes and the types of its bodies.

use crate::access::Access;
use crate::deeds::summary_in_korean;
use crate::described::{IdempotencyKey, Tag};
use crate::gate::{CSRF_HEADER, IDEMPOTENCY_HEADER, SESSION_COOKIE, STALE_HEADER};
use crate::route::Route;
use crate::{ApiError, ErrorCode, PREFIX};
use axum::http::StatusCode;
use schemars::generate::SchemaSettings;
use schemars::{Schema, SchemaGenerator};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// The document of an interface with these routes.
pub(crate) fn document(routes: &[Route]) -> Value {
    let mut settings = SchemaSettings::draft2020_12();
    settings.definitions_path = "/components/schemas".into();
    let mut generator = settings.into_generator();
    let mut paths: Map<String, Value> = Map::new();
    for route in routes {
        let operation = operation(route, &mut generator);
        let path = paths.entry(format!("{PREFIX}{}", route.path)).or_insert_with(|| json!({}));
        path[route.method.as_str().to_ascii_lowercase()] = operation;
    }
    let refusal = generator.subschema_for::<ApiError>();
    let schemas = generator.take_definitions(true);
    bounded(json!({
        "openapi": "3.1.0",
        "info": { "title": "Gotgan management", "version": env!("CARGO_PKG_VERSION") },
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": refusals(routes, &refusal),
            "securitySchemes": {
                "token": { "type": "http", "scheme": "bearer" },
                "session": {
                    "type": "apiKey", "in": "cookie", "name": SESSION_COOKIE,
                    "description": format!("A change needs the header {CSRF_HEADER}, too: see GET {PREFIX}/session"),
                },
            },
        },
    }))
}

/// Says the largest number that fits wherever a number is described: schemars does so for the smallest types only.
fn bounded(mut described: Value) -> Value {
    let largest = match described.get("format").and_then(Value::as_str) {
        Some("uint32") => Some(u64::from(u32::MAX)),
        Some("uint64") => Some(u64::MAX),
        _ => None,
    };
    match &mut described {
        Value::Object(members) => {
            members.values_mut().for_each(|member| *member = bounded(member.take()));
            if let Some(largest) = largest {
                members.entry("maximum").or_insert_with(|| largest.into());
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| *item = bounded(item.take())),
        _ => {}
    }
    described
}

fn operation(route: &Route, generator: &mut SchemaGenerator) -> Value {
    let mut operation = json!({
        "summary": route.summary,
        "x-summary-ko": summary_in_korean(route),
        "parameters": parameters(route, generator),
        "responses": responses(route, generator),
    });
    if let Some(schema) = route.request {
        let content = json!({ "application/json": { "schema": schema(generator) } });
        operation["requestBody"] = json!({ "required": true, "content": content });
    }
    match route.access {
        Access::Everybody => operation["security"] = json!([]),
        Access::Needs(right) | Access::Founds(right) => {
            operation["security"] = json!([{ "token": [] }, { "session": [] }]);
            operation["x-right"] = json!(right.name());
        }
    }
    operation
}

fn parameters(route: &Route, generator: &mut SchemaGenerator) -> Vec<Value> {
    let mut parameters = Vec::new();
    let mut add = |name: &str, place: &str, required: bool, schema: Schema| {
        parameters.push(json!({ "name": name, "in": place, "required": required, "schema": schema }));
    };
    for (name, schema, required) in (route.at)(generator) {
        let place = if route.path.contains(&format!("{{{name}}}")) { "path" } else { "query" };
        add(&name, place, required, schema.try_into().unwrap_or_default());
    }
    if route.conditional {
        add("If-Match", "header", false, generator.subschema_for::<Tag>());
    }
    if route.repeatable {
        add(IDEMPOTENCY_HEADER, "header", false, generator.subschema_for::<IdempotencyKey>());
    }
    parameters
}

fn responses(route: &Route, generator: &mut SchemaGenerator) -> Map<String, Value> {
    let refusals = refused_with(route).into_iter().map(|status| {
        let reference = format!("#/components/responses/{}", status.as_u16());
        (status.as_str().to_owned(), json!({ "$ref": reference }))
    });
    let mut responses: Map<String, Value> = refusals.collect();
    responses.insert(route.success.as_str().to_owned(), reply(route, generator));
    responses
}

fn reply(route: &Route, generator: &mut SchemaGenerator) -> Value {
    let description = if route.success == StatusCode::CREATED { "Made" } else { "Done" };
    let mut reply = json!({ "description": description, "headers": {} });
    if let Some(schema) = route.reply {
        reply["content"] = json!({ "application/json": { "schema": schema(generator) } });
    }
    for media_type in route.texts {
        reply["content"][media_type] = json!({ "schema": { "type": "string" } });
    }
    if route.streams {
        reply["content"] = json!({ "text/event-stream": { "schema": { "type": "string" } } });
    }
    if route.tagged {
        let schema = generator.subschema_for::<Tag>();
        reply["headers"]["ETag"] = json!({ "required": true, "schema": schema });
    }
    if route.method.is_safe() {
        reply["headers"][STALE_HEADER] = json!({ "schema": { "const": "true" } });
    }
    reply
}

/// What a route may be refused with, by what it takes and needs.
fn refused_with(route: &Route) -> BTreeSet<StatusCode> {
    use ErrorCode::*;
    // Any answer can be late or fail, and a node in no cluster has none to most questions.
    let mut codes = vec![NoCluster, Internal, TimedOut];
    let mut when = |holds: bool, more: &[ErrorCode]| {
        if holds {
            codes.extend(more);
        }
    };
    // A known caller can come in too many connections.
    when(route.access != Access::Everybody, &[Unauthenticated, Denied, Unavailable]);
    when(!route.method.is_safe(), &[Unavailable]);
    when(route.path.contains('{'), &[InvalidRequest, NotFound]);
    let asks = !(route.at)(&mut SchemaGenerator::default()).is_empty();
    when(asks || route.repeatable, &[InvalidRequest]);
    when(route.request.is_some(), &[InvalidRequest, UnsupportedMediaType, TooLarge]);
    when(route.conditional, &[PreconditionFailed]);
    when(true, &route.refuses);
    codes.into_iter().map(ErrorCode::status).collect()
}

/// One answer for each status that a refusal can have.
fn refusals(routes: &[Route], schema: &Schema) -> Map<String, Value> {
    let all = routes.iter().flat_map(refused_with).collect::<BTreeSet<_>>();
    let described = all.into_iter().map(|status| {
        let mut refusal = json!({
            "description": status.canonical_reason().unwrap_or("Refused"),
            "content": { "application/json": { "schema": schema } },
        });
        if status == StatusCode::UNAUTHORIZED {
            refusal["headers"] =
                json!({ "WWW-Authenticate": { "required": true, "schema": { "type": "string" } } });
        }
        (status.as_str().to_owned(), refusal)
    });
    described.collect()
}
