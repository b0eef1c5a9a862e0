//! Tells what changes in the cluster.

mod happenings;

pub use happenings::Happenings;

use crate::Manager;
use crate::health::{Observed, Patience};
use crate::task::Pace;
use happenings::{Picture, VolumePicture};
use nasd_api::{Answer, ApiError, Call, Event, Events, List, ListEvents, Management, MetricsFormat, Serve};
use nasd_node::Node;
use nasd_system::SystemView;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// How often this node looks at what has changed.
const LOOK_EVERY: Duration = Duration::from_secs(1);

impl Serve<ListEvents> for Manager {
    async fn serve(&self, call: Call<ListEvents>) -> Result<List<Event>, ApiError> {
        call.at.of(self.member().await?.happenings.recent())
    }
}

impl Management for Manager {
    fn events(&self) -> Answer<'_, Events> {
        Box::pin(async { Ok(self.member().await?.happenings.listen()) })
    }

    fn metrics(&self, format: MetricsFormat) -> Answer<'_, String> {
        Box::pin(self.measured(format))
    }
}

/// Tells of changes, for ever.
pub async fn watch(
    node: std::sync::Weak<Node>,
    patience: Arc<Patience>,
    happenings: Arc<Happenings>,
    pace: Arc<Pace>,
) {
    while let Some(node) = node.upgrade() {
        let observed = Observed::by(&node, &patience, Instant::now());
        drop(node);
        pace.look(observed.view.tasks.values(), Instant::now());
        happenings.look(picture(&observed));
        sleep(LOOK_EVERY).await;
    }
}

fn picture(observed: &Observed) -> Picture {
    let volumes = observed.volumes().into_iter().map(|volume| {
        let (name, health, verdict, leader) = (volume.name, volume.health, volume.verdict, volume.leader);
        (volume.id, VolumePicture { name, health, verdict, leader })
    });
    let nodes = observed.nodes().into_iter().map(|node| (node.id, (node.name, node.reachable)));
    let view = &observed.view;
    let tasks = view.tasks.values().map(|task| (task.id, hashed(task)));
    Picture {
        quorum: observed.has_quorum(),
        nodes: nodes.collect(),
        volumes: volumes.collect(),
        configuration: configuration(view),
        tasks: tasks.collect(),
    }
}

/// Differs when what administrators set does; logins and tasks do not count.
fn configuration(view: &SystemView) -> u64 {
    let volumes: Vec<_> = view.volumes.values().map(nasd_system::volume_tag).collect();
    let users: Vec<_> = view.accounts.users.values().map(nasd_system::user_tag).collect();
    let tokens: Vec<_> = view.accounts.api_tokens.values().map(|token| (&token.user, &token.name)).collect();
    hashed(&(&view.settings.cluster_name, &view.settings.time_zone, volumes, &*view.exports, users, tokens))
}

fn hashed(content: &impl serde::Serialize) -> u64 {
    let bytes = postcard::to_stdvec(content).expect("rows always encode");
    u64::from_le_bytes(blake3::hash(&bytes).as_bytes()[..8].try_into().expect("eight bytes"))
}
