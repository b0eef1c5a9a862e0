//! Making a file's unsaved data durable: chunks on a majority's disks first, then one change that names them.

use crate::core::Core;
use crate::leader::access::refuse_gone;
use crate::leader::files::{File, FileRef};
use crate::leader::overlay::{RunPlace, UnsavedRun};
use crate::leader::staged::Staged;
use crate::leader::tenure::Tenure;
use crate::refusal::ExecuteError;
use crate::service::{Context, Reply};
use crate::timing::{Stage, Trace};
use bytes::{Bytes, BytesMut};
use nasd_base::file::{Attr, BeforeAttr, Caller, FileKind};
use nasd_base::{Errno, Ino, OpId, Timestamp};
use nasd_meta::{Change, FreshChunk, Piece, Source};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

/// Before a change whose outcome is not known is proposed again.
const RETRY: Duration = Duration::from_millis(50);

/// Most runs packed into one chunk: its pieces must all fit one change.
const RUNS_PER_CHUNK_MAX: usize = 1024;

/// What a commit is about to name.
struct Batch {
    /// The newest write in it.
    seq: u64,
    runs: Vec<UnsavedRun>,
    modified: Timestamp,
    caller: Caller,
}

impl Core {
    /// The operation: everything written to the file before it is durable when it returns.
    pub(super) async fn commit(self: &Arc<Self>, context: &Context, ino: Ino) -> Result<Reply, ExecuteError> {
        let tenure = self.enter(&context.trace).await?;
        let file = tenure.files.open(ino);
        let mut attr = self.meta.attr(ino)?;
        refuse_gone(&attr, context)?;
        match attr.kind {
            FileKind::File => {}
            FileKind::Directory => return Err(Errno::IsDir.into()),
            _ => return Err(Errno::Inval.into()),
        }
        file.dirty().show_in(&mut attr);
        let before = BeforeAttr::from(&attr);
        self.commit_file(&tenure, &file, &context.trace).await?;
        let earlier = file.dirty().error.take();
        if let Some(errno) = earlier {
            return Err(errno.into());
        }
        let attr = self.shown_attr(&tenure, ino)?;
        Ok(Reply::Committed { before, attr, verifier: tenure.verifier() })
    }

    /// Saves what is unsaved of a file. Goes on to the end even if the caller does not.
    pub(super) async fn commit_file(
        self: &Arc<Self>,
        tenure: &Arc<Tenure>,
        file: &FileRef,
        trace: &Trace,
    ) -> Result<(), ExecuteError> {
        if file.dirty().overlay.is_empty() {
            // What another commit has taken up stays in the overlay until it is saved.
            return Ok(());
        }
        let (core, tenure, ino, part) = (self.clone(), tenure.clone(), file.ino, trace.clone());
        let save = async move {
            let file = tenure.files.open(ino);
            let _turn = part.waited(Stage::Queue, file.turn.lock()).await;
            let outcome = core.save(&tenure, &file, &part).await;
            (outcome, part)
        };
        let Ok((outcome, part)) = tokio::spawn(save).await else { return Err(ExecuteError::Unknown) };
        trace.absorb(&part);
        outcome
    }

    /// Saves what is unsaved at the moment of the call. The caller holds the file's turn.
    ///
    /// # Errors
    /// `Refused`: the data cannot be saved and is given up; the verifier has changed. Otherwise the tenure
    /// is over, and the data with it.
    pub(super) async fn save(
        self: &Arc<Self>,
        tenure: &Arc<Tenure>,
        file: &Arc<File>,
        trace: &Trace,
    ) -> Result<(), ExecuteError> {
        let Some(batch) = self.take_up(tenure, file) else { return Ok(()) };
        self.stats.commits.fetch_add(1, Relaxed);
        let outcome = self.name_batch(tenure, file.ino, &batch, trace).await;
        match outcome {
            Ok(()) => {}
            Err(ExecuteError::Refused(_)) => {
                self.stats.writes_lost.fetch_add(1, Relaxed);
                tenure.lose_writes();
            }
            // The tenure is over: its files are cleared as a whole.
            Err(_) => return outcome,
        }
        let mut dirty = file.dirty();
        dirty.overlay.forget(batch.seq);
        dirty.settle();
        if !dirty.overlay.is_empty() {
            self.recount_growth(file.ino, &mut dirty);
        }
        tenure.count_save();
        outcome
    }

    /// Fixes what the commit covers, packing loose bytes into chunks unless they are few.
    fn take_up(self: &Arc<Self>, tenure: &Arc<Tenure>, file: &Arc<File>) -> Option<Batch> {
        let mut dirty = file.dirty();
        let dirty = &mut *dirty;
        let seq = dirty.overlay.seq();
        if dirty.overlay.is_empty() {
            return None;
        }
        if dirty.overlay.memory_bytes() > self.tuning.inline_bytes_max {
            for group in self.group_loose(dirty.overlay.up_to(seq)) {
                let len = group.iter().map(|run| run.len).sum();
                let charge = dirty.charge.as_mut().map(|charge| charge.split(len));
                let chunk = self.stage(tenure, join(&group), charge);
                let mut start = 0;
                for run in &group {
                    dirty.overlay.stage_run(run, chunk.clone(), start);
                    start += run.len as u32;
                }
            }
        }
        let runs = dirty.overlay.up_to(seq);
        // Later writes start the clock anew: what they find here is on its way.
        dirty.since = Some(tokio::time::Instant::now());
        Some(Batch { seq, runs, modified: dirty.mtime, caller: dirty.caller.clone() })
    }

    /// Runs in memory, in groups that each make a chunk.
    fn group_loose(&self, runs: Vec<UnsavedRun>) -> Vec<Vec<UnsavedRun>> {
        let mut groups: Vec<Vec<UnsavedRun>> = Vec::new();
        let mut room = 0;
        for run in runs.into_iter().filter(|run| matches!(run.place, RunPlace::Memory(_))) {
            let full = groups.last().is_none_or(|group| group.len() >= RUNS_PER_CHUNK_MAX);
            if full || run.len > room {
                groups.push(Vec::new());
                room = u64::from(self.tuning.chunk_bytes).max(run.len);
            }
            room -= run.len;
            groups.last_mut().expect("one was just added").push(run);
        }
        groups
    }

    async fn name_batch(
        self: &Arc<Self>,
        tenure: &Arc<Tenure>,
        ino: Ino,
        batch: &Batch,
        trace: &Trace,
    ) -> Result<(), ExecuteError> {
        let chunks = staged_chunks(&batch.runs);
        if !chunks.is_empty() {
            trace.timed(Stage::ChunkWrite, self.make_durable(tenure, &chunks)).await?;
        }
        for (pieces, fresh) in split(&batch.runs, self.tuning.pieces_per_change_max) {
            let change = Change::Write { ino, pieces, fresh, modified: batch.modified };
            chunks.iter().for_each(|chunk| chunk.offer());
            self.name(tenure, &batch.caller, change, trace).await?;
        }
        Ok(())
    }

    /// Proposes a change until its outcome is known. Repetition is harmless: while the file's turn is held
    /// nothing else touches these bytes.
    async fn name(
        &self,
        tenure: &Arc<Tenure>,
        caller: &Caller,
        change: Change,
        trace: &Trace,
    ) -> Result<(), ExecuteError> {
        loop {
            let submitted = tenure.committer.submit_timed(caller.clone(), OpId::NONE, change.clone());
            let (outcome, stages) = submitted.await;
            trace.count_all(&stages);
            match outcome {
                Ok(_) => return Ok(()),
                Err(ExecuteError::Unknown) if !tenure.has_ended() => tokio::time::sleep(RETRY).await,
                Err(ExecuteError::NotLeader { .. }) if !tenure.has_ended() => {
                    // The log knows before the watch does that the term is over; it may also be mistaken.
                    tokio::time::sleep(RETRY).await;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// The attributes with what is unsaved.
    pub(super) fn shown_attr(&self, tenure: &Tenure, ino: Ino) -> Result<Attr, ExecuteError> {
        loop {
            let saves = tenure.saves();
            let mut attr = self.meta.attr(ino)?;
            tenure.files.show_in(&mut attr);
            if tenure.saves() == saves {
                return Ok(attr);
            }
        }
    }
}

fn join(runs: &[UnsavedRun]) -> Bytes {
    if let [UnsavedRun { place: RunPlace::Memory(bytes), .. }] = runs {
        return bytes.clone();
    }
    let mut joined = BytesMut::with_capacity(runs.iter().map(|run| run.len as usize).sum());
    for run in runs {
        if let RunPlace::Memory(bytes) = &run.place {
            joined.extend_from_slice(bytes);
        }
    }
    joined.freeze()
}

/// The chunks of some runs, each once.
fn staged_chunks(runs: &[UnsavedRun]) -> Vec<Arc<Staged>> {
    let mut seen = std::collections::HashSet::new();
    let chunks = runs.iter().filter_map(|run| match &run.place {
        RunPlace::Staged { chunk, .. } => seen.insert(Arc::as_ptr(chunk)).then(|| chunk.clone()),
        RunPlace::Memory(_) => None,
    });
    chunks.collect()
}

/// Pieces for one change after the other, each with the chunks it is the first to name. All pieces of one
/// chunk are in one change: a chunk whose first pieces were overwritten in between would be freed.
fn split(runs: &[UnsavedRun], pieces_max: usize) -> Vec<(Vec<Piece>, Vec<FreshChunk>)> {
    let mut loose = Vec::new();
    let mut by_chunk: BTreeMap<_, (FreshChunk, Vec<Piece>)> = BTreeMap::new();
    for run in runs {
        let piece = |source| Piece { offset: run.offset, len: run.len, source };
        match &run.place {
            RunPlace::Memory(data) => loose.push(piece(Source::Inline { data: data.clone() })),
            RunPlace::Staged { chunk, start } => {
                let Some(fresh) = chunk.fresh() else { continue };
                let source = Source::Chunk { chunk: fresh.chunk, start: *start };
                by_chunk.entry(fresh.chunk).or_insert((fresh, vec![])).1.push(piece(source));
            }
        }
    }
    let mut changes: Vec<(Vec<Piece>, Vec<FreshChunk>)> = Vec::new();
    let mut add = |mut pieces: Vec<Piece>, fresh: Option<FreshChunk>| match changes.last_mut() {
        Some((others, chunks)) if others.len() + pieces.len() <= pieces_max => {
            others.append(&mut pieces);
            chunks.extend(fresh);
        }
        _ => changes.push((pieces, fresh.into_iter().collect())),
    };
    for (fresh, pieces) in by_chunk.into_values() {
        add(pieces, Some(fresh));
    }
    for group in loose.chunks(pieces_max) {
        add(group.to_vec(), None);
    }
    changes
}
