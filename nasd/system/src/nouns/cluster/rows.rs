//! The cluster's rows.

use super::ClusterId;
use crate::noun::RowChange;
use crate::sqlite::{array, put_setting, setting};
use nasd_state::StateError;
use rusqlite::Connection;

const CLUSTER: &str = "cluster_id";
const AUTHORITY: &str = "authority";

/// The cluster as it was founded, and what certifies its nodes now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Founded {
    /// `None` before the first command.
    pub id: Option<ClusterId>,
    /// BLAKE3 of the authority's certificate; `None`: it is the founder's.
    pub authority: Option<[u8; 32]>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClusterEffect {
    Id(ClusterId),
    Authority([u8; 32]),
}

impl RowChange for ClusterEffect {
    type Rows = Founded;

    fn load(db: &Connection) -> Result<Founded, StateError> {
        let id = setting(db, CLUSTER)?.map(|bytes| array(bytes, "the cluster id")).transpose()?;
        let authority =
            setting(db, AUTHORITY)?.map(|bytes| array(bytes, "the authority's fingerprint")).transpose()?;
        Ok(Founded { id: id.map(ClusterId), authority })
    }

    fn take(self, cluster: &mut Founded) {
        match self {
            ClusterEffect::Id(id) => cluster.id = Some(id),
            ClusterEffect::Authority(fingerprint) => cluster.authority = Some(fingerprint),
        }
    }

    fn write(&self, db: &Connection) -> Result<(), StateError> {
        match self {
            ClusterEffect::Id(ClusterId(bytes)) => put_setting(db, CLUSTER, bytes),
            ClusterEffect::Authority(fingerprint) => put_setting(db, AUTHORITY, fingerprint),
        }
    }
}
