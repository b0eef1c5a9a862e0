//! Taking in written data: small stable writes go straight into the log, the rest is gathered.

use crate::arrival::Arrived;
use crate::core::Core;
use crate::leader::access::{may_write, refuse_gone};
use crate::leader::budget::Charge;
use crate::leader::files::{Dirty, File, FileRef};
use crate::leader::late::Verdict;
use crate::leader::tenure::Tenure;
use crate::refusal::ExecuteError;
use crate::service::Cached;
use crate::service::{Context, Reply, Stability, TRANSFER_BYTES_MAX, WriteVerifier};
use crate::timing::Stage;
use bytes::Bytes;
use nasd_base::file::{Attr, BeforeAttr, FILE_BYTES_MAX, FileKind, Wcc};
use nasd_base::{Errno, Ino, OpId};
use nasd_meta::{Change, Outcome, Piece, Source};
use std::sync::Arc;
use tokio::time::Instant;

/// Bodies below this are copied, so that they do not keep a whole network buffer alive.
const COPY_BELOW: usize = 16 << 10;

/// The attributes of a file that is about to be written: as the metadata has them, and as they show with what is
/// unsaved.
pub(crate) struct Target {
    saved: Attr,
    pub(super) shown: Attr,
    /// How many saves the tenure had counted before.
    saves: u64,
}

/// One write as it was asked for.
pub(super) struct WantedWrite<'a> {
    pub(crate) context: &'a Context,
    pub(crate) ino: Ino,
    pub(crate) offset: u64,
    pub(crate) stability: Stability,
    pub(crate) bytes: Bytes,
}

impl WantedWrite<'_> {
    /// Whether it takes setuid or setgid off a file of this mode.
    fn takes_privileges(&self, mode: u32) -> bool {
        mode & 0o6000 != 0 && !self.context.caller.is_root()
    }
}

impl Core {
    pub(crate) async fn write(
        self: &Arc<Self>,
        context: &Context,
        ino: Ino,
        offset: u64,
        stability: Stability,
        (bytes, arrived): (Bytes, Arrived),
    ) -> Result<Reply, ExecuteError> {
        check_range(offset, bytes.len())?;
        let tenure = self.enter(&context.trace).await?;
        let ticket = match tenure.writes.begin(context.op, arrived) {
            Verdict::New(ticket) => ticket,
            Verdict::Repeated(done) => return self.written_before(&tenure, ino, done),
            Verdict::InProgress => return Err(ExecuteError::Unknown),
            Verdict::Late(now) => return Err(ExecuteError::Late { now }),
        };
        let result = self.write_new(&tenure, WantedWrite { context, ino, offset, stability, bytes }).await;
        ticket.finish(&result);
        result
    }

    /// The answer to a write that was carried out already.
    fn written_before(
        &self,
        tenure: &Tenure,
        ino: Ino,
        done: Result<(Stability, WriteVerifier), Errno>,
    ) -> Result<Reply, ExecuteError> {
        let (stability, verifier) = done?;
        Ok(unchanged(self.shown_attr(tenure, ino)?, stability, verifier))
    }

    async fn write_new(
        self: &Arc<Self>,
        tenure: &Arc<Tenure>,
        wanted: WantedWrite<'_>,
    ) -> Result<Reply, ExecuteError> {
        let trace = &wanted.context.trace;
        let cached = [Cached::Attr(wanted.ino)];
        let _changing = trace.waited(Stage::Queue, self.recall(tenure, wanted.context.mount, &cached)).await;
        trace.waited(Stage::Queue, self.await_room(tenure, wanted.bytes.len() as u64)).await;
        let small = wanted.bytes.len() as u64 <= self.tuning.inline_bytes_max;
        if wanted.stability != Stability::Unstable && small {
            self.write_through(tenure, wanted).await
        } else {
            self.write_gathered(tenure, wanted).await
        }
    }

    /// A small stable write: one entry of the log, unless older unsaved data lies beneath it.
    async fn write_through(
        self: &Arc<Self>,
        tenure: &Arc<Tenure>,
        wanted: WantedWrite<'_>,
    ) -> Result<Reply, ExecuteError> {
        let range = wanted.offset..wanted.offset + wanted.bytes.len() as u64;
        let trace = &wanted.context.trace;
        let claim = trace.waited(Stage::Queue, self.claim(tenure, wanted.ino, range.clone())).await?;
        let file = tenure.files.open(wanted.ino);
        let gate = trace.waited(Stage::Queue, file.gate.write()).await;
        let attr = self.writable(tenure, &file, &wanted)?.shown;
        let verifier = tenure.verifier();
        if wanted.bytes.is_empty() {
            return Ok(unchanged(attr, wanted.stability, verifier));
        }
        if file.dirty().overlay.overlaps(range) {
            drop((gate, claim));
            return self.write_gathered(tenure, wanted).await;
        }
        let modified = tenure.committer.now();
        let (clean, shown) = {
            // Whatever is unsaved keeps its place, but must not take the time of modification back.
            let mut dirty = file.dirty();
            dirty.mtime = dirty.mtime.max(modified);
            (dirty.overlay.is_empty(), BeforeAttr::from(&attr))
        };
        let source = Source::Inline { data: wanted.bytes.clone() };
        let piece = Piece { offset: wanted.offset, len: wanted.bytes.len() as u64, source };
        let change = Change::Write { ino: wanted.ino, pieces: vec![piece], fresh: vec![], modified };
        // Repetition puts the same bytes in the same place, so no reply need be remembered.
        let submitted = tenure.committer.submit_timed(wanted.context.caller.clone(), OpId::NONE, change);
        // From here on the log keeps the order; reads meanwhile see the file without this write.
        drop(gate);
        let (outcome, stages) = submitted.await;
        trace.count_all(&stages);
        let Outcome::Changed(Wcc { before, mut after }) = outcome? else {
            return Err(Errno::Io.into());
        };
        tenure.files.show_in(&mut after);
        let before = if clean { before } else { shown };
        Ok(Reply::Written { before, attr: after, stability: Stability::FileSync, verifier })
    }

    /// Adds a write to the file's unsaved data; commits the file if the write is to be stable.
    async fn write_gathered(
        self: &Arc<Self>,
        tenure: &Arc<Tenure>,
        wanted: WantedWrite<'_>,
    ) -> Result<Reply, ExecuteError> {
        let range = wanted.offset..wanted.offset + wanted.bytes.len() as u64;
        let trace = &wanted.context.trace;
        let claim = trace.waited(Stage::Queue, self.claim(tenure, wanted.ino, range)).await?;
        let charge = trace.waited(Stage::Queue, self.budget.take(wanted.bytes.len() as u64)).await;
        let file = tenure.files.open(wanted.ino);
        let gate = trace.waited(Stage::Queue, file.gate.write()).await;
        let target = self.writable(tenure, &file, &wanted)?;
        let before = BeforeAttr::from(&target.shown);
        let verifier = tenure.verifier();
        if wanted.bytes.is_empty() {
            return Ok(unchanged(target.shown, wanted.stability, verifier));
        }
        let after = self.gather(tenure, &file, &wanted, &target, charge)?;
        drop((gate, claim));
        if wanted.stability == Stability::Unstable && !wanted.takes_privileges(target.saved.mode) {
            let stability = Stability::Unstable;
            return Ok(Reply::Written { before, attr: after, stability, verifier });
        }
        self.commit_file(tenure, &file, trace).await?;
        let attr = self.shown_attr(tenure, wanted.ino)?;
        Ok(Reply::Written { before, attr, stability: Stability::FileSync, verifier })
    }

    /// Saves a write that takes setuid away at once: unsaved data does not show in the mode.
    pub(super) async fn take_privileges(
        self: &Arc<Self>,
        tenure: &Arc<Tenure>,
        file: &FileRef,
        wanted: &WantedWrite<'_>,
        mode: u32,
    ) -> Result<(), ExecuteError> {
        match wanted.takes_privileges(mode) {
            true => self.commit_file(tenure, file, &wanted.context.trace).await,
            false => Ok(()),
        }
    }

    /// Lays the bytes over the file and sends off the chunks that they fill. Returns the attributes as they
    /// now show.
    pub(super) fn gather(
        self: &Arc<Self>,
        tenure: &Arc<Tenure>,
        file: &Arc<File>,
        wanted: &WantedWrite<'_>,
        target: &Target,
        charge: Charge,
    ) -> Result<Attr, ExecuteError> {
        let len = wanted.bytes.len();
        let bytes =
            if len < COPY_BELOW { Bytes::copy_from_slice(&wanted.bytes) } else { wanted.bytes.clone() };
        let mut dirty = file.dirty();
        let dirty = &mut *dirty;
        // What was saved since is not in the overlay any more.
        let saved = if tenure.saves() == target.saves { target.saved } else { self.meta.attr(wanted.ino)? };
        let new = dirty.overlay.gaps(wanted.offset..wanted.offset + len as u64);
        let growth = new.iter().map(|gap| self.growth_of(&saved, gap)).sum::<Result<u64, _>>()?;
        dirty.overlay.write(wanted.offset, bytes);
        dirty.grow(growth);
        dirty.mtime = dirty.mtime.max(tenure.committer.now());
        if dirty.since.is_none() || !wanted.context.caller.is_root() {
            dirty.caller = wanted.context.caller.clone();
        }
        dirty.since.get_or_insert_with(Instant::now);
        dirty.orphan = saved.nlink == 0;
        match &mut dirty.charge {
            Some(held) => held.merge(charge),
            none => *none = Some(charge),
        }
        self.stage_full_blocks(tenure, dirty, wanted.offset, len as u64);
        dirty.settle();
        let mut shown = saved;
        dirty.show_in(&mut shown);
        Ok(shown)
    }

    fn stage_full_blocks(self: &Arc<Self>, tenure: &Arc<Tenure>, dirty: &mut Dirty, offset: u64, len: u64) {
        for (start, block) in dirty.overlay.full_blocks(offset..offset + len) {
            let charge = dirty.charge.as_mut().map(|charge| charge.split(block.len() as u64));
            let staged = self.stage(tenure, block, charge);
            dirty.overlay.stage_block(start, staged);
        }
    }

    /// The file's attributes, if the caller may write it and there is room.
    pub(super) fn writable(
        &self,
        tenure: &Tenure,
        file: &FileRef,
        wanted: &WantedWrite<'_>,
    ) -> Result<Target, ExecuteError> {
        let saves = tenure.saves();
        let attr = self.meta.attr(wanted.ino)?;
        refuse_gone(&attr, wanted.context)?;
        match attr.kind {
            FileKind::File => {}
            FileKind::Directory => return Err(Errno::IsDir.into()),
            _ => return Err(Errno::Inval.into()),
        }
        may_write(&attr, self.list_for_data(&attr, wanted.context)?.as_ref(), wanted.context)?;
        if !self.has_room(wanted.bytes.len() as u64) {
            return Err(Errno::NoSpace.into());
        }
        if tenure.has_ended() {
            return Err(ExecuteError::NotLeader { leader: self.leader_hint() });
        }
        let mut shown = attr;
        file.dirty().show_in(&mut shown);
        Ok(Target { saved: attr, shown, saves })
    }
}

pub(super) fn unchanged(attr: Attr, stability: Stability, verifier: WriteVerifier) -> Reply {
    Reply::Written { before: BeforeAttr::from(&attr), attr, stability, verifier }
}

pub(super) fn check_range(offset: u64, len: usize) -> Result<(), Errno> {
    if len as u64 > u64::from(TRANSFER_BYTES_MAX) {
        return Err(Errno::Inval);
    }
    match offset.checked_add(len as u64) {
        Some(end) if end <= FILE_BYTES_MAX => Ok(()),
        _ => Err(Errno::FileTooBig),
    }
}
