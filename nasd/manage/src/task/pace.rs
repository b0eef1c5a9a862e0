//! Owns how fast tasks go: what this node saw of their progress in the last minute.

use nasd_base::NodeId;
use nasd_system::{Task, TaskId, TaskState};
use parking_lot::Mutex;
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;
use tokio::time::Instant;

/// What is longer ago says little of what comes.
const SEEN_FOR: Duration = Duration::from_secs(60);
/// Nodes tell of their progress every other second: less than this says nothing.
const SPAN_MIN: Duration = Duration::from_secs(5);
/// Whoever reads of more learns only that it is slow.
const LEFT_MAX_SECONDS: u64 = 30 * 86_400;

/// Bytes that were done, and when.
type Seen = VecDeque<(Instant, u64)>;

/// What was seen of every part that is under way.
#[derive(Default)]
pub struct Pace {
    parts: Mutex<BTreeMap<(TaskId, NodeId), Seen>>,
}

impl Pace {
    /// Notes how far all are.
    pub fn look<'a>(&self, tasks: impl Iterator<Item = &'a Task>, now: Instant) {
        let mut parts = self.parts.lock();
        let mut earlier = std::mem::take(&mut *parts);
        for task in tasks.filter(|task| task.state == TaskState::Running) {
            for part in task.parts.iter().filter(|part| part.state == TaskState::Running) {
                let key = (task.id, part.node);
                let mut seen = earlier.remove(&key).unwrap_or_default();
                // A node that was started again begins its part anew.
                if seen.back().is_some_and(|(_, done)| *done > part.done_bytes) {
                    seen.clear();
                }
                seen.push_back((now, part.done_bytes));
                while seen.front().is_some_and(|(at, _)| now.duration_since(*at) > SEEN_FOR) {
                    seen.pop_front();
                }
                parts.insert(key, seen);
            }
        }
    }

    /// Bytes a second of a part; nothing before that can be said.
    pub fn of(&self, task: TaskId, node: NodeId) -> Option<u64> {
        let parts = self.parts.lock();
        let seen = parts.get(&(task, node))?;
        let ((begun, before), (ended, after)) = (seen.front()?, seen.back()?);
        let span = ended.duration_since(*begun);
        (span >= SPAN_MIN).then(|| ((after - before) as f64 / span.as_secs_f64()) as u64)
    }

    /// Seconds until the slowest part is through, where every one says how much there is and goes on.
    pub fn left(&self, task: &Task) -> Option<u64> {
        if task.state != TaskState::Running {
            return None;
        }
        let open = task.parts.iter().filter(|part| part.state == TaskState::Running);
        let each = open.map(|part| match (part.total_bytes, self.of(task.id, part.node)) {
            (1.., Some(rate @ 1..)) => Some(part.total_bytes.saturating_sub(part.done_bytes).div_ceil(rate)),
            _ => None,
        });
        let slowest = each.collect::<Option<Vec<u64>>>()?.into_iter().max()?;
        (slowest <= LEFT_MAX_SECONDS).then_some(slowest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nasd_base::Timestamp;
    use nasd_system::{TaskKind, TaskPart};

    const MIB: u64 = 1 << 20;

    fn task(parts: &[(u64, u64, u64)]) -> Task {
        let part = |&(node, done_bytes, total_bytes): &(u64, u64, u64)| TaskPart {
            node: NodeId(node),
            state: TaskState::Running,
            done_bytes,
            total_bytes,
        };
        Task {
            id: 7,
            kind: TaskKind::VerifyData,
            state: TaskState::Running,
            started_by: "amy".into(),
            started: Timestamp { secs: 0, nanos: 0 },
            ended: None,
            parts: parts.iter().map(part).collect(),
            log: Vec::new(),
            result: None,
        }
    }

    #[test]
    fn the_slowest_part_says_how_long_it_takes() {
        let (pace, begun) = (Pace::default(), Instant::now());
        for second in 0..=10 {
            let now = task(&[(1, second * 10 * MIB, 1000 * MIB), (2, second * MIB, 110 * MIB)]);
            pace.look([&now].into_iter(), begun + Duration::from_secs(second));
            if second < 5 {
                assert_eq!((pace.of(7, NodeId(1)), pace.left(&now)), (None, None), "too early to say");
            }
        }
        assert_eq!((pace.of(7, NodeId(1)), pace.of(7, NodeId(2))), (Some(10 * MIB), Some(MIB)));
        let now = task(&[(1, 100 * MIB, 1000 * MIB), (2, 10 * MIB, 110 * MIB)]);
        assert_eq!(pace.left(&now), Some(100));
        let ended = Task { state: TaskState::Cancelled, ..now };
        assert_eq!(pace.left(&ended), None);
        pace.look([&ended].into_iter(), begun + Duration::from_secs(11));
        assert_eq!(pace.of(7, NodeId(1)), None, "what has ended is forgotten");
    }

    #[test]
    fn nothing_is_said_of_what_stands_still_or_does_not_know_how_much_there_is() {
        let (pace, begun) = (Pace::default(), Instant::now());
        let look = |pace: &Pace, parts: &[(u64, u64, u64)], second| {
            let now = task(parts);
            pace.look([&now].into_iter(), begun + Duration::from_secs(second));
            pace.left(&now)
        };
        for second in 0..=10 {
            assert_eq!(look(&pace, &[(1, 5, 10 * MIB)], second), None, "it stands still");
        }
        let pace = Pace::default();
        for second in 0..=10 {
            assert_eq!(look(&pace, &[(1, second * MIB, 0)], second), None, "nobody knows how much there is");
        }
        let pace = Pace::default();
        look(&pace, &[(1, 50 * MIB, 90 * MIB)], 0);
        look(&pace, &[(1, 80 * MIB, 90 * MIB)], 6);
        assert_eq!(look(&pace, &[(1, 0, 90 * MIB)], 7), None, "it began anew");
        assert_eq!(look(&pace, &[(1, 70 * MIB, 90 * MIB)], 14), Some(2));
    }
}
