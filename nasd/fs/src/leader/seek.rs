//! Finding data and holes: what the metadata says, what is unsaved laid over it. What is unsaved is data.

use crate::core::Core;
use crate::leader::access::{may_read, refuse_gone};
use crate::leader::files::File;
use crate::refusal::ExecuteError;
use crate::service::{Context, Reply};
use crate::timing::Stage;
use nasd_base::file::Attr;
use nasd_base::{Errno, Ino};
use std::ops::Range;
use std::sync::Arc;

impl Core {
    pub(super) async fn seek(
        self: &Arc<Self>,
        context: &Context,
        ino: Ino,
        offset: u64,
        hole: bool,
    ) -> Result<Reply, ExecuteError> {
        let tenure = self.enter(&context.trace).await?;
        let file = tenure.files.open(ino);
        // No truncation comes in between.
        let _gate = context.trace.waited(Stage::Queue, file.gate.read()).await;
        let (attr, mut run) = self.next_run(&file, offset)?;
        refuse_gone(&attr, context)?;
        may_read(&attr, self.list_for_data(&attr, context)?.as_ref(), context)?;
        if offset >= attr.size {
            return Err(Errno::NxIo.into());
        }
        if !hole {
            let start = run.map(|run| run.start).filter(|start| *start < attr.size);
            return Ok(Reply::Sought { offset: start.ok_or(Errno::NxIo)? });
        }
        let mut at = offset;
        while let Some(data) = run.filter(|run| run.start == at && at < attr.size) {
            at = data.end;
            // A file without holes is walked to its end.
            tokio::task::yield_now().await;
            run = self.next_run(&file, at)?.1;
        }
        Ok(Reply::Sought { offset: at.min(attr.size) })
    }

    /// The run of data that begins first at or after `from`; another may follow it at once.
    fn next_run(&self, file: &Arc<File>, from: u64) -> Result<(Attr, Option<Range<u64>>), ExecuteError> {
        // First what is unsaved, then the metadata: what is saved in between is then in both.
        let dirty = file.dirty();
        let unsaved = dirty.overlay.next(from);
        let (mut attr, saved) = self.meta.next_data(file.ino, from)?;
        dirty.show_in(&mut attr);
        Ok((attr, unsaved.into_iter().chain(saved).min_by_key(|run| run.start)))
    }
}
