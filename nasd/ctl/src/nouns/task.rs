//! Owns `nasctl task`: the cluster's long operations.

use crate::asked::Asked;
use crate::failure::Failure;
use crate::listing::ListArgs;
use crate::output::Reader;
use crate::reach::Node;
use crate::table::{bytes, columns, or_dash, visible};
use crate::{language, names, output, when};
use clap::{Subcommand, ValueEnum};
use nasd_api::{
    CancelTask, Client, ListTasks, Nothing, ReadTask, StartTask, Task, TaskAt, TaskKind, TaskLine, TaskState,
};
use std::time::Duration;

/// How often a task that is followed is looked at: nodes tell of their progress every other second.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Tasks: the cluster's long operations
#[derive(Debug, Subcommand)]
pub enum TaskCommand {
    /// List the tasks, newest first
    List(ListArgs),
    /// Show a task, each node's part in it, and its log
    Show {
        #[arg(value_name = "TASK", add = names::tasks())]
        id: u64,
        /// Go on and print how far it is, until it ends; exit status 1 unless it did what it was for
        #[arg(long)]
        follow: bool,
    },
    /// Start a task; the nodes go on with it, also after a failure
    Start { kind: Kind },
    /// Stop a task
    Cancel {
        #[arg(value_name = "TASK", add = names::tasks())]
        id: u64,
    },
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
            TaskCommand::Show { id, follow: true } => follow(node, id, json).await,
            TaskCommand::Show { id, .. } => {
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

/// A dash where there are no bytes to count, or nobody knows of how many yet.
fn progress(done: u64, total: u64) -> String {
    match total {
        0 => "-".to_owned(),
        _ => format!("{} of {} ({} %)", bytes(done), bytes(total), percent(done, total)),
    }
}

/// Rounded down, so that 100 means all of it.
fn percent(done: u64, total: u64) -> u128 {
    u128::from(done.min(total)) * 100 / u128::from(total)
}

/// Its log as it grows and how far it is when that changes, a line each; in JSON the whole task each time.
async fn follow(node: &Client, id: u64, json: bool) -> Result<(), Failure> {
    let (mut told, mut last) = (0, None);
    loop {
        let task = node.ask::<ReadTask>(TaskAt { id }).await?;
        if last.as_ref() != Some(&task) {
            let text = match json {
                true => output::line(&task)?,
                false => news(&task, told),
            };
            if output::write(&text)? == Reader::Gone {
                return Ok(());
            }
        }
        if task.state != TaskState::Running {
            return match task.state {
                TaskState::Done => Ok(()),
                _ => Err(Failure::Silent),
            };
        }
        (told, last) = (task.log.len(), Some(task));
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// The lines of the log that were not told yet, and how far it is.
fn news(task: &Task, told: usize) -> String {
    let lines: String = task.log.iter().skip(told).map(line).collect();
    let result = task.result.as_ref().map(|result| format!(": {}", visible(&result.said(language::here()))));
    let far = match task.state {
        TaskState::Running => far(task),
        ended => format!("{}{}", state(ended), result.unwrap_or_default()),
    };
    format!("{lines}{far}\n")
}

fn line(line: &TaskLine) -> String {
    format!("{}  {}\n", when::utc(line.at), visible(&line.what.said(language::here())))
}

/// How far, how fast, and how long it takes if it goes on so.
fn far(task: &Task) -> String {
    let rate = task.bytes_per_second.map(|rate| format!(", {}/s", bytes(rate))).unwrap_or_default();
    let left = task.seconds_left.map(|left| format!(", about {} left", when::long(left))).unwrap_or_default();
    format!("{}{rate}{left}", progress(task.done_bytes, task.total_bytes))
}

fn table(tasks: &[Task]) -> String {
    let heading = ["TASK", "KIND", "STATE", "PROGRESS", "STARTED", "BY"];
    columns(&heading, tasks, "There are no tasks.", |task| {
        [
            task.id.to_string(),
            kind(task.kind).into(),
            state(task.state).into(),
            far(task),
            when::utc(task.started),
            task.started_by.clone(),
        ]
    })
}

fn shown(task: &Task) -> String {
    let mut text = table(std::slice::from_ref(task));
    if let Some(result) = &task.result {
        text += &format!("\n{}\n", visible(&result.said(language::here())));
    }
    let parts = columns(&["NODE", "STATE", "PROGRESS", "RATE"], &task.parts, "No node has begun.", |part| {
        let rate = part.bytes_per_second.map(|rate| format!("{}/s", bytes(rate)));
        let progress = progress(part.done_bytes, part.total_bytes);
        [part.node_name.clone(), state(part.state).into(), progress, or_dash(rate)]
    });
    text += &format!("\n{parts}\n");
    text + &task.log.iter().map(line).collect::<String>()
}

#[cfg(test)]
mod tests {
    use super::progress;

    #[test]
    fn progress_is_never_more_than_there_is() {
        assert_eq!(progress(0, 0), "-");
        assert_eq!(progress(1023, 1024), "1023 B of 1.0 KiB (99 %)");
        assert_eq!(progress(2048, 1024), "2.0 KiB of 1.0 KiB (100 %)");
        assert!(progress(u64::MAX, u64::MAX).ends_with("(100 %)"));
    }
}
