//! The oracle's locks: a mark on each cell of each file for each owner.

use crate::plain::{Answer, Node, Plain, Told};
use crate::step::LOCK_CELLS;
use nasd_base::{Errno, NodeId};
use nasd_meta::{LockOwner, LockRange, LockSession};
use std::collections::BTreeMap;
use std::ops::RangeInclusive;

/// The owner with this number; two share a session.
pub fn owner(number: u64) -> LockOwner {
    let session = LockSession { node: NodeId(1 + number / 2), id: 7 };
    LockOwner { session, owner: number }
}

/// The bytes of cells, the last of which has no end.
pub fn range((first, last): (u64, u64)) -> LockRange {
    let last = if last == LOCK_CELLS - 1 { LockRange::WHOLE.last } else { last };
    LockRange { first, last }
}

fn cells(range: LockRange) -> RangeInclusive<u64> {
    range.first..=range.last.min(LOCK_CELLS - 1)
}

impl Node {
    /// Each owner's locks, as long as they can be.
    pub fn runs(&self) -> Vec<(LockOwner, LockRange, bool)> {
        let mut runs: Vec<(LockOwner, (u64, u64), bool)> = vec![];
        for ((owner, cell), exclusive) in &self.locks {
            match runs.last_mut() {
                Some((last_owner, (_, end), last_exclusive))
                    if last_owner == owner && last_exclusive == exclusive && *end + 1 == *cell =>
                {
                    *end = *cell;
                }
                _ => runs.push((*owner, (*cell, *cell), *exclusive)),
            }
        }
        runs.into_iter().map(|(owner, cells, exclusive)| (owner, range(cells), exclusive)).collect()
    }
}

impl Plain {
    pub fn lock(&mut self, ino: u64, owner: LockOwner, range: LockRange, exclusive: bool) -> Answer {
        let locks: &BTreeMap<_, _> = &self.get(ino)?.locks;
        let in_the_way = |((other, cell), held): (&(LockOwner, u64), &bool)| {
            *other != owner && cells(range).contains(cell) && (*held || exclusive)
        };
        if locks.iter().any(in_the_way) {
            return Err(Errno::Again);
        }
        self.node(ino).locks.extend(cells(range).map(|cell| ((owner, cell), exclusive)));
        Ok(Told::Done)
    }

    pub fn unlock(&mut self, ino: u64, owner: LockOwner, range: LockRange) -> Answer {
        let Ok(node) = self.get(ino) else { return Ok(Told::Count(0)) };
        let overlaps = |held: &LockRange| held.first <= range.last && range.first <= held.last;
        let count = node.runs().iter().filter(|(other, held, _)| *other == owner && overlaps(held)).count();
        self.node(ino).locks.retain(|(other, cell), _| *other != owner || !cells(range).contains(cell));
        Ok(Told::Count(count as u32))
    }

    pub fn end_session(&mut self, session: LockSession) -> Answer {
        let ends = |owner: &LockOwner| owner.session == session;
        let runs = self.nodes.values().flat_map(Node::runs);
        let count = runs.filter(|(owner, _, _)| ends(owner)).count();
        self.nodes.values_mut().for_each(|node| node.locks.retain(|(owner, _), _| !ends(owner)));
        Ok(Told::Count(count as u32))
    }
}
