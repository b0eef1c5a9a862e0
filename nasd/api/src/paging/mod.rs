//! Owns pages of lists: what a list is sorted and filtered by, and where a page begins and ends.
//!
//! A cursor holds the sorted value and the place of the row that it names, not a number of rows: what is made or deleted
//! between two pages shifts nothing, whatever the list is sorted by. A row whose value changes meanwhile moves, and may
//! be met twice or not at all.

mod cell;
mod filter;
mod listed;
mod order;

pub(crate) use cell::number;
pub use cell::{Cell, Column};
pub use filter::FilterWords;
pub use listed::Listed;
pub(crate) use listed::{SortOf, newest};

use crate::described::{Cursor, LIST_PAGE_MAX, ListPageSize};
use crate::{ApiError, Count, List, refused};
use order::{Mark, Order};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::marker::PhantomData;

/// A list, for whoever does not care of what.
pub trait Items {
    type Item;

    fn list(self) -> List<Self::Item>;
}

impl<T> Items for List<T> {
    type Item = T;

    fn list(self) -> List<T> {
        self
    }
}

/// Which part of a list is asked for, and in which order; all of it unless told otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, bound = "")]
#[schemars(bound = "T: Listed", rename = "Page")]
pub struct Page<T> {
    /// How many things, at most.
    #[serde(default)]
    #[schemars(with = "ListPageSize")]
    limit: Option<usize>,
    /// What comes behind this place.
    #[serde(default)]
    #[schemars(with = "Cursor")]
    after: Option<String>,
    /// What comes before this place: of more than a page, the end.
    #[serde(default)]
    #[schemars(with = "Cursor")]
    before: Option<String>,
    /// The column to sort by.
    #[serde(default)]
    #[schemars(with = "SortOf<T>")]
    sort: Option<String>,
    /// The largest first.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    descending: bool,
    /// Only what holds each of these words in some column; `column:word` is what is exactly that, `-column:word` what
    /// is not.
    #[serde(default)]
    #[schemars(with = "String")]
    filter: Option<String>,
    #[serde(skip)]
    of: PhantomData<T>,
}

impl<T> Default for Page<T> {
    fn default() -> Page<T> {
        let (limit, after, before, sort, filter) = (None, None, None, None, None);
        Page { limit, after, before, sort, descending: false, filter, of: PhantomData }
    }
}

impl<T> Page<T> {
    /// The first ones, so many at most.
    pub fn first(limit: usize) -> Page<T> {
        Page { limit: Some(limit), ..Page::default() }
    }

    pub fn behind(self, after: Option<String>) -> Page<T> {
        Page { after, ..self }
    }

    pub fn up_to(self, before: Option<String>) -> Page<T> {
        Page { before, ..self }
    }

    pub fn sorted(self, sort: Option<String>, descending: bool) -> Page<T> {
        Page { sort, descending, ..self }
    }

    pub fn filtered(self, filter: Option<String>) -> Page<T> {
        Page { filter, ..self }
    }
}

impl<T: Listed> Page<T> {
    /// The part of `items` that the page holds, and where those around it begin.
    ///
    /// # Errors
    /// `InvalidRequest` for a size that no page has, and for a column that there is not.
    pub fn of(self, items: Vec<T>) -> Result<List<T>, ApiError> {
        let limit = self.limit.unwrap_or(usize::MAX);
        if self.limit.is_some_and(|limit| !(1..=LIST_PAGE_MAX).contains(&limit)) {
            return Err(refused::page_range(LIST_PAGE_MAX));
        }
        let order = Order::<T>::of(self.sort.as_deref(), self.descending)?;
        let (filter, total) = (FilterWords::of::<T>(self.filter.as_deref().unwrap_or_default()), items.len());
        let found = items.into_iter().filter(|item| filter.hold(item));
        let mut found: Vec<(Mark, T)> = found.map(|item| (order.mark(&item), item)).collect();
        found.sort_unstable_by(|(a, _), (b, _)| order.compare(a, b));
        let place = |cursor: Option<String>| cursor.map(|cursor| order.read(cursor));
        let (after, before) = (place(self.after), place(self.before));
        let begin = after
            .as_ref()
            .map_or(0, |mark| found.partition_point(|(other, _)| order.compare(other, mark).is_le()));
        let end = before.as_ref().map_or(found.len(), |mark| {
            found.partition_point(|(other, _)| order.compare(other, mark).is_lt()).max(begin)
        });
        let (begin, end) = match after.is_none() && before.is_some() {
            true => (end.saturating_sub(limit), end),
            false => (begin, end.min(begin.saturating_add(limit))),
        };
        let mark = |at: usize| found.get(at).map(|(mark, _)| mark.cursor());
        let next = if end < found.len() { end.checked_sub(1).and_then(mark) } else { None };
        let previous = if begin > 0 { mark(begin).or_else(|| after.map(|mark| mark.cursor())) } else { None };
        let count = Some(Count { total, found: found.len(), skipped: begin });
        let items = found.drain(begin..end).map(|(_, item)| item).collect();
        Ok(List { items, next, previous, count })
    }
}

#[cfg(test)]
mod tests;
