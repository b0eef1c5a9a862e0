//! Owns how a picture is made: tables and scalars in any order.

use super::Tree;
use crate::wire::{Oid, Value, push_binding};
use std::collections::BTreeSet;
use std::ops::Range;

/// Collects instances.
#[derive(Default)]
pub struct TreeBuilder {
    /// Of all instances, one after the other: names, and bindings as they stand in a message.
    names: Vec<u32>,
    encoded: Vec<u8>,
    instances: Vec<Instance>,
    objects: BTreeSet<Vec<u32>>,
}

/// Where one is.
struct Instance {
    name: Range<usize>,
    encoded: Range<usize>,
}

impl TreeBuilder {
    /// An object of which there is one instance.
    pub fn scalar(&mut self, object: &[u32], value: Value) {
        self.push(object, &[0], value);
    }

    /// Scalars below a group, by their numbers.
    pub fn scalars<const N: usize>(&mut self, group: &[u32], values: [(u32, Value); N]) {
        for (number, value) in values {
            self.push(&[group, &[number]].concat(), &[0], value);
        }
    }

    /// A row of a table: its columns below the table's entry. What nobody knows is left out.
    pub fn row(
        &mut self,
        entry: &[u32],
        index: &[u32],
        columns: impl IntoIterator<Item = (u32, Option<Value>)>,
    ) {
        for (number, value) in columns {
            if let Some(value) = value {
                self.push(&[entry, &[number]].concat(), index, value);
            }
        }
    }

    /// One that cannot be encoded is left out.
    fn push(&mut self, object: &[u32], index: &[u32], value: Value) {
        let name = Oid::new(object.iter().chain(index).copied());
        let begin = self.encoded.len();
        if !push_binding(&mut self.encoded, &name, value) {
            return;
        }
        let begins = self.names.len();
        self.names.extend_from_slice(name.arcs());
        let instance = Instance { name: begins..self.names.len(), encoded: begin..self.encoded.len() };
        self.instances.push(instance);
        if !self.objects.contains(object) {
            self.objects.insert(object.to_vec());
        }
    }

    /// Of two instances of one name the first is kept.
    pub fn build(self) -> Tree {
        let TreeBuilder { names, encoded, mut instances, objects } = self;
        let name = |instance: &Instance| &names[instance.name.clone()];
        instances.sort_by(|one, other| name(one).cmp(name(other)));
        instances.dedup_by(|later, earlier| name(later) == name(earlier));
        let mut tree = Tree::with_room(instances.len(), names.len(), encoded.len());
        tree.objects = objects.into_iter().collect();
        for instance in &instances {
            tree.push(name(instance), &encoded[instance.encoded.clone()]);
        }
        tree
    }
}
