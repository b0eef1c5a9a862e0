//! Owns what stands in a column of a list, as far as sorting and filtering care.

use serde::Serialize;

/// A column's name, as requests have it, and what stands there.
pub type Column<T> = (&'static str, fn(&T) -> Cell);

/// What one thing has in one column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    /// Found by any part of it, in upper or lower case.
    Text(String),
    /// Several, each of which may be asked for by itself.
    Texts(Vec<String>),
    /// What is not known comes before all others.
    Number(Option<u64>),
    /// One of a few words, which have an order of their own.
    Word(u64, String),
}

impl Cell {
    pub(crate) fn text(text: impl Into<String>) -> Cell {
        Cell::Text(text.into())
    }

    pub(crate) fn texts<'a>(texts: impl IntoIterator<Item = &'a String>) -> Cell {
        Cell::Texts(texts.into_iter().cloned().collect())
    }

    pub(crate) fn number(number: impl Into<Option<u64>>) -> Cell {
        Cell::Number(number.into())
    }

    /// Seconds since 1970.
    pub(crate) fn time(seconds: i64) -> Cell {
        Cell::Number(u64::try_from(seconds).ok())
    }

    /// A part of a whole, as finely as there is a need to tell them apart.
    pub(crate) fn part(part: u64, whole: u64) -> Cell {
        Cell::Number(
            (u128::from(part) << 32).checked_div(u128::from(whole)).and_then(|part| part.try_into().ok()),
        )
    }

    /// A word as the interface writes it, with its rank among its like.
    pub(crate) fn word(word: impl Serialize, rank: u64) -> Cell {
        let written = serde_json::to_value(word).ok();
        let word = written.as_ref().and_then(|written| written.as_str()).unwrap_or_default();
        Cell::Word(rank, word.to_owned())
    }

    pub(crate) fn yes(is: bool) -> Cell {
        Cell::Word(u64::from(!is), if is { "yes" } else { "no" }.to_owned())
    }

    /// A text that sorts as the cell does.
    pub(super) fn key(&self) -> String {
        match self {
            Cell::Text(text) => text.to_lowercase(),
            Cell::Texts(texts) => texts.join(" ").to_lowercase(),
            Cell::Number(known) => known.map(number).unwrap_or_default(),
            Cell::Word(rank, _) => number(*rank),
        }
    }

    /// Whether it is exactly that.
    pub(super) fn is(&self, word: &str) -> bool {
        match self {
            Cell::Text(own) | Cell::Word(_, own) => own == word,
            Cell::Texts(own) => own.iter().any(|own| own == word),
            Cell::Number(known) => known.is_some_and(|known| known.to_string() == word),
        }
    }
}

/// Numbers as texts in the same order.
pub(crate) fn number(number: u64) -> String {
    format!("{number:020}")
}
