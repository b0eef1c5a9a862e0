//! The volumes' rows.

use super::VolumeInfo;
use crate::sqlite::{array, each, id, packed, put_setting, setting};
use crate::tables::Tables;
use nasd_base::file::VolumeLimits;
use nasd_base::{Timestamp, VolumeId};
use nasd_cluster::decode_all;
use nasd_state::StateError;
use rusqlite::{Connection, Row, params};

pub const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS volume (
        id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, replicas BLOB NOT NULL, created_ns INTEGER NOT NULL);
    CREATE TABLE IF NOT EXISTS volume_limit (volume INTEGER PRIMARY KEY, bytes INTEGER, files INTEGER);
";

const LAST_VOLUME: &str = "last_volume";

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VolumeEffect {
    /// The newest id given out.
    Last(VolumeId),
    Volume(VolumeInfo),
    NoVolume(VolumeId),
    /// None at all take the row away.
    Limits(VolumeId, VolumeLimits),
}

pub fn take(tables: &mut Tables, effect: VolumeEffect) {
    match effect {
        VolumeEffect::Last(id) => tables.last_volume = id,
        VolumeEffect::Volume(volume) => drop(tables.volumes.insert(volume.id, volume)),
        VolumeEffect::NoVolume(id) => drop(tables.volumes.remove(&id)),
        VolumeEffect::Limits(id, limits) if limits == VolumeLimits::default() => {
            tables.limits.remove(&id);
        }
        VolumeEffect::Limits(id, limits) => drop(tables.limits.insert(id, limits)),
    }
}

pub fn load(db: &Connection, tables: &mut Tables) -> Result<(), StateError> {
    if let Some(bytes) = setting(db, LAST_VOLUME)? {
        tables.last_volume = VolumeId(u64::from_le_bytes(array(bytes, "the last volume id")?));
    }
    each(db, "SELECT id, name, replicas, created_ns FROM volume", |row| {
        take(tables, VolumeEffect::Volume(volume(row)?));
        Ok(())
    })?;
    each(db, "SELECT volume, bytes, files FROM volume_limit", |row| {
        take(tables, VolumeEffect::Limits(VolumeId(id(row.get(0)?)?), limits(row)?));
        Ok(())
    })
}

fn volume(row: &Row<'_>) -> Result<VolumeInfo, StateError> {
    let replicas: Vec<u8> = row.get(2)?;
    Ok(VolumeInfo {
        id: VolumeId(id(row.get(0)?)?),
        name: row.get(1)?,
        replicas: decode_all(&replicas)
            .ok_or_else(|| StateError::Damaged("a volume's replicas".to_owned()))?,
        created: Timestamp::from_nanos(row.get(3)?),
    })
}

fn limits(row: &Row<'_>) -> Result<VolumeLimits, StateError> {
    let limit = |column| row.get::<_, Option<i64>>(column)?.map(id).transpose();
    Ok(VolumeLimits { bytes: limit(1)?, files: limit(2)? })
}

pub fn write(db: &Connection, effect: &VolumeEffect) -> Result<(), StateError> {
    match effect {
        VolumeEffect::Last(VolumeId(id)) => return put_setting(db, LAST_VOLUME, &id.to_le_bytes()),
        VolumeEffect::Volume(VolumeInfo { id, name, replicas, created }) => db
            .prepare_cached(
                "INSERT OR REPLACE INTO volume (id, name, replicas, created_ns) VALUES (?, ?, ?, ?)",
            )?
            .execute(params![id.0 as i64, name, packed(replicas), created.as_nanos()])?,
        VolumeEffect::NoVolume(id) => db.execute("DELETE FROM volume WHERE id = ?", [id.0 as i64])?,
        VolumeEffect::Limits(id, limits) if *limits == VolumeLimits::default() => {
            db.execute("DELETE FROM volume_limit WHERE volume = ?", [id.0 as i64])?
        }
        VolumeEffect::Limits(id, VolumeLimits { bytes, files }) => {
            let (bytes, files) = (bytes.map(|bytes| bytes as i64), files.map(|files| files as i64));
            db.prepare_cached("INSERT OR REPLACE INTO volume_limit (volume, bytes, files) VALUES (?, ?, ?)")?
                .execute(params![id.0 as i64, bytes, files])?
        }
    };
    Ok(())
}
