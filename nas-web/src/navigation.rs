//! Owns the navigation: which pages it leads to, for whom, under which headings.

use crate::words::{Language, Text, Words};
use nasd_base::role::Right;

/// Pages that belong to one whose address does not begin theirs.
const OF_OTHERS: [(&str, &str); 2] = [("/past-alerts", "/alerts"), ("/deliveries", "/channels")];

/// A heading of the navigation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heading {
    Storage,
    People,
    System,
}

/// A page that the navigation leads to.
#[derive(Clone, Copy)]
pub struct Entry {
    pub heading: Heading,
    pub to: &'static str,
    /// Of the sprite in the layout.
    pub icon: &'static str,
    pub text: fn(Language) -> Text,
    /// Without it the page has nothing to show.
    pub right: Option<Right>,
}

/// A part of the navigation, as one member sees it on one page.
pub struct Section {
    pub title: Text,
    pub links: Vec<Link>,
}

pub struct Link {
    pub text: Text,
    pub to: &'static str,
    pub icon: &'static str,
    pub current: bool,
}

/// The navigation of a user with these rights. `w` and `language` are the same.
pub fn sections(
    entries: &[Entry],
    w: &Words,
    language: Language,
    rights: &[Right],
    path: &str,
) -> Vec<Section> {
    let link = |entry: &Entry| {
        let of_other = OF_OTHERS.iter().any(|(page, of)| *of == entry.to && is_below(path, page));
        let current = if entry.to == "/" { path == "/" } else { is_below(path, entry.to) || of_other };
        Link { text: (entry.text)(language), to: entry.to, icon: entry.icon, current }
    };
    let headings =
        [(Heading::Storage, w.nav_storage), (Heading::People, w.nav_people), (Heading::System, w.nav_system)];
    let section = |(heading, title)| {
        let seen = entries.iter().filter(|entry| {
            entry.heading == heading && entry.right.is_none_or(|right| rights.contains(&right))
        });
        Section { title, links: seen.map(link).collect() }
    };
    headings.into_iter().map(section).collect()
}

fn is_below(path: &str, parent: &str) -> bool {
    path.strip_prefix(parent).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']))
}
