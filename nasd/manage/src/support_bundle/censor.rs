//! Owns what is taken out of a bundle. What goes into it has no secrets to begin with; this is for what somebody wrote
//! where it does not belong, and for what a later version may say.

use crate::login::API_TOKEN_PREFIX;
use serde_json::Value;

const REMOVED: &str = "(removed)";
/// Fields that are called so hold secrets, whatever they are in.
const SECRET_NAMES: [&str; 8] =
    ["password", "passphrase", "secret", "credential", "private", "totp", "seed", "sealed"];
/// With these words secrets begin that Gotgan makes.
const SECRET_BEGINNINGS: [&str; 3] = [API_TOKEN_PREFIX, "gotgan1-", "Bearer "];

/// The value without secrets.
pub fn censored(value: Value) -> Value {
    match value {
        Value::Object(fields) => Value::Object(
            fields.into_iter().map(|(name, value)| (name.clone(), field(&name, value))).collect(),
        ),
        Value::Array(items) => Value::Array(items.into_iter().map(censored).collect()),
        Value::String(text) => Value::String(without_secrets(&text)),
        other => other,
    }
}

fn field(name: &str, value: Value) -> Value {
    let lower = name.to_lowercase();
    let is_secret = SECRET_NAMES.iter().any(|secret| lower.contains(secret));
    match value {
        Value::String(_) | Value::Array(_) | Value::Object(_) if is_secret => {
            Value::String(REMOVED.to_owned())
        }
        // The addresses of some services are all that it takes to write to them.
        Value::String(url) if lower == "url" => Value::String(host_of(&url)),
        other => censored(other),
    }
}

fn host_of(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return REMOVED.to_owned() };
    let place = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = place.rsplit('@').next().unwrap_or_default();
    format!("{scheme}://{host}/{REMOVED}")
}

/// A text without the secrets that can be told from it.
pub fn without_secrets(text: &str) -> String {
    let (mut clean, mut rest) = (String::new(), text);
    let begins = |rest: &str| {
        let found = SECRET_BEGINNINGS.iter().filter_map(|word| Some((rest.find(word)?, word.len())));
        found.min()
    };
    while let Some((at, len)) = begins(rest) {
        let (before, secret) = rest.split_at(at + len);
        clean += before;
        clean += REMOVED;
        rest = secret.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || "-_.+/=@:".contains(c));
    }
    clean + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const CANARY: &str = "canary-c0ffee";

    #[test]
    fn no_canary_survives_wherever_it_was_put() {
        let mut fields = serde_json::Map::new();
        for name in SECRET_NAMES {
            for called in [name.to_owned(), format!("new_{name}"), name.to_uppercase()] {
                fields.insert(called.clone(), json!(CANARY));
                fields.insert(format!("{called}s"), json!([CANARY, { "inside": CANARY }]));
            }
        }
        for (number, beginning) in SECRET_BEGINNINGS.iter().enumerate() {
            fields.insert(
                format!("note{number}"),
                json!(format!("see {beginning}{CANARY} and {beginning}{CANARY}.")),
            );
        }
        for (number, url) in ["https://h.example/T0/", "https://u:p@h.example/?k=", "no"].iter().enumerate() {
            fields.insert(format!("hook{number}"), json!({ "url": format!("{url}{CANARY}") }));
        }
        let text = censored(json!({ "items": [Value::Object(fields)] })).to_string();
        assert!(!text.contains(CANARY), "{text}");
        assert!(text.contains("https://h.example/(removed)") && !text.contains("u:p"), "{text}");
    }

    #[test]
    fn what_is_no_secret_stays() {
        let plain = json!({ "name": "media", "bytes": 7, "text": "Volume media: all 3 replicas answer.", "on": null });
        assert_eq!(censored(plain.clone()), plain);
        assert_eq!(without_secrets("a gotgan1 b"), "a gotgan1 b");
    }
}
