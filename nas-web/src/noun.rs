//! Owns what one noun brings to the console: its routes, its place in the navigation, its words.

use crate::navigation::{Entry, Heading};
use crate::route::PageRoute;
use crate::words::{Language, Table, Text};
use nasd_base::role::Right;

/// What the folder of a noun is to the rest of the console.
pub struct Noun {
    pub routes: fn() -> Vec<PageRoute>,
    pub entry: Option<Entry>,
    pub words: Option<Table>,
}

impl Noun {
    pub const fn new(routes: fn() -> Vec<PageRoute>) -> Noun {
        Noun { routes, entry: None, words: None }
    }

    pub const fn says(mut self, words: Table) -> Noun {
        self.words = Some(words);
        self
    }

    /// The navigation leads to it.
    pub const fn under(
        mut self,
        heading: Heading,
        to: &'static str,
        icon: &'static str,
        text: fn(Language) -> Text,
    ) -> Noun {
        self.entry = Some(Entry { heading, to, icon, text, right: None });
        self
    }

    /// The navigation leads there only who has the right.
    pub const fn for_who_may(mut self, right: Right) -> Noun {
        if let Some(entry) = &mut self.entry {
            entry.right = Some(right);
        }
        self
    }
}
