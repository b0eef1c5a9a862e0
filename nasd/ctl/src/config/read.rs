//! Owns how a cluster's configuration is read from a node.

use super::file::{Config, Export, Group, Settings, User, Volume};
use super::plan::{Cluster, Seen};
use crate::failure::Failure;
use crate::reach::Node;
use nasd_api::{
    Client, ClientError, ErrorCode, Fresh, List, ListExports, ListGroups, ListUsers, ListVolumes, Nothing,
    Page, ReadSettings, ReplicaState, VolumeInfo,
};
use std::collections::BTreeMap;

/// What the cluster is told to be. Says on standard error when the node may not know it.
pub async fn cluster(at: &Node, node: &Client) -> Result<Cluster, Failure> {
    let Fresh { value: List { items, .. }, stale } = node.ask_fresh::<ListVolumes>(Page::default()).await?;
    if stale {
        eprintln!("nasctl: this node knows of no majority: what it says may be old");
    }
    let mut cluster = Cluster::default();
    for volume in items {
        let etag = volume.etag.clone();
        cluster.volumes.insert(volume.name.clone(), Seen { value: described(&volume), etag });
    }
    for export in node.all::<ListExports>().await? {
        cluster.exports.insert(export.path.clone(), exported(export));
    }
    for user in node.all::<ListUsers>().await? {
        // A volume that was destroyed may still be among a user's; the file cannot name it.
        let owned = user.owned.into_iter().filter(|volume| cluster.volumes.contains_key(volume)).collect();
        let value = User { role: user.role, owned, disabled: user.disabled };
        cluster.users.insert(user.name, Seen { value, etag: user.etag });
    }
    for group in node.all::<ListGroups>().await? {
        let owned = group.owned.into_iter().filter(|volume| cluster.volumes.contains_key(volume)).collect();
        let value = Group { role: group.role, owned, members: group.members.into_iter().collect() };
        cluster.groups.insert(group.name, Seen { value, etag: group.etag });
    }
    let nasd_api::Settings { name, session_idle_minutes, session_minutes, etag } =
        node.ask::<ReadSettings>(Nothing).await?;
    cluster.settings = Seen { value: Settings { name, session_idle_minutes, session_minutes }, etag };
    if at.is_remote() {
        cluster.asking = asking(node).await?;
    }
    Ok(cluster)
}

/// Whose API token is in use. One without the right to know that still can read and change what its scopes say; only
/// the order of changes to users is less careful then.
async fn asking(node: &Client) -> Result<Option<String>, Failure> {
    match node.whoami().await {
        Ok(whoami) => Ok(Some(whoami.user)),
        Err(ClientError::Refused(error)) if error.code == ErrorCode::Denied => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn described(volume: &VolumeInfo) -> Volume {
    // One that is being filled takes the place of another.
    let whole = volume.replicas.iter().filter(|replica| replica.state != ReplicaState::Learning).count();
    Volume { replicas: u8::try_from(whole).ok().filter(|count| *count > 0), limits: volume.limits }
}

/// An export as it is compared.
pub fn exported(export: nasd_api::Export) -> Seen<Export> {
    let nasd_api::Export { volume, clients, etag, .. } = export;
    Seen { value: Export { volume, clients }, etag }
}

impl Cluster {
    pub fn config(self) -> Config {
        fn values<T>(seen: BTreeMap<String, Seen<T>>) -> BTreeMap<String, T> {
            seen.into_iter().map(|(name, seen)| (name, seen.value)).collect()
        }
        Config {
            volumes: values(self.volumes),
            exports: values(self.exports),
            users: values(self.users),
            groups: values(self.groups),
            settings: Some(self.settings.value),
        }
    }
}
