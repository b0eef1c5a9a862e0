//! Owns how a cluster's configuration is read from a node.

use crate::failure::Failure;
use crate::nouns::Cluster;
use crate::reach::Node;
use nasd_api::{Client, ClientError, ErrorCode};

/// What the cluster is told to be.
pub async fn cluster(at: &Node, node: &Client) -> Result<Cluster, Failure> {
    let asking = if at.is_remote() { asking(node).await? } else { None };
    Ok(Cluster { asking, ..Cluster::read(node).await? })
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
