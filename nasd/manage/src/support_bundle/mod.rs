//! Collects support bundles: what all nodes and the cluster's state say, without secrets, as one archive that is kept
//! until it was fetched or some minutes are over.

mod archive;
mod censor;
mod cluster;
mod kept;
mod node;

pub use kept::Bundles;

use crate::Manager;
use crate::refusal;
use archive::{File, archived};
use futures::future::join_all;
use nasd_api::{
    ApiError, Archive, BundleFile, Call, CreateSupportBundle, List, ListSupportBundles, ReadSupportBundle,
    Serve, SupportBundle,
};
use nasd_base::{Clock, NodeId, SystemClock};
use nasd_node::Question;
use std::time::Duration;

/// As long as somebody may look at what is in it.
const KEPT_SECONDS: i64 = 600;
/// How long a node may take to say what it has.
const NODE_PATIENCE: Duration = Duration::from_secs(15);

impl Serve<CreateSupportBundle> for Manager {
    async fn serve(&self, call: Call<CreateSupportBundle>) -> Result<SupportBundle, ApiError> {
        let Ok(_collecting) = self.bundles.collecting() else {
            return Err(refusal::bundle_under_way());
        };
        let mut files = self.of_cluster(&call.caller).await;
        let (of_nodes, missing) = self.of_nodes().await?;
        files.extend(of_nodes);
        let made = SystemClock.now().secs;
        let listed =
            files.iter().map(|file| BundleFile { name: file.name.clone(), bytes: file.bytes.len() as u64 });
        let listed = listed.collect();
        let archive = tokio::task::spawn_blocking(move || archived(&files, made)).await;
        let archive = archive.map_err(refusal::internal)?.map_err(refusal::internal)?;
        let bundle = SupportBundle {
            // A moment is enough to tell bundles of one node apart.
            id: made.unsigned_abs(),
            made,
            expires: made + KEPT_SECONDS,
            bytes: archive.len() as u64,
            files: listed,
            missing,
        };
        self.bundles.keep(bundle.clone(), archive);
        Ok(bundle)
    }
}

impl Serve<ListSupportBundles> for Manager {
    async fn serve(&self, call: Call<ListSupportBundles>) -> Result<List<SupportBundle>, ApiError> {
        let kept = self.bundles.kept(SystemClock.now().secs);
        call.at.of(kept.map(|(bundle, _)| bundle).into_iter().collect())
    }
}

impl Serve<ReadSupportBundle> for Manager {
    async fn serve(&self, call: Call<ReadSupportBundle>) -> Result<Archive, ApiError> {
        let id = call.at.id;
        let kept = self.bundles.kept(SystemClock.now().secs).filter(|(bundle, _)| bundle.id == id);
        kept.map(|(_, archive)| Archive(archive)).ok_or_else(|| refusal::bundle_unknown(id))
    }
}

impl Manager {
    /// The parts of all nodes, and the names of those that did not answer.
    async fn of_nodes(&self) -> Result<(Vec<File>, Vec<String>), ApiError> {
        let (member, nodes) = (self.member().await?, self.observe().await?.nodes());
        let asked = nodes.iter().map(|node| async {
            let reporter = &member.node.reporter;
            let said = match node.reachable {
                true => reporter.ask_plainly(NodeId(node.id), Question::Support, NODE_PATIENCE).await,
                false => None,
            };
            said.and_then(|said| node::read(&said))
        });
        let (mut files, mut missing) = (Vec::new(), Vec::new());
        for (node, part) in nodes.iter().zip(join_all(asked).await) {
            match part {
                Some(part) => files.extend(part.into_iter().map(|file| file.below(&node.name))),
                None => missing.push(node.name.clone()),
            }
        }
        Ok((files, missing))
    }
}
