//! Owns how a picture is made: tables and scalars in any order.

use super::Tree;
use crate::wire::{Oid, Value, push_binding};

/// Collects instances.
#[derive(Default)]
pub struct TreeBuilder {
    instances: Vec<(Oid, Value)>,
    objects: Vec<Oid>,
}

impl TreeBuilder {
    /// An object of which there is one instance.
    pub fn scalar(&mut self, object: &[u32], value: Value) {
        let object = Oid::from_slice(object);
        self.instances.push((object.child(0), value));
        self.objects.push(object);
    }

    /// Scalars below a group, by their numbers.
    pub fn scalars<const N: usize>(&mut self, group: &[u32], values: [(u32, Value); N]) {
        for (number, value) in values {
            let object: Vec<u32> = group.iter().copied().chain([number]).collect();
            self.scalar(&object, value);
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
            let Some(value) = value else { continue };
            let column = entry.iter().copied().chain([number]);
            self.instances.push((Oid::new(column.clone().chain(index.iter().copied())), value));
            self.objects.push(Oid::new(column));
        }
    }

    /// Of two instances of one name the first is kept; one that cannot be encoded is left out.
    pub fn build(mut self) -> Tree {
        self.instances.sort_by(|one, other| one.0.cmp(&other.0));
        self.instances.dedup_by(|later, earlier| later.0 == earlier.0);
        self.objects.sort();
        self.objects.dedup();
        let mut tree = Tree { objects: self.objects, ..Tree::default() };
        for (name, value) in self.instances {
            if push_binding(&mut tree.encoded, &name, value) {
                tree.names.push(name);
                tree.ends.push(tree.encoded.len());
            }
        }
        tree
    }
}
