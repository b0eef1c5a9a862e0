//! One call on its way through the server: who asks, what its handles open, and the file service behind.

use crate::access::{Admission, AdmissionRefusal, admit};
use crate::client_classes::ClientClasses;
use crate::complaints::Complaints;
use crate::drc::CallKey;
use crate::handle::{FileHandle, FileId, HandleKey};
use crate::refused::{Asker, Refusals};
use crate::rpc::RpcCredential;
use crate::stats::CallTotals;
use crate::v3::Failure;
use crate::v3::types::{FileAttr, PostOp, Status, WccData};
use bytes::Bytes;
use nasd_base::acl::{ACCESS, Acl, may_matter};
use nasd_base::export::{ClientRule, Export, Network, RefusedBy, deciding};
use nasd_base::file::{Attr, Wcc};
use nasd_base::{Errno, Ino, OpId, VolumeId};
use nasd_fs::{
    CallResult, Change, Context, FileService, Outcome, Reply, Request, RequestId, Stability, Trace,
};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::time::Instant;

/// What all calls of a server share.
pub(crate) struct Volumes {
    pub(crate) files: Arc<dyn FileService>,
    pub(crate) handles: HandleKey,
    pub(crate) generations: Generations,
    /// Distinguishes this cluster's file systems from another's in `fsid`.
    pub(crate) cluster: u64,
    pub(crate) totals: CallTotals,
    pub(crate) complaints: Complaints,
    pub(crate) refusals: Refusals,
    pub(crate) classes: ClientClasses,
}

impl Volumes {
    pub(crate) fn fsid(&self, volume: VolumeId) -> u64 {
        self.cluster ^ volume.0
    }

    pub(crate) fn seal(&self, volume: VolumeId, attr: &Attr) -> FileHandle {
        self.generations.learn(volume, attr);
        self.handles.seal(FileId { volume, ino: attr.ino, generation: attr.generation })
    }
}

/// Who makes one call, under which id, and what the server shares with it.
pub(crate) struct CallContext {
    pub(crate) volumes: Arc<Volumes>,
    pub(crate) exports: Arc<Vec<Export>>,
    pub(crate) client: IpAddr,
    port: u16,
    pub(crate) credential: RpcCredential,
    pub(crate) key: CallKey,
    /// The outcome of a change is unknown: the call must not be answered (see `dispatch`).
    unknown: AtomicBool,
    /// The call was put off: its reply must not be remembered.
    put_off: AtomicBool,
    /// The volume was asked for a change: it is more than a refusal at the door.
    asked: AtomicBool,
    /// What the client was let into; 0 before. No volume has that number.
    volume: AtomicU64,
    /// Whom the rule names that let it in.
    class: OnceLock<Network>,
    /// What it is known by, and what it has taken.
    pub(crate) trace: Trace,
}

impl CallContext {
    pub(crate) fn new(
        volumes: Arc<Volumes>,
        exports: Arc<Vec<Export>>,
        peer: SocketAddr,
        credential: RpcCredential,
        key: CallKey,
        id: RequestId,
    ) -> CallContext {
        let (client, port) = (peer.ip().to_canonical(), peer.port());
        let (unknown, put_off, asked, volume, class) = Default::default();
        CallContext {
            volumes,
            exports,
            client,
            port,
            credential,
            key,
            unknown,
            put_off,
            asked,
            volume,
            class,
            trace: Trace::new(id),
        }
    }

    /// The volume that the call used.
    pub(crate) fn volume(&self) -> Option<VolumeId> {
        Some(self.volume.load(Ordering::Relaxed)).filter(|id| *id != 0).map(VolumeId)
    }

    /// Counts what the call took, if its client was let in.
    pub(crate) fn count(&self, took: Duration) {
        if let Some(class) = self.class.get() {
            self.volumes.classes.count(*class, took);
        }
    }

    /// Whether a change may or may not have happened.
    pub(crate) fn outcome_is_unknown(&self) -> bool {
        self.unknown.load(Ordering::Relaxed)
    }

    /// Whether the reply must be given again when the call is repeated. Not when the client was told to try again
    /// later, and not a refusal before the volume was asked: the same call is refused again without doing anything.
    pub(crate) fn is_to_be_remembered(&self) -> bool {
        self.asked.load(Ordering::Relaxed) && !self.put_off.load(Ordering::Relaxed)
    }

    pub(crate) fn note_failure(&self, status: Status) {
        if status == Status::Jukebox {
            self.put_off.store(true, Ordering::Relaxed);
        }
        self.volumes.totals.note_status(status);
    }

    /// The volume as this caller may use it; ACCES when it is not exported to the client.
    pub(crate) fn admit(&self, volume: VolumeId) -> Result<OpenedFile<'_>, Status> {
        let from = SocketAddr::new(self.client, self.port);
        let admission = admit(&self.exports, volume, from, &self.credential);
        let Admission { caller, read_only, network } = admission.map_err(|why| self.refuse(volume, why))?;
        self.volume.store(volume.0, Ordering::Relaxed);
        self.class.get_or_init(|| network);
        let (op, trace) = (OpId(self.key.0), self.trace.clone());
        let context = Context { caller, op, holds_open: false, mount: None, trace };
        let id = FileId { volume, ino: Ino::ROOT, generation: 0 };
        Ok(OpenedFile { call: self, id, context, read_only })
    }

    fn asker(&self) -> Asker {
        Asker { client: self.client, user: self.credential.uid(), is_known: true }
    }

    /// Remembers that a path to mount leads to nothing that is exported to the client.
    pub(crate) fn refuse_mount(&self, path: &[u8]) {
        self.volumes.refusals.mount(&self.exports, self.asker(), path);
    }

    fn refuse(&self, volume: VolumeId, why: AdmissionRefusal<'_>) -> Status {
        match why {
            AdmissionRefusal::Closed => self.volumes.refusals.volume(&self.exports, self.asker(), volume),
            AdmissionRefusal::Port(export, rule) => {
                self.volumes.refusals.rule(self.asker(), export, rule, RefusedBy::Port);
                self.complain_of_port(&export.path, rule);
            }
        }
        Status::Access
    }

    fn complain_of_port(&self, path: &str, rule: &ClientRule) {
        if let Some(times) = self.volumes.complaints.ports.say(Instant::now()) {
            let (client, port, network) = (self.client, self.port, rule.network);
            tracing::warn!(
                "{client} is refused at {path} because it calls from port {port}, which any program there can use \
                 ({times} such calls since the last line). Let it mount with a port below 1024 (resvport, as root). \
                 If all its users are trusted, add `insecure` to its rule: nasctl export set {path} --client \
                 {network}:insecure, together with the other rules."
            );
        }
    }

    fn refuse_change(&self, volume: VolumeId) -> Status {
        if let Some((export, rule)) = deciding(&self.exports, &volume, self.client) {
            self.volumes.refusals.rule(self.asker(), export, rule, RefusedBy::ReadOnly);
        }
        Status::ReadOnly
    }

    /// The file behind a handle, with the export's rules applied. Its generation is not compared yet.
    pub(crate) fn open_unchecked(&self, handle: &FileHandle) -> Result<OpenedFile<'_>, Status> {
        let id = self.volumes.handles.open(handle).ok_or(Status::BadHandle)?;
        let file = self.admit(id.volume)?;
        Ok(OpenedFile { id, ..file })
    }

    /// The file behind a handle.
    pub(crate) async fn open(&self, handle: &FileHandle) -> Result<OpenedFile<'_>, Status> {
        let file = self.open_unchecked(handle)?;
        file.check_generation().await?;
        Ok(file)
    }

    /// The file behind a handle, to change it.
    pub(crate) async fn open_to_change(&self, handle: &FileHandle) -> Result<OpenedFile<'_>, Status> {
        let file = self.open_unchecked(handle)?;
        if file.read_only {
            return Err(self.refuse_change(file.id.volume));
        }
        file.check_generation().await?;
        Ok(file)
    }
}

/// A file or directory that a call works on.
#[derive(Clone)]
pub(crate) struct OpenedFile<'s> {
    call: &'s CallContext,
    pub(crate) id: FileId,
    context: Context,
    pub(crate) read_only: bool,
}

impl OpenedFile<'_> {
    pub(crate) fn context(&self) -> &Context {
        &self.context
    }

    /// Another inode of the same volume.
    pub(crate) fn sibling(&self, attr: &Attr) -> Self {
        let id = FileId { volume: self.id.volume, ino: attr.ino, generation: attr.generation };
        OpenedFile { id, ..self.clone() }
    }

    pub(crate) fn attr(&self, attr: &Attr) -> FileAttr {
        self.call.volumes.generations.learn(self.id.volume, attr);
        FileAttr::new(attr, self.call.volumes.fsid(self.id.volume))
    }

    pub(crate) fn wcc(&self, wcc: &Wcc) -> WccData {
        WccData { before: Some(wcc.before), after: Some(self.attr(&wcc.after)) }
    }

    pub(crate) fn handle(&self, attr: &Attr) -> FileHandle {
        self.call.volumes.seal(self.id.volume, attr)
    }

    /// Asks the file service.
    pub(crate) async fn call(&self, request: Request, body: Bytes) -> Result<(Reply, Bytes), Status> {
        self.ask(request, body).await.map_err(Status::from)
    }

    async fn ask(&self, request: Request, body: Bytes) -> CallResult {
        let result = self.call.volumes.files.call(self.id.volume, &self.context, request, body).await;
        self.call.trace.absorb(&self.context.trace);
        result
    }

    /// Writes data. One that may have been overtaken by a newer write is not carried out, and the call marked: a
    /// client that still wants it asks again when its connection ends.
    pub(crate) async fn write(
        &self,
        offset: u64,
        stability: Stability,
        data: Bytes,
    ) -> Result<(Reply, Bytes), Status> {
        self.call.asked.store(true, Ordering::Relaxed);
        let request = Request::Write { ino: self.id.ino, offset, stability };
        self.ask(request, data).await.map_err(|errno| {
            if errno == Errno::Again {
                self.call.unknown.store(true, Ordering::Relaxed);
            }
            errno.into()
        })
    }

    /// Makes a change. When no leader could be reached the change may have happened: the call is marked.
    pub(crate) async fn change(&self, change: Change) -> Result<Outcome, Status> {
        self.call.asked.store(true, Ordering::Relaxed);
        match self.ask(Request::Change(change), Bytes::new()).await {
            Ok((Reply::Outcome(outcome), _)) => Ok(outcome),
            Ok(_) => Err(Status::ServerFault),
            Err(errno) => {
                if errno == Errno::TimedOut {
                    self.call.unknown.store(true, Ordering::Relaxed);
                }
                Err(errno.into())
            }
        }
    }

    /// The attributes now. STALE when the inode is gone or lives another life.
    pub(crate) async fn get_attr(&self) -> Result<Attr, Status> {
        match self.call(Request::GetAttr { ino: self.id.ino }, Bytes::new()).await? {
            (Reply::Attr(attr), _) => {
                self.call.volumes.generations.learn(self.id.volume, &attr);
                if attr.generation == self.id.generation { Ok(attr) } else { Err(Status::Stale) }
            }
            _ => Err(Status::ServerFault),
        }
    }

    /// The access control list of this file, if it may decide otherwise than the mode for this caller.
    pub(crate) async fn list_of(&self, attr: &Attr) -> Result<Option<Acl>, Status> {
        if !may_matter(attr, &self.context.caller) {
            return Ok(None);
        }
        let request = Request::GetXattr { ino: attr.ino, name: Bytes::from_static(ACCESS) };
        match self.ask(request, Bytes::new()).await {
            Ok((Reply::Xattr(value), _)) => Ok(Acl::decode(&value).ok().flatten()),
            Ok(_) => Err(Status::ServerFault),
            Err(Errno::NoData | Errno::NotSupported) => Ok(None),
            Err(errno) => Err(errno.into()),
        }
    }

    /// The attributes of the volume's root, whatever its generation is.
    pub(crate) async fn root_attr(&self) -> Result<Attr, Status> {
        match self.call(Request::GetAttr { ino: Ino::ROOT }, Bytes::new()).await? {
            (Reply::Attr(attr), _) => Ok(attr),
            _ => Err(Status::ServerFault),
        }
    }

    /// Compares the handle's generation with the inode's, without asking when it is known.
    async fn check_generation(&self) -> Result<(), Status> {
        match self.call.volumes.generations.of(self.id.volume, self.id.ino) {
            Some(generation) if generation == self.id.generation => Ok(()),
            _ => self.get_attr().await.map(|_| ()),
        }
    }

    /// Attributes to send along with an error, where they can still be had.
    async fn after(&self, status: Status) -> PostOp {
        if matches!(status, Status::Stale | Status::BadHandle | Status::Jukebox | Status::ServerFault) {
            return None;
        }
        self.get_attr().await.ok().map(|attr| self.attr(&attr))
    }

    /// Gives a failed operation on this file its attributes.
    pub(crate) async fn with_attr<T>(&self, result: Result<T, Status>) -> Result<T, Failure<PostOp>> {
        match result {
            Ok(done) => Ok(done),
            Err(status) => Err(Failure { status, detail: self.after(status).await }),
        }
    }

    /// Gives a failed change in this directory its attributes.
    pub(crate) async fn with_wcc<T>(&self, result: Result<T, Status>) -> Result<T, Failure<WccData>> {
        match result {
            Ok(done) => Ok(done),
            Err(status) => {
                let detail = WccData { before: None, after: self.after(status).await };
                Err(Failure { status, detail })
            }
        }
    }
}

/// The generations of inodes seen lately. An inode's generation never changes while it lives and inode
/// numbers are not used again, so an entry saves a question to the leader and cannot become wrong.
pub(crate) struct Generations {
    halves: Mutex<Halves>,
    half_entries_max: usize,
}

#[derive(Default)]
struct Halves {
    young: HashMap<(VolumeId, Ino), u64>,
    old: HashMap<(VolumeId, Ino), u64>,
}

impl Generations {
    pub(crate) fn new(entries_max: usize) -> Generations {
        Generations { halves: Mutex::default(), half_entries_max: (entries_max / 2).max(1) }
    }

    pub(crate) fn learn(&self, volume: VolumeId, attr: &Attr) {
        let mut halves = self.halves.lock();
        halves.young.insert((volume, attr.ino), attr.generation);
        if halves.young.len() >= self.half_entries_max {
            halves.old = std::mem::take(&mut halves.young);
        }
    }

    fn of(&self, volume: VolumeId, ino: Ino) -> Option<u64> {
        let halves = self.halves.lock();
        halves.young.get(&(volume, ino)).or_else(|| halves.old.get(&(volume, ino))).copied()
    }
}
