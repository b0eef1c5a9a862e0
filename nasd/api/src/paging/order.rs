//! Owns the order of a list: what decides between two things, and how a place in it is written down.

use super::cell::Cell;
use super::listed::Listed;
use crate::{ApiError, refused};
use std::cmp::Ordering;

/// Where something stands in one order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    /// What is sorted by.
    key: String,
    /// Between what has the same key; empty where the key is the place already.
    place: String,
}

impl Mark {
    pub(super) fn cursor(&self) -> String {
        match self.place.is_empty() {
            true => self.key.clone(),
            false => format!("{} {}{}", self.key.len(), self.key, self.place),
        }
    }

    /// What was never a cursor is a key that nothing may have.
    fn read(cursor: &str) -> Option<Mark> {
        let (bytes, both) = cursor.split_once(' ')?;
        let (key, place) = both.split_at_checked(bytes.parse().ok()?)?;
        Some(Mark { key: key.to_owned(), place: place.to_owned() })
    }
}

pub(super) struct Order<T> {
    by: Option<fn(&T) -> Cell>,
    descending: bool,
}

impl<T: Listed> Order<T> {
    /// # Errors
    /// `InvalidRequest` for a column that there is not, with those that there are.
    pub(super) fn of(sort: Option<&str>, descending: bool) -> Result<Order<T>, ApiError> {
        let by = sort.map(|sort| {
            let found = T::COLUMNS.iter().find(|(name, _)| *name == sort).map(|(_, cell)| *cell);
            found.ok_or_else(|| {
                let known: Vec<&str> = T::COLUMNS.iter().map(|(name, _)| *name).collect();
                refused::sort_unknown(sort, known.join(", "))
            })
        });
        Ok(Order { by: by.transpose()?, descending })
    }

    pub(super) fn mark(&self, item: &T) -> Mark {
        match self.by {
            Some(cell) => Mark { key: cell(item).key(), place: item.place() },
            None => Mark { key: item.place(), place: String::new() },
        }
    }

    pub(super) fn read(&self, cursor: String) -> Mark {
        let sorted = self.by.and_then(|_| Mark::read(&cursor));
        sorted.unwrap_or(Mark { key: cursor, place: String::new() })
    }

    /// What has the same key comes in the order of its places, whichever way the keys go.
    pub(super) fn compare(&self, a: &Mark, b: &Mark) -> Ordering {
        let keys = a.key.cmp(&b.key);
        let keys = if self.descending { keys.reverse() } else { keys };
        keys.then_with(|| a.place.cmp(&b.place))
    }
}
