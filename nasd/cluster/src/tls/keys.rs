//! Which keys are the nodes': what every handshake between nodes is decided by, at both ends.
//!
//! A certificate says which node somebody wants to be, and TLS proves that they hold its key. Whether that is the
//! node's key the cluster's state says, in which it was registered when the node joined. Who signed the certificate is
//! not asked: every node could sign one for every other. See `docs/decisions/0029-registered-keys.md`.

use crate::authority::{KeyFingerprint, key_fingerprint, node_of, public_key_in};
use nasd_base::NodeId;
use parking_lot::RwLock;
use rustls::{CertificateError, Error};
use rustls_pki_types::CertificateDer;
use std::collections::BTreeMap;
use tokio::sync::Notify;

/// Nodes that are known from others' words only, at most.
const TOLD_MAX: usize = 256;

/// The keys as this node knows them.
#[derive(Debug, Default)]
pub struct NodeKeys {
    known: RwLock<Known>,
    /// A node that is not known was refused.
    missed: Notify,
}

#[derive(Debug, Default)]
struct Known {
    /// As this node has applied the state; `None` for nodes that were removed.
    registered: BTreeMap<NodeId, Option<KeyFingerprint>>,
    /// As members said, of nodes that this node has not heard of yet: when it joins, or comes back after long.
    told: BTreeMap<NodeId, KeyFingerprint>,
}

impl NodeKeys {
    /// What a joining node was told by the member that let it in.
    pub fn told(members: impl IntoIterator<Item = (NodeId, KeyFingerprint)>) -> NodeKeys {
        let keys = NodeKeys::default();
        keys.hear(members);
        keys
    }

    /// Takes over what the state says of each node: its key, or that it was removed.
    pub fn learn(&self, registered: impl IntoIterator<Item = (NodeId, Option<KeyFingerprint>)>) {
        self.known.write().registered = registered.into_iter().collect();
    }

    /// Believes a member about nodes that this one does not know. What the state says of one goes before.
    pub fn hear(&self, members: impl IntoIterator<Item = (NodeId, KeyFingerprint)>) {
        let mut known = self.known.write();
        for (node, key) in members.into_iter().take(TOLD_MAX) {
            if known.told.len() < TOLD_MAX {
                known.told.entry(node).or_insert(key);
            }
        }
    }

    /// Waits until somebody was refused because they are not known: a member may know them.
    pub async fn missed(&self) {
        self.missed.notified().await;
    }

    /// The node whose certificate this is, if it has the key that is registered for it.
    pub(super) fn check(&self, certificate: &CertificateDer<'_>) -> Result<NodeId, Error> {
        let unnamed = || Error::InvalidCertificate(CertificateError::NotValidForName);
        let node = node_of(certificate).ok_or_else(unnamed)?;
        let unreadable = |_| Error::InvalidCertificate(CertificateError::BadEncoding);
        let shown = key_fingerprint(&public_key_in(certificate).map_err(unreadable)?);
        let known = self.known.read();
        match known.registered.get(&node).copied().unwrap_or_else(|| known.told.get(&node).copied()) {
            Some(key) if key == shown => Ok(node),
            Some(_) => {
                Err(Error::General(format!("this is not the key that node {node} is registered with")))
            }
            None if known.registered.contains_key(&node) => {
                Err(Error::General(format!("node {node} was removed from the cluster")))
            }
            None => {
                self.missed.notify_one();
                Err(Error::General(format!("node {node} is not known here")))
            }
        }
    }
}
