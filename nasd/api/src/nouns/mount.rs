//! Owns how a volume is mounted on a node.

use crate::access::{Access, Caller, Proof};
use crate::described::{MountPoint, VolumeName};
use crate::operation::{Nothing, Operation, Shape, operations};
use crate::paging::{Cell, Column, Listed, Page};
use crate::{ApiError, Deed, ErrorCode, List};
use nasd_base::role::Right;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Asks the answering node to mount a volume in its own file tree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MountRequest {
    #[schemars(with = "VolumeName")]
    pub volume: String,
    /// An absolute path on the node, below its directory for mounts (`--mount-dir`), where the directory is made when it
    /// is missing. Root of the node may choose any other directory that exists, is empty and is not the system's.
    #[schemars(with = "MountPoint")]
    pub at: PathBuf,
    #[serde(default)]
    pub read_only: bool,
    /// Setuid and setgid bits and file capabilities have effect. For root of the node only, by its local socket.
    #[serde(default)]
    pub suid: bool,
    /// Device files open devices of the node. For root of the node only, by its local socket.
    #[serde(default)]
    pub dev: bool,
}

impl Operation for MountRequest {
    type At = Nothing;
    type Body = Self;
    type Reply = MountInfo;

    /// Done when the kernel shows the mount.
    const SHAPE: Shape = Shape::post(PATH, CHANGE, "Mount a volume on the answering node")
        .refuses(&[ErrorCode::NotFound])
        .recorded();

    /// Whoever can write in a volume could otherwise become root of every node that mounts it.
    fn check(caller: &Caller, _: &Nothing, request: &Self) -> Result<(), ApiError> {
        if (request.suid || request.dev) && caller.proof != Proof::LocalSocket {
            return Err(refusals::mounts_need_root());
        }
        Ok(())
    }

    fn deed(_: &Nothing, request: &Self) -> Option<Deed> {
        let what = format!("mount volume {} at {}", request.volume, request.at.display());
        Some(Deed { what, here: true })
    }
}

/// How far into the node's file tree a request to mount or unmount reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MountReach {
    /// Root of the node asks.
    Anywhere,
    /// Below the node's directory for mounts.
    MountDir,
}

impl MountReach {
    /// Who comes through the network, or through the console, is not root of the node, whatever rights it has.
    pub fn of(caller: &Caller) -> MountReach {
        match caller.proof {
            Proof::LocalSocket => MountReach::Anywhere,
            Proof::AgentSocket | Proof::Session { .. } | Proof::ApiToken { .. } | Proof::Nothing => {
                MountReach::MountDir
            }
        }
    }
}

/// A volume that is mounted on the answering node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MountInfo {
    pub volume: String,
    pub at: PathBuf,
    pub read_only: bool,
    #[serde(default)]
    pub suid: bool,
    #[serde(default)]
    pub dev: bool,
}

/// Which mount of the answering node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MountAt {
    #[schemars(with = "MountPoint")]
    pub at: PathBuf,
}

impl MountAt {
    pub fn new(at: &str) -> MountAt {
        MountAt { at: at.into() }
    }
}

const PATH: &str = "/mounts";
const SEE: Access = Access::Needs(Right::ReadStatus);
const CHANGE: Access = Access::Needs(Right::ChangeStorage);

operations! {
    /// The mounts of the answering node.
    ListMounts(Page<MountInfo>) -> List<MountInfo> = Shape::get(PATH, SEE, "The answering node's mounts");
}

/// Done when all data written through the mount is durable.
pub struct Unmount;

impl Operation for Unmount {
    type At = MountAt;
    type Body = Nothing;
    type Reply = Nothing;

    const SHAPE: Shape = Shape::delete(PATH, CHANGE, "Unmount a volume on the answering node")
        .refuses(&[ErrorCode::NotFound])
        .recorded();

    fn deed(at: &MountAt, _: &Nothing) -> Option<Deed> {
        Some(Deed { what: format!("unmount {}", at.at.display()), here: true })
    }
}

impl Listed for MountInfo {
    const COLUMNS: &'static [Column<MountInfo>] = &[
        ("at", |mount| Cell::text(mount.at.display().to_string())),
        ("volume", |mount| Cell::text(&mount.volume)),
        ("read_only", |mount| Cell::yes(mount.read_only)),
    ];

    fn place(&self) -> String {
        self.at.display().to_string()
    }
}

crate::refused::refusals! {
    mounts_need_root(): Denied,
        "setuid programs and devices are mounted by root of the node only",
        "setuid 프로그램과 장치를 허용하는 마운트는 노드의 root만 할 수 있습니다",
        hint "run `nasctl mount` on the node itself", "해당 노드에서 `nasctl mount`를 실행하십시오";
    path_not_absolute(path): InvalidRequest,
        "{path} is not an absolute path",
        "{path}은(는) 절대 경로가 아닙니다";
    not_mounted(at): NotFound,
        "nothing is mounted at {at}",
        "{at}에 마운트된 것이 없습니다";
    unmounted_by_another(at): NotFound,
        "nothing is mounted at {at}",
        "{at}에 마운트된 것이 없습니다",
        hint "somebody else has unmounted it; everything written is durable",
        "다른 사람이 이미 마운트를 해제했습니다. 쓴 데이터는 모두 디스크에 있습니다";
    unmount_lost(bytes): Internal,
        "{bytes} bytes that were not yet durable are lost: the volume could not be reached",
        "볼륨에 연결할 수 없어, 아직 디스크에 남지 않은 {bytes}바이트를 잃었습니다";
    mount_failed(detail): Conflict,
        "{detail}",
        "마운트할 수 없습니다: {~detail}";
    mount_point_not_empty(path): Conflict,
        "{path} is not empty: a mount would hide what is in it",
        "{path}이(가) 비어 있지 않습니다. 마운트하면 그 안의 내용이 가려집니다",
        hint "see whether programs wrote there while the volume was not mounted, and move it away",
        "볼륨이 마운트되지 않은 동안 프로그램이 그곳에 썼는지 확인하고 다른 곳으로 옮기십시오";
    mount_out_of_reach(path, mounts): Denied,
        "{path} cannot be mounted through the network: it is not below {mounts}",
        "{path}에는 네트워크를 통해 마운트할 수 없습니다. {mounts} 아래에 있지 않습니다",
        hint "choose a directory below {mounts}, or ask root of the node to use nasctl there",
        "{mounts} 아래의 디렉터리를 선택하거나, 노드의 root에게 그 노드에서 nasctl을 사용해 달라고 요청하십시오";
    unmount_out_of_reach(path, mounts): Denied,
        "{path} cannot be unmounted through the network: it is not below {mounts}",
        "{path}은(는) 네트워크를 통해 마운트를 해제할 수 없습니다. {mounts} 아래에 있지 않습니다",
        hint "choose a directory below {mounts}, or ask root of the node to use nasctl there",
        "{mounts} 아래의 디렉터리를 선택하거나, 노드의 root에게 그 노드에서 nasctl을 사용해 달라고 요청하십시오";
}

crate::deed::deeds! {
    "mount volume {volume} at {at} on {node}":
        "mounted {volume} at {at} on {node}",
        "{node} 노드에서 {volume} 마운트: {at}";
    "unmount {at} on {node}":
        "unmounted {at} on {node}",
        "{node} 노드에서 마운트 해제: {at}";
    "mount a volume on the answering node":
        "mounted a volume",
        "볼륨 마운트";
    "unmount a volume on the answering node":
        "unmounted a volume",
        "마운트 해제";
}
