//! Carries out what is asked of the cluster as a whole: what it is, how a machine becomes a member, its authority.

use crate::Manager;
use crate::bootstrap::{self, Bootstrap, FoundingFile};
use crate::refusal::{self, of_join, of_system};
use nasd_api::{
    ApiError, Call, ClusterCreate, ClusterJoin, ClusterStatus, ReadCluster, RotateAuthority, Serve, Task,
};
use nasd_base::{Clock, NodeId, OsEntropy, SystemClock};
use nasd_cluster::identity::load_or_create_key;
use nasd_cluster::{Authority, Identity, JoinToken};
use nasd_files::Folder;
use nasd_system::{ClusterCommand, SystemReply, check_address, check_cluster_name, check_node_name};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// The id of the node that founds a cluster; all others come from the log, whose first entries are older.
const FIRST_NODE: NodeId = NodeId(1);
/// How long a member that was just made may take to see itself in the cluster.
const MEMBER_TIME: Duration = Duration::from_secs(30);
const POLL_EVERY: Duration = Duration::from_millis(50);

impl Serve<ReadCluster> for Manager {
    async fn serve(&self, _: Call<ReadCluster>) -> Result<ClusterStatus, ApiError> {
        self.status().await
    }
}

impl Serve<ClusterCreate> for Manager {
    async fn serve(&self, call: Call<ClusterCreate>) -> Result<ClusterStatus, ApiError> {
        let _changing = self.changing.lock().await;
        self.refuse_members().await?;
        let address = self.advertised(call.body.advertise)?;
        let name = self.machine.node_name();
        check_node_name(&name).map_err(|e| of_system(&e.into()))?;
        check_address(&address).map_err(|e| of_system(&e.into()))?;
        check_cluster_name(&call.body.name).map_err(|e| of_system(&e.into()))?;
        let dir = Folder::new(&self.machine.dir);
        let identity = new_authority_identity(&dir).map_err(refusal::internal)?;
        let founding = FoundingFile { node_name: name, address, cluster_name: call.body.name };
        let bootstrap = Bootstrap { founding: Some(founding), ..Bootstrap::default() };
        bootstrap::become_member(&dir, &bootstrap, &identity).map_err(refusal::internal)?;
        self.become_member(identity).await
    }
}

impl Serve<ClusterJoin> for Manager {
    async fn serve(&self, call: Call<ClusterJoin>) -> Result<ClusterStatus, ApiError> {
        let _changing = self.changing.lock().await;
        self.refuse_members().await?;
        let token = JoinToken::parse(call.body.token.reveal()).map_err(refusal::join_token_unreadable)?;
        let address = self.advertised(call.body.advertise)?;
        let (dir, clock) = (Folder::new(&self.machine.dir), Arc::new(SystemClock));
        let joined = nasd_cluster::join(&dir, &token, &self.machine.node_name(), &address, clock)
            .await
            .map_err(|error| of_join(&error))?;
        let members = joined.members.iter().map(|(id, address)| (id.0, address.clone())).collect();
        let keys = joined.member_keys.iter().map(|(id, key)| (id.0, *key)).collect();
        let bootstrap = Bootstrap { founding: None, members, keys };
        bootstrap::become_member(&dir, &bootstrap, &joined.identity).map_err(refusal::internal)?;
        self.become_member(joined.identity).await
    }
}

impl Serve<RotateAuthority> for Manager {
    /// Has the state name another authority; every node, this one too, then takes it over.
    async fn serve(&self, call: Call<RotateAuthority>) -> Result<Task, ApiError> {
        let member = self.member().await?;
        let failed = |error: String| refusal::internal(format!("no other authority could be made: {error}"));
        let next = self.next_authority(&member.authority.get()).await.map_err(failed)?;
        let (fingerprint, started_by) = (next.fingerprint(), call.caller.user.clone());
        let command = ClusterCommand::RotateAuthority { fingerprint, started_by };
        match self.propose(&call, command).await? {
            SystemReply::Task(task) => self.described(&task).await,
            _ => Err(refusal::internal("the change of authority began as something else")),
        }
    }
}

impl Manager {
    async fn status(&self) -> Result<ClusterStatus, ApiError> {
        let observed = self.observe().await?;
        let verdict = observed.verdict();
        Ok(ClusterStatus {
            id: observed.view.cluster.id.unwrap_or_default().to_string(),
            name: observed.view.settings.cluster_name.clone(),
            node: observed.me.0,
            health: verdict.health,
            verdict: verdict.text(),
            headline: verdict.headline,
            causes: verdict.causes,
            quorum: observed.has_quorum(),
            leader: observed.system.leader.map(|node| node.0),
            term: observed.system.term,
            commit_index: observed.system.applied_index.unwrap_or(0),
            last_failover: observed.last_failover(),
            space: observed.space(),
            nodes: observed.nodes(),
            volumes: observed.volumes(),
        })
    }

    /// The address that others reach this node at.
    fn advertised(&self, asked: Option<String>) -> Result<String, ApiError> {
        asked.or_else(|| self.machine.advertise.clone()).ok_or_else(refusal::address_not_known)
    }

    async fn refuse_members(&self) -> Result<(), ApiError> {
        if self.is_member().await {
            return Err(refusal::in_a_cluster());
        }
        // A member that could not start: a new identity would take the place of the one that others know.
        match Identity::load(&self.machine.dir) {
            Ok(None) => Ok(()),
            Ok(Some(identity)) => Err(refusal::member_not_started(identity.node)),
            Err(error) => Err(refusal::identity_unusable(error)),
        }
    }

    async fn become_member(&self, identity: Identity) -> Result<ClusterStatus, ApiError> {
        let me = identity.node;
        self.start_member(identity).await.map_err(refusal::internal)?;
        let deadline = Instant::now() + MEMBER_TIME;
        loop {
            let observed = self.observe().await?;
            if observed.view.node(me).is_some() {
                return self.status().await;
            }
            if Instant::now() > deadline {
                return Err(refusal::member_not_heard());
            }
            sleep(POLL_EVERY).await;
        }
    }

    /// The one that is prepared, or another: an earlier request for it may still be decided, and whoever wins, its key
    /// is kept.
    async fn next_authority(&self, current: &Authority) -> Result<Authority, String> {
        let _changing = self.changing.lock().await;
        if let Some(prepared) = Identity::prepared(&self.machine.dir).map_err(|error| error.to_string())? {
            return Ok(prepared);
        }
        let next = current.successor(SystemClock.now()).map_err(|error| error.to_string())?;
        let dir = nasd_files::Folder::new(&self.machine.dir);
        Identity::prepare(&dir, &next).map_err(|error| error.to_string())?;
        Ok(next)
    }
}

/// A new cluster's authority and the identity of its first node, not saved yet.
fn new_authority_identity(dir: &Folder) -> Result<Identity, String> {
    let now = SystemClock.now();
    let authority = Authority::create(now, &OsEntropy).map_err(|error| error.to_string())?;
    let key = load_or_create_key(dir).map_err(|error| error.to_string())?;
    let certificate =
        authority.issue(FIRST_NODE, &key.public_key(), now).map_err(|error| error.to_string())?;
    Identity::new(Arc::new(authority), certificate, key).map_err(|error| error.to_string())
}
