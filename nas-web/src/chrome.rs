//! Owns what surrounds every page: navigation, who is logged in, messages, languages; and how a page is sent.

use crate::assets::{ASSETS, Assets};
use crate::words::{Language, Text, Words};
use askama::Template;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY};
use axum::http::{HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use nasd_base::role::Right;

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

/// Everything around a page's own part.
pub struct Chrome {
    pub w: &'static Words,
    pub language: Language,
    pub title: String,
    /// Path and query of this page, for links that come back to it.
    pub here: String,
    /// Who is logged in, and the role in words.
    pub user: Option<(String, String)>,
    pub csrf: String,
    pub flash: Option<String>,
    /// The node knows of no majority.
    pub stale: bool,
    pub sections: Vec<Section>,
}

/// A part of the navigation.
pub struct Section {
    pub title: Text,
    pub links: Vec<Link>,
}

pub struct Link {
    pub text: Text,
    pub to: &'static str,
    /// Of the sprite in the layout.
    pub icon: &'static str,
    pub current: bool,
}

impl Chrome {
    pub fn assets(&self) -> &'static Assets {
        &ASSETS
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

/// The navigation of a user with these rights.
pub fn sections(w: &Words, rights: &[Right], path: &str) -> Vec<Section> {
    let link = |text: Text, to: &'static str, icon: &'static str| {
        let current = if to == "/" { path == "/" } else { is_below(path, to) };
        Link { text, to, icon, current }
    };
    let storage = vec![
        link(w.nav_dashboard, "/", "gauge"),
        link(w.nav_volumes, "/volumes", "box"),
        link(w.nav_exports, "/exports", "share"),
        link(w.nav_nodes, "/nodes", "server"),
        link(w.nav_disks, "/disks", "disk"),
        link(w.nav_clients, "/clients", "plug"),
        link(w.nav_performance, "/performance", "chart"),
        link(w.nav_tasks, "/tasks", "clock"),
    ];
    let mut people = Vec::new();
    if rights.contains(&Right::ReadIdentity) {
        people.push(link(w.nav_users, "/users", "people"));
        people.push(link(w.nav_groups, "/groups", "group"));
        people.push(link(w.nav_sessions, "/sessions", "key"));
    }
    if rights.contains(&Right::ReadAudit) {
        people.push(link(w.nav_audit, "/audit", "list"));
    }
    people.push(link(w.nav_account, "/account", "person"));
    let system = vec![link(w.nav_settings, "/settings", "sliders"), link(w.nav_help, "/help", "help")];
    let named = [(w.nav_storage, storage), (w.nav_people, people), (w.nav_system, system)];
    named.into_iter().map(|(title, links)| Section { title, links }).collect()
}

fn is_below(path: &str, parent: &str) -> bool {
    path.strip_prefix(parent).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']))
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
