//! The algebra of one owner's locks on one file: locking, unlocking and changing parts of what is held
//! (fcntl(2), `F_SETLK`). Decides only; `lock` keeps the rows.

use crate::LockRange;

/// A run of bytes that one owner has locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub range: LockRange,
    pub exclusive: bool,
}

impl LockRange {
    pub(crate) fn overlaps(&self, other: &LockRange) -> bool {
        self.first <= other.last && other.first <= self.last
    }

    /// Whether the two have a byte in common or none between them.
    pub(crate) fn touches(&self, other: &LockRange) -> bool {
        self.first <= other.last.saturating_add(1) && other.first <= self.last.saturating_add(1)
    }
}

/// What is left of `held` without `range`.
pub(crate) fn cut(held: &[Span], range: LockRange) -> Vec<Span> {
    let mut left = Vec::with_capacity(held.len() + 1);
    for span in held {
        if !span.range.overlaps(&range) {
            left.push(*span);
            continue;
        }
        if span.range.first < range.first {
            left.push(Span { range: LockRange { last: range.first - 1, ..span.range }, ..*span });
        }
        if span.range.last > range.last {
            left.push(Span { range: LockRange { first: range.last + 1, ..span.range }, ..*span });
        }
    }
    left
}

/// `held` with `new` in it: it replaces what it overlaps, and grows together with neighbours of its kind.
pub(crate) fn put(held: &[Span], new: Span) -> Vec<Span> {
    let mut whole = new;
    let mut spans = cut(held, new.range);
    spans.retain(|span| {
        let joins = span.exclusive == new.exclusive && span.range.touches(&new.range);
        if joins {
            whole.range.first = whole.range.first.min(span.range.first);
            whole.range.last = whole.range.last.max(span.range.last);
        }
        !joins
    });
    spans.push(whole);
    spans.sort_unstable_by_key(|span| span.range.first);
    spans
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The oracle: each byte is locked one way, the other way or not at all.
    type Bytes = [Option<bool>; 24];

    fn bytes_of(spans: &[Span]) -> Bytes {
        let mut bytes = [None; 24];
        for span in spans {
            for at in span.range.first..=span.range.last {
                assert_eq!(bytes[at as usize], None, "spans overlap: {spans:?}");
                bytes[at as usize] = Some(span.exclusive);
            }
        }
        bytes
    }

    fn is_shortest(spans: &[Span]) -> bool {
        spans.windows(2).all(|pair| {
            let apart = pair[0].range.last + 1 < pair[1].range.first;
            pair[0].range.last < pair[1].range.first && (apart || pair[0].exclusive != pair[1].exclusive)
        })
    }

    proptest! {
        #[test]
        fn ranges_behave_as_single_bytes_would(
            steps in proptest::collection::vec((0u64..24, 0u64..24, prop_oneof![
                Just(None), Just(Some(false)), Just(Some(true))
            ]), 1..40)
        ) {
            let (mut spans, mut bytes) = (Vec::new(), [None; 24]);
            for (a, b, exclusive) in steps {
                let range = LockRange { first: a.min(b), last: a.max(b) };
                spans = match exclusive {
                    Some(exclusive) => put(&spans, Span { range, exclusive }),
                    None => cut(&spans, range),
                };
                for at in range.first..=range.last {
                    bytes[at as usize] = exclusive;
                }
                prop_assert_eq!(bytes_of(&spans), bytes);
                prop_assert!(is_shortest(&spans), "{:?}", spans);
            }
        }
    }

    #[test]
    fn the_whole_file_can_be_locked_and_a_part_given_back() {
        let whole = Span { range: LockRange::WHOLE, exclusive: true };
        assert_eq!(put(&[], whole), vec![whole]);
        let left = cut(&[whole], LockRange { first: 10, last: 19 });
        let last = LockRange::WHOLE.last;
        let expected = [LockRange { first: 0, last: 9 }, LockRange { first: 20, last }];
        assert_eq!(left.iter().map(|span| span.range).collect::<Vec<_>>(), expected);
        assert_eq!(put(&left, whole), vec![whole]);
    }
}
