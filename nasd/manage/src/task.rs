//! Carries out what is asked of tasks.

use crate::Manager;
use crate::refusal;
use nasd_api::{
    ApiError, Call, CancelTask, List, ListTasks, Nothing, ReadTask, Serve, StartTask, Task, TaskAt, TaskKind,
    TaskLine, TaskPart, TaskState,
};
use nasd_system::{SystemReply, TaskCommand, TaskKind as StateKind, TaskState as StateOf};

impl Serve<ListTasks> for Manager {
    async fn serve(&self, call: Call<ListTasks>) -> Result<List<Task>, ApiError> {
        call.at.of(self.list_tasks().await?)
    }
}

impl Serve<StartTask> for Manager {
    async fn serve(&self, call: Call<StartTask>) -> Result<Task, ApiError> {
        let kind = match call.body.kind {
            TaskKind::VerifyData => StateKind::VerifyData,
            TaskKind::RotateAuthority => {
                return Err(refusal::task_begins_by_itself());
            }
            TaskKind::Unknown => return Err(refusal::task_kind_unknown()),
        };
        let command = TaskCommand::Start { kind, started_by: call.caller.user.clone() };
        match self.propose(&call, command).await? {
            SystemReply::Task(task) => Ok(describe(&task)),
            _ => Err(refusal::internal("the task was begun, but what it is was not said")),
        }
    }
}

impl Serve<ReadTask> for Manager {
    async fn serve(&self, call: Call<ReadTask>) -> Result<Task, ApiError> {
        let TaskAt { id } = call.at;
        let task = self.list_tasks().await?.into_iter().find(|task| task.id == id);
        task.ok_or_else(|| refusal::task_unknown(id))
    }
}

impl Serve<CancelTask> for Manager {
    async fn serve(&self, call: Call<CancelTask>) -> Result<Nothing, ApiError> {
        self.carry_out(&call, TaskCommand::Cancel { task: call.at.id }).await
    }
}

impl Manager {
    pub(crate) async fn list_tasks(&self) -> Result<Vec<Task>, ApiError> {
        Ok(self.system().await?.view().tasks.values().rev().map(describe).collect())
    }
}

pub fn describe(task: &nasd_system::Task) -> Task {
    let state = |state: StateOf| match state {
        StateOf::Running => TaskState::Running,
        StateOf::Done => TaskState::Done,
        StateOf::Failed => TaskState::Failed,
        StateOf::Cancelled => TaskState::Cancelled,
    };
    let sum = |pick: fn(&nasd_system::TaskPart) -> u64| task.parts.iter().map(pick).sum();
    let parts = task.parts.iter().map(|part| TaskPart {
        node: part.node.0,
        state: state(part.state),
        done_bytes: part.done_bytes,
        total_bytes: part.total_bytes,
    });
    let log = task.log.iter().map(|(at, text)| TaskLine { at: at.secs, text: text.clone() });
    Task {
        id: task.id,
        kind: match task.kind {
            StateKind::VerifyData => TaskKind::VerifyData,
            StateKind::RotateAuthority => TaskKind::RotateAuthority,
        },
        state: state(task.state),
        started_by: task.started_by.clone(),
        started: task.started.secs,
        ended: task.ended.map(|at| at.secs),
        done_bytes: sum(|part| part.done_bytes),
        total_bytes: sum(|part| part.total_bytes),
        parts: parts.collect(),
        log: log.collect(),
        result: task.result.clone(),
    }
}
