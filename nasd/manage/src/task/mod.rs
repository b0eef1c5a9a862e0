//! Carries out what is asked of tasks.

mod pace;

pub use pace::Pace;

use crate::Manager;
use crate::refusal;
use nasd_api::{
    ApiError, Call, CancelTask, List, ListTasks, Nothing, ReadTask, Serve, StartTask, Task, TaskAt, TaskKind,
    TaskLine, TaskPart, TaskState, progress,
};
use nasd_base::NodeId;
use nasd_system::{SystemReply, SystemView, TaskCommand, TaskKind as StateKind, TaskState as StateOf};

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
            SystemReply::Task(task) => self.described(&task).await,
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
        let member = self.member().await?;
        let view = member.node.system.view();
        Ok(view.tasks.values().rev().map(|task| describe(task, &view, &member.pace)).collect())
    }

    /// A task that was just begun.
    pub(crate) async fn described(&self, task: &nasd_system::Task) -> Result<Task, ApiError> {
        let member = self.member().await?;
        Ok(describe(task, &member.node.system.view(), &member.pace))
    }
}

fn describe(task: &nasd_system::Task, view: &SystemView, pace: &Pace) -> Task {
    let state = |state: StateOf| match state {
        StateOf::Running => TaskState::Running,
        StateOf::Done => TaskState::Done,
        StateOf::Failed => TaskState::Failed,
        StateOf::Cancelled => TaskState::Cancelled,
    };
    let named = |id: u64| view.node(NodeId(id)).map(|node| node.name.clone());
    let said = |text: &String| progress::of_record(text, named);
    let sum = |pick: fn(&nasd_system::TaskPart) -> u64| task.parts.iter().map(pick).sum();
    let parts = task.parts.iter().map(|part| TaskPart {
        node: part.node.0,
        node_name: named(part.node.0).unwrap_or_else(|| format!("node {}", part.node)),
        state: state(part.state),
        done_bytes: part.done_bytes,
        total_bytes: part.total_bytes,
        bytes_per_second: pace.of(task.id, part.node),
    });
    let parts: Vec<TaskPart> = parts.collect();
    let rates: Vec<u64> = parts.iter().filter_map(|part| part.bytes_per_second).collect();
    let log = task.log.iter().map(|(at, text)| TaskLine { at: at.secs, what: said(text) });
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
        bytes_per_second: (!rates.is_empty()).then(|| rates.iter().sum()),
        seconds_left: pace.left(task),
        parts,
        log: log.collect(),
        result: task.result.as_ref().map(said),
    }
}
