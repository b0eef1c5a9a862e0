//! Owns the picture from which requests are answered: every instance with its value, sorted by OID and encoded.
//!
//! A picture never changes. Neighbours in the order are neighbours in memory, so that a walk copies bytes.

mod builder;
mod view;

pub use builder::TreeBuilder;
pub use view::{Subtrees, Visible};

use std::ops::Range;

/// One picture.
#[derive(Default)]
pub struct Tree {
    names: Parts<u32>,
    /// Bindings as they stand in a message.
    encoded: Parts<u8>,
    /// What there are instances of, sorted.
    objects: Vec<Vec<u32>>,
}

/// Slices, one after the other.
#[derive(Default)]
struct Parts<T> {
    all: Vec<T>,
    /// Where each ends.
    ends: Vec<usize>,
}

impl<T: Copy> Parts<T> {
    fn with_room(count: usize, length: usize) -> Parts<T> {
        Parts { all: Vec::with_capacity(length), ends: Vec::with_capacity(count) }
    }

    fn push(&mut self, part: &[T]) {
        self.all.extend_from_slice(part);
        self.ends.push(self.all.len());
    }

    fn part(&self, place: usize) -> &[T] {
        let begin = if place == 0 { 0 } else { self.ends[place - 1] };
        &self.all[begin..self.ends[place]]
    }
}

impl Tree {
    fn with_room(count: usize, names: usize, encoded: usize) -> Tree {
        Tree {
            names: Parts::with_room(count, names),
            encoded: Parts::with_room(count, encoded),
            objects: Vec::new(),
        }
    }

    fn push(&mut self, name: &[u32], binding: &[u8]) {
        self.names.push(name);
        self.encoded.push(binding);
    }

    pub fn len(&self) -> usize {
        self.names.ends.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn name(&self, place: usize) -> &[u32] {
        self.names.part(place)
    }

    /// The place of the instance of this name.
    pub fn find(&self, name: &[u32]) -> Option<usize> {
        let place = self.first_not(0, |known| known < name);
        (place < self.len() && self.name(place) == name).then_some(place)
    }

    /// The place of the first instance whose name comes after this one.
    pub fn after(&self, name: &[u32]) -> usize {
        self.first_not(0, |known| known <= name)
    }

    /// The binding at a place, as it stands in a message.
    pub fn binding(&self, place: usize) -> &[u8] {
        self.encoded.part(place)
    }

    /// Whether there are instances of the object that this name belongs to.
    pub fn has_object(&self, name: &[u32]) -> bool {
        let before = self.objects.partition_point(|object| object.as_slice() <= name);
        before.checked_sub(1).is_some_and(|place| name.starts_with(&self.objects[place]))
    }

    /// The places of all instances below a name.
    fn below(&self, subtree: &[u32]) -> Range<usize> {
        let begin = self.first_not(0, |name| name < subtree);
        begin..self.first_not(begin, |name| name.starts_with(subtree))
    }

    /// The first place, from one on, that is not so; all before it are.
    fn first_not(&self, from: usize, is_so: impl Fn(&[u32]) -> bool) -> usize {
        let (mut low, mut high) = (from, self.len());
        while low < high {
            let middle = low + (high - low) / 2;
            if is_so(self.name(middle)) { low = middle + 1 } else { high = middle }
        }
        low
    }
}
