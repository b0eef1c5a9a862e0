//! Owns the picture from which requests are answered: every instance with its value, sorted by OID and encoded.
//!
//! A picture never changes. Neighbours in the order are neighbours in memory, so that a walk copies bytes.

mod builder;
mod view;

pub use builder::TreeBuilder;
pub use view::{Subtrees, Visible};

use crate::wire::Oid;
use std::ops::Range;

/// One picture.
#[derive(Default)]
pub struct Tree {
    names: Vec<Oid>,
    /// Where each binding ends in `encoded`.
    ends: Vec<usize>,
    encoded: Vec<u8>,
    /// What there are instances of, sorted.
    objects: Vec<Oid>,
}

impl Tree {
    pub fn len(&self) -> usize {
        self.names.len()
    }

    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    pub fn name(&self, place: usize) -> &Oid {
        &self.names[place]
    }

    /// The place of the instance of this name.
    pub fn find(&self, name: &Oid) -> Option<usize> {
        self.names.binary_search(name).ok()
    }

    /// The place of the first instance whose name comes after this one.
    pub fn after(&self, name: &Oid) -> usize {
        self.names.partition_point(|known| known <= name)
    }

    /// The binding at a place, as it stands in a message.
    pub fn binding(&self, place: usize) -> &[u8] {
        let begin = if place == 0 { 0 } else { self.ends[place - 1] };
        &self.encoded[begin..self.ends[place]]
    }

    /// Whether there are instances of the object that this name belongs to.
    pub fn has_object(&self, name: &Oid) -> bool {
        let before = self.objects.partition_point(|object| object <= name);
        before.checked_sub(1).is_some_and(|place| name.starts_with(&self.objects[place]))
    }

    /// The places of all instances below a name.
    fn below(&self, subtree: &Oid) -> Range<usize> {
        let begin = self.names.partition_point(|name| name < subtree);
        let length = self.names[begin..].partition_point(|name| name.starts_with(subtree));
        begin..begin + length
    }
}
