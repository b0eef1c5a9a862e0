//! Owns what surrounds every page: navigation, who is logged in, messages, languages; and how a page is sent.

use crate::assets::{ASSETS, Assets};
use crate::elsewhere::Elsewhere;
use crate::navigation::Section;
use crate::reply::login_address;
use crate::words::{Language, Words};
use askama::Template;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY};
use axum::http::{HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use nasd_api::Zone;

/// Nothing inline and nothing from elsewhere.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; \
    connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

const HEADERS: [(HeaderName, &str); 4] = [
    (CONTENT_TYPE, "text/html; charset=utf-8"),
    (CONTENT_SECURITY_POLICY, POLICY),
    (CACHE_CONTROL, "no-store"),
    // Not `no-referrer`: with that, browsers send forms with the origin `null`, which says nothing.
    (REFERRER_POLICY, "same-origin"),
];

/// The end of the address of a page that a browser loads again by itself.
pub const REFRESHED: &str = "refreshed=1";

/// Everything around a page's own part.
pub struct Chrome {
    pub w: &'static Words,
    pub language: Language,
    /// In which moments are written.
    pub zone: Zone,
    pub title: String,
    /// Path and query of this page, for links that come back to it.
    pub here: String,
    /// Something was sent, and not only asked for.
    pub sent: bool,
    /// Who is logged in, and the role in words.
    pub user: Option<(String, String)>,
    pub csrf: String,
    pub flash: Option<String>,
    /// The node has no majority that it hears from, or no leader: what it says of that, as far as it was asked.
    pub stale: Option<String>,
    /// When its figures were asked for, on a page that keeps itself current.
    pub as_of: Option<String>,
    /// Where to look when this node says nothing.
    pub elsewhere: Vec<Elsewhere>,
    pub sections: Vec<Section>,
}

impl Chrome {
    /// As a value, for templates that find their words with it.
    pub fn language(&self) -> Language {
        self.language
    }

    /// `2026-01-31 08:05`, where the page says which zone that is.
    pub fn moment(&self, seconds: i64) -> String {
        self.zone.minute(seconds)
    }

    /// The same with the zone.
    pub fn stamp(&self, seconds: i64) -> String {
        self.zone.stamp(seconds)
    }

    /// Which zone the moments of the page are in.
    pub fn times(&self) -> String {
        self.w.times.of(self.zone.name())
    }

    pub fn assets(&self) -> &'static Assets {
        &ASSETS
    }

    /// Where a browser without the script finds the page again.
    pub fn again(&self) -> String {
        let joint = if self.here.contains('?') { '&' } else { '?' };
        format!("{}{joint}{REFRESHED}", self.here)
    }

    pub fn login(&self) -> String {
        login_address(&self.here)
    }

    pub fn version(&self) -> &'static str {
        env!("CARGO_PKG_VERSION")
    }

    /// The other languages: code and address of the switch.
    pub fn languages(&self) -> Vec<(Language, String)> {
        let others = Language::ALL.into_iter().filter(|language| *language != self.language);
        let to = nasd_api::percent_encoded(&self.here);
        others.map(|language| (language, format!("/language/{}?to={to}", language.code()))).collect()
    }
}

/// Sends a page.
pub fn html(status: StatusCode, page: impl Template) -> Response {
    match page.render() {
        Ok(text) => (status, HEADERS, text).into_response(),
        Err(error) => {
            tracing::error!(%error, "a page could not be made");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
