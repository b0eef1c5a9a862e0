//! Appending: the one write that must not say where it goes, since others may append meanwhile, on other nodes.

use crate::core::Core;
use crate::leader::write::{WantedWrite, check_range, unchanged};
use crate::refusal::ExecuteError;
use crate::service::{Cached, Context, Reply, Stability};
use crate::timing::Stage;
use bytes::Bytes;
use nasd_base::Ino;
use nasd_base::file::{BeforeAttr, FILE_BYTES_MAX};
use std::sync::Arc;

impl Core {
    /// Takes bytes in behind the last one that the file has. Always gathered: a write in the log on its own would
    /// not count for the size before it is applied.
    pub(super) async fn append(
        self: &Arc<Self>,
        context: &Context,
        ino: Ino,
        bytes: Bytes,
    ) -> Result<Reply, ExecuteError> {
        check_range(0, bytes.len())?;
        let tenure = self.enter(&context.trace).await?;
        let trace = &context.trace;
        let cached = [Cached::Attr(ino)];
        let _changing = trace.waited(Stage::Queue, self.recall(&tenure, context.mount, &cached)).await;
        let beyond_the_end = FILE_BYTES_MAX..FILE_BYTES_MAX + bytes.len() as u64;
        trace.waited(Stage::Queue, self.await_room(&tenure, bytes.len() as u64)).await;
        let claim = trace.waited(Stage::Queue, self.claim(&tenure, ino, beyond_the_end)).await?;
        let charge = trace.waited(Stage::Queue, self.budget.take(bytes.len() as u64)).await;
        let file = tenure.files.open(ino);
        let gate = trace.waited(Stage::Queue, file.gate.write()).await;
        if let Some(reply) = tenure.appends.find(context.op) {
            return Ok(reply);
        }
        let mut wanted = WantedWrite { context, ino, offset: 0, stability: Stability::Unstable, bytes };
        let target = self.writable(&tenure, &file, &wanted)?;
        let attr = target.shown;
        let verifier = tenure.verifier();
        if wanted.bytes.is_empty() {
            return Ok(unchanged(attr, wanted.stability, verifier));
        }
        wanted.offset = attr.size;
        check_range(wanted.offset, wanted.bytes.len())?;
        let attr_after = self.gather(&tenure, &file, &wanted, &target, charge)?;
        let before = BeforeAttr::from(&attr);
        let reply = Reply::Written { before, attr: attr_after, stability: Stability::Unstable, verifier };
        tenure.appends.remember(context.op, &reply);
        drop((gate, claim));
        self.take_privileges(&tenure, &file, &wanted, attr.mode).await?;
        Ok(reply)
    }
}
