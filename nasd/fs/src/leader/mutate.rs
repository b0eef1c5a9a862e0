//! Metadata changes that clients ask for, ordered with the unsaved data they touch.

use crate::core::Core;
use crate::leader::access::refuse_gone;
use crate::leader::files::FileRef;
use crate::leader::tenure::Tenure;
use crate::refusal::ExecuteError;
use crate::service::{Context, Reply};
use crate::timing::{Stage, Trace};
use bytes::Bytes;
use nasd_base::file::{SetAttr, Wcc};
use nasd_base::{Errno, Ino, OpId};
use nasd_meta::{Change, CreateMode, MetaError, Outcome, Reshape};
use std::sync::Arc;

/// What a change does to unsaved data of a file.
enum Touch {
    Nothing,
    /// Its attributes: unsaved data is saved first, so that times and privileges follow in order.
    Attributes(Ino),
    /// Its bytes: nothing else may touch them meanwhile.
    Bytes(Ino),
}

/// A change that takes data away, as much of it as the rest needs.
enum Cutting {
    SetAttr { ino: Ino, set: SetAttr },
    Create { size: u64 },
    Punch { ino: Ino, offset: u64 },
    Reshape { ino: Ino, how: Reshape },
}

impl Cutting {
    fn of(change: &Change) -> Option<Cutting> {
        match change {
            Change::SetAttr { ino, set, .. } if set.size.is_some() => {
                Some(Cutting::SetAttr { ino: *ino, set: *set })
            }
            Change::Create { set: SetAttr { size: Some(size), .. }, .. } => {
                Some(Cutting::Create { size: *size })
            }
            Change::Punch { ino, offset, .. } => Some(Cutting::Punch { ino: *ino, offset: *offset }),
            Change::Reshape { ino, how } => Some(Cutting::Reshape { ino: *ino, how: *how }),
            _ => None,
        }
    }

    /// What is left to do after the outcome of the changes so far.
    fn rest(&self, so_far: &Outcome) -> Option<Change> {
        match (self, so_far) {
            (Cutting::SetAttr { ino, set }, Outcome::Cut { .. }) => {
                Some(Change::SetAttr { ino: *ino, set: *set, guard: None })
            }
            (Cutting::Create { size }, Outcome::Created { attr, .. }) if attr.size > *size => {
                let set = SetAttr { size: Some(*size), ..SetAttr::default() };
                Some(Change::SetAttr { ino: attr.ino, set, guard: None })
            }
            (Cutting::Punch { ino, offset }, Outcome::Cut { left, .. }) => {
                Some(Change::Punch { ino: *ino, offset: *offset, len: left.saturating_sub(*offset) })
            }
            (Cutting::Reshape { ino, how }, Outcome::Cut { left, .. }) => {
                Some(Change::Reshape { ino: *ino, how: how.before(*left) })
            }
            _ => None,
        }
    }
}

/// One outcome of two changes.
fn joined(first: Outcome, then: Outcome) -> Outcome {
    match (first, then) {
        (Outcome::Created { dir, made, .. }, Outcome::Cut { wcc, .. } | Outcome::Changed(wcc)) => {
            Outcome::Created { attr: wcc.after, dir, made }
        }
        (Outcome::Cut { wcc: first, .. }, Outcome::Cut { wcc, left }) => {
            Outcome::Cut { wcc: Wcc { before: first.before, ..wcc }, left }
        }
        (Outcome::Cut { wcc: first, .. }, Outcome::Changed(wcc)) => {
            Outcome::Changed(Wcc { before: first.before, ..wcc })
        }
        (_, then) => then,
    }
}

impl Core {
    pub(crate) async fn change(
        self: &Arc<Self>,
        context: &Context,
        change: Change,
    ) -> Result<Reply, ExecuteError> {
        let tenure = self.enter(&context.trace).await?;
        self.refuse_change(context, &change)?;
        if let Change::Lock { .. } | Change::Unlock { .. } | Change::EndSession { .. } = change {
            return self.change_lock(&tenure, context, change).await;
        }
        let trace = &context.trace;
        self.make_room(&tenure, &change, trace).await?;
        let outdated = self.outdated_by(&tenure, context.mount, &change)?;
        let _changing = trace.waited(Stage::Queue, self.recall(&tenure, context.mount, &outdated)).await;
        let outcome = match self.touched(&tenure, &change)? {
            Touch::Nothing => self.propose(&tenure, context, change).await,
            Touch::Attributes(ino) => {
                if let Some(file) = tenure.files.peek(ino) {
                    self.commit_before(&tenure, &file, trace).await?;
                }
                self.propose(&tenure, context, change).await
            }
            Touch::Bytes(ino) => {
                // Not to be cut off between the change and the release of the file.
                let (core, tenure, context) = (self.clone(), tenure.clone(), context.clone());
                let work = async move {
                    let outcome = core.change_bytes(&tenure, &context, ino, change).await;
                    (outcome, context.trace)
                };
                let Ok((outcome, part)) = tokio::spawn(work).await else { return Err(ExecuteError::Unknown) };
                trace.absorb(&part);
                outcome
            }
        }?;
        Ok(Reply::Outcome(self.finish(&tenure, outcome)))
    }

    async fn change_bytes(
        self: &Arc<Self>,
        tenure: &Arc<Tenure>,
        context: &Context,
        ino: Ino,
        change: Change,
    ) -> Result<Outcome, ExecuteError> {
        let file = tenure.files.open(ino);
        let trace = &context.trace;
        let _turn = trace.waited(Stage::Queue, file.turn.lock()).await;
        let _gate = trace.waited(Stage::Queue, file.gate.write()).await;
        keep_refusal(&file, self.save(tenure, &file, trace).await)?;
        self.propose(tenure, context, change).await
    }

    pub(super) async fn commit_before(
        self: &Arc<Self>,
        tenure: &Arc<Tenure>,
        file: &FileRef,
        trace: &Trace,
    ) -> Result<(), ExecuteError> {
        keep_refusal(file, self.commit_file(tenure, file, trace).await)
    }

    /// Proposes a change, and further ones when it was to cut more than one change may. Whoever asks again under the
    /// same id gets the first one's reply, and the rest is then done here.
    async fn propose(
        &self,
        tenure: &Arc<Tenure>,
        context: &Context,
        change: Change,
    ) -> Result<Outcome, ExecuteError> {
        let cutting = Cutting::of(&change);
        let submit = |op, change| {
            let submitted = tenure.committer.submit_timed(context.caller.clone(), op, change);
            async move {
                let (outcome, stages) = submitted.await;
                context.trace.count_all(&stages);
                outcome
            }
        };
        let mut outcome = submit(context.op, change).await?;
        while let Some(rest) = cutting.as_ref().and_then(|cutting| cutting.rest(&outcome)) {
            outcome = joined(outcome, submit(OpId::NONE, rest).await?);
        }
        Ok(outcome)
    }

    /// Changes that only the leader makes, and inodes that the caller must not know any more.
    fn refuse_change(&self, context: &Context, change: &Change) -> Result<(), ExecuteError> {
        let ino = match change {
            Change::Write { .. }
            | Change::Restage { .. }
            | Change::AllocateChunks { .. }
            | Change::Reap { .. } => return Err(Errno::Perm.into()),
            // These are for those who hold files open.
            Change::Lock { .. }
            | Change::Unlock { .. }
            | Change::EndSession { .. }
            | Change::Reshape { .. }
                if !context.holds_open =>
            {
                return Err(Errno::Perm.into());
            }
            Change::SetAttr { ino, .. }
            | Change::SetXattr { ino, .. }
            | Change::RemoveXattr { ino, .. }
            | Change::Punch { ino, .. } => *ino,
            _ => return Ok(()),
        };
        if !context.holds_open {
            refuse_gone(&self.meta.attr(ino)?, context)?;
        }
        Ok(())
    }

    fn touched(&self, tenure: &Arc<Tenure>, change: &Change) -> Result<Touch, ExecuteError> {
        Ok(match change {
            Change::SetAttr { ino, set: SetAttr { size: Some(_), .. }, .. }
            | Change::Punch { ino, .. }
            | Change::Reshape { ino, .. } => Touch::Bytes(*ino),
            Change::SetAttr { ino, .. }
            | Change::SetXattr { ino, .. }
            | Change::RemoveXattr { ino, .. }
            | Change::Link { ino, .. } => Touch::Attributes(*ino),
            Change::Create { parent, name, set, mode: CreateMode::Unchecked, .. } if set.size.is_some() => {
                self.truncated_by_create(tenure, *parent, name)?
            }
            _ => Touch::Nothing,
        })
    }

    /// A file that exists is cut by an unchecked CREATE with a size. Without unsaved data there is nothing
    /// to order: what comes meanwhile is concurrent.
    fn truncated_by_create(
        &self,
        tenure: &Arc<Tenure>,
        parent: Ino,
        name: &Bytes,
    ) -> Result<Touch, ExecuteError> {
        match self.meta.lookup(parent, name) {
            Ok((attr, _)) if tenure.files.peek(attr.ino).is_some() => Ok(Touch::Bytes(attr.ino)),
            Ok(_) | Err(MetaError::Refused(_)) => Ok(Touch::Nothing),
            Err(error) => Err(error.into()),
        }
    }

    /// Lets the outcome's attributes show unsaved data, and notes files that lost their last name.
    fn finish(&self, tenure: &Arc<Tenure>, mut outcome: Outcome) -> Outcome {
        let mut gone = None;
        match &mut outcome {
            Outcome::Created { attr, .. } | Outcome::Linked { attr, .. } => tenure.files.show_in(attr),
            Outcome::Changed(wcc) => tenure.files.show_in(&mut wcc.after),
            Outcome::Removed { ino, nlink: 0, .. } => gone = Some(*ino),
            Outcome::Renamed { replaced: Some((ino, 0)), .. } => gone = Some(*ino),
            _ => {}
        }
        if let Some(file) = gone.and_then(|ino| tenure.files.peek(ino)) {
            file.dirty().orphan = true;
        }
        outcome
    }
}

/// Data that could not be saved is lost for its writer, who must hear of it at the next COMMIT; the change
/// that waited for it goes on.
fn keep_refusal(file: &FileRef, outcome: Result<(), ExecuteError>) -> Result<(), ExecuteError> {
    match outcome {
        Err(ExecuteError::Refused(errno)) => {
            if errno != Errno::Stale {
                file.dirty().error = Some(errno);
            }
            Ok(())
        }
        other => other,
    }
}
