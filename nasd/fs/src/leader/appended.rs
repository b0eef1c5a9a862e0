//! Appends that were taken in, for those who ask again.

use crate::service::Reply;
use nasd_base::OpId;
use parking_lot::Mutex;
use std::collections::VecDeque;

/// Appends remembered for those who ask again: a repetition comes within seconds.
const REMEMBERED_MAX: usize = 1024;

/// The newest appends of a tenure. Unlike changes they are not remembered in the state: what a leader has taken in
/// and not saved is gone with it, and the writer sends it again to the place that it was told.
#[derive(Default)]
pub(super) struct Appends(Mutex<VecDeque<(OpId, Reply)>>);

impl Appends {
    pub(super) fn find(&self, op: OpId) -> Option<Reply> {
        let newest = self.0.lock();
        newest.iter().find(|(known, _)| *known == op && op != OpId::NONE).map(|(_, reply)| reply.clone())
    }

    pub(super) fn remember(&self, op: OpId, reply: &Reply) {
        let mut newest = self.0.lock();
        newest.push_back((op, reply.clone()));
        if newest.len() > REMEMBERED_MAX {
            newest.pop_front();
        }
    }
}
