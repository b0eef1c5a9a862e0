//! The cluster's rows.

use super::ClusterId;
use crate::sqlite::{array, put_setting, setting};
use crate::tables::Tables;
use nasd_state::StateError;
use rusqlite::Connection;

const CLUSTER: &str = "cluster_id";
const AUTHORITY: &str = "authority";

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClusterEffect {
    Id(ClusterId),
    Authority([u8; 32]),
}

pub fn take(tables: &mut Tables, effect: ClusterEffect) {
    match effect {
        ClusterEffect::Id(id) => tables.cluster = Some(id),
        ClusterEffect::Authority(fingerprint) => tables.authority = Some(fingerprint),
    }
}

pub fn load(db: &Connection, tables: &mut Tables) -> Result<(), StateError> {
    if let Some(bytes) = setting(db, CLUSTER)? {
        tables.cluster = Some(ClusterId(array(bytes, "the cluster id")?));
    }
    if let Some(bytes) = setting(db, AUTHORITY)? {
        tables.authority = Some(array(bytes, "the authority's fingerprint")?);
    }
    Ok(())
}

pub fn write(db: &Connection, effect: &ClusterEffect) -> Result<(), StateError> {
    match effect {
        ClusterEffect::Id(ClusterId(bytes)) => put_setting(db, CLUSTER, bytes),
        ClusterEffect::Authority(fingerprint) => put_setting(db, AUTHORITY, fingerprint),
    }
}
