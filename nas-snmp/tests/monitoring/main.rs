//! What is shipped for LibreNMS and Zabbix: it names only what the MIB has, under the numbers and words that the MIB has.

mod librenms;
mod mib;
mod zabbix;

use serde_json::Value;
use std::path::Path;

/// A file that is shipped.
fn shipped(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("monitoring").join(name);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// A list, and nothing else.
fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap_or_else(|| panic!("{value} is no list"))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text"))
}
