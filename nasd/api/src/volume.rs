//! Owns what is said about volumes, and how one is made.

use crate::access::{Access, Caller};
use crate::described::VolumeName;
use crate::operation::{HasTag, Nothing, Operation, Shape, Tagged, operations};
use crate::paging::{Listed, Page};
use crate::{ApiError, Health, List, Sentence, refusal};
use nasd_base::file::VolumeLimits;
use nasd_base::role::Right;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Most copies a volume can be asked to have.
pub const REPLICAS_MAX: u8 = 7;

/// Longest name of a volume, in bytes: it must fit a file name and a DNS label.
const NAME_BYTES_MAX: usize = 63;

/// What one copy of a volume does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReplicaState {
    Leader,
    /// Has, or is about to have, everything the leader committed.
    Following,
    /// Is being filled; does not count for the majority.
    Learning,
    /// Its node does not answer.
    Unreachable,
    #[serde(other)]
    Unknown,
}

/// One copy of a volume.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReplicaInfo {
    pub node: u64,
    pub state: ReplicaState,
    /// The last log index the leader knows to be on that node's disk, when the leader answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub matched: Option<u64>,
}

/// A volume and how it does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct VolumeInfo {
    pub id: u64,
    pub name: String,
    pub health: Health,
    /// Why the health is what it is.
    pub verdict: Sentence,
    pub replicas: Vec<ReplicaInfo>,
    /// The node that leads the volume, if one is known.
    pub leader: Option<u64>,
    pub term: u64,
    /// The last log index known to be on a majority.
    pub commit_index: u64,
    /// Bytes of the disks that the volume shares with others, on the node where least is free, and how many of them
    /// new data may take. Absent while none of its nodes answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total_bytes: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub free_bytes: Option<u64>,
    /// Bytes of file data, before compression, one copy, without holes; and files, directories, links and whatever
    /// else has a name. Absent while no leader answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used_bytes: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub files: Option<u64>,
    #[serde(default)]
    pub limits: Limits,
    /// For `If-Match`: changes when the limits do.
    #[serde(default)]
    pub etag: String,
}

/// How much a volume may hold at most. Growth beyond it is refused; what is there stays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Bytes of file data, before compression, one copy, without holes; no limit when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = i64::MAX))]
    pub bytes: Option<u64>,
    /// Files, directories, links and whatever else has a name; no limit when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = i64::MAX))]
    pub files: Option<u64>,
}

impl From<VolumeLimits> for Limits {
    fn from(limits: VolumeLimits) -> Limits {
        Limits { bytes: limits.bytes, files: limits.files }
    }
}

impl From<Limits> for VolumeLimits {
    fn from(limits: Limits) -> VolumeLimits {
        VolumeLimits { bytes: limits.bytes, files: limits.files }
    }
}

/// Asks for a new volume.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateVolume {
    #[schemars(with = "VolumeName")]
    pub name: String,
    /// How many nodes hold it; the cluster's default (three, or all nodes of a smaller cluster) when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = REPLICAS_MAX))]
    pub replicas: Option<u8>,
    #[serde(default)]
    pub limits: Limits,
}

/// Which volume.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VolumeAt {
    #[schemars(with = "VolumeName")]
    pub name: String,
}

impl VolumeAt {
    pub fn new(name: &str) -> VolumeAt {
        VolumeAt { name: name.into() }
    }
}

const SEE: Access = Access::Needs(Right::ReadStatus);
const CHANGE: Access = Access::Needs(Right::ChangeStorage);
const DESTROY: Access = Access::Needs(Right::DestroyStorage);
const PATH: &str = "/volumes";
const ONE: &str = "/volumes/{name}";

operations! {
    /// The volumes, in the order of their names.
    ListVolumes(Page) -> List<VolumeInfo> = Shape::get(PATH, SEE, "The volumes");

    /// One volume, with the tag that changing its limits can name.
    ReadVolume(VolumeAt) -> Tagged<VolumeInfo> = Shape::get(ONE, SEE, "One volume");

    /// Destroys a volume and its data. `Conflict` while an export or a mount uses it.
    DeleteVolume(VolumeAt) -> Nothing = Shape::delete(ONE, DESTROY, "Destroy a volume with its files");
}

impl Operation for CreateVolume {
    type At = Nothing;
    type Body = Self;
    type Reply = VolumeInfo;

    const SHAPE: Shape = Shape::post(PATH, CHANGE, "Make a volume").repeatable();

    fn check(_: &Caller, _: &Nothing, request: &Self) -> Result<(), ApiError> {
        check_volume_name(&request.name).map_err(|bad| refusal::volume_name_unfit(bad.0))?;
        if request.replicas.is_some_and(|count| count == 0 || count > REPLICAS_MAX) {
            return Err(refusal::volume_replicas_range(REPLICAS_MAX));
        }
        request.limits.check()
    }
}

/// Replaces a volume's limits; done when they are in force.
pub struct SetLimits;

impl Operation for SetLimits {
    type At = VolumeAt;
    type Body = Limits;
    type Reply = Tagged<VolumeInfo>;

    const SHAPE: Shape =
        Shape::put("/volumes/{name}/limits", CHANGE, "Set what a volume may hold").conditional();

    fn check(_: &Caller, _: &VolumeAt, limits: &Limits) -> Result<(), ApiError> {
        limits.check()
    }
}

impl Limits {
    fn check(&self) -> Result<(), ApiError> {
        match [self.bytes, self.files].iter().flatten().all(|limit| (1..=i64::MAX as u64).contains(limit)) {
            true => Ok(()),
            false => Err(refusal::limit_too_small()),
        }
    }
}

impl HasTag for VolumeInfo {
    fn tag(&self) -> &str {
        &self.etag
    }
}

/// A name that no volume can have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` cannot name a volume: use 1 to 63 lower-case letters, digits, `-` or `_`, first a letter or digit"
)]
pub struct BadVolumeName(pub String);

/// Whether `name` may name a volume.
///
/// The rule keeps names out of trouble wherever they turn up: as a file name, in a URL, on a command line,
/// as an SMB share (where letter case does not count).
///
/// # Errors
/// [`BadVolumeName`] says the rule.
pub fn check_volume_name(name: &str) -> Result<(), BadVolumeName> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let starts_well = name.chars().next().is_some_and(plain);
    let fits = name.len() <= NAME_BYTES_MAX && name.chars().all(|c| plain(c) || c == '-' || c == '_');
    if starts_well && fits { Ok(()) } else { Err(BadVolumeName(name.to_owned())) }
}

impl Listed for VolumeInfo {
    fn place(&self) -> String {
        self.name.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::check_volume_name;

    #[test]
    fn names_stay_out_of_trouble() {
        for good in ["demo", "a", "7", "media-2026_q1", &"x".repeat(63)] {
            assert!(check_volume_name(good).is_ok(), "{good}");
        }
        for bad in ["", "-v", "_v", "Demo", "a b", "a/b", "..", "é", "a\0", &"x".repeat(64)] {
            assert!(check_volume_name(bad).is_err(), "{bad}");
        }
    }
}
