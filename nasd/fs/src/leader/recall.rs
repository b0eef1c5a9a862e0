//! Saying how long a kernel may keep what a reply shows, and taking it back before a change: see [`crate::leader::caches`].

use crate::arrival::Arrived;
use crate::core::Core;
use crate::leader::caches::{Changing, KEEP_MAX, Key, Moment, RECALL_PATIENCE};
use crate::leader::tenure::Tenure;
use crate::message::{Answer, Ask};
use crate::refusal::ExecuteError;
use crate::service::{Cached, Context, Reply, Request};
use bytes::Bytes;
use nasd_base::file::DirEntry;
use nasd_base::{Errno, Ino, NodeId};
use nasd_meta::{Change, CreateMode, LockSession, MetaError, Outcome};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;
use tokio::time::Instant;

/// What a reply shows that a kernel may keep.
enum Shown {
    /// A name of a directory, and perhaps the inode that has it.
    Name(Ino, Key),
    Attr,
    Listing(Ino),
}

impl Shown {
    fn by(request: &Request) -> Option<Shown> {
        match request {
            Request::Lookup { parent, name }
            | Request::Change(Change::Create { parent, name, .. } | Change::Link { parent, name, .. }) => {
                Some(Shown::Name(*parent, Key::name(*parent, name)))
            }
            Request::GetAttr { .. } | Request::Change(Change::SetAttr { .. }) => Some(Shown::Attr),
            Request::ReadDir { ino, attrs: true, .. } => Some(Shown::Listing(*ino)),
            _ => None,
        }
    }
}

impl Core {
    /// Carries out an operation, and says for how long its mount's kernel may keep what the reply shows.
    pub(crate) async fn execute_keeping(
        self: &Arc<Self>,
        context: &Context,
        request: Request,
        body: Bytes,
        arrived: Arrived,
    ) -> (Result<(Reply, Bytes), ExecuteError>, Duration) {
        let keeping = context.mount.zip(Shown::by(&request)).zip(self.tenure().ok());
        let Some(((mount, shown), tenure)) = keeping else {
            return (self.execute(context, request, body, arrived).await, Duration::ZERO);
        };
        let moment = tenure.caches.moment(mount);
        let result = self.execute(context, request, body, arrived).await;
        let sole = KEEP_MAX.min(self.group.sole_for());
        let may = !sole.is_zero()
            && !tenure.has_ended()
            && self.may_keep(&tenure, mount, moment, shown, result.as_ref().map(|(reply, _)| reply));
        (result, if may { sole } else { Duration::ZERO })
    }

    fn may_keep(
        &self,
        tenure: &Tenure,
        mount: LockSession,
        moment: Moment,
        shown: Shown,
        result: Result<&Reply, &ExecuteError>,
    ) -> bool {
        let now = Instant::now();
        let keep = |directory, name: Option<Key>, ino: Option<Ino>| {
            let keys = name.into_iter().chain(ino.map(Key::attr));
            tenure.caches.keep(mount, moment, directory, keys, now)
        };
        match (shown, result) {
            (Shown::Name(parent, name), Err(ExecuteError::Refused(Errno::NoEnt))) => {
                keep(Some(parent), Some(name), None)
            }
            (
                Shown::Name(parent, name),
                Ok(
                    Reply::Entry { attr, .. }
                    | Reply::Outcome(Outcome::Created { attr, .. } | Outcome::Linked { attr, .. }),
                ),
            ) => keep(Some(parent), Some(name), Some(attr.ino)),
            (Shown::Attr, Ok(Reply::Attr(attr))) => keep(None, None, Some(attr.ino)),
            (Shown::Attr, Ok(Reply::Outcome(Outcome::Changed(wcc)))) => keep(None, None, Some(wcc.after.ino)),
            (Shown::Listing(directory), Ok(Reply::Dir { entries, .. })) => {
                let both = |entry: &DirEntry| [Key::name(directory, &entry.name), Key::attr(entry.ino)];
                tenure.caches.keep(mount, moment, Some(directory), entries.iter().flat_map(both), now)
            }
            _ => false,
        }
    }

    /// What a change is about to make wrong in other mounts' kernels.
    pub(super) fn outdated_by(
        &self,
        tenure: &Tenure,
        by: Option<LockSession>,
        change: &Change,
    ) -> Result<Vec<Cached>, ExecuteError> {
        let mut cached = Outdated::default();
        // Looking names up is only worth it for those who keep what they mean.
        let others_keep = tenure.caches.others_keep(by, Instant::now());
        let meant = |parent: Ino, name: &Bytes| match others_keep {
            true => match self.meta.lookup(parent, name) {
                Ok((attr, _)) => Ok(Some(attr.ino)),
                Err(MetaError::Refused(_)) => Ok(None),
                Err(error) => Err(ExecuteError::from(error)),
            },
            false => Ok(None),
        };
        match change {
            Change::Create { parent, name, mode, .. } => {
                cached.name(*parent, name);
                if *mode == CreateMode::Unchecked {
                    cached.attr(meant(*parent, name)?);
                }
            }
            Change::Link { ino, parent, name } => {
                cached.name(*parent, name);
                cached.attr(Some(*ino));
            }
            Change::Unlink { parent, name } | Change::Rmdir { parent, name } => {
                cached.name(*parent, name);
                cached.attr(meant(*parent, name)?);
            }
            Change::Rename { from_parent, from_name, to_parent, to_name, .. } => {
                for (parent, name) in [(from_parent, from_name), (to_parent, to_name)] {
                    cached.name(*parent, name);
                    cached.attr(meant(*parent, name)?);
                }
            }
            Change::SetAttr { ino, .. }
            | Change::SetXattr { ino, .. }
            | Change::RemoveXattr { ino, .. }
            | Change::Punch { ino, .. }
            | Change::Reshape { ino, .. } => cached.attr(Some(*ino)),
            // Locks, and what only a leader changes: neither shows.
            _ => {}
        }
        Ok(cached.0)
    }

    /// Takes back what other mounts than `by` keep of `cached`. Until the result is dropped nobody else is told to
    /// keep any of it.
    pub(super) async fn recall(
        &self,
        tenure: &Tenure,
        by: Option<LockSession>,
        cached: &[Cached],
    ) -> Changing {
        let begun = Instant::now();
        let (changing, holders) = tenure.caches.begin(by, cached, begun);
        if holders.is_empty() {
            return changing;
        }
        let asked = holders.iter().map(|(mount, held)| self.recall_from(tenure, *mount, held));
        if futures::future::join_all(asked).await.contains(&false) {
            tokio::time::sleep_until(begun + RECALL_PATIENCE).await;
            holders.iter().for_each(|(mount, held)| tenure.caches.let_go(*mount, held));
        }
        changing
    }

    /// Whether the mount has surely let go.
    async fn recall_from(&self, tenure: &Tenure, mount: LockSession, held: &[Cached]) -> bool {
        let done = if mount.node == self.me {
            let recall = self.sessions().map(|sessions| sessions.recall(self.id, mount.id, held.to_vec()));
            match recall {
                Some(recall) => tokio::time::timeout(RECALL_PATIENCE, recall).await.unwrap_or(false),
                None => false,
            }
        } else {
            self.recall_at(mount.node, mount.id, held.to_vec()).await
        };
        if done {
            tenure.caches.let_go(mount, held);
        } else {
            let now = Instant::now();
            tenure.caches.contend(held, now);
            self.stats.recalls_given_up.fetch_add(1, Relaxed);
            if let Some(times) = tenure.caches.given_up.say(now) {
                tracing::warn!(volume = %self.id, node = %mount.node, times,
                    "a mount did not let go of what its kernel keeps: the change waits until that has grown old");
            }
        }
        done
    }

    async fn recall_at(&self, node: NodeId, session: u64, cached: Vec<Cached>) -> bool {
        let ask = Ask::Recall { volume: self.id, session, cached };
        matches!(
            self.ask(node, &ask, Bytes::new(), RECALL_PATIENCE).await,
            Ok((Answer::Recalled { done: true }, _))
        )
    }
}

/// A list of what is kept, as a change calls for it.
#[derive(Default)]
struct Outdated(Vec<Cached>);

impl Outdated {
    /// A name, and what its directory's attributes say of it.
    fn name(&mut self, parent: Ino, name: &Bytes) {
        self.0.push(Cached::Name { parent, name: name.clone() });
        self.0.push(Cached::Attr(parent));
    }

    fn attr(&mut self, ino: Option<Ino>) {
        self.0.extend(ino.map(Cached::Attr));
    }
}
