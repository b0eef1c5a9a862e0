//! Owns how tasks are shown, on whichever page: what they do, how far they are, and which work on a volume.

use super::words::Words;
use crate::figures::{Percent, percent};
use crate::words::Text;
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

/// Whether it works on the data of this volume: it goes over all that its nodes hold.
pub fn works_on(task: &Task, volume: &VolumeInfo) -> bool {
    let holds = |node| volume.replicas.iter().any(|replica| replica.node == node);
    task.kind == TaskKind::VerifyData && task.parts.iter().any(|part| holds(part.node))
}
