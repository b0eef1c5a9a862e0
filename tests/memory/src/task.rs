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
                parts: vec![TaskPart {
                    node: 1,
                    state: TaskState::Running,
                    done_bytes: 1024,
                    total_bytes: 4096,
                }],
                log: vec![TaskLine { at: 1_800_000_000, text: "node 1 has begun".into() }],
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
            Ok(Nothing)
        })
    }
}
