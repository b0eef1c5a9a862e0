//! Owns what is said about long operations.

use crate::access::Access;
use crate::operation::{Nothing, Operation, Shape, operations};
use crate::paging::{Cell, Column, Listed, Page, newest};
use crate::{List, Sentence};
use nasd_base::role::Right;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a task does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TaskKind {
    /// Reads every stored chunk on every node, compares checksums, and fetches bad ones from another replica.
    VerifyData,
    /// Every node takes over the cluster's new authority: `POST /authority/rotation` begins it.
    RotateAuthority,
    /// A newer server's; nobody can ask for it.
    #[serde(other)]
    #[schemars(skip)]
    Unknown,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TaskState {
    Running,
    /// It did what it was for.
    Done,
    /// It ended, and something is not as it should be: see the result.
    Failed,
    Cancelled,
    #[serde(other)]
    Unknown,
}

/// One node's part in a task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TaskPart {
    pub node: u64,
    pub node_name: String,
    pub state: TaskState,
    pub done_bytes: u64,
    /// 0 until the node has begun, and of what is not about bytes.
    pub total_bytes: u64,
    /// In the last minute, as the answering node saw it. Absent before that can be said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes_per_second: Option<u64>,
}

/// A line of a task's log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TaskLine {
    /// Seconds since 1970-01-01 UTC.
    pub at: i64,
    /// What it tells: its `text` is English.
    #[serde(flatten)]
    pub what: Sentence,
}

/// A long operation. It is in the cluster's state: the nodes go on with it after a failure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Task {
    pub id: u64,
    pub kind: TaskKind,
    pub state: TaskState,
    pub started_by: String,
    /// Seconds since 1970-01-01 UTC.
    pub started: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<i64>,
    pub done_bytes: u64,
    pub total_bytes: u64,
    /// Of all parts together, in the last minute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes_per_second: Option<u64>,
    /// Until the slowest part is through, if it goes on so. Absent where nobody can say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds_left: Option<u64>,
    pub parts: Vec<TaskPart>,
    /// Oldest first.
    pub log: Vec<TaskLine>,
    /// How it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<Sentence>,
}

/// Begins a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StartTask {
    pub kind: TaskKind,
}

/// Which task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TaskAt {
    pub id: u64,
}

const PATH: &str = "/tasks";
const SEE: Access = Access::Needs(Right::ReadStatus);
const CHANGE: Access = Access::Needs(Right::ChangeStorage);

operations! {
    /// The long operations, newest first.
    ListTasks(Page<Task>) -> List<Task> = Shape::get(PATH, SEE, "The long operations, newest first").korean("작업 목록, 최신순");

    /// One long operation.
    ReadTask(TaskAt) -> Task = Shape::get("/tasks/{id}", SEE, "One long operation").korean("작업 하나");

    /// The nodes stop within seconds. Nothing happens to a task that has ended.
    CancelTask(TaskAt) -> Nothing = Shape::post("/tasks/{id}/cancel", CHANGE, "Stop a long operation");
}

/// `Conflict` when one of the kind is running.
impl Operation for StartTask {
    type At = Nothing;
    type Body = Self;
    type Reply = Task;

    const SHAPE: Shape = Shape::post(PATH, CHANGE, "Begin a long operation").repeatable();
}

impl Listed for Task {
    const COLUMNS: &'static [Column<Task>] = &[
        ("id", |task| Cell::number(task.id)),
        ("kind", |task| Cell::word(task.kind, task.kind as u64)),
        ("state", |task| Cell::word(task.state, task.state as u64)),
        ("started", |task| Cell::time(task.started)),
        ("by", |task| Cell::text(&task.started_by)),
        ("progress", |task| Cell::part(task.done_bytes, task.total_bytes)),
    ];

    fn place(&self) -> String {
        newest(self.id)
    }
}

crate::refused::refusals! {
    task_unknown(it): NotFound,
        "there is no task {it}",
        "작업 {it}이(가) 없습니다";
    task_kind_unknown(): InvalidRequest,
        "there is no task of this kind",
        "이런 종류의 작업은 없습니다";
    task_begins_by_itself(): Denied,
        "this task begins by itself",
        "이 작업은 스스로 시작됩니다",
        hint "nasctl cluster rotate-authority, or POST /api/v1/authority/rotation",
        "`nasctl cluster rotate-authority` 또는 POST /api/v1/authority/rotation을 사용하십시오";
    task_running(task): Conflict,
        "task {task} does the same and is still running",
        "같은 일을 하는 작업 {task}이(가) 아직 진행 중입니다";
    rotation_running(task): Conflict,
        "task {task} does the same and is still running",
        "같은 일을 하는 작업 {task}이(가) 아직 진행 중입니다",
        hint "a node that is off does its part when it is back; remove one that never will be, or cancel the task",
        "꺼진 노드는 돌아오면 자기 몫을 합니다. 돌아오지 않을 노드는 제거하거나, 작업을 취소하십시오";
    {
        task_no_part("node {node} has no part in task {task}"): "작업 {task}에 노드 {node}의 몫은 없습니다";
    }
}

crate::deed::deeds! {
    "begin to verify all data":
        "began to verify all data",
        "모든 데이터 검증 시작";
    "give all nodes the authority":
        "began to give all nodes the authority",
        "모든 노드에 인증 기관 배포 시작";
    "go on with task {task}":
        "went on with task {task}",
        "작업 {task} 계속";
    "finish the part of node {member} in task {task}":
        "finished the part of node {member} in task {task}",
        "작업 {task}의 노드 {member} 부분 완료";
    "cancel task {task}":
        "cancelled task {task}",
        "작업 {task} 취소";
    "stop a long operation":
        "stopped a task",
        "작업 취소";
    "begin a long operation":
        "began a task",
        "작업 시작";
}
