//! Owns what a filter asks for: words that a thing has to hold, each in some column.

use super::cell::Cell;
use super::listed::Listed;

/// What a filter asks for, whoever looks for it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FilterWords {
    /// In lower case; each stands in some column of texts.
    pub texts: Vec<String>,
    /// A column, a word, and whether it is to be exactly that or anything else.
    pub exact: Vec<(&'static str, String, bool)>,
}

impl FilterWords {
    /// For a list of these.
    pub fn of<T: Listed>(filter: &str) -> FilterWords {
        let mut read = FilterWords::default();
        for word in filter.split_whitespace() {
            match exact::<T>(word) {
                Some(exact) => read.exact.push(exact),
                None => read.texts.push(word.to_lowercase()),
            }
        }
        read
    }

    pub(super) fn hold<T: Listed>(&self, item: &T) -> bool {
        let is = |(column, word, is): &(&str, String, bool)| {
            T::COLUMNS.iter().any(|(name, cell)| name == column && cell(item).is(word) == *is)
        };
        self.exact.iter().all(is) && self.has_texts(item)
    }

    fn has_texts<T: Listed>(&self, item: &T) -> bool {
        if self.texts.is_empty() {
            return true;
        }
        let cells = T::COLUMNS.iter().map(|(_, cell)| cell(item));
        let is_text = |cell: &Cell| matches!(cell, Cell::Text(_) | Cell::Texts(_));
        let cells: Vec<String> = cells.filter(is_text).map(|cell| cell.key()).collect();
        self.texts.iter().all(|text| cells.iter().any(|cell| cell.contains(text)))
    }
}

/// `column:word`, where there is such a column: an IPv6 address is a text.
fn exact<T: Listed>(word: &str) -> Option<(&'static str, String, bool)> {
    let (is, plain) = match word.strip_prefix('-') {
        Some(plain) => (false, plain),
        None => (true, word),
    };
    let (name, word) = plain.split_once(':')?;
    let (column, _) = T::COLUMNS.iter().find(|(column, _)| *column == name)?;
    Some((column, word.to_owned(), is))
}
