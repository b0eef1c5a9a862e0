//! Tasks.

use crate::Memory;
use nasd_api::*;

impl Memory {
    pub(crate) fn start(&self, kind: TaskKind) -> Result<Task, ApiError> {
        self.act(|state| {
            if let Some(task) = state.tasks.iter().find(|task| task.state == TaskState::Running) {
                return Err(refusal::task_running(task.id));
            }
            let task = Task {
                id: state.tasks.len() as u64 + 1,
                kind,
                state: TaskState::Running,
                started_by: "root".into(),
                started: 1_800_000_000,
                ended: None,
                done_bytes: 1024,
                total_bytes: 4096,
                bytes_per_second: Some(512),
                seconds_left: Some(6),
                parts: vec![TaskPart {
                    node: 1,
                    node_name: "stor-a".into(),
                    state: TaskState::Running,
                    done_bytes: 1024,
                    total_bytes: 4096,
                    bytes_per_second: Some(512),
                }],
                log: vec![TaskLine { at: 1_800_000_000, what: progress::part_reads("stor-a", "4.0 KiB") }],
                result: None,
            };
            state.tasks.push(task.clone());
            Ok(task)
        })
    }
}

impl Serve<ListTasks> for Memory {
    async fn serve(&self, call: Call<ListTasks>) -> Result<List<Task>, ApiError> {
        let items = self.act(|state| Ok(state.tasks.iter().rev().cloned().collect()))?;
        call.at.of(items)
    }
}

impl Serve<StartTask> for Memory {
    async fn serve(&self, call: Call<StartTask>) -> Result<Task, ApiError> {
        self.acts(&call);
        self.start(call.body.kind)
    }
}

impl Serve<ReadTask> for Memory {
    async fn serve(&self, call: Call<ReadTask>) -> Result<Task, ApiError> {
        let TaskAt { id } = call.at;
        let task = self.act(|state| Ok(state.tasks.iter().find(|task| task.id == id).cloned()))?;
        task.ok_or_else(|| refusal::task_unknown(id))
    }
}

impl Serve<CancelTask> for Memory {
    async fn serve(&self, call: Call<CancelTask>) -> Result<Nothing, ApiError> {
        let TaskAt { id } = call.at;
        self.act(|state| {
            let task = state.tasks.iter_mut().find(|task| task.id == id);
            let task = task.ok_or_else(|| refusal::task_unknown(id))?;
            task.state = TaskState::Cancelled;
            task.ended = Some(1_800_000_001);
            (task.bytes_per_second, task.seconds_left) = (None, None);
            for part in &mut task.parts {
                (part.state, part.bytes_per_second) = (TaskState::Cancelled, None);
            }
            task.result = Some(progress::cancelled_early());
            Ok(Nothing)
        })
    }
}
