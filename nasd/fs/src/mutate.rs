//! Metadata changes that clients ask for, ordered with the unsaved data they touch.

use crate::access::refuse_gone;
use crate::files::FileRef;
use crate::refusal::ExecuteError;
use crate::service::{Context, Reply};
use crate::tenure::Tenure;
use crate::volume::Core;
use bytes::Bytes;
use nasd_base::file::SetAttr;
use nasd_base::{Errno, Ino};
use nasd_meta::{Change, CreateMode, MetaError, Outcome};
use std::sync::Arc;

/// What a change does to unsaved data of a file.
enum Touch {
    Nothing,
    /// Its attributes: unsaved data is saved first, so that times and privileges follow in order.
    Attributes(Ino),
    /// Its bytes: nothing else may touch them meanwhile.
    Bytes(Ino),
}

impl Core {
    pub(crate) async fn change(
        self: &Arc<Self>,
        context: &Context,
        change: Change,
    ) -> Result<Reply, ExecuteError> {
        let tenure = self.enter().await?;
        self.refuse_change(context, &change)?;
        if let Change::Lock { .. } | Change::Unlock { .. } | Change::EndSession { .. } = change {
            return self.change_lock(&tenure, context, change).await;
        }
        self.make_room(&tenure, &change).await?;
        let outdated = self.outdated_by(&tenure, context.mount, &change)?;
        let _changing = self.recall(&tenure, context.mount, &outdated).await;
        let outcome = match self.touched(&tenure, &change)? {
            Touch::Nothing => self.propose(&tenure, context, change).await,
            Touch::Attributes(ino) => {
                if let Some(file) = tenure.files.peek(ino) {
                    self.commit_before(&tenure, &file).await?;
                }
                self.propose(&tenure, context, change).await
            }
            Touch::Bytes(ino) => {
                // Not to be cut off between the change and the release of the file.
                let (core, tenure, context) = (self.clone(), tenure.clone(), context.clone());
                let work = async move { core.change_bytes(&tenure, &context, ino, change).await };
                tokio::spawn(work).await.unwrap_or(Err(ExecuteError::Unknown))
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
        let _turn = file.turn.lock().await;
        let _gate = file.gate.write().await;
        keep_refusal(&file, self.save(tenure, &file).await)?;
        self.propose(tenure, context, change).await
    }

    pub(crate) async fn commit_before(
        self: &Arc<Self>,
        tenure: &Arc<Tenure>,
        file: &FileRef,
    ) -> Result<(), ExecuteError> {
        keep_refusal(file, self.commit_file(tenure, file).await)
    }

    async fn propose(
        &self,
        tenure: &Arc<Tenure>,
        context: &Context,
        change: Change,
    ) -> Result<Outcome, ExecuteError> {
        tenure.committer.submit(context.caller.clone(), context.op, change).await
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
