//! Owns the page that shows the management interface: every operation, as the OpenAPI document of this node has it.

pub mod words;

use crate::page::{Chrome, Member, Noun, PageRoute, Refused, Response, StatusCode, Template, Text, html};
use crate::role::right_words;
use crate::words::Words;
use nasd_api::PREFIX;
use nasd_base::role::Right;
use serde_json::Value;

/// In the order of a path item.
const METHODS: [&str; 4] = ["get", "post", "put", "delete"];

pub const NOUN: Noun = Noun::new(routes).says(words::TABLE);

fn routes() -> Vec<PageRoute> {
    vec![PageRoute::get("/help/api", show)]
}

#[derive(Template)]
#[template(path = "api/api.html")]
struct ApiPage {
    c: Chrome,
    groups: Vec<Group>,
    types: Vec<(String, String)>,
}

/// Operations on one kind of thing.
struct Group {
    name: String,
    operations: Vec<Operation>,
}

struct Operation {
    method: String,
    path: String,
    summary: String,
    /// None: everybody may.
    right: Option<Text>,
    /// Name, place, and what it may be.
    parameters: Vec<(String, String, String)>,
    request: Option<String>,
    /// Statuses with what they bring.
    replies: Vec<(String, String)>,
}

async fn show(member: Member) -> Result<Response, Refused> {
    let document: Value = member.client.openapi().await.map_err(|error| member.refuse(error))?;
    let page = ApiPage {
        c: member.chrome(member.words().api_title),
        groups: groups(member.words(), &document),
        types: entries(&document["components"]["schemas"])
            .map(|(name, schema)| (name.to_owned(), pretty(schema)))
            .collect(),
    };
    Ok(html(StatusCode::OK, page))
}

fn entries(object: &Value) -> impl Iterator<Item = (&str, &Value)> {
    object.as_object().into_iter().flatten().map(|(name, value)| (name.as_str(), value))
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}

fn groups(w: &Words, document: &Value) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for (path, item) in entries(&document["paths"]) {
        let short = path.strip_prefix(PREFIX).unwrap_or(path);
        let name = short.trim_start_matches('/').split('/').next().unwrap_or_default();
        let operations = METHODS.iter().filter_map(|method| operation(w, document, short, method, item));
        match groups.iter_mut().find(|group| group.name == name) {
            Some(group) => group.operations.extend(operations),
            None => groups.push(Group { name: name.to_owned(), operations: operations.collect() }),
        }
    }
    groups
}

fn operation(w: &Words, document: &Value, path: &str, method: &str, item: &Value) -> Option<Operation> {
    let said = item.get(method)?;
    let right = Right::ALL.iter().chain(&[Right::Serve]).find(|right| said["x-right"] == right.name());
    let parameters = said["parameters"].as_array().into_iter().flatten().map(|parameter| {
        (text(&parameter["name"]), text(&parameter["in"]), schema_words(&parameter["schema"]))
    });
    let replies = entries(&said["responses"]).map(|(status, reply)| {
        let reply = followed(document, reply);
        let body = entries(&reply["content"]).next().map(|(_, content)| schema_words(&content["schema"]));
        let words = [text(&reply["description"]), body.unwrap_or_default()];
        (status.to_owned(), words.join(" ").trim().to_owned())
    });
    let request = &said["requestBody"]["content"]["application/json"]["schema"];
    Some(Operation {
        method: method.to_ascii_uppercase(),
        path: path.to_owned(),
        summary: text(&said["summary"]),
        right: right.map(|right| right_words(w, right)),
        parameters: parameters.collect(),
        request: (!request.is_null()).then(|| schema_words(request)),
        replies: replies.collect(),
    })
}

/// What a reference within the document leads to.
fn followed<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    let pointer = value["$ref"].as_str().and_then(|reference| reference.strip_prefix('#'));
    pointer.and_then(|pointer| document.pointer(pointer)).unwrap_or(value)
}

/// The name of a type that the page describes below; else the schema itself, in one line.
fn schema_words(schema: &Value) -> String {
    match schema["$ref"].as_str().and_then(|reference| reference.rsplit('/').next()) {
        Some(name) => name.to_owned(),
        None => schema.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::{self, Language};

    #[test]
    fn every_operation_of_the_document_is_shown_once_with_its_right() {
        let document = nasd_api::openapi();
        let groups = groups(words::of(Language::English), &document);
        let shown: usize = groups.iter().map(|group| group.operations.len()).sum();
        let said: usize =
            entries(&document["paths"]).map(|(_, item)| item.as_object().map_or(0, |item| item.len())).sum();
        assert_eq!(shown, said);
        let restricted = groups.iter().flat_map(|group| &group.operations).filter(|one| one.right.is_some());
        assert!(restricted.count() > shown / 2);
        let volumes = groups.iter().find(|group| group.name == "volumes").unwrap();
        let create = volumes.operations.iter().find(|one| one.method == "POST").unwrap();
        assert_eq!((create.path.as_str(), create.request.as_deref()), ("/volumes", Some("CreateVolume")));
        assert!(create.replies.iter().any(|(status, words)| status == "201" && words.contains("VolumeInfo")));
    }
}
