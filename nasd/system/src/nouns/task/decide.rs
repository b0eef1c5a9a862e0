//! What a task's command does: pure.

use super::{
    LINE_CHARS_MAX, LINES_MAX, TASKS_MAX, Task, TaskCommand, TaskEffect, TaskError, TaskId, TaskKind,
    TaskPart, TaskState, Tasks,
};
use crate::noun::At;
use crate::nouns::{Decide, Decision, SystemReply, SystemView};
use crate::rules::shown;
use nasd_base::{NodeId, Timestamp};

impl Decide for TaskCommand {
    fn decide(&self, view: &SystemView, at: &At<'_>) -> Decision {
        let active: Vec<NodeId> = view.active_nodes().map(|node| node.id).collect();
        let changes = change(&view.tasks, &active, at.now, self)?;
        let task = changes.rows.first().cloned();
        let reply = task.map_or(SystemReply::Done, |task| SystemReply::Task(Box::new(task)));
        let forgotten = changes.forgotten.into_iter().map(TaskEffect::NoTask);
        let effects = changes.rows.into_iter().map(TaskEffect::Task).chain(forgotten);
        Ok((reply, effects.map(Into::into).collect()))
    }
}

/// The rows that change: tasks as they are then, and ids of those that are forgotten.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TaskChanges {
    pub rows: Vec<Task>,
    pub forgotten: Vec<TaskId>,
}

impl From<Task> for TaskChanges {
    fn from(row: Task) -> TaskChanges {
        TaskChanges { rows: vec![row], forgotten: Vec::new() }
    }
}

fn change(
    tasks: &Tasks,
    active: &[NodeId],
    now: Timestamp,
    command: &TaskCommand,
) -> Result<TaskChanges, TaskError> {
    match command {
        TaskCommand::Start { kind, started_by } => start(tasks, active, now, *kind, started_by),
        TaskCommand::Advance { task, node, done_bytes, total_bytes, line } => {
            let mut task = find(tasks, *task)?.clone();
            if let Some(part) = open_part(&mut task, *node)? {
                (part.done_bytes, part.total_bytes) = (*done_bytes, *total_bytes);
                task.say(now, line.as_deref());
            }
            Ok(task.into())
        }
        TaskCommand::FinishPart { task, node, failed, line } => {
            let mut task = find(tasks, *task)?.clone();
            if let Some(part) = open_part(&mut task, *node)? {
                part.state = if *failed { TaskState::Failed } else { TaskState::Done };
                part.done_bytes = part.total_bytes;
                task.say(now, Some(line));
                task.settle(now);
            }
            Ok(task.into())
        }
        TaskCommand::Cancel { task } => {
            let mut task = find(tasks, *task)?.clone();
            if task.state == TaskState::Running {
                task.end(now, TaskState::Cancelled, "cancelled before it was through".to_owned());
            }
            Ok(task.into())
        }
    }
}

/// What the removal of a node does to tasks it has a part in.
pub fn without_node(tasks: &Tasks, node: NodeId, now: Timestamp) -> Vec<Task> {
    let concerned = tasks.values().filter(|task| task.open_part(node).is_some());
    concerned
        .cloned()
        .map(|mut task| {
            task.parts.retain(|part| part.node != node);
            task.say(now, Some(&format!("node {node} was removed from the cluster")));
            task.settle(now);
            task
        })
        .collect()
}

fn find(tasks: &Tasks, id: TaskId) -> Result<&Task, TaskError> {
    tasks.get(&id).ok_or(TaskError::Unknown(id))
}

/// `None` when the task or the part is over.
fn open_part(task: &mut Task, node: NodeId) -> Result<Option<&mut TaskPart>, TaskError> {
    let running = task.state == TaskState::Running;
    let no_part = TaskError::NoPart { task: task.id, node };
    let part = task.parts.iter_mut().find(|part| part.node == node).ok_or(no_part)?;
    Ok(Some(part).filter(|part| running && part.state == TaskState::Running))
}

fn start(
    tasks: &Tasks,
    active: &[NodeId],
    now: Timestamp,
    kind: TaskKind,
    started_by: &str,
) -> Result<TaskChanges, TaskError> {
    let same = tasks.values().find(|task| task.kind == kind && task.state == TaskState::Running);
    if let Some(same) = same {
        return Err(TaskError::Running { task: same.id, kind });
    }
    let part =
        |node: &NodeId| TaskPart { node: *node, state: TaskState::Running, done_bytes: 0, total_bytes: 0 };
    let task = Task {
        id: tasks.keys().next_back().map_or(1, |last| last + 1),
        kind,
        state: TaskState::Running,
        started_by: shown(started_by),
        started: now,
        ended: None,
        parts: active.iter().map(part).collect(),
        log: Vec::new(),
        result: None,
    };
    let ended = tasks.values().filter(|task| task.state != TaskState::Running).map(|task| task.id);
    let excess = (tasks.len() + 1).saturating_sub(TASKS_MAX);
    Ok(TaskChanges { rows: vec![task], forgotten: ended.take(excess).collect() })
}

impl Task {
    fn say(&mut self, now: Timestamp, line: Option<&str>) {
        if let Some(line) = line.filter(|_| self.log.len() < LINES_MAX) {
            let line = line.chars().filter(|c| !c.is_control()).take(LINE_CHARS_MAX).collect();
            self.log.push((now, line));
        }
    }

    /// Ends the task when no part is open any more.
    fn settle(&mut self, now: Timestamp) {
        if self.parts.iter().any(|part| part.state == TaskState::Running) {
            return;
        }
        let failed = self.parts.iter().filter(|part| part.state == TaskState::Failed).count();
        let (state, result) = match failed {
            0 => (TaskState::Done, "every node has done its part".to_owned()),
            _ => (
                TaskState::Failed,
                format!("{failed} of {} nodes found what they could not mend", self.parts.len()),
            ),
        };
        self.end(now, state, result);
    }

    fn end(&mut self, now: Timestamp, state: TaskState, result: String) {
        self.state = state;
        self.ended = Some(now);
        for part in self.parts.iter_mut().filter(|part| part.state == TaskState::Running) {
            part.state = state;
        }
        self.result = Some(result);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(secs: i64) -> Timestamp {
        Timestamp { secs, nanos: 0 }
    }

    fn taken(tasks: &mut Tasks, changes: TaskChanges) {
        changes.forgotten.iter().for_each(|id| drop(tasks.remove(id)));
        tasks.extend(changes.rows.into_iter().map(|row| (row.id, row)));
    }

    fn started(nodes: &[u64]) -> Tasks {
        let nodes: Vec<NodeId> = nodes.iter().map(|id| NodeId(*id)).collect();
        let start = TaskCommand::Start { kind: TaskKind::VerifyData, started_by: "admin".into() };
        let mut tasks = Tasks::new();
        let changes = change(&tasks, &nodes, at(1), &start).unwrap();
        taken(&mut tasks, changes);
        tasks
    }

    fn finish(node: u64, failed: bool) -> TaskCommand {
        TaskCommand::FinishPart { task: 1, node: NodeId(node), failed, line: format!("node {node}") }
    }

    #[test]
    fn a_task_ends_with_its_last_part() {
        let mut tasks = started(&[1, 2]);
        let changes = change(&tasks, &[], at(2), &finish(1, false)).unwrap();
        taken(&mut tasks, changes);
        assert_eq!(tasks[&1].state, TaskState::Running);
        let changes = change(&tasks, &[], at(3), &finish(2, true)).unwrap();
        taken(&mut tasks, changes);
        assert_eq!((tasks[&1].state, tasks[&1].ended), (TaskState::Failed, Some(at(3))));
        assert!(tasks[&1].result.as_ref().unwrap().starts_with("1 of 2 nodes"));
    }

    #[test]
    fn the_words_of_a_node_that_heard_of_the_end_too_late_change_nothing() {
        let mut tasks = started(&[1]);
        let changes = change(&tasks, &[], at(2), &TaskCommand::Cancel { task: 1 }).unwrap();
        taken(&mut tasks, changes);
        let cancelled = tasks[&1].clone();
        assert_eq!(cancelled.state, TaskState::Cancelled);
        for late in [
            finish(1, true),
            TaskCommand::Advance { task: 1, node: NodeId(1), done_bytes: 9, total_bytes: 9, line: None },
            TaskCommand::Cancel { task: 1 },
        ] {
            assert_eq!(change(&tasks, &[], at(9), &late).unwrap().rows, std::slice::from_ref(&cancelled));
        }
    }

    #[test]
    fn a_second_one_of_a_kind_waits_and_strangers_have_no_part() {
        let tasks = started(&[1]);
        let start = TaskCommand::Start { kind: TaskKind::VerifyData, started_by: "x".into() };
        assert_eq!(
            change(&tasks, &[], at(2), &start),
            Err(TaskError::Running { task: 1, kind: TaskKind::VerifyData })
        );
        let stranger = TaskError::NoPart { task: 1, node: NodeId(7) };
        assert_eq!(change(&tasks, &[], at(2), &finish(7, false)), Err(stranger));
        assert_eq!(change(&tasks, &[], at(2), &TaskCommand::Cancel { task: 2 }), Err(TaskError::Unknown(2)));
    }

    #[test]
    fn a_removed_node_does_not_keep_a_task_open() {
        let mut tasks = started(&[1, 2]);
        let changes = change(&tasks, &[], at(2), &finish(1, false)).unwrap();
        taken(&mut tasks, changes);
        let rows = without_node(&tasks, NodeId(2), at(3));
        assert_eq!(rows.iter().map(|task| task.state).collect::<Vec<_>>(), [TaskState::Done]);
        assert!(without_node(&tasks, NodeId(1), at(3)).is_empty(), "its part was over");
    }

    proptest! {
        #[test]
        fn the_record_stays_bounded_and_running_tasks_are_kept(rounds in 1usize..300, lines in 0usize..20) {
            let mut tasks = Tasks::new();
            for round in 0..rounds {
                let start = TaskCommand::Start { kind: TaskKind::VerifyData, started_by: "a".into() };
                let changes = change(&tasks, &[NodeId(1)], at(round as i64), &start).unwrap();
                let id = changes.rows[0].id;
                taken(&mut tasks, changes);
                for _ in 0..lines * 20 {
                    let line = Some("\u{1b}x".repeat(400));
                    let (task, node) = (id, NodeId(1));
                    let news = TaskCommand::Advance { task, node, done_bytes: 1, total_bytes: 2, line };
                    let changes = change(&tasks, &[], at(1), &news).unwrap();
                    taken(&mut tasks, changes);
                    if tasks[&id].log.len() >= LINES_MAX { break }
                }
                prop_assert!(tasks.len() <= TASKS_MAX);
                prop_assert_eq!(tasks[&id].state, TaskState::Running);
                prop_assert!(tasks[&id].log.iter().all(|(_, line)| line.chars().all(|c| c == 'x')));
                if lines == 0 || rounds < 20 {
                    let changes = change(&tasks, &[], at(1), &TaskCommand::Cancel { task: id }).unwrap();
                    taken(&mut tasks, changes);
                } else {
                    break;
                }
            }
        }
    }
}
