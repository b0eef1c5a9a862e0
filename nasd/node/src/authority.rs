//! Follows the cluster's authority: this node takes over the one that the state names, from whichever member has it.

use nasd_base::{Clock, NodeId};
use nasd_cluster::{Authority, CurrentAuthority, Identity, TlsNet, Transport, fetch_authority};
use nasd_files::Folder;
use nasd_system::{System, SystemView};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::sleep;

/// Pause before the members are asked again: none of those that answer has it.
const RETRY_EVERY: Duration = Duration::from_secs(1);

/// What a node needs to change over.
#[derive(Clone)]
pub struct Follower {
    /// Where the identity is.
    pub directory: PathBuf,
    pub net: Arc<TlsNet>,
    pub current: Arc<CurrentAuthority>,
    pub clock: Arc<dyn Clock>,
}

impl Follower {
    /// Ends only by being dropped.
    pub async fn run(self, system: System, transport: Transport) {
        let mut views = system.watch();
        loop {
            let view = views.borrow_and_update().clone();
            if let Some(wanted) =
                view.cluster.authority.filter(|wanted| *wanted != self.current.get().fingerprint())
            {
                match self.follow(&view, &transport, wanted).await {
                    Ok(true) => tracing::info!("this node works with the cluster's new authority"),
                    Ok(false) => sleep(RETRY_EVERY).await,
                    Err(error) => {
                        tracing::error!(%error, "this node cannot take over the cluster's new authority");
                        sleep(RETRY_EVERY).await;
                    }
                }
                continue;
            }
            if views.changed().await.is_err() {
                return;
            }
        }
    }

    /// Whether the node has the authority now.
    async fn follow(
        &self,
        view: &SystemView,
        transport: &Transport,
        wanted: [u8; 32],
    ) -> Result<bool, String> {
        let said = |error: nasd_cluster::IdentityError| error.to_string();
        let prepared = Identity::prepared(&self.directory).map_err(said)?;
        if prepared.is_none_or(|prepared| prepared.fingerprint() != wanted) {
            let Some(found) = find(view, transport, wanted).await else { return Ok(false) };
            Identity::prepare(&Folder::new(&self.directory), &found).map_err(said)?;
        }
        let changed = Identity::change_over(&Folder::new(&self.directory), self.clock.now()).map_err(said)?;
        let Some(identity) = changed else { return Ok(false) };
        self.net.show(&identity).map_err(|error| error.to_string())?;
        self.current.set(identity.authority.clone());
        Ok(true)
    }
}

async fn find(view: &SystemView, transport: &Transport, wanted: [u8; 32]) -> Option<Authority> {
    let others = view.members();
    let others: Vec<NodeId> = others.map(|node| node.id).filter(|id| *id != transport.me()).collect();
    let asked = others.into_iter().map(|node| fetch_authority(transport, node, wanted));
    futures::future::join_all(asked).await.into_iter().flatten().next()
}
