//! What an operation is about, from what is asked and answered.

use crate::service::{CallResult, Reply, Request};
use crate::timing::{OperationKind, Trace};
use nasd_base::Ino;
use nasd_meta::{Change, Outcome};

impl Trace {
    /// Notes what is asked for.
    pub fn note_request(&self, kind: Option<OperationKind>, request: &Request) {
        if let Some(kind) = kind {
            let is_look = matches!(request, Request::GetAttr { .. } | Request::GetXattr { .. });
            let (file, directory) = concerns(request);
            self.note(kind, is_look, file, directory);
        }
    }

    /// Notes what came of it: which file a name means, and how many bytes moved.
    pub(crate) fn note_result(&self, kind: Option<OperationKind>, body_bytes: u64, result: &CallResult) {
        let Ok((reply, body)) = result else { return };
        match reply {
            Reply::Entry { attr, .. } | Reply::Outcome(Outcome::Created { attr, .. }) => {
                self.note_file(attr.ino)
            }
            Reply::Data { .. } => self.note_bytes(body.len() as u64),
            Reply::Written { .. } if kind == Some(OperationKind::Write) => self.note_bytes(body_bytes),
            _ => {}
        }
    }
}

/// The file and the directory that a request names.
fn concerns(request: &Request) -> (Option<Ino>, Option<Ino>) {
    match request {
        Request::Lookup { parent, .. } => (None, Some(*parent)),
        Request::ReadDir { ino, .. } => (None, Some(*ino)),
        Request::GetAttr { ino }
        | Request::ReadLink { ino }
        | Request::Read { ino, .. }
        | Request::Write { ino, .. }
        | Request::Commit { ino }
        | Request::GetXattr { ino, .. }
        | Request::ListXattrs { ino }
        | Request::Seek { ino, .. }
        | Request::TestLock { ino, .. }
        | Request::AwaitLock { ino, .. }
        | Request::Append { ino } => (Some(*ino), None),
        Request::StatVolume => (None, None),
        Request::Change(change) => changed(change),
    }
}

fn changed(change: &Change) -> (Option<Ino>, Option<Ino>) {
    match change {
        Change::Create { parent, .. } | Change::Unlink { parent, .. } | Change::Rmdir { parent, .. } => {
            (None, Some(*parent))
        }
        Change::Rename { to_parent, .. } => (None, Some(*to_parent)),
        Change::Link { ino, parent, .. } => (Some(*ino), Some(*parent)),
        Change::SetAttr { ino, .. }
        | Change::SetXattr { ino, .. }
        | Change::RemoveXattr { ino, .. }
        | Change::Punch { ino, .. }
        | Change::Reshape { ino, .. }
        | Change::Lock { ino, .. }
        | Change::Unlock { ino, .. } => (Some(*ino), None),
        _ => (None, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    #[test]
    fn an_operation_is_about_its_most_telling_request() {
        let (trace, look) = (Trace::default(), Some(OperationKind::Lookup));
        assert_eq!(trace.subject(), None);
        trace.note_request(look, &Request::GetAttr { ino: Ino(7) });
        let subject = trace.subject().unwrap();
        assert_eq!((subject.kind, subject.file), (OperationKind::Lookup, Some(Ino(7))));
        let lookup = Request::Lookup { parent: Ino(7), name: Bytes::from_static(b"a") };
        trace.note_request(look, &lookup);
        trace.note_request(look, &Request::GetAttr { ino: Ino(9) });
        let subject = trace.subject().unwrap();
        assert_eq!((subject.file, subject.directory), (None, Some(Ino(7))));
    }
}
