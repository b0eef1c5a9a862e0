//! Owns the OpenAPI 3.1 document, made from the table of routes and the types of its bodies.

use crate::access::Access;
use crate::routes::{Query, Route, routes};
use crate::{ApiError, PREFIX};
use axum::Json;
use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

pub(crate) async fn serve() -> Json<Value> {
    Json(openapi())
}

/// The document of this version.
pub fn openapi() -> Value {
    let mut settings = SchemaSettings::draft2020_12();
    settings.definitions_path = "/components/schemas".into();
    let mut generator = settings.into_generator();
    let mut paths: Map<String, Value> = Map::new();
    for route in routes() {
        let operation = operation(&route, &mut generator);
        let path = paths.entry(format!("{PREFIX}{}", route.path)).or_insert_with(|| json!({}));
        path[route.method.as_str().to_ascii_lowercase()] = operation;
    }
    let refusal = generator.subschema_for::<ApiError>();
    let schemas = generator.take_definitions(true);
    json!({
        "openapi": "3.1.0",
        "info": { "title": "Gotgan management", "version": env!("CARGO_PKG_VERSION") },
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": { "Refusal": {
                "description": "Refused, and why",
                "content": { "application/json": { "schema": refusal } },
            } },
            "securitySchemes": {
                "token": { "type": "http", "scheme": "bearer" },
                "session": { "type": "apiKey", "in": "cookie", "name": crate::SESSION_COOKIE },
            },
        },
    })
}

fn operation(route: &Route, generator: &mut SchemaGenerator) -> Value {
    let (status, description) = match (&route.reply, route.method.as_str()) {
        (None, "GET") => ("200", "Done"),
        (None, _) => ("204", "Done"),
        (Some(_), "POST") if route.path != "/login" => ("201", "Made"),
        (Some(_), _) => ("200", "Done"),
    };
    let mut reply = json!({ "description": description });
    if let Some(schema) = route.reply {
        reply["content"] = json!({ "application/json": { "schema": schema(generator) } });
    }
    let mut operation = json!({
        "summary": route.summary,
        "parameters": parameters(route),
        "responses": { status: reply, "default": { "$ref": "#/components/responses/Refusal" } },
    });
    if let Some(schema) = route.request {
        let content = json!({ "application/json": { "schema": schema(generator) } });
        operation["requestBody"] = json!({ "required": true, "content": content });
    }
    match route.access {
        Access::Everybody => operation["security"] = json!([]),
        Access::Needs(right) => {
            operation["security"] = json!([{ "token": [] }, { "session": [] }]);
            operation["x-right"] = json!(right.name());
        }
    }
    operation
}

fn parameters(route: &Route) -> Vec<Value> {
    let parts = route.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let text = json!({ "type": "string" });
    let path = parts.map(|name| json!({ "name": name, "in": "path", "required": true, "schema": text }));
    let query = route.query.iter().map(|query| {
        let (name, required, schema) = match query {
            Query::Text(name) => (name, true, text.clone()),
            Query::Number(name) => (name, false, json!({ "type": "integer", "minimum": 0 })),
            Query::Choice(name, words) => (name, false, json!({ "type": "string", "enum": words })),
        };
        json!({ "name": name, "in": "query", "required": required, "schema": schema })
    });
    path.chain(query).collect()
}
