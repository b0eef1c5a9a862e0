//! Owns which part of a picture somebody may see.

use super::Tree;
use crate::wire::Oid;
use std::ops::Range;

/// Subtrees that are seen, and subtrees of these that are not: the longest that holds an OID decides.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subtrees {
    pub included: Vec<Oid>,
    pub excluded: Vec<Oid>,
}

impl Subtrees {
    /// Everything that there is.
    pub fn all() -> Subtrees {
        Subtrees { included: vec![Oid::from_slice(&[1])], excluded: Vec::new() }
    }

    /// What of the picture is seen.
    pub fn within(&self, tree: &Tree) -> Visible {
        let included = self.included.iter().map(|subtree| (subtree, true));
        let mut rules: Vec<_> =
            included.chain(self.excluded.iter().map(|subtree| (subtree, false))).collect();
        // A longer one decides over a shorter, and an exclusion over an inclusion of the same.
        rules.sort_by_key(|(subtree, seen)| (subtree.len(), !seen));
        let mut edges = vec![0, tree.len()];
        let places: Vec<(Range<usize>, bool)> =
            rules.into_iter().map(|(subtree, seen)| (tree.below(subtree.arcs()), seen)).collect();
        edges.extend(places.iter().flat_map(|(places, _)| [places.start, places.end]));
        edges.sort_unstable();
        edges.dedup();
        let mut ranges: Vec<Range<usize>> = Vec::new();
        for edge in edges.windows(2) {
            let decides = places.iter().rev().find(|(places, _)| places.contains(&edge[0]));
            match (decides, ranges.last_mut()) {
                (Some((_, true)), Some(last)) if last.end == edge[0] => last.end = edge[1],
                (Some((_, true)), _) => ranges.push(edge[0]..edge[1]),
                _ => {}
            }
        }
        Visible { ranges }
    }
}

/// The places of a picture that somebody may see, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Visible {
    ranges: Vec<Range<usize>>,
}

impl Visible {
    pub fn holds(&self, place: usize) -> bool {
        self.at_or_after(place) == Some(place)
    }

    /// The first place that is seen, at this one or after it.
    pub fn at_or_after(&self, place: usize) -> Option<usize> {
        let range = self.ranges.get(self.ranges.partition_point(|range| range.end <= place))?;
        Some(place.max(range.start))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::TreeBuilder;
    use crate::wire::Value;
    use proptest::prelude::*;

    fn tree(names: &[Vec<u32>]) -> Tree {
        let mut builder = TreeBuilder::default();
        names.iter().for_each(|name| builder.row(&[1, 3], &name[1..], [(name[0], Some(Value::Integer(0)))]));
        builder.build()
    }

    fn name(tree: &Tree, place: usize) -> Oid {
        Oid::from_slice(tree.name(place))
    }

    /// What RFC 3415 says of one OID.
    fn seen(view: &Subtrees, name: &Oid) -> bool {
        let longest = |subtrees: &[Oid]| {
            subtrees
                .iter()
                .filter(|subtree| name.starts_with(subtree))
                .map(|subtree| subtree.len() as i32)
                .max()
        };
        longest(&view.included).is_some_and(|length| length > longest(&view.excluded).unwrap_or(-1))
    }

    fn names() -> impl Strategy<Value = Vec<Vec<u32>>> {
        prop::collection::vec(prop::collection::vec(0u32..4, 1..5), 0..60)
    }

    fn subtrees() -> impl Strategy<Value = Vec<Oid>> {
        let subtree = prop::collection::vec(0u32..4, 0..4);
        prop::collection::vec(subtree.prop_map(|arcs| Oid::new([1, 3].into_iter().chain(arcs))), 0..4)
    }

    proptest! {
        #[test]
        fn ranges_hold_what_the_subtrees_say(names in names(), included in subtrees(), excluded in subtrees()) {
            let tree = tree(&names);
            let view = Subtrees { included, excluded };
            let visible = view.within(&tree);
            for place in 0..tree.len() {
                prop_assert_eq!(visible.holds(place), seen(&view, &name(&tree, place)));
                let next = (place..tree.len()).find(|place| seen(&view, &name(&tree, *place)));
                prop_assert_eq!(visible.at_or_after(place), next);
            }
        }
    }

    #[test]
    fn nothing_is_seen_without_a_subtree() {
        let tree = tree(&[vec![1], vec![2]]);
        assert_eq!(Subtrees::default().within(&tree).at_or_after(0), None);
        assert_eq!(Subtrees::all().within(&tree).at_or_after(1), Some(1));
    }
}
