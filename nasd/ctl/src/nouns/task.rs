//! Owns `nasctl task`: the cluster's long operations.

use crate::asked::Asked;
use crate::failure::Failure;
use crate::listing::ListArgs;
use crate::reach::Node;
use crate::table::{bytes, columns, visible};
use crate::{output, when};
use clap::{Subcommand, ValueEnum};
use nasd_api::{CancelTask, ListTasks, Nothing, ReadTask, StartTask, Task, TaskAt, TaskKind, TaskState};

/// Tasks: the cluster's long operations
#[derive(Debug, Subcommand)]
pub enum TaskCommand {
    /// List the tasks, newest first
    List(ListArgs),
    /// Show a task, each node's part in it, and its log
    Show { id: u64 },
    /// Start a task; the nodes go on with it, also after a failure
    Start { kind: Kind },
    /// Stop a task
    Cancel { id: u64 },
}

/// What can be started.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Kind {
    /// Read all data on all nodes, compare checksums, and fetch what is bad from another replica
    VerifyData,
}

impl From<Kind> for TaskKind {
    fn from(kind: Kind) -> TaskKind {
        match kind {
            Kind::VerifyData => TaskKind::VerifyData,
        }
    }
}

impl Asked for TaskCommand {
    async fn run(self, at: &Node, json: bool) -> Result<(), Failure> {
        let node = &at.client().await?;
        match self {
            TaskCommand::List(asked) => asked.print::<ListTasks>(node, json, table).await,
            TaskCommand::Show { id } => {
                output::reply(json, &node.ask::<ReadTask>(TaskAt { id }).await?, shown)
            }
            TaskCommand::Start { kind } => {
                let begun = node.call::<StartTask>(Nothing, &StartTask { kind: kind.into() }).await?;
                output::reply(json, &begun, begun_text)
            }
            TaskCommand::Cancel { id } => {
                node.ask::<CancelTask>(TaskAt { id }).await?;
                output::done(json, &format!("Task {id} is cancelled."))
            }
        }
    }
}

pub fn begun_text(task: &Task) -> String {
    format!("Task {} has begun; `nasctl task show {}` shows how far it is.\n", task.id, task.id)
}

fn kind(kind: TaskKind) -> &'static str {
    match kind {
        TaskKind::VerifyData => "verify-data",
        TaskKind::RotateAuthority => "rotate-authority",
        TaskKind::Unknown => "unknown",
    }
}

fn state(state: TaskState) -> &'static str {
    match state {
        TaskState::Running => "running",
        TaskState::Done => "done",
        TaskState::Failed => "FAILED",
        TaskState::Cancelled => "cancelled",
        TaskState::Unknown => "unknown",
    }
}

fn progress(done: u64, total: u64) -> String {
    let percent = if total == 0 { String::new() } else { format!(" ({} %)", percent(done, total)) };
    format!("{} of {}{percent}", bytes(done), bytes(total))
}

/// Rounded down, so that 100 means all of it.
fn percent(done: u64, total: u64) -> u128 {
    u128::from(done.min(total)) * 100 / u128::from(total)
}

fn table(tasks: &[Task]) -> String {
    let heading = ["TASK", "KIND", "STATE", "PROGRESS", "STARTED", "BY"];
    columns(&heading, tasks, "There are no tasks.", |task| {
        [
            task.id.to_string(),
            kind(task.kind).into(),
            state(task.state).into(),
            progress(task.done_bytes, task.total_bytes),
            when::utc(task.started),
            task.started_by.clone(),
        ]
    })
}

fn shown(task: &Task) -> String {
    let mut text = table(std::slice::from_ref(task));
    if let Some(result) = &task.result {
        text += &format!("\n{}\n", visible(result));
    }
    let parts = columns(&["NODE", "STATE", "PROGRESS"], &task.parts, "No node has begun.", |part| {
        [part.node.to_string(), state(part.state).into(), progress(part.done_bytes, part.total_bytes)]
    });
    text += &format!("\n{parts}\n");
    for line in &task.log {
        text += &format!("{}  {}\n", when::utc(line.at), visible(&line.text));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::progress;

    #[test]
    fn progress_is_never_more_than_there_is() {
        assert_eq!(progress(0, 0), "0 B of 0 B");
        assert_eq!(progress(1023, 1024), "1023 B of 1.0 KiB (99 %)");
        assert_eq!(progress(2048, 1024), "2.0 KiB of 1.0 KiB (100 %)");
        assert!(progress(u64::MAX, u64::MAX).ends_with("(100 %)"));
    }
}
