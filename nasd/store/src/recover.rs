//! Rebuilds the catalog when a store is opened.
//!
//! A sealed segment lists its records in its footer. One without a footer was being filled when the node
//! stopped, or is damaged: it is read from end to end, its torn end is cut, and it is sealed. The segments of a
//! disk are replayed in the order in which they were written.

use crate::StoreError;
use crate::catalog::{Catalog, Place};
use crate::disks::{DiskState, segment_name, segment_number};
use crate::format::{HEAD_BYTES, Listed, Record, SegmentHead};
use crate::scan::{Scan, read_footer, scan};
use crate::segments::ChunkSegment;
use crate::store::Inner;
use futures::StreamExt;
use nasd_disk::{DiskFile, OpenMode, Shortage, shortage};
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Segments of one disk that are read at once.
const READS_IN_FLIGHT: usize = 16;

/// A segment as it was found.
struct Found {
    segment: ChunkSegment,
    intact: Vec<Listed>,
    broken: Vec<Listed>,
}

/// Reads all disks and returns the highest segment number there is.
///
/// # Errors
/// `Failed` when no disk can be read, `Short` when the node lacks what reading them takes.
pub(crate) async fn recover(inner: &Inner) -> Result<u32, StoreError> {
    let mut newest = 0;
    let mut catalog = Catalog::default();
    for disk in &inner.disks {
        match recover_disk(disk, &mut catalog).await {
            Ok(number) => newest = newest.max(number),
            Err(error) => match StoreError::from(error) {
                short @ StoreError::Short(_) => return Err(short),
                StoreError::Disk(error) => drop(disk.fail(error)),
                other => drop(disk.fail(io::Error::other(other))),
            },
        }
    }
    let failures: Vec<String> = inner.disks.iter().filter_map(|disk| disk.failure()).collect();
    if failures.len() == inner.disks.len() {
        return Err(StoreError::Failed(failures.join("; ")));
    }
    for (_, place) in catalog.iter() {
        inner.claim(place);
    }
    let damaged = catalog.note_lost_chunks();
    if damaged > 0 {
        inner.counts.checksum_errors.fetch_add(damaged, Ordering::Relaxed);
        tracing::warn!(chunks = damaged, "chunks were found damaged or incompletely written");
    }
    *inner.catalog.lock() = catalog;
    Ok(newest)
}

/// The highest segment number of the disk.
async fn recover_disk(disk: &Arc<DiskState>, catalog: &mut Catalog) -> io::Result<u32> {
    let numbers: Vec<u32> =
        disk.disk().list().await?.iter().filter_map(|name| segment_number(name)).collect();
    let mut burials = Vec::new();
    // By value: a closure over references would make the whole future usable on one thread only.
    let mut found = futures::stream::iter(numbers.clone())
        .map(|number| async move { (number, find(disk, number).await) })
        .buffered(READS_IN_FLIGHT);
    while let Some((number, found)) = found.next().await {
        let Some(found) = found? else { continue };
        disk.note_growth(found.segment.bytes);
        disk.segments.lock().add(found.segment);
        let intact = found.intact.iter().map(|listed| (listed, true));
        let broken = found.broken.iter().map(|listed| (listed, false));
        let mut records: Vec<(&Listed, bool)> = intact.chain(broken).collect();
        records.sort_by_key(|((_, offset), _)| *offset);
        for ((record, offset), intact) in records {
            if let Record::Tombstone { victim, .. } = record {
                burials.push((number, *victim));
            }
            replay(catalog, disk.number, number, record, *offset, intact);
        }
    }
    for (host, victim) in burials {
        disk.segments.lock().bury(host, victim);
    }
    disk.refresh_space().await.map_err(|error| io::Error::other(error.to_string()))?;
    Ok(numbers.last().copied().unwrap_or(0))
}

/// What a record did when it was written.
fn replay(catalog: &mut Catalog, disk: u8, segment: u32, record: &Record, offset: u32, intact: bool) {
    match *record {
        Record::Chunk { key, len, .. } => {
            let place = Place { disk, segment, offset, len };
            match catalog.get(key) {
                _ if !intact => catalog.add_spare(key, place, true),
                // The later copy of a disk serves, of two disks the first one's.
                Some(old) if old.disk != disk => catalog.add_spare(key, place, false),
                _ => {
                    if let Some(old) = catalog.insert(key, place) {
                        catalog.add_spare(key, old, false);
                    }
                }
            }
        }
        Record::Tombstone { key, victim } => {
            catalog.remove_spares(key, disk, victim);
            if catalog.get(key).is_some_and(|place| place.is_in(disk, victim)) {
                catalog.remove(key);
            }
        }
    }
}

/// Reads one segment; `None` when there was nothing in it. An error says that there is too little of something to
/// read it, and nothing of the segment.
async fn find(disk: &DiskState, number: u32) -> io::Result<Option<Found>> {
    match try_find(disk, number).await {
        Err(error) if shortage(&error).is_none_or(|lacks| lacks == Shortage::Space) => {
            tracing::error!(segment = %segment_name(number), %error,
                "a chunk segment cannot be read; its chunks are fetched from other replicas");
            // It is there all the same: tombstones of its chunks stay needed.
            let segment = ChunkSegment::new(SegmentHead { number, salt: 0 });
            Ok(Some(Found { segment, intact: Vec::new(), broken: Vec::new() }))
        }
        outcome => outcome,
    }
}

async fn try_find(disk: &DiskState, number: u32) -> io::Result<Option<Found>> {
    let name = segment_name(number);
    let file = disk.disk().open(&name, OpenMode::Existing).await?;
    let len = file.len().await?;
    // A footer that the disk cannot read is no reason to give the records up.
    if let Ok(Some((head, intact))) = read_footer(number, &*file, len).await {
        let mut segment = ChunkSegment::new(head);
        (segment.bytes, segment.sealed) = (len, true);
        return Ok(Some(Found { segment, intact, broken: Vec::new() }));
    }
    if len <= HEAD_BYTES {
        // The power went while it was made.
        disk.disk().remove(&name).await?;
        return Ok(None);
    }
    let head = SegmentHead::decode(&file.read_at(0, HEAD_BYTES as usize).await?);
    let Some(head) = head.filter(|head| head.number == number) else {
        let aside = format!("damaged-{number:016x}");
        tracing::error!(segment = %name, bytes = len, set_aside_as = %aside,
            "a chunk segment has neither head nor footer; its chunks are fetched from other replicas");
        disk.disk().rename(&name, &aside).await?;
        return Ok(None);
    };
    let mut scan = scan(&head, &*file, len).await;
    if let Some(error) = scan.short.take() {
        return Err(error);
    }
    report(number, &scan, len);
    let bytes = if scan.unreadable || disk.failure().is_some() {
        len
    } else if scan.intact.is_empty() && scan.broken.is_empty() {
        disk.disk().remove(&name).await?;
        return Ok(None);
    } else {
        seal(disk, &head, &file, &scan, len).await
    };
    let mut segment = ChunkSegment::new(head);
    (segment.bytes, segment.sealed) = (bytes, true);
    Ok(Some(Found { segment, intact: scan.intact, broken: scan.broken }))
}

fn report(number: u32, scan: &Scan, len: u64) {
    let (records, torn_bytes) = (scan.intact.len(), len - scan.end);
    if scan.broken.is_empty() && scan.lost_bytes == 0 {
        tracing::info!(
            segment = number,
            records,
            torn_bytes,
            "a chunk segment without a footer was read through"
        );
    } else {
        tracing::warn!(
            segment = number,
            records,
            torn_bytes,
            broken_chunks = scan.broken.len(),
            lost_bytes = scan.lost_bytes,
            "a chunk segment without a footer has holes"
        );
    }
}

/// Cuts the torn end and writes the footer, durably; returns the file's length. When that fails, the segment is
/// scanned again next time.
async fn seal(disk: &DiskState, head: &SegmentHead, file: &Arc<dyn DiskFile>, scan: &Scan, len: u64) -> u64 {
    let footer = head.encode_footer(scan.end, &scan.intact);
    let sealed = scan.end + footer.len() as u64;
    let work = async {
        // Durable first: a footer must not list what a power cut can still take.
        file.set_len(scan.end).await?;
        file.sync().await?;
        file.write_at(scan.end, vec![footer.into()]).await?;
        file.sync().await
    };
    match work.await {
        Ok(()) => sealed,
        Err(error) => {
            let error = disk.judge(error);
            tracing::warn!(segment = head.number, %error, "a chunk segment could not be sealed");
            len
        }
    }
}
