//! Owns what is said about volumes, and how one is made.

use crate::access::{Access, Caller};
use crate::described::{DescriptionText, VolumeName};
use crate::operation::{HasTag, Nothing, Operation, Shape, Tagged, operations};
use crate::paging::{Cell, Column, Listed, Page};
use crate::{ApiError, Deed, ErrorCode, Health, List, RootDir, Sentence, Space};
use nasd_base::description::{DESCRIPTION_CHARS_MAX, DESCRIPTION_LINES_MAX, is_description};
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReplicaInfo {
    pub node: u64,
    /// The node's.
    #[serde(default)]
    pub name: String,
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
    /// What people say it is for; empty where nobody said anything.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    pub health: Health,
    /// Why the health is what it is.
    pub verdict: Sentence,
    pub replicas: Vec<ReplicaInfo>,
    /// The node that leads the volume, if one is known.
    pub leader: Option<u64>,
    pub term: u64,
    /// The last log index known to be on a majority.
    pub commit_index: u64,
    /// Bytes of the disks that the volume shares with others, on the node where least is free; and how many bytes new
    /// files may take: what is free there, or what the limit leaves of it. Absent while none of its nodes answers.
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
    /// Who may write into its root directory. Only of a single volume, and absent while no leader answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root: Option<RootDir>,
    /// For `If-Match`: changes when the limits or the description do.
    #[serde(default)]
    pub etag: String,
}

impl VolumeInfo {
    /// Used and free of this volume, in the sense of the cluster's: absent while nobody knows.
    pub fn space(&self) -> Option<Space> {
        Some(Space { used_bytes: self.used_bytes?, free_bytes: self.free_bytes? })
    }

    /// The name of the node that leads it, if one is known.
    pub fn leader_name(&self) -> Option<&str> {
        let leads = |replica: &&ReplicaInfo| Some(replica.node) == self.leader;
        self.replicas.iter().find(leads).map(|replica| replica.name.as_str())
    }
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
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
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
    /// Who may write into it: when absent, whoever may mount it.
    #[serde(default)]
    pub root: RootDir,
    /// What it is for.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(with = "DescriptionText")]
    pub description: String,
}

/// What people say a volume is for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Description {
    /// Empty: nothing.
    #[schemars(with = "DescriptionText")]
    pub description: String,
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
    ListVolumes(Page<VolumeInfo>) -> List<VolumeInfo> = Shape::get(PATH, SEE, "The volumes").korean("볼륨 목록");

    /// One volume, with the tag that changing its limits can name.
    ReadVolume(VolumeAt) -> Tagged<VolumeInfo> = Shape::get(ONE, SEE, "One volume").korean("볼륨 하나");

    /// Destroys a volume and its data. `Conflict` while an export or a mount uses it.
    DeleteVolume(VolumeAt) -> Nothing = Shape::delete(ONE, DESTROY, "Destroy a volume with its files");
}

impl Operation for CreateVolume {
    type At = Nothing;
    type Body = Self;
    type Reply = VolumeInfo;

    const SHAPE: Shape = Shape::post(PATH, CHANGE, "Make a volume").repeatable();

    fn check(_: &Caller, _: &Nothing, request: &Self) -> Result<(), ApiError> {
        check_volume_name(&request.name).map_err(|bad| refusals::volume_name_unfit(bad.0))?;
        if request.replicas.is_some_and(|count| count == 0 || count > REPLICAS_MAX) {
            return Err(refusals::volume_replicas_range(REPLICAS_MAX));
        }
        request.root.check()?;
        check_description(&request.description)?;
        request.limits.check()
    }
}

/// Sets owner, group and mode of a volume's root directory; durable on return. What is in it stays as it is.
pub struct SetRoot;

impl Operation for SetRoot {
    type At = VolumeAt;
    type Body = RootDir;
    type Reply = VolumeInfo;

    const SHAPE: Shape = Shape::put("/volumes/{name}/root", CHANGE, "Set who may write into a volume")
        .refuses(&[ErrorCode::NotFound, ErrorCode::Unavailable])
        .recorded();

    fn check(_: &Caller, _: &VolumeAt, root: &RootDir) -> Result<(), ApiError> {
        root.check()
    }

    fn deed(at: &VolumeAt, _: &RootDir) -> Option<Deed> {
        Some(Deed { what: format!("set who may write into volume {}", at.name), here: false })
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

/// Replaces what is said of a volume.
pub struct SetDescription;

impl Operation for SetDescription {
    type At = VolumeAt;
    type Body = Description;
    type Reply = Tagged<VolumeInfo>;

    const SHAPE: Shape =
        Shape::put("/volumes/{name}/description", CHANGE, "Say what a volume is for").conditional();

    fn check(_: &Caller, _: &VolumeAt, request: &Description) -> Result<(), ApiError> {
        check_description(&request.description)
    }
}

fn check_description(text: &str) -> Result<(), ApiError> {
    match is_description(text) {
        true => Ok(()),
        false => Err(refusals::description_unfit(DESCRIPTION_CHARS_MAX, DESCRIPTION_LINES_MAX)),
    }
}

impl Limits {
    fn check(&self) -> Result<(), ApiError> {
        match [self.bytes, self.files].iter().flatten().all(|limit| (1..=i64::MAX as u64).contains(limit)) {
            true => Ok(()),
            false => Err(refusals::limit_too_small()),
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
    const COLUMNS: &'static [Column<VolumeInfo>] = &[
        ("name", |volume| Cell::text(&volume.name)),
        ("health", |volume| Cell::word(volume.health, volume.health as u64)),
        ("used", |volume| Cell::number(volume.used_bytes)),
        ("limit", |volume| Cell::number(volume.limits.bytes)),
        ("full", |volume| {
            volume.space().map_or(Cell::Number(None), |Space { used_bytes, free_bytes }| {
                Cell::part(used_bytes, used_bytes.saturating_add(free_bytes))
            })
        }),
        ("free", |volume| Cell::number(volume.free_bytes)),
        ("files", |volume| Cell::number(volume.files)),
        ("replicas", |volume| Cell::number(volume.replicas.len() as u64)),
        ("leader", |volume| Cell::text(volume.leader_name().unwrap_or_default())),
    ];

    fn place(&self) -> String {
        self.name.clone()
    }
}

crate::refused::refusals! {
    unknown_volume(it): NotFound,
        "there is no volume {it}",
        "볼륨 {it}이(가) 없습니다";
    volume_gone(volume): NotFound,
        "there is no volume {volume} any more",
        "볼륨 {volume}이(가) 이제 없습니다";
    volume_made_and_gone(volume): Conflict,
        "volume {volume} was made, and is gone",
        "볼륨 {volume}이(가) 만들어졌지만 이제 없습니다";
    volume_name_taken(it): AlreadyExists,
        "there is a volume {it} already",
        "볼륨 {it}이(가) 이미 있습니다";
    volume_name_unfit(name): InvalidRequest,
        "`{name}` cannot name a volume: use 1 to 63 lower-case letters, digits, `-` or `_`, first a letter or digit",
        "`{name}`은(는) 볼륨 이름이 될 수 없습니다. 소문자, 숫자, `-`, `_` 로 1~63자를 사용하고, 소문자나 숫자로 시작하십시오";
    volume_exported(volume, paths): Conflict,
        "volume {volume} is still exported as {paths}; delete the export first",
        "볼륨 {volume}을(를) {paths}(으)로 아직 내보내고 있습니다. 먼저 내보내기를 중단하십시오";
    volume_mounted_here(volume, places): Conflict,
        "volume {volume} is mounted here at {places}",
        "볼륨 {volume}이(가) 이 노드의 {places}에 마운트되어 있습니다",
        hint "unmount it first", "먼저 마운트를 해제하십시오";
    volume_replicas_range(max): InvalidRequest,
        "a volume has 1 to {max} replicas",
        "볼륨의 복제본은 1~{max}개입니다";
    limit_too_small(): InvalidRequest,
        "a limit is at least 1; leave it out to have none",
        "한도는 1 이상입니다. 한도를 두지 않으려면 생략하십시오";
    description_unfit(chars, lines): InvalidRequest,
        "a description is at most {chars} characters in {lines} lines, without control characters",
        "설명은 제어 문자 없이 {lines}줄, {chars}자 이하입니다";
    root_out_of_reach(volume): Unavailable,
        "volume {volume} does not answer, so its root directory could not be changed",
        "볼륨 {volume}이(가) 응답하지 않아 최상위 디렉터리를 바꾸지 못했습니다",
        hint "look at the volume, and try again", "볼륨의 상태를 확인하고 다시 시도하십시오";
    limits_not_taken_up(): TimedOut,
        "the limits are set, but the volume's leader has not taken them up yet",
        "한도를 설정했지만 볼륨의 리더가 아직 적용하지 않았습니다";
    {
        bad_volume_name("`{it}` is no volume name: use 1 to 63 of a-z, 0-9, `-` and `_`"): "`{it}`은(는) 볼륨 이름이 될 수 없습니다. a-z, 0-9, `-`, `_` 로 1~63자를 사용하십시오";
        not_enough_replicas("a volume needs {needed} replicas on different active nodes, {given} were given"): "볼륨에는 서로 다른 활성 노드의 복제본 {needed}개가 필요한데 {given}개만 지정되었습니다";
        too_many_replicas("a volume has at most {it} replicas"): "볼륨의 복제본은 최대 {it}개입니다";
        too_few_nodes: "노드가 부족합니다. {~it}";
        replica_twice("node {it} is named twice among the replicas"): "복제본의 노드로 {it}이(가) 두 번 지정되었습니다";
        replica_not_active("node {it} is not active and cannot hold a replica"): "노드 {it}은(는) 활성이 아니어서 복제본을 둘 수 없습니다";
        bad_limit("a limit is at least 1 and at most 9223372036854775807 bytes or files"): "한도는 1 이상이고 9,223,372,036,854,775,807바이트 또는 파일 이하입니다";
        bad_root("a root directory has a mode of four octal digits, and an owner and a group below 4294967295"): "최상위 디렉터리의 모드는 8진수 네 자리이고, 소유자와 그룹의 번호는 4294967295보다 작습니다";
        bad_description("a description is at most 200 characters in 2 lines, without control characters"): "설명은 제어 문자 없이 2줄, 200자 이하입니다";
    }
}

crate::deed::deeds! {
    "create volume {name} with limits":
        "created volume {name} with limits",
        "볼륨 {name} 생성(한도 있음)";
    "create volume {name}":
        "created volume {name}",
        "볼륨 {name} 생성";
    "delete volume {name}":
        "deleted volume {name}",
        "볼륨 {name} 삭제";
    "put volume {name} on nodes {nodes}":
        "put volume {name} on nodes {nodes}",
        "볼륨 {name} 배치: 노드 {nodes}";
    "set the limits of volume {name}: bytes {bytes}, files {files}":
        "set the limits of volume {name}: {bytes} bytes, {files} files",
        "볼륨 {name}의 한도 설정: 바이트 {bytes}, 파일 {files}";
    "set who may write into volume {name}":
        "set who may write into volume {name}",
        "볼륨 {name}에 쓸 수 있는 사용자 설정";
    "describe volume {name} as {description}":
        "described volume {name} as {description}",
        "볼륨 {name}의 설명: {description}";
    "take away the description of volume {name}":
        "took away the description of volume {name}",
        "볼륨 {name}의 설명 삭제";
    "say what a volume is for":
        "said what a volume is for",
        "볼륨의 설명 변경";
    "destroy a volume with its files":
        "destroyed a volume",
        "볼륨 삭제";
    "make a volume":
        "made a volume",
        "볼륨 생성";
    "set who may write into a volume":
        "set who may write into a volume",
        "볼륨에 쓸 수 있는 사용자 설정";
    "set what a volume may hold":
        "set what a volume may hold",
        "볼륨의 한도 설정";
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
