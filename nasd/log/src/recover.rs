//! Finding out what a log holds from its segments.
//!
//! Since one batch is in flight at a time, a crash can tear only the last one. A batch that is invalid while
//! a later one is valid is damage, and so is a segment that is missing: then nothing is changed and the
//! operator is told. Invalid bytes after the last valid batch are a torn write and are cut: nobody was told
//! that it succeeded.

use crate::format::{
    BATCH_HEAD_BYTES, BadBatch, BadHeader, BatchHead, FIRST_BATCH, Kind, SegmentHeader, VERSION, parse_batch,
};
use crate::replay::Replay;
use crate::segment::{LogSegment, Retired, is_unfinished, segment_name, segment_number};
use crate::state::{GroupIndex, ReadableSegment};
use crate::writer::Mark;
use crate::{LogError, LogOptions};
use bytes::Bytes;
use nasd_base::GroupId;
use nasd_disk::{BLOCK_BYTES, Disk, DiskFile, OpenMode};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// Bytes read ahead while a segment is gone through.
const WINDOW_BYTES: usize = 1 << 20;

/// What opening a log has found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recovery {
    /// Segments that were read.
    pub segments: u64,
    /// Valid batches in them.
    pub batches: u64,
    /// Where the traces of a write that a crash has torn were cut off.
    pub torn: Option<String>,
}

pub(crate) struct Recovered {
    pub(crate) log: u128,
    pub(crate) groups: BTreeMap<GroupId, GroupIndex>,
    pub(crate) marks: BTreeMap<GroupId, Mark>,
    pub(crate) live: BTreeMap<u64, u64>,
    pub(crate) segments: BTreeMap<u64, ReadableSegment>,
    pub(crate) current: Option<LogSegment>,
    pub(crate) next_batch: u64,
    pub(crate) ready: VecDeque<LogSegment>,
    pub(crate) next_segment: u64,
    pub(crate) retired: Vec<Retired>,
    pub(crate) summary: Recovery,
}

/// A `log-` file, its header read.
struct Candidate {
    number: u64,
    name: String,
    file: Arc<dyn DiskFile>,
    bytes: u64,
    header: Result<SegmentHeader, BadHeader>,
}

impl Candidate {
    async fn open(disk: &dyn Disk, number: u64, name: String) -> Result<Candidate, LogError> {
        let failed = |what: &str| LogError::disk(format!("{what} segment {name}"));
        let file = disk.open(&name, OpenMode::Existing).await.map_err(failed("open"))?;
        let bytes = file.len().await.map_err(failed("measure"))?;
        let block = file.read_at(0, BLOCK_BYTES).await.map_err(failed("read the header of"))?;
        let mut header = SegmentHeader::parse(&block);
        if header.is_ok_and(|header| header.segment != number) {
            header = Err(BadHeader::Magic); // a segment was on its way to a new use
        }
        Ok(Candidate { number, name, file, bytes, header })
    }

    fn damaged(&self, offset: u64, reason: impl ToString) -> LogError {
        LogError::Damaged { segment: self.name.clone(), offset, reason: reason.to_string() }
    }

    /// The header of a segment that counts.
    fn header(&self) -> Result<SegmentHeader, LogError> {
        match self.header {
            Ok(header) if header.segment_bytes == self.bytes => Ok(header),
            Ok(header) => Err(self.damaged(
                self.bytes,
                format!("the file has {} bytes instead of {}", self.bytes, header.segment_bytes),
            )),
            Err(BadHeader::Version(version)) => {
                Err(LogError::Version { segment: self.name.clone(), version, known: VERSION })
            }
            Err(bad) => Err(self.damaged(0, bad)),
        }
    }

    fn scanner(&self) -> Result<Scanner<'_>, LogError> {
        Ok(Scanner { candidate: self, header: self.header()?, window: Bytes::new(), window_at: 0 })
    }
}

/// Reads a segment through a window.
struct Scanner<'a> {
    candidate: &'a Candidate,
    header: SegmentHeader,
    window: Bytes,
    window_at: u64,
}

impl Scanner<'_> {
    /// `len` bytes at `offset`, less only at the end of the segment.
    async fn bytes(&mut self, offset: u64, len: usize) -> Result<Bytes, LogError> {
        let len = len.min(usize::try_from(self.header.segment_bytes.saturating_sub(offset)).unwrap_or(len));
        let inside =
            offset >= self.window_at && offset + len as u64 <= self.window_at + self.window.len() as u64;
        if !inside {
            let failed = LogError::disk(format!("read segment {} at byte {offset}", self.candidate.name));
            self.window = self.candidate.file.read_at(offset, len.max(WINDOW_BYTES)).await.map_err(failed)?;
            self.window_at = offset;
        }
        let from = ((offset - self.window_at) as usize).min(self.window.len());
        Ok(self.window.slice(from..(from + len).min(self.window.len())))
    }

    /// The bytes of the batch at `offset`, or of its first block if it has no valid head.
    async fn batch_bytes(&mut self, offset: u64) -> Result<Bytes, LogError> {
        let head = self.bytes(offset, BATCH_HEAD_BYTES).await?;
        let head = BatchHead::parse(self.header.salt(), &head);
        let left = self.header.segment_bytes.saturating_sub(offset);
        let len = head.map_or(BLOCK_BYTES as u64, |head| head.padded_bytes()).min(left);
        self.bytes(offset, len as usize).await
    }

    /// The first valid head of a batch after the block at `offset`.
    async fn later_batch(&mut self, offset: u64) -> Result<Option<u64>, LogError> {
        for at in (offset..self.header.segment_bytes).step_by(BLOCK_BYTES).skip(1) {
            let head = self.bytes(at, BATCH_HEAD_BYTES).await?;
            if BatchHead::parse(self.header.salt(), &head).is_some() {
                return Ok(Some(at));
            }
        }
        Ok(None)
    }
}

/// Goes through all segments. Changes nothing on the disk before all is found in order.
pub(crate) async fn recover(disk: &dyn Disk, options: &LogOptions) -> Result<Recovered, LogError> {
    let (mut candidates, unfinished) = inventory(disk).await?;
    let log = check_one_log(&candidates)?.unwrap_or_else(|| options.entropy.next_u128());
    let last_used = last_used(&candidates).await?;
    let unused_from = last_used.as_ref().map_or(1, |last| last.number + 1);
    check_unused(&candidates, unused_from).await?;
    let first_needed = last_used.as_ref().map_or(1, |last| last.first_needed);
    check_complete(&candidates, first_needed, unused_from)?;

    let unused = candidates.split_off(candidates.partition_point(|candidate| candidate.number < unused_from));
    let used = candidates.split_off(candidates.partition_point(|candidate| candidate.number < first_needed));
    let retired: Vec<Retired> = candidates.into_iter().map(Candidate::retire).collect();
    let (replay, mut summary) = replay_all(&used).await?;
    let next_batch = replay.next_batch;
    let ended = replay.finish()?;
    let (ready, useless) = ready_segments(unused, unused_from, options.segment_bytes);
    let next_segment = ready.back().map_or(unused_from, |segment| segment.number + 1);

    // What was read, bytes and names, may be in memory only, if a process died and not the machine.
    disk.sync_names().await.map_err(LogError::disk("flush the names of the segments"))?;
    let current = match used.last() {
        Some(last) => {
            last.file.sync().await.map_err(LogError::disk(format!("flush segment {}", last.name)))?;
            Some(LogSegment { end: ended.end, ..LogSegment::new(&last.header()?, last.file.clone()) })
        }
        None => None,
    };
    remove(disk, unfinished.into_iter().chain(useless)).await?;
    if let Some(torn) = &summary.torn {
        tracing::warn!(at = %torn, "the log ends in a write that a crash has torn; it was never acknowledged");
    }
    summary.segments = used.len() as u64;
    let readable = |candidate: &Candidate| {
        Ok((candidate.number, LogSegment::new(&candidate.header()?, candidate.file.clone()).readable))
    };
    let segments = used.iter().map(readable).collect::<Result<_, LogError>>()?;
    Ok(Recovered {
        log,
        groups: ended.groups,
        marks: ended.marks,
        live: ended.live,
        segments,
        current,
        next_batch,
        ready,
        next_segment,
        retired,
        summary,
    })
}

impl Candidate {
    fn retire(self) -> Retired {
        Retired { name: self.name, file: self.file }
    }
}

/// The segments by number, and the names of those that were never finished.
async fn inventory(disk: &dyn Disk) -> Result<(Vec<Candidate>, Vec<String>), LogError> {
    let names = disk.list().await.map_err(LogError::disk("list the segments"))?;
    let (mut candidates, mut unfinished) = (Vec::new(), Vec::new());
    for name in names {
        if let Some(number) = segment_number(&name) {
            candidates.push(Candidate::open(disk, number, name).await?);
        } else if is_unfinished(&name) {
            unfinished.push(name);
        }
    }
    candidates.sort_by_key(|candidate| candidate.number);
    Ok((candidates, unfinished))
}

/// The name of the log, if there is one.
fn check_one_log(candidates: &[Candidate]) -> Result<Option<u128>, LogError> {
    let mut log = None;
    for candidate in candidates {
        let Ok(header) = candidate.header else { continue };
        if log.is_some_and(|log| log != header.log) {
            return Err(candidate.damaged(0, "the segment belongs to another log than those before it"));
        }
        log = Some(header.log);
    }
    Ok(log)
}

/// The newest segment with a valid first batch.
struct LastUsed {
    number: u64,
    first_needed: u64,
}

async fn last_used(candidates: &[Candidate]) -> Result<Option<LastUsed>, LogError> {
    for candidate in candidates.iter().rev().filter(|candidate| candidate.header.is_ok()) {
        let mut scanner = candidate.scanner()?;
        let bytes = scanner.batch_bytes(FIRST_BATCH).await?;
        if let Ok(batch) = parse_batch(scanner.header.salt(), &bytes) {
            let start = batch.records.first().filter(|record| record.kind == Kind::Start);
            let start =
                start.ok_or_else(|| candidate.damaged(FIRST_BATCH, "the first record is not a start"))?;
            return Ok(Some(LastUsed {
                number: candidate.number,
                first_needed: start.index.min(candidate.number),
            }));
        }
    }
    Ok(None)
}

/// Segments after the last used one hold nothing, or the beginning of one torn batch.
async fn check_unused(candidates: &[Candidate], unused_from: u64) -> Result<(), LogError> {
    for candidate in candidates.iter().filter(|candidate| candidate.number >= unused_from) {
        if let Some(later) = candidate.scanner()?.later_batch(FIRST_BATCH).await? {
            let reason = format!("the segment's first batch is invalid, yet a batch follows at byte {later}");
            return Err(candidate.damaged(FIRST_BATCH, reason));
        }
    }
    Ok(())
}

/// No segment that counts may be missing.
fn check_complete(candidates: &[Candidate], first_needed: u64, unused_from: u64) -> Result<(), LogError> {
    for number in first_needed..unused_from {
        let found = candidates.binary_search_by_key(&number, |candidate| candidate.number);
        let missing = || LogError::Damaged {
            segment: segment_name(number),
            offset: 0,
            reason: "the segment is missing".into(),
        };
        candidates.get(found.map_err(|_| missing())?).ok_or_else(missing)?.header()?;
    }
    // With no segment in use, the first one must be there: later numbers mean that the used ones are lost.
    match candidates.first() {
        Some(first) if unused_from == 1 && first.number > 1 => {
            Err(first
                .damaged(FIRST_BATCH, "this is not the log's first segment, yet no segment holds anything"))
        }
        _ => Ok(()),
    }
}

/// Reads the used segments in order.
async fn replay_all(used: &[Candidate]) -> Result<(Replay, Recovery), LogError> {
    let (mut replay, mut summary) = (Replay::default(), Recovery::default());
    for (at, candidate) in used.iter().enumerate() {
        let mut scanner = candidate.scanner()?;
        let (end, bad) = replay_segment(&mut scanner, &mut replay, &mut summary).await?;
        replay.end = end;
        if let Some(next) = used.get(at + 1) {
            check_continues(candidate, end, bad, next, replay.next_batch).await?;
        } else if let Some(later) = scanner.later_batch(end).await? {
            return Err(candidate.damaged(end, format!("{bad}, yet a later batch follows at byte {later}")));
        } else if bad != BadBatch::NoHead {
            summary.torn = Some(format!("{} at byte {end}: {bad}", candidate.name));
        }
    }
    Ok((replay, summary))
}

/// Reads the valid batches of one segment: where they end, and why there.
async fn replay_segment(
    scanner: &mut Scanner<'_>,
    replay: &mut Replay,
    summary: &mut Recovery,
) -> Result<(u64, BadBatch), LogError> {
    let mut end = FIRST_BATCH;
    loop {
        let bytes = scanner.batch_bytes(end).await?;
        let batch = match parse_batch(scanner.header.salt(), &bytes) {
            Ok(batch) => batch,
            Err(bad) => return Ok((end, bad)),
        };
        let candidate = scanner.candidate;
        replay
            .batch(candidate.number, end, &bytes, &batch)
            .map_err(|reason| candidate.damaged(end, reason))?;
        summary.batches += 1;
        end += batch.head.padded_bytes();
    }
}

/// The next segment must go on with the next batch: else some are missing at the end of this one.
async fn check_continues(
    candidate: &Candidate,
    end: u64,
    bad: BadBatch,
    next: &Candidate,
    expected: u64,
) -> Result<(), LogError> {
    let head = next.file.read_at(FIRST_BATCH, BATCH_HEAD_BYTES).await;
    let head = head.map_err(LogError::disk(format!("read segment {}", next.name)))?;
    match BatchHead::parse(next.header()?.salt(), &head) {
        Some(head) if head.sequence == expected => Ok(()),
        Some(head) => Err(candidate.damaged(
            end,
            format!(
                "{bad}; batch {expected} should come, and segment {} goes on with {}",
                next.name, head.sequence
            ),
        )),
        None => {
            Err(next
                .damaged(FIRST_BATCH, "the segment's first batch is invalid, yet a later segment is in use"))
        }
    }
}

/// The unused segments that can serve as they are, and the names of the rest.
fn ready_segments(
    unused: Vec<Candidate>,
    from: u64,
    segment_bytes: u64,
) -> (VecDeque<LogSegment>, Vec<String>) {
    let (mut ready, mut useless) = (VecDeque::new(), Vec::new());
    for (candidate, expected) in unused.into_iter().zip(from..) {
        let serves = candidate.number == expected && ready.len() as u64 == expected - from;
        match candidate.header {
            Ok(header)
                if serves && header.segment_bytes == segment_bytes && candidate.bytes == segment_bytes =>
            {
                ready.push_back(LogSegment::new(&header, candidate.file));
            }
            _ => useless.push(candidate.name),
        }
    }
    (ready, useless)
}

async fn remove(disk: &dyn Disk, names: impl Iterator<Item = String>) -> Result<(), LogError> {
    for name in names {
        disk.remove(&name).await.map_err(LogError::disk(format!("remove {name}")))?;
    }
    Ok(())
}
