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
        match self.tree.find(name).filter(|place| self.visible.holds(*place)) {
            Some(place) => list.extend_from_slice(self.tree.binding(place)),
            None => {
                let exception = match self.tree.has_object(name) {
                    true => Value::NoSuchInstance,
                    false => Value::NoSuchObject,
                };
                push_binding(list, name, exception);
            }
        }
    }

    fn push_next(&self, list: &mut Vec<u8>, name: &Oid) {
        self.push_place(list, self.visible.at_or_after(self.tree.after(name)), name);
    }

    fn push_place(&self, list: &mut Vec<u8>, place: Option<usize>, last: &Oid) {
        match place {
            Some(place) => list.extend_from_slice(self.tree.binding(place)),
            None => {
                push_binding(list, last, Value::EndOfMibView);
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
            if walks.iter().all(|walk| walk.next.is_none()) {
                break;
            }
        }
        Body::response(request.id, list)
    }

    fn walk<'w>(&self, name: &'w Oid) -> Walk<'w> {
        Walk { last: name, next: self.visible.at_or_after(self.tree.after(name)) }
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
    last: &'a Oid,
    next: Option<usize>,
}
