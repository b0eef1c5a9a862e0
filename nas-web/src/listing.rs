//! Owns pages of long lists: what was searched for, and which fifty are shown.

use crate::form::Form;

/// Rows of a page: what a screen or two show, and what stays far below 100 kB.
pub const ROWS: usize = 50;

/// Where in a list a page is.
pub struct Paging {
    /// What was searched for.
    pub q: String,
    pub page: usize,
    pub pages: usize,
    /// Rows that were found, and rows that there are.
    pub found: usize,
    pub total: usize,
    path: &'static str,
    /// All that was asked for but the page.
    asked: Form,
}

impl Paging {
    /// Another page of the same question.
    pub fn address(&self, page: &usize) -> String {
        let mut asked = self.asked.clone();
        asked.set("page", page.to_string());
        format!("{}?{}", self.path, asked.encoded())
    }

    pub fn before(&self) -> Option<usize> {
        (self.page > 1).then(|| self.page - 1)
    }

    pub fn after(&self) -> Option<usize> {
        (self.page < self.pages).then(|| self.page + 1)
    }

    /// Nothing there at all, as opposed to nothing found.
    pub fn is_empty(&self) -> bool {
        self.total == 0
    }
}

/// The rows of the page that `query` asks for. `rows` come sorted; a page beyond the end is the last one.
pub fn paged<T>(
    rows: Vec<T>,
    query: &Form,
    path: &'static str,
    holds: impl Fn(&T, &str) -> bool,
) -> (Vec<T>, Paging) {
    let (total, q) = (rows.len(), query.get("q").to_lowercase());
    let found: Vec<T> = rows.into_iter().filter(|row| q.is_empty() || holds(row, &q)).collect();
    let pages = found.len().div_ceil(ROWS).max(1);
    let asked = query.without(&["page", "refreshed"]);
    let page = query.get("page").parse().unwrap_or(1).clamp(1, pages);
    let paging = Paging { q: query.get("q").to_owned(), page, pages, found: found.len(), total, path, asked };
    (found.into_iter().skip((page - 1) * ROWS).take(ROWS).collect(), paging)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(query: &str) -> (Vec<usize>, Paging) {
        let rows = (0..120).collect();
        paged(rows, &Form::parse(query.as_bytes()), "/x", |row: &usize, q| row.to_string().contains(q))
    }

    #[test]
    fn pages_cover_everything_once() {
        let all: Vec<usize> = (1..=3).flat_map(|number| page(&format!("page={number}")).0).collect();
        assert_eq!(all, (0..120).collect::<Vec<_>>());
    }

    #[test]
    fn nonsense_leads_to_a_page_that_exists() {
        for (query, first) in [("page=0", 0), ("page=-1", 0), ("page=x", 0), ("page=99", 100), ("", 0)] {
            assert_eq!(page(query).0.first(), Some(&first), "{query}");
        }
    }

    #[test]
    fn a_search_keeps_its_words_in_the_addresses() {
        let (rows, paging) = page("q=11");
        assert_eq!((rows.len(), paging.found, paging.total), (11, 11, 120));
        let (_, paging) = page("q=%26page%3D7");
        assert_eq!(paging.address(&2), "/x?q=%26page%3D7&page=2");
        let (_, paging) = page("kind=a&page=1&q=b&refreshed=1");
        assert_eq!(paging.address(&2), "/x?kind=a&q=b&page=2");
        assert!(!paging.is_empty());
    }
}
