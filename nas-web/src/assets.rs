//! Owns the files that pages load: one style sheet, one script, one icon, each under a name with its hash.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use std::sync::LazyLock;

const STYLE: &str = include_str!("look/console.css");
const SCRIPT: &str = include_str!("look/console.js");
const ICON: &str = include_str!("look/icon.svg");

/// The names change with the contents, so that browsers may keep them for ever.
const FOREVER: &str = "public, max-age=31536000, immutable";

pub static ASSETS: LazyLock<Assets> = LazyLock::new(|| Assets {
    style: name(STYLE, "css"),
    script: name(SCRIPT, "js"),
    icon: name(ICON, "svg"),
});

/// File names below `/assets/`.
pub struct Assets {
    pub style: String,
    pub script: String,
    pub icon: String,
}

fn name(content: &str, kind: &str) -> String {
    format!("console-{}.{kind}", &blake3::hash(content.as_bytes()).to_hex()[..16])
}

pub async fn serve(Path(name): Path<String>) -> Response {
    let known = [
        (&ASSETS.style, "text/css; charset=utf-8", STYLE),
        (&ASSETS.script, "text/javascript; charset=utf-8", SCRIPT),
        (&ASSETS.icon, "image/svg+xml", ICON),
    ];
    match known.into_iter().find(|(known, _, _)| **known == name) {
        Some((_, kind, content)) => {
            ([(CONTENT_TYPE, kind), (CACHE_CONTROL, FOREVER)], content).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_every_page_loads_is_small() {
        assert!(SCRIPT.len() < 8_000, "{}", SCRIPT.len());
        assert!(STYLE.len() + ICON.len() < 30_000, "{}", STYLE.len());
    }

    /// Colours have names, and sizes come from the scales: nothing in a rule is made up for one place.
    #[test]
    fn colours_are_named_once() {
        let rules = STYLE.split_once("/* rules */").expect("the mark between names and rules").1;
        assert!(!rules.contains('#'), "a colour outside the list of names");
        assert!(!rules.contains("rgb("), "a colour outside the list of names");
    }
}
