//! Owns the pages of volumes: the list, one volume, the wizard, limits and deletion.

mod delete;
mod description;
mod limits;
mod new;
mod root;
mod shown;
pub mod words;

use crate::chart::Chart;
use crate::figures::bytes;
use crate::flow;
use crate::page::{
    Chrome, Heading, Listing, Member, Noun, PageRoute, Paging, Path, Refused, Response, StatusCode, Template,
    html,
};
use crate::pages::clients;
use crate::pages::events::said::is_of_volume;
use crate::pages::exports::mount_line::{MountLine, mount_lines};
use crate::pages::performance::charts;
use crate::pages::refused_mounts::Section;
use crate::pages::tasks::shown::works_on;
use nasd_api::{
    ClientError, Event, Export, ListEvents, ListExports, ListNodes, ListTasks, ListVolumes, PerformanceAt,
    Range, ReadPerformance, ReadVolume, RefusedMountsAt, ReplicaState, RootDir, Task, VolumeAt, VolumeInfo,
};
use nasd_base::role::Right;

/// Rows of the sections that say what happened of late.
const EVENTS: usize = 10;
const TASKS: usize = 3;

pub const NOUN: Noun =
    Noun::new(routes)
        .says(words::TABLE)
        .under(Heading::Storage, "/volumes", "box", |language| words::of(language).nav);

const LIST: Listing = Listing::by("/volumes", "name");

fn routes() -> Vec<PageRoute> {
    let parts = [
        vec![PageRoute::get("/volumes", list), PageRoute::get("/volumes/{name}", show)],
        flow::create::routes::<new::NewVolume>("/volumes/-new"),
        flow::edit::routes::<description::EditDescription>("/volumes/{name}/description"),
        flow::edit::routes::<limits::EditLimits>("/volumes/{name}/limits"),
        flow::edit::routes::<root::EditRoot>("/volumes/{name}/root"),
        flow::confirm::routes::<delete::Deletion>("/volumes/{name}/delete"),
    ];
    parts.into_iter().flatten().collect()
}

#[derive(Template)]
#[template(path = "volumes/list.html")]
struct ListPage {
    c: Chrome,
    rows: Vec<VolumeInfo>,
    paging: Paging,
    only_troubled: bool,
    may_make: bool,
}

async fn list(member: Member) -> Result<Response, Refused> {
    let only_troubled = member.visit.query().is("only", "troubled");
    let only = if only_troubled { "-health:healthy" } else { "" };
    let (rows, paging) = LIST.ask::<ListVolumes>(&member, only).await?;
    let may_make = member.may(Right::ChangeStorage);
    let c = member.live(words::of(member.language()).nav).await;
    Ok(html(StatusCode::OK, ListPage { c, rows, paging, only_troubled, may_make }))
}

/// What was done with it. A page without charts is better than none.
async fn last_hour(member: &Member, name: &str) -> Vec<Chart> {
    let told = member.client.ask::<ReadPerformance>(PerformanceAt::of_volume(Range::Hour, name)).await;
    told.map(|told| charts::of_part(&member.zone, member.language(), &told)).unwrap_or_default()
}

/// The first few that `is_wanted` finds. A page without them is better than none.
fn first<T>(told: Result<Vec<T>, ClientError>, count: usize, is_wanted: impl Fn(&T) -> bool) -> Vec<T> {
    told.unwrap_or_default().into_iter().filter(is_wanted).take(count).collect()
}

#[derive(Template)]
#[template(path = "volumes/volume.html")]
struct VolumePage {
    c: Chrome,
    volume: VolumeInfo,
    replicas: Vec<(String, ReplicaState)>,
    exports: Vec<(Export, Vec<MountLine>)>,
    charts: Vec<Chart>,
    events: Vec<Event>,
    tasks: Vec<Task>,
    may_change: bool,
    may_delete: bool,
    may_share: bool,
    clients: clients::Section,
    refused: Section,
}

impl VolumePage {
    fn writers(&self, root: &RootDir) -> String {
        let w = words::of(self.c.language());
        match root::written(*root) {
            [(_, writers), ..] if writers == "everybody" => w.writers_everybody.to_string(),
            [(_, writers), ..] if writers == "root" => w.writers_root.to_string(),
            _ => format!("{}:{}, {} {}", root.uid, root.gid, w.mode, root.mode),
        }
    }
}

async fn show(Path(name): Path<String>, member: Member) -> Result<Response, Refused> {
    let refused = RefusedMountsAt { volume: Some(name.clone()), ..RefusedMountsAt::default() };
    // Side by side: a node that misses its leader takes a while for each answer.
    let (volume, nodes, exports, charts, events, tasks, clients, refused) = tokio::join!(
        member.ask::<ReadVolume>(VolumeAt::new(&name)),
        member.all::<ListNodes>(),
        member.all::<ListExports>(),
        last_hour(&member, &name),
        member.client.all::<ListEvents>(),
        member.client.all::<ListTasks>(),
        clients::Section::of(&member, &name),
        Section::of(&member, refused),
    );
    let (volume, nodes, mut exports) = (volume?, nodes?, exports?);
    exports.retain(|export| export.volume == name);
    let exports = exports.into_iter().map(|export| {
        let lines = mount_lines(&nodes, &export.path);
        (export, lines)
    });
    let replicas = volume.replicas.iter().map(|replica| (replica.name.clone(), replica.state)).collect();
    let page = VolumePage {
        c: member.live(&volume.name).await,
        charts,
        events: first(events, EVENTS, |event| is_of_volume(event, &name)),
        tasks: first(tasks, TASKS, |task| works_on(task, &volume)),
        volume,
        replicas,
        exports: exports.collect(),
        may_change: member.may(Right::ChangeStorage),
        may_delete: member.may(Right::DestroyStorage),
        may_share: member.may(Right::ChangeExports),
        clients,
        refused,
    };
    Ok(html(StatusCode::OK, page))
}
