//! Owns how an error that serde knows becomes a reason and values.

use super::tables::of_reason;
use crate::refused::Values;
use serde::Serialize;
use serde_json::Value;

/// The innermost variant's name, or the name with that of the enum around it where the words go by both, and what it
/// holds. Serde writes a variant that wraps another like one that holds a text: what has words is the innermost.
pub(super) fn reason_of(error: &impl Serialize) -> (String, Values) {
    let mut value = serde_json::to_value(error).unwrap_or_default();
    let mut around = String::new();
    loop {
        let (name, held) = match value {
            Value::String(name) => (name, Value::Null),
            Value::Object(members) => members.into_iter().next().unwrap_or_default(),
            _ => return (around, Values::new()),
        };
        let name = snake_case(&name);
        let known = of_reason(&format!("{around}_{name}")).or_else(|| of_reason(&name));
        match known {
            Some(words) => return (words.reason.to_owned(), values_of(held)),
            None if held.is_string() || held.is_object() => (around, value) = (name, held),
            None => return (name, values_of(held)),
        }
    }
}

fn values_of(held: Value) -> Values {
    match held {
        Value::Null => Values::new(),
        Value::Object(fields) => fields.into_iter().map(|(name, value)| (name, text(value))).collect(),
        alone => Values::from([("it".to_owned(), text(alone))]),
    }
}

fn text(value: Value) -> String {
    match value {
        Value::String(text) => text,
        other => other.to_string(),
    }
}

fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize)]
    enum Outer {
        Inner(Inner),
        VolumeNameTaken(String),
        Task(Task),
    }

    #[derive(Serialize)]
    enum Inner {
        FactorNeeded,
        UserExists(String),
        ApiTokenExists { user: String, name: String },
        NobodyKnowsThis(u64),
    }

    #[derive(Serialize)]
    enum Task {
        Unknown(u64),
    }

    fn reason(error: Outer) -> (String, Vec<(String, String)>) {
        let (reason, values) = reason_of(&error);
        (reason, values.into_iter().collect())
    }

    fn of(reason: &str, values: &[(&str, &str)]) -> (String, Vec<(String, String)>) {
        let pairs = values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        (reason.to_owned(), pairs.collect())
    }

    #[test]
    fn the_innermost_variant_is_the_reason() {
        let taken = Outer::VolumeNameTaken("FactorNeeded".to_owned());
        assert_eq!(reason(taken), of("volume_name_taken", &[("it", "FactorNeeded")]));
        assert_eq!(reason(Outer::Inner(Inner::FactorNeeded)), of("factor_needed", &[]));
        let exists = Inner::UserExists("changed".to_owned());
        assert_eq!(reason(Outer::Inner(exists)), of("user_exists", &[("it", "changed")]));
        let exists = Inner::ApiTokenExists { user: "u".to_owned(), name: "n".to_owned() };
        assert_eq!(reason(Outer::Inner(exists)), of("api_token_exists", &[("name", "n"), ("user", "u")]));
        assert_eq!(reason(Outer::Task(Task::Unknown(7))), of("task_unknown", &[("it", "7")]));
        assert_eq!(reason(Outer::Inner(Inner::NobodyKnowsThis(7))), of("nobody_knows_this", &[("it", "7")]));
    }
}
