//! Reading entries back: from memory, else from their segments, neighbours together.

use crate::LogEntry;
use crate::format::{Kind, parse_record};
use crate::state::{ReadableSegment, Slot, State};
use bytes::Bytes;
use nasd_base::GroupId;
use nasd_disk::shortage;
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::io;
use std::ops::Range;
use std::time::Duration;

/// Longest read from a segment, unless one record is longer.
const SPAN_BYTES_MAX: usize = 1 << 20;
/// Records of other groups between two that are wanted are read over up to this size.
const GAP_BYTES_MAX: usize = 16 << 10;
/// How long a read waits that the node has no memory for: whoever reads its own log takes an error for damage.
const SHORT_PAUSE: Duration = Duration::from_millis(100);

/// An entry that must come from the disk.
#[derive(Clone, Copy)]
struct Wanted {
    /// Its place in the answer.
    at: usize,
    index: u64,
    slot: Slot,
}

/// Adjacent records of one segment.
struct Span {
    segment: ReadableSegment,
    number: u64,
    wanted: Vec<Wanted>,
}

impl Span {
    fn start(&self) -> u64 {
        self.wanted.first().map_or(0, |wanted| u64::from(wanted.slot.offset))
    }

    fn end(&self) -> u64 {
        self.wanted
            .last()
            .map_or(0, |wanted| u64::from(wanted.slot.offset) + wanted.slot.record_bytes() as u64)
    }

    /// Whether the record can be read with these.
    fn takes(&self, slot: Slot) -> bool {
        let (offset, end) = (u64::from(slot.offset), u64::from(slot.offset) + slot.record_bytes() as u64);
        slot.segment == self.number
            && offset >= self.end()
            && offset - self.end() <= GAP_BYTES_MAX as u64
            && end - self.start() <= SPAN_BYTES_MAX as u64
    }
}

/// What can be answered now, and what must be read.
struct Plan {
    entries: Vec<LogEntry>,
    spans: Vec<Span>,
}

fn plan(state: &State, group: GroupId, range: Range<u64>, bytes_max: usize) -> io::Result<Plan> {
    state.check_alive()?;
    let mut plan = Plan { entries: Vec::new(), spans: Vec::new() };
    let held = state.group_state(group);
    let (Some(first), Some(last)) = (held.first_index, held.last_index) else {
        return match held.purged {
            Some((through, _)) if range.start <= through && !range.is_empty() => {
                Err(gone(group, range.start))
            }
            _ => Ok(plan),
        };
    };
    if range.start < first && !range.is_empty() {
        return Err(gone(group, range.start));
    }
    let mut bytes = 0usize;
    for index in range.start..range.end.min(last + 1) {
        let Some(found) = state.find(group, index) else { break };
        bytes = bytes.saturating_add(found.as_ref().map_or_else(|slot| slot.bytes as usize, Bytes::len));
        if bytes > bytes_max && !plan.entries.is_empty() {
            break;
        }
        let at = plan.entries.len();
        let payload = match found {
            Ok(payload) => payload,
            Err(slot) => {
                plan.want(state, Wanted { at, index, slot })?;
                Bytes::new() // filled when it was read
            }
        };
        plan.entries.push(LogEntry { index, payload });
    }
    Ok(plan)
}

impl Plan {
    fn want(&mut self, state: &State, wanted: Wanted) -> io::Result<()> {
        if let Some(span) = self.spans.last_mut().filter(|span| span.takes(wanted.slot)) {
            span.wanted.push(wanted);
            return Ok(());
        }
        let number = wanted.slot.segment;
        let segment = state.segments.get(&number).cloned();
        let segment = segment.ok_or_else(|| io::Error::other(format!("log segment {number} is not open")))?;
        self.spans.push(Span { segment, number, wanted: vec![wanted] });
        Ok(())
    }
}

fn gone(group: GroupId, index: u64) -> io::Error {
    io::Error::new(io::ErrorKind::NotFound, format!("entry {index} of group {group} was purged from the log"))
}

/// See [`crate::GroupLog::read`].
pub(crate) async fn read(
    state: &Mutex<State>,
    group: GroupId,
    range: Range<u64>,
    bytes_max: usize,
) -> io::Result<Vec<LogEntry>> {
    'again: loop {
        let Plan { mut entries, spans } = plan(&state.lock(), group, range.clone(), bytes_max)?;
        state.lock().counters.disk_reads += spans.len() as u64;
        for span in spans {
            let bytes = span.segment.file.read_at(span.start(), (span.end() - span.start()) as usize).await;
            if bytes.as_ref().is_err_and(|error| shortage(error).is_some()) {
                tokio::time::sleep(SHORT_PAUSE).await;
                continue 'again;
            }
            for wanted in &span.wanted {
                match entry(&span, *wanted, group, &bytes) {
                    Ok(payload) => entries[wanted.at].payload = payload,
                    // The segment may have got a new use while it was read.
                    Err(_) if !state.lock().lies_at(group, wanted.index, wanted.slot) => continue 'again,
                    Err(error) => return Err(error),
                }
            }
        }
        return Ok(entries);
    }
}

fn entry(span: &Span, wanted: Wanted, group: GroupId, bytes: &io::Result<Bytes>) -> io::Result<Bytes> {
    let describe = |reason: String| {
        let (name, offset) = (&span.segment.name, wanted.slot.offset);
        format!("entry {} of group {group} in log segment {name} at byte {offset}: {reason}", wanted.index)
    };
    let bytes = bytes.as_ref().map_err(|error| io::Error::new(error.kind(), describe(error.to_string())))?;
    let damaged = |reason: &str| io::Error::new(io::ErrorKind::InvalidData, describe(reason.into()));
    let from = (u64::from(wanted.slot.offset) - span.start()) as usize;
    let record = bytes.get(from..).ok_or_else(|| damaged("the segment is too short"))?;
    let view = parse_record(span.segment.salt, record).map_err(|bad| damaged(&bad.to_string()))?;
    let expected =
        matches!(view.kind, Kind::Entry | Kind::Moved) && view.group == group && view.index == wanted.index;
    if !expected {
        return Err(damaged("another record lies there"));
    }
    Ok(bytes.slice_ref(view.payload))
}

/// Reads entries of one segment for a move, in the order of their places: at most `bytes_max` of them, but
/// one at least. Entries that have gone since are left out; an empty answer means that none is left.
pub(crate) async fn read_for_move(
    state: &Mutex<State>,
    entries: &mut VecDeque<(GroupId, u64, Slot)>,
    bytes_max: usize,
) -> io::Result<Vec<(GroupId, u64, Slot, Bytes)>> {
    let mut moved = Vec::new();
    while moved.is_empty() && !entries.is_empty() {
        let Some((span, groups)) = span_for_move(&state.lock(), entries, bytes_max) else { continue };
        let bytes = span.segment.file.read_at(span.start(), (span.end() - span.start()) as usize).await;
        let bytes = match bytes {
            Err(error) if shortage(&error).is_some() => return Err(error),
            outcome => outcome,
        };
        for (wanted, group) in span.wanted.iter().zip(groups) {
            match entry(&span, *wanted, group, &bytes) {
                Ok(payload) => moved.push((group, wanted.index, wanted.slot, payload)),
                Err(_) if !state.lock().lies_at(group, wanted.index, wanted.slot) => {}
                Err(error) => return Err(error),
            }
        }
    }
    Ok(moved)
}

/// Takes the entries for the next read from the list. `None`: the first of them is gone.
fn span_for_move(
    state: &State,
    entries: &mut VecDeque<(GroupId, u64, Slot)>,
    bytes_max: usize,
) -> Option<(Span, Vec<GroupId>)> {
    let (group, index, slot) =
        entries.pop_front().filter(|(group, index, slot)| state.lies_at(*group, *index, *slot))?;
    let segment = state.segments.get(&slot.segment)?.clone();
    let mut span = Span { segment, number: slot.segment, wanted: vec![Wanted { at: 0, index, slot }] };
    let (mut groups, mut bytes) = (vec![group], slot.record_bytes());
    while let Some((group, index, slot)) = entries.front().copied() {
        if !state.lies_at(group, index, slot) {
            entries.pop_front();
            continue;
        }
        bytes += slot.record_bytes();
        if bytes > bytes_max || !span.takes(slot) {
            break;
        }
        entries.pop_front();
        span.wanted.push(Wanted { at: 0, index, slot });
        groups.push(group);
    }
    Some((span, groups))
}
