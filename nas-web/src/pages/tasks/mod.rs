//! Owns the pages of long operations: what runs, how far it is, starting and cancelling.

pub mod shown;
pub mod words;

use crate::figures::bytes;
use crate::flow::press;
use crate::page::{
    Chrome, Form, Heading, Listing, Member, Noun, PageRoute, Paging, Path, Posted, Refused, Response,
    StatusCode, Template, html, to,
};
use nasd_api::{CancelTask, ListTasks, Nothing, ReadTask, StartTask, Task, TaskAt, TaskKind, TaskState};
use nasd_base::role::Right;
use shown::{about, has_bytes, name, progress};

pub const NOUN: Noun =
    Noun::new(routes)
        .says(words::TABLE)
        .under(Heading::Storage, "/tasks", "clock", |language| words::of(language).nav);

const LIST: Listing = Listing::down_from("/tasks", "id");

fn routes() -> Vec<PageRoute> {
    vec![
        PageRoute::get("/tasks", list),
        PageRoute::post("/tasks", start),
        PageRoute::get("/tasks/{id}", show),
        PageRoute::post("/tasks/{id}/cancel", cancel),
    ]
}

#[derive(Template)]
#[template(path = "tasks/list.html")]
struct ListPage {
    c: Chrome,
    form: Form,
    rows: Vec<Task>,
    paging: Paging,
    may_start: bool,
}

#[derive(Template)]
#[template(path = "tasks/task.html")]
struct TaskPage {
    c: Chrome,
    task: Task,
    may_cancel: bool,
}

async fn list(member: Member) -> Result<Response, Refused> {
    let (rows, paging) = LIST.ask::<ListTasks>(&member, "").await?;
    let (c, may_start) =
        (member.live(words::of(member.language()).nav).await, member.may(Right::ChangeStorage));
    Ok(html(StatusCode::OK, ListPage { c, form: Form::default(), rows, paging, may_start }))
}

async fn show(Path(id): Path<String>, member: Member) -> Result<Response, Refused> {
    let Ok(id) = id.parse::<u64>() else { return Err(member.missing()) };
    let task = member.ask::<ReadTask>(TaskAt { id }).await?;
    let may_cancel = member.may(Right::ChangeStorage) && task.state == TaskState::Running;
    let c = member.live(name(words::of(member.language()), task.kind)).await;
    Ok(html(StatusCode::OK, TaskPage { c, task, may_cancel }))
}

async fn start(Posted { member, form }: Posted) -> Result<Response, Refused> {
    if form.is_restored() {
        return Ok(to("/tasks"));
    }
    let request = StartTask { kind: TaskKind::VerifyData };
    match member.client.call_once::<StartTask>(Nothing, &request, &form.idempotency_key()).await {
        Ok(task) => Ok(to(&format!("/tasks/{}", task.id))),
        Err(error) => Err(member.refuse(error)),
    }
}

async fn cancel(Path(id): Path<String>, posted: Posted) -> Result<Response, Refused> {
    let Ok(id) = id.parse::<u64>() else { return Err(posted.member.missing()) };
    press::<CancelTask>(&posted, TaskAt { id }, "/tasks", words::CANCELLED, &id.to_string()).await
}

fn size(count: &u64) -> String {
    bytes(*count)
}
