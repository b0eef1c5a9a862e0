//! Owns what a request gets out of a picture (RFC 3416 4.2).

use crate::tree::{Tree, Visible};
use crate::wire::{Body, Kind, Oid, Request, Value, push_binding};

/// Of what a request is answered.
#[derive(Clone, Copy)]
pub struct Source<'a> {
    pub tree: &'a Tree,
    pub visible: &'a Visible,
    /// So many bytes of bindings fit into the answer.
    pub room: usize,
}

/// The answer, or `None` for what is no request.
pub fn reply(source: Source<'_>, request: &Request) -> Option<Body> {
    match request.kind {
        Kind::Get => Some(source.each(request, |list, name| source.push_exact(list, name))),
        Kind::GetNext => Some(source.each(request, |list, name| source.push_next(list, name))),
        Kind::GetBulk { once, repetitions } => Some(source.bulk(request, once, repetitions)),
        Kind::Set => Some(Body::not_writable(request)),
        Kind::Response { .. } | Kind::Report | Kind::Other => None,
    }
}

impl Source<'_> {
    fn each(&self, request: &Request, push: impl Fn(&mut Vec<u8>, &Oid)) -> Body {
        let mut list = Vec::new();
        for name in request.names() {
            push(&mut list, name);
            if list.len() > self.room {
                return Body::too_big(request.id);
            }
        }
        Body::response(request.id, list)
    }

    fn push_exact(&self, list: &mut Vec<u8>, name: &Oid) {
        match self.tree.find(name.arcs()).filter(|place| self.visible.holds(*place)) {
            Some(place) => list.extend_from_slice(self.tree.binding(place)),
            None => {
                let exception = match self.tree.has_object(name.arcs()) {
                    true => Value::NoSuchInstance,
                    false => Value::NoSuchObject,
                };
                push_binding(list, name, exception);
            }
        }
    }

    fn push_next(&self, list: &mut Vec<u8>, name: &Oid) {
        self.push_place(list, self.visible.at_or_after(self.tree.after(name.arcs())), name.arcs());
    }

    fn push_place(&self, list: &mut Vec<u8>, place: Option<usize>, last: &[u32]) {
        match place {
            Some(place) => list.extend_from_slice(self.tree.binding(place)),
            None => {
                push_binding(list, &Oid::from_slice(last), Value::EndOfMibView);
            }
        }
    }

    fn bulk(&self, request: &Request, once: usize, repetitions: usize) -> Body {
        let mut list = Vec::new();
        for name in request.names().take(once) {
            self.push_next(&mut list, name);
        }
        if list.len() > self.room {
            return Body::too_big(request.id);
        }
        let mut walks: Vec<Walk<'_>> = request.names().skip(once).map(|name| self.walk(name)).collect();
        for _ in 0..repetitions {
            let over = walks.iter().all(|walk| walk.next.is_none());
            for walk in &mut walks {
                let before = list.len();
                self.step(&mut list, walk);
                if list.len() > self.room {
                    list.truncate(before);
                    return match list.is_empty() {
                        true => Body::too_big(request.id),
                        false => Body::response(request.id, list),
                    };
                }
            }
            if over {
                break;
            }
        }
        Body::response(request.id, list)
    }

    fn walk<'w>(&self, name: &'w Oid) -> Walk<'w> {
        Walk { last: name.arcs(), next: self.visible.at_or_after(self.tree.after(name.arcs())) }
    }

    fn step<'w>(&'w self, list: &mut Vec<u8>, walk: &mut Walk<'w>) {
        self.push_place(list, walk.next, walk.last);
        if let Some(place) = walk.next {
            walk.last = self.tree.name(place);
            walk.next = self.visible.at_or_after(place + 1);
        }
    }
}

/// One of the columns that are walked at once.
struct Walk<'a> {
    last: &'a [u32],
    next: Option<usize>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::{Subtrees, TreeBuilder};
    use proptest::prelude::*;

    fn name(arcs: &[u32]) -> Oid {
        Oid::new([1, 3].into_iter().chain(arcs.iter().copied()))
    }

    fn arcs() -> impl Strategy<Value = Vec<u32>> {
        prop::collection::vec(0u32..4, 1..5)
    }

    /// RFC 3416 4.2.3, word for word: of each name the next one, over and over.
    fn bulk(seen: &[Oid], names: &[Oid], once: usize, repetitions: usize) -> Vec<u8> {
        let mut list = Vec::new();
        let next = |list: &mut Vec<u8>, last: &mut Oid| match seen.iter().find(|name| *name > last) {
            Some(found) => {
                push_binding(list, found, Value::Integer(0));
                *last = found.clone();
                true
            }
            None => {
                push_binding(list, last, Value::EndOfMibView);
                false
            }
        };
        let mut lasts = names.to_vec();
        for last in lasts.iter_mut().take(once) {
            next(&mut list, last);
        }
        for _ in 0..repetitions {
            let goes_on = lasts.iter_mut().skip(once).map(|last| next(&mut list, last));
            if goes_on.filter(|one| *one).count() == 0 {
                break;
            }
        }
        list
    }

    proptest! {
        #[test]
        fn bulks_hold_what_the_standard_says(
            there in prop::collection::vec(arcs(), 0..40),
            hidden in arcs(),
            asked in prop::collection::vec(arcs(), 0..4),
            once in 0usize..5,
            repetitions in 0usize..6,
        ) {
            let mut builder = TreeBuilder::default();
            for arcs in &there {
                builder.row(&[1, 3], &arcs[1..], [(arcs[0], Some(Value::Integer(0)))]);
            }
            let tree = builder.build();
            let view = Subtrees { excluded: vec![name(&hidden)], ..Subtrees::all() };
            let visible = view.within(&tree);
            let source = Source { tree: &tree, visible: &visible, room: usize::MAX };
            let asked: Vec<Oid> = asked.iter().map(|arcs| name(arcs)).collect();
            let request = Request::new(Kind::GetBulk { once, repetitions }, &asked);
            let mut seen: Vec<Oid> = there.iter().map(|arcs| name(arcs)).collect();
            seen.retain(|name| !name.starts_with(&view.excluded[0]));
            seen.sort();
            let expected = Body::response(1, bulk(&seen, &asked, once, repetitions));
            prop_assert_eq!(reply(source, &request), Some(expected));
        }
    }

    #[test]
    fn what_does_not_fit_is_left_out_or_too_big() {
        let mut builder = TreeBuilder::default();
        (0..9).for_each(|number| builder.row(&[1, 3], &[number], [(1, Some(Value::Integer(0)))]));
        let tree = builder.build();
        let visible = Subtrees::all().within(&tree);
        let (one, asked) = (tree.binding(0).len(), [name(&[1])]);
        let bulk = Request::new(Kind::GetBulk { once: 0, repetitions: 9 }, &asked);
        let source = Source { tree: &tree, visible: &visible, room: 3 * one + 1 };
        let three = (0..3).flat_map(|place| tree.binding(place).to_vec()).collect();
        assert_eq!(reply(source, &bulk), Some(Body::response(1, three)));
        let narrow = Source { room: one - 1, ..source };
        assert_eq!(reply(narrow, &bulk), Some(Body::too_big(1)));
        assert_eq!(reply(narrow, &Request::new(Kind::GetNext, &asked)), Some(Body::too_big(1)));
    }
}
