//! The cluster as a whole.

use crate::known::NOW;
use crate::node::node;
use crate::{Memory, State, TOKEN};
use nasd_api::*;

impl Serve<ReadHealth> for Memory {
    async fn serve(&self, _: Call<ReadHealth>) -> Result<HealthWord, ApiError> {
        self.act(|state| {
            state.status().map(|status| HealthWord { health: status.health, reason: status.headline.reason })
        })
    }
}

impl Serve<ReadCluster> for Memory {
    async fn serve(&self, _: Call<ReadCluster>) -> Result<ClusterStatus, ApiError> {
        self.act(|state| state.status())
    }
}

impl Serve<ClusterCreate> for Memory {
    async fn serve(&self, call: Call<ClusterCreate>) -> Result<ClusterStatus, ApiError> {
        let request = call.body;
        self.act(|state| {
            if state.cluster.is_some() {
                return Err(refusal::in_a_cluster());
            }
            state.cluster = Some(request.name);
            state.status()
        })
    }
}

impl Serve<ClusterJoin> for Memory {
    async fn serve(&self, call: Call<ClusterJoin>) -> Result<ClusterStatus, ApiError> {
        let request = call.body;
        self.act(|state| {
            if request.token.reveal() != TOKEN {
                let why =
                    "the join token is not known to this cluster; create one with `nasctl cluster token`";
                return Err(refusal::join_refused(why));
            }
            state.cluster = Some("joined".into());
            state.status()
        })
    }
}

impl Serve<RotateAuthority> for Memory {
    async fn serve(&self, _: Call<RotateAuthority>) -> Result<Task, ApiError> {
        self.start(TaskKind::RotateAuthority)
    }
}

fn disk_failed(why: &str) -> Sentence {
    verdict::disk_failed("stor-a", "/var/lib/gotgan/chunks", why)
}

impl State {
    pub(crate) fn status(&self) -> Result<ClusterStatus, ApiError> {
        let name = self.cluster.clone().ok_or_else(refusal::no_cluster)?;
        Ok(ClusterStatus {
            id: "0123456789abcdef".into(),
            name,
            node: 1,
            health: Health::Degraded,
            verdict: verdict::on_one_node().text,
            headline: verdict::on_one_node(),
            causes: self
                .disk_failed
                .iter()
                .map(|why| disk_failed(why))
                .chain([verdict::few_nodes(1)])
                .collect(),
            quorum: true,
            leader: Some(1),
            term: 3,
            commit_index: 42,
            last_failover: Some(Failover {
                at: NOW - 3_600,
                milliseconds: 1_700,
                volume: None,
                from: "stor-b".into(),
                to: "stor-a".into(),
            }),
            space: Space { used_bytes: 4096 * self.volumes.len() as u64, free_bytes: (1 << 40) - 4096 },
            nodes: vec![node()],
            volumes: self.volumes.values().cloned().collect(),
        })
    }
}
