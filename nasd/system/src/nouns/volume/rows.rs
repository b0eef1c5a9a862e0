//! The volumes' rows.

use super::VolumeInfo;
use crate::noun::RowChange;
use crate::sqlite::{array, id, load, packed, put_setting, setting};
use nasd_base::file::{RootDir, VolumeLimits};
use nasd_base::{Timestamp, VolumeId};
use nasd_cluster::decode_all;
use nasd_state::StateError;
use rusqlite::{Connection, Row, params};
use std::collections::BTreeMap;
use std::ops::Deref;

const LAST_VOLUME: &str = "last_volume";

/// All volumes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Volumes {
    /// The newest id given out. One up to here that is no row was deleted.
    pub last: VolumeId,
    rows: BTreeMap<VolumeId, VolumeInfo>,
}

impl Deref for Volumes {
    type Target = BTreeMap<VolumeId, VolumeInfo>;

    fn deref(&self) -> &Self::Target {
        &self.rows
    }
}

impl FromIterator<VolumeInfo> for Volumes {
    fn from_iter<I: IntoIterator<Item = VolumeInfo>>(volumes: I) -> Volumes {
        let rows: BTreeMap<_, _> = volumes.into_iter().map(|volume| (volume.id, volume)).collect();
        Volumes { last: rows.keys().next_back().copied().unwrap_or_default(), rows }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VolumeEffect {
    /// The newest id given out.
    Last(VolumeId),
    Volume(VolumeInfo),
    NoVolume(VolumeId),
}

impl RowChange for VolumeEffect {
    type Rows = Volumes;

    const SCHEMA: &str = "
        CREATE TABLE IF NOT EXISTS volume (
            id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, replicas BLOB NOT NULL, created_ns INTEGER NOT NULL,
            bytes_max INTEGER, files_max INTEGER, root_uid INTEGER NOT NULL, root_gid INTEGER NOT NULL,
            root_mode INTEGER NOT NULL, description TEXT NOT NULL);
    ";

    fn load(db: &Connection) -> Result<Volumes, StateError> {
        let last =
            setting(db, LAST_VOLUME)?.map_or(Ok([0; 8]), |bytes| array(bytes, "the last volume id"))?;
        let query =
            "SELECT id, name, replicas, created_ns, bytes_max, files_max, root_uid, root_gid, root_mode,
                     description FROM volume";
        Ok(Volumes { last: VolumeId(u64::from_le_bytes(last)), ..load(db, query, volume)? })
    }

    fn take(self, volumes: &mut Volumes) {
        match self {
            VolumeEffect::Last(id) => volumes.last = id,
            VolumeEffect::Volume(volume) => drop(volumes.rows.insert(volume.id, volume)),
            VolumeEffect::NoVolume(id) => drop(volumes.rows.remove(&id)),
        }
    }

    fn write(&self, db: &Connection) -> Result<(), StateError> {
        match self {
            VolumeEffect::Last(VolumeId(id)) => return put_setting(db, LAST_VOLUME, &id.to_le_bytes()),
            VolumeEffect::Volume(VolumeInfo { id, name, replicas, created, limits, root, description }) => {
                let [bytes, files] =
                    [limits.bytes, limits.files].map(|limit| limit.map(|limit| limit as i64));
                db.prepare_cached(
                    "INSERT OR REPLACE INTO volume
                     (id, name, replicas, created_ns, bytes_max, files_max, root_uid, root_gid, root_mode,
                      description)
                     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                )?
                .execute(params![
                    id.0 as i64,
                    name,
                    packed(replicas),
                    created.as_nanos(),
                    bytes,
                    files,
                    root.uid,
                    root.gid,
                    root.mode,
                    description,
                ])?
            }
            VolumeEffect::NoVolume(id) => db.execute("DELETE FROM volume WHERE id = ?", [id.0 as i64])?,
        };
        Ok(())
    }
}

fn volume(row: &Row<'_>) -> Result<VolumeEffect, StateError> {
    let replicas: Vec<u8> = row.get(2)?;
    let limit = |column| row.get::<_, Option<i64>>(column)?.map(id).transpose();
    Ok(VolumeEffect::Volume(VolumeInfo {
        id: VolumeId(id(row.get(0)?)?),
        name: row.get(1)?,
        replicas: decode_all(&replicas)
            .ok_or_else(|| StateError::Damaged("a volume's replicas".to_owned()))?,
        created: Timestamp::from_nanos(row.get(3)?),
        limits: VolumeLimits { bytes: limit(4)?, files: limit(5)? },
        root: RootDir { uid: row.get(6)?, gid: row.get(7)?, mode: row.get(8)? },
        description: row.get(9)?,
    }))
}
