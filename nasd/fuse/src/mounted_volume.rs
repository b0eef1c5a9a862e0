//! Owns the calls to the mounted volume: contexts, operation ids, and what answers must look like.

use crate::caller::Who;
use crate::kernel::{Keep, KernelCache};
use bytes::Bytes;
use nasd_base::file::{Attr, Caller};
use nasd_base::{Entropy, Errno, Ino, OpId, VolumeId};
use nasd_fs::{
    CallResult, Change, Context, FileService, Outcome, Reply, Request, Stability, Trace, WriteVerifier,
};
use std::sync::Arc;

/// One volume behind a file service.
pub(crate) struct MountedVolume {
    files: Arc<dyn FileService>,
    pub(crate) id: VolumeId,
    entropy: Arc<dyn Entropy>,
    pub(crate) kernel: Arc<KernelCache>,
}

impl MountedVolume {
    pub(crate) fn new(
        files: Arc<dyn FileService>,
        id: VolumeId,
        entropy: Arc<dyn Entropy>,
        kernel: Arc<KernelCache>,
    ) -> MountedVolume {
        MountedVolume { files, id, entropy, kernel }
    }

    async fn call(&self, caller: Caller, request: Request, body: Bytes) -> CallResult {
        self.call_keeping(caller, request, body).await.0
    }

    async fn call_keeping(&self, caller: Caller, request: Request, body: Bytes) -> (CallResult, Keep) {
        let named = matches!(request, Request::Change(_) | Request::Append { .. });
        let op = if named { self.fresh_op() } else { OpId::NONE };
        let mount = self.kernel.caching_mount();
        let context = Context { caller, op, holds_open: true, mount, trace: Trace::default() };
        let _during = self.kernel.during(&request);
        let recalls = self.kernel.recalls();
        let (result, keep) = self.files.call_keeping(self.id, &context, request, body).await;
        (result, self.kernel.keep(keep, recalls))
    }

    /// A name for a change that nothing else has.
    fn fresh_op(&self) -> OpId {
        OpId(self.entropy.next_u128().max(1))
    }

    /// Asks as `who`; a refusal for want of permission is tried again with the supplementary groups.
    pub(crate) async fn ask(&self, who: &Who, request: Request) -> CallResult {
        self.ask_keeping(who, request).await.0
    }

    /// Like `ask`, and for how long the kernel may keep what the answer shows.
    pub(crate) async fn ask_keeping(&self, who: &Who, request: Request) -> (CallResult, Keep) {
        let refused = match self.call_keeping(who.bare(), request.clone(), Bytes::new()).await {
            (Err(refused @ (Errno::Access | Errno::Perm)), _) => refused,
            answer => return answer,
        };
        match who.with_groups() {
            Some(caller) => self.call_keeping(caller, request, Bytes::new()).await,
            None => (Err(refused), Keep::NOT),
        }
    }

    pub(crate) async fn change(&self, who: &Who, change: Change) -> Result<Outcome, Errno> {
        Ok(self.change_keeping(who, change).await?.0)
    }

    pub(crate) async fn change_keeping(&self, who: &Who, change: Change) -> Result<(Outcome, Keep), Errno> {
        let (answer, keep) = self.ask_keeping(who, Request::Change(change)).await;
        Ok((outcome(answer)?, keep))
    }

    /// Like `change`, with the supplementary groups from the start: for changes whose result depends on them.
    pub(crate) async fn change_in_full(&self, who: &Who, change: Change) -> Result<(Outcome, Keep), Errno> {
        let (answer, keep) = self.call_keeping(who.in_full(), Request::Change(change), Bytes::new()).await;
        Ok((outcome(answer)?, keep))
    }

    pub(crate) async fn attr(&self, who: &Who, ino: Ino) -> Result<(Attr, Keep), Errno> {
        let (answer, keep) = self.ask_keeping(who, Request::GetAttr { ino }).await;
        match answer? {
            (Reply::Attr(attr), _) => Ok((attr, keep)),
            (other, _) => Err(unexpected(&other)),
        }
    }

    /// Writes, and says how durable the data is now and which verifier a commit must show. An empty write
    /// changes nothing and tells the verifier.
    pub(crate) async fn write(
        &self,
        caller: Caller,
        ino: Ino,
        offset: u64,
        data: Bytes,
        stability: Stability,
    ) -> Result<(Stability, WriteVerifier), Errno> {
        match self.call(caller, Request::Write { ino, offset, stability }, data).await? {
            (Reply::Written { stability, verifier, .. }, _) => Ok((stability, verifier)),
            (other, _) => Err(unexpected(&other)),
        }
    }

    /// Writes behind the last byte of the file, and says where that was beside what [`MountedVolume::write`] says.
    pub(crate) async fn append(
        &self,
        caller: Caller,
        ino: Ino,
        data: Bytes,
    ) -> Result<(u64, Stability, WriteVerifier), Errno> {
        let len = data.len() as u64;
        match self.call(caller, Request::Append { ino }, data).await? {
            (Reply::Written { attr, stability, verifier, .. }, _) if attr.size >= len => {
                Ok((attr.size - len, stability, verifier))
            }
            (other, _) => Err(unexpected(&other)),
        }
    }

    pub(crate) async fn commit(&self, ino: Ino) -> Result<WriteVerifier, Errno> {
        match self.call(Caller::root(), Request::Commit { ino }, Bytes::new()).await? {
            (Reply::Committed { verifier, .. }, _) => Ok(verifier),
            (other, _) => Err(unexpected(&other)),
        }
    }
}

fn outcome(answer: CallResult) -> Result<Outcome, Errno> {
    match answer? {
        (Reply::Outcome(outcome), _) => Ok(outcome),
        (other, _) => Err(unexpected(&other)),
    }
}

/// An answer to another question is a bug of the service; the caller sees an I/O error.
pub(crate) fn unexpected(answer: &impl std::fmt::Debug) -> Errno {
    tracing::error!(?answer, "the file service answered another question");
    Errno::Io
}
