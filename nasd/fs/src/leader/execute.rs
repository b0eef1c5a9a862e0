//! One operation at the leader, from request to reply.

use crate::arrival::Arrived;
use crate::core::Core;
use crate::leader::lock_waits::WantedLock;
use crate::leader::quota;
use crate::leader::tenure::Tenure;
use crate::refusal::ExecuteError;
use crate::service::{Context, Reply, Request};
use crate::timing::{Stage, Trace};
use crate::volume_group::ReadMode;
use bytes::Bytes;
use nasd_base::file::VolumeStat;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

/// What an inode costs on a disk, about, to say how many more there can be.
const INODE_BYTES: u64 = 1024;

impl Core {
    pub(super) async fn execute(
        self: &Arc<Self>,
        context: &Context,
        request: Request,
        body: Bytes,
        arrived: Arrived,
    ) -> Result<(Reply, Bytes), ExecuteError> {
        let reply = match request {
            Request::Read { ino, offset, len } => return self.read(context, ino, offset, len).await,
            Request::Lookup { parent, name } => self.lookup(context, parent, &name).await,
            Request::GetAttr { ino } => self.get_attr(context, ino).await,
            Request::ReadLink { ino } => self.read_link(context, ino).await,
            Request::ReadDir { ino, cookie, entries_max, bytes_max, attrs } => {
                self.read_dir(context, ino, cookie, (entries_max, bytes_max), attrs).await
            }
            Request::Write { ino, offset, stability } => {
                self.write(context, ino, offset, stability, (body, arrived)).await
            }
            Request::Append { ino } => self.append(context, ino, body).await,
            Request::Commit { ino } => self.commit(context, ino).await,
            Request::StatVolume => self.stat_volume(context).await,
            Request::GetXattr { ino, name } => self.get_xattr(context, ino, &name).await,
            Request::ListXattrs { ino } => self.list_xattrs(context, ino).await,
            Request::Change(change) => self.change(context, change).await,
            Request::Seek { ino, offset, hole } => self.seek(context, ino, offset, hole).await,
            Request::TestLock { ino, owner, range, exclusive } => {
                self.test_lock(context, WantedLock { ino, owner, range, exclusive }).await
            }
            Request::AwaitLock { ino, owner, range, exclusive } => {
                self.await_lock(context, WantedLock { ino, owner, range, exclusive }).await
            }
        };
        Ok((reply?, Bytes::new()))
    }

    /// Begins an operation: this node leads, and its state is as new as any reply given before.
    pub(super) async fn enter(&self, trace: &Trace) -> Result<Arc<Tenure>, ExecuteError> {
        // Asked first: a node that surely does not lead need not ask the group.
        self.tenure()?;
        trace.waited(Stage::Flush, self.group.read_barrier(ReadMode::Lease)).await?;
        self.tenure()
    }

    async fn stat_volume(&self, context: &Context) -> Result<Reply, ExecuteError> {
        let tenure = self.enter(&context.trace).await?;
        let (totals, limits) = (self.meta.totals()?, self.meta.limits()?);
        let space = self.store.space();
        let left = quota::left(&limits, &totals, tenure.files.growth.load(Relaxed));
        let unstored = self.budget.held();
        let at_most_left = |bytes: u64| left.map_or(bytes, |left| left.min(bytes));
        let files_left = limits.files.map(|most| most.saturating_sub(totals.inodes - 1));
        let free_inodes = (space.available_bytes / INODE_BYTES)
            .min(totals.inodes_max - totals.inodes.min(totals.inodes_max))
            .min(files_left.unwrap_or(u64::MAX));
        Ok(Reply::Volume(VolumeStat {
            total_bytes: limits.bytes.map_or(space.total_bytes, |most| most.min(space.total_bytes)),
            free_bytes: at_most_left(space.free_bytes.saturating_sub(unstored)),
            available_bytes: at_most_left(space.available_bytes.saturating_sub(unstored)),
            total_inodes: totals.inodes + free_inodes,
            free_inodes,
            limits,
            limit_left_bytes: left,
        }))
    }
}
