//! Owns how tasks are shown, on whichever page: what they do, how far they are, and which work on a volume.

use super::words::{self, Words};
use crate::figures::{Percent, long, percent};
use crate::words::{Language, Text};
use nasd_api::{Task, TaskKind, VolumeInfo};

/// What the task does, in a few words.
pub fn name(w: &Words, kind: TaskKind) -> Text {
    match kind {
        TaskKind::RotateAuthority => w.rotate,
        TaskKind::VerifyData | TaskKind::Unknown => w.verify,
    }
}

pub fn progress(task: &Task) -> Percent {
    percent(task.done_bytes, task.total_bytes)
}

/// Some tasks are not about bytes; of others nobody knows yet how many there are.
pub fn has_bytes(task: &Task) -> bool {
    task.total_bytes > 0
}

/// Roughly, since it is a guess.
pub fn about(language: Language, seconds: &u64) -> String {
    words::of(language).about.of(long(language, *seconds))
}

/// Whether it works on the data of this volume: it goes over all that its nodes hold.
pub fn works_on(task: &Task, volume: &VolumeInfo) -> bool {
    let holds = |node| volume.replicas.iter().any(|replica| replica.node == node);
    task.kind == TaskKind::VerifyData && task.parts.iter().any(|part| holds(part.node))
}
