//! Owns how a volume is mounted on a node.

use crate::access::{Access, Caller, Proof};
use crate::described::{MountPoint, VolumeName};
use crate::operation::{Nothing, Operation, Shape, operations};
use crate::paging::{Listed, Page};
use crate::{ApiError, ErrorCode, List, refusal};
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
            return Err(refusal::mounts_need_root());
        }
        Ok(())
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
            Proof::Session { .. } | Proof::ApiToken { .. } | Proof::Nothing => MountReach::MountDir,
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
    ListMounts(Page) -> List<MountInfo> = Shape::get(PATH, SEE, "The answering node's mounts");

    /// Done when all data written through the mount is durable.
    Unmount(MountAt) -> Nothing = Shape::delete(PATH, CHANGE, "Unmount `?at=` on the answering node")
        .refuses(&[ErrorCode::NotFound])
        .recorded();
}

impl Listed for MountInfo {
    fn place(&self) -> String {
        self.at.display().to_string()
    }
}
