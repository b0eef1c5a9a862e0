//! Owns pages of lists: in which order the things of a list come, and where a page begins and ends.

use crate::described::{Cursor, LIST_PAGE_MAX, ListPageSize};
use crate::{ApiError, List, refused};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Something that lists hold.
pub trait Listed {
    /// Where it stands among its like: lists come in the order of these texts. No two at once have the same.
    fn place(&self) -> String;
}

/// A list, for whoever does not care of what.
pub trait Items {
    type Item;

    fn items(self) -> Vec<Self::Item>;
}

impl<T> Items for List<T> {
    type Item = T;

    fn items(self) -> Vec<T> {
        self.items
    }
}

/// Which part of a list is asked for; all of it unless told otherwise.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Page {
    /// How many things, at most.
    #[serde(default)]
    #[schemars(with = "ListPageSize")]
    pub(crate) limit: Option<usize>,
    /// What comes behind this place.
    #[serde(default)]
    #[schemars(with = "Cursor")]
    pub(crate) after: Option<String>,
}

impl Page {
    /// The first ones, so many at most.
    pub fn first(limit: usize) -> Page {
        Page { limit: Some(limit), after: None }
    }

    /// The part of `items` that the page holds, and where the next one begins. What is made or deleted between two
    /// pages shifts nothing: a place stays a place without its thing.
    ///
    /// # Errors
    /// `InvalidRequest` for a size that no page has.
    pub fn of<T: Listed>(self, items: Vec<T>) -> Result<List<T>, ApiError> {
        let limit = self.limit.unwrap_or(usize::MAX);
        if self.limit.is_some_and(|limit| !(1..=LIST_PAGE_MAX).contains(&limit)) {
            return Err(refused::page_range(LIST_PAGE_MAX));
        }
        let after = self.after.unwrap_or_default();
        let mut placed: Vec<(String, T)> =
            items.into_iter().map(|item| (item.place(), item)).filter(|(place, _)| *place > after).collect();
        placed.sort_by(|(a, _), (b, _)| a.cmp(b));
        let next = placed.get(limit).and_then(|_| placed.get(limit - 1)).map(|(place, _)| place.clone());
        Ok(List { items: placed.into_iter().take(limit).map(|(_, item)| item).collect(), next })
    }
}

/// Numbers as texts in the same order.
pub(crate) fn number(number: u64) -> String {
    format!("{number:020}")
}

/// The newest first.
pub(crate) fn newest(id: u64) -> String {
    number(u64::MAX - id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    struct Name(String);

    impl Listed for Name {
        fn place(&self) -> String {
            self.0.clone()
        }
    }

    fn names(names: &[String]) -> Vec<Name> {
        names.iter().cloned().map(Name).collect()
    }

    proptest! {
        #[test]
        fn pages_hold_everything_once_and_in_order(
            all in prop::collection::btree_set("[a-z/]{1,4}", 0..40), limit in 1usize..10,
        ) {
            let all: Vec<String> = all.into_iter().collect();
            let mut shuffled = all.clone();
            shuffled.reverse();
            let (mut seen, mut after) = (Vec::new(), None);
            loop {
                let page = Page { limit: Some(limit), after }.of(names(&shuffled)).unwrap();
                prop_assert!(page.items.len() <= limit);
                prop_assert!(page.next.is_none() || page.items.len() == limit);
                seen.extend(page.items.into_iter().map(|name| name.0));
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
            prop_assert_eq!(seen, all);
        }

        #[test]
        fn what_goes_between_two_pages_hides_nothing(
            all in prop::collection::btree_set("[a-z]{1,3}", 3..40), limit in 1usize..10, gone in 0usize..40,
        ) {
            let mut all: Vec<String> = all.into_iter().collect();
            let first = Page { limit: Some(limit), after: None }.of(names(&all)).unwrap();
            let held: Vec<String> = first.items.into_iter().map(|name| name.0).collect();
            all.remove(gone % all.len());
            let left: Vec<&String> = all.iter().filter(|name| !held.contains(name)).collect();
            if let Some(next) = first.next {
                let rest = Page { limit: None, after: Some(next) }.of(names(&all)).unwrap();
                prop_assert_eq!(rest.items.iter().map(|name| &name.0).collect::<Vec<_>>(), left);
            }
        }
    }

    #[test]
    fn a_size_that_no_page_has_is_refused() {
        for limit in [0, LIST_PAGE_MAX + 1] {
            assert!(Page { limit: Some(limit), after: None }.of(names(&[])).is_err());
        }
        assert!(Page { limit: Some(LIST_PAGE_MAX), after: None }.of(names(&[])).is_ok());
    }

    #[test]
    fn the_newest_comes_first_and_numbers_are_no_texts() {
        assert!(newest(10) < newest(9) && number(9) < number(10));
    }
}
