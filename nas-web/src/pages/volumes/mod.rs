//! Owns the pages of volumes: the list, one volume, the wizard, limits and deletion.

mod delete;
mod limits;
mod mount_line;
mod new;
mod root;
mod shown;
pub mod words;

use crate::figures::bytes;
use crate::flow;
use crate::page::{
    Chrome, Heading, Member, Noun, PageRoute, Paging, Path, Refused, Response, StatusCode, Template, html,
    paged,
};
use crate::pages::clients;
use crate::pages::refused_mounts::Section;
use mount_line::{MountLine, mount_lines};
use nasd_api::{
    ClusterStatus, Export, Health, ListExports, ListVolumes, ReadVolume, RefusedMountsAt, ReplicaState,
    RootDir, VolumeAt, VolumeInfo,
};
use nasd_base::role::Right;
use shown::{fullness, size};

pub const NOUN: Noun =
    Noun::new(routes)
        .says(words::TABLE)
        .under(Heading::Storage, "/volumes", "box", |language| words::of(language).nav);

fn routes() -> Vec<PageRoute> {
    let parts = [
        vec![PageRoute::get("/volumes", list), PageRoute::get("/volumes/{name}", show)],
        flow::create::routes::<new::NewVolume>("/volumes/new"),
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
    let query = member.visit.query();
    let only_troubled = query.is("only", "troubled");
    let mut volumes: Vec<VolumeInfo> = member.all::<ListVolumes>().await?;
    if only_troubled {
        volumes.retain(|volume| volume.health != Health::Healthy);
    }
    volumes.sort_by(|a, b| a.name.cmp(&b.name));
    let (rows, paging) = paged(volumes, &query, "/volumes", |volume, q| volume.name.contains(q));
    let may_make = member.may(Right::ChangeStorage);
    let c = member.live(words::of(member.language()).nav).await;
    Ok(html(StatusCode::OK, ListPage { c, rows, paging, only_troubled, may_make }))
}

#[derive(Template)]
#[template(path = "volumes/volume.html")]
struct VolumePage {
    c: Chrome,
    volume: VolumeInfo,
    replicas: Vec<(String, ReplicaState)>,
    exports: Vec<(Export, Vec<MountLine>)>,
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
    let volume = member.ask::<ReadVolume>(VolumeAt::new(&name)).await?;
    let status: ClusterStatus = member.cluster().await?;
    let mut exports = member.all::<ListExports>().await?;
    exports.retain(|export| export.volume == name);
    let exports = exports.into_iter().map(|export| {
        let lines = mount_lines(&status.nodes, &export.path);
        (export, lines)
    });
    let replicas = volume.replicas.iter().map(|replica| (replica.name.clone(), replica.state)).collect();
    let page = VolumePage {
        c: member.live(&volume.name).await,
        volume,
        replicas,
        exports: exports.collect(),
        may_change: member.may(Right::ChangeStorage),
        may_delete: member.may(Right::DestroyStorage),
        may_share: member.may(Right::ChangeExports),
        clients: clients::Section::of(&member, &name).await,
        refused: Section::of(&member, RefusedMountsAt { volume: Some(name), ..RefusedMountsAt::default() })
            .await,
    };
    Ok(html(StatusCode::OK, page))
}
