//! Owns what a filter asks for: words that a thing has to hold, each in some column.

use super::cell::Cell;
use super::listed::Listed;

pub(super) struct Filter<T> {
    /// In lower case.
    texts: Vec<String>,
    exact: Vec<Exact<T>>,
}

struct Exact<T> {
    cell: fn(&T) -> Cell,
    word: String,
    is: bool,
}

impl<T: Listed> Filter<T> {
    pub(super) fn read(filter: &str) -> Filter<T> {
        let mut read = Filter { texts: Vec::new(), exact: Vec::new() };
        for word in filter.split_whitespace() {
            match exact(word) {
                Some(exact) => read.exact.push(exact),
                None => read.texts.push(word.to_lowercase()),
            }
        }
        read
    }

    pub(super) fn holds(&self, item: &T) -> bool {
        self.exact.iter().all(|exact| (exact.cell)(item).is(&exact.word) == exact.is) && self.has_texts(item)
    }

    fn has_texts(&self, item: &T) -> bool {
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
fn exact<T: Listed>(word: &str) -> Option<Exact<T>> {
    let (is, plain) = match word.strip_prefix('-') {
        Some(plain) => (false, plain),
        None => (true, word),
    };
    let (name, word) = plain.split_once(':')?;
    let (_, cell) = T::COLUMNS.iter().find(|(column, _)| *column == name)?;
    Some(Exact { cell: *cell, word: word.to_owned(), is })
}
