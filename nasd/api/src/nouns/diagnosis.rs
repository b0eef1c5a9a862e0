//! Owns what is said about diagnoses: what each node finds when it looks itself over, and how one is begun.

use super::node::NodeAt;
use crate::access::{Access, Caller};
use crate::described::HostName;
use crate::operation::{Nothing, Operation, Shape, operations};
use crate::paging::{Cell, Column, Listed, Page, number};
use crate::{ApiError, Deed, ErrorCode, List, Sentence};
use nasd_base::role::Right;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Declares the checks with their names in requests and replies.
macro_rules! checks {
    ($($(#[$about:meta])+ $kind:ident = $name:literal;)+) => {
        /// What is looked at.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum CheckKind {
            $($(#[$about])+ $kind,)+
            /// A newer server's; nobody can ask for it.
            #[serde(other)]
            #[schemars(skip)]
            Unknown,
        }

        impl CheckKind {
            /// In the order in which they run.
            pub const ALL: &[CheckKind] = &[$(CheckKind::$kind),+];

            /// The name in requests and replies.
            pub fn name(self) -> &'static str {
                match self {
                    $(CheckKind::$kind => $name,)+
                    CheckKind::Unknown => "unknown",
                }
            }
        }
    };
}

checks! {
    /// What disks say of their own health (SMART), and whether they take data.
    DiskHealth = "disk_health";
    /// How long small writes take to be on a disk, and whether that can be believed.
    Flush = "flush";
    /// Disks that are much slower than the others, and reads that take very long.
    DiskLatency = "disk_latency";
    /// Round trips, losses and throughput to each other node.
    Network = "network";
    /// This clock against the other nodes', and whether a time service keeps it.
    Clock = "clock";
    /// Lag, leaders and the length of the log of each Raft group.
    Raft = "raft";
    /// Damaged and mended data, and when all of it was verified.
    Scrub = "scrub";
    /// How long the certificate for browsers lasts.
    Certificate = "certificate";
    /// Whether the node's addresses have names, and these lead back to them.
    Names = "names";
    /// How full the disks are, and when the space will be used up.
    Space = "space";
    /// Whether files can be written, read and deleted over NFS.
    Nfs = "nfs";
    /// What crashed processes left behind.
    Leftovers = "leftovers";
}

/// How a check ended. Worse ones come later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CheckState {
    Passed,
    /// There is nothing to look at, or no way to: the evidence says why.
    Skipped,
    /// Somebody should look at it, these days.
    Warning,
    /// Something does not do its work.
    Failed,
    #[serde(other)]
    Unknown,
}

/// What one check found when it ran last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    pub check: CheckKind,
    pub state: CheckState,
    /// What it goes by.
    pub evidence: Vec<Sentence>,
    /// What to do, where there is something to be done.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub advice: Vec<Sentence>,
    /// When it ran, in seconds since 1970-01-01 UTC.
    pub at: i64,
    pub took_millis: u64,
}

/// What is known of a node's diagnosis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DiagnosisState {
    /// The node does not answer: nothing is known.
    NotKnown,
    Running,
    Done,
    /// It never ran.
    Never,
    #[serde(other)]
    Unknown,
}

/// A node's newest findings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Diagnosis {
    pub node: u64,
    pub node_name: String,
    pub state: DiagnosisState,
    /// Checks of the run that goes on: those that are done, and all.
    pub done: u32,
    pub total: u32,
    /// In the order in which they run; those that never ran are missing.
    pub findings: Vec<Finding>,
}

impl Diagnosis {
    /// So many findings are in this state.
    pub fn count(&self, state: CheckState) -> usize {
        self.findings.iter().filter(|finding| finding.state == state).count()
    }

    /// The worst finding's.
    pub fn worst(&self) -> Option<CheckState> {
        self.findings.iter().map(|finding| finding.state).max()
    }

    /// When its newest finding was made.
    pub fn newest(&self) -> Option<i64> {
        self.findings.iter().map(|finding| finding.at).max()
    }
}

/// Begins a diagnosis of one node, or of all, which each looks at itself. One that goes on is joined, not begun anew.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StartDiagnosis {
    /// The node's name, or its number; all nodes when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<HostName>")]
    pub node: Option<String>,
    /// All when none is named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<CheckKind>,
}

const PATH: &str = "/diagnoses";
const SEE: Access = Access::Needs(Right::ReadStatus);

operations! {
    /// The newest findings of all nodes.
    ListDiagnoses(Page<Diagnosis>) -> List<Diagnosis> =
        Shape::get(PATH, SEE, "The newest diagnosis of each node").korean("노드별 최신 진단");

    /// The newest findings of one node.
    ReadDiagnosis(NodeAt) -> Diagnosis =
        Shape::get("/diagnoses/{node}", SEE, "The newest diagnosis of one node").korean("노드 하나의 최신 진단");
}

impl Operation for StartDiagnosis {
    type At = Nothing;
    type Body = Self;
    type Reply = List<Diagnosis>;

    const SHAPE: Shape = Shape::post(PATH, Access::Needs(Right::ChangeStorage), "Begin a diagnosis")
        .refuses(&[ErrorCode::NotFound])
        .recorded();

    fn check(_: &Caller, _: &Nothing, request: &Self) -> Result<(), ApiError> {
        match request.checks.contains(&CheckKind::Unknown) {
            true => Err(refusals::check_unknown()),
            false => Ok(()),
        }
    }

    fn deed(_: &Nothing, request: &Self) -> Option<Deed> {
        let node = request.node.as_ref()?;
        Some(Deed { what: format!("begin a diagnosis of {node}"), here: false })
    }
}

impl Listed for Diagnosis {
    const COLUMNS: &'static [Column<Diagnosis>] = &[
        ("node", |diagnosis| Cell::text(&diagnosis.node_name)),
        ("state", |diagnosis| Cell::word(diagnosis.state, diagnosis.state as u64)),
        ("failed", |diagnosis| Cell::number(diagnosis.count(CheckState::Failed) as u64)),
        ("warnings", |diagnosis| Cell::number(diagnosis.count(CheckState::Warning) as u64)),
    ];

    fn place(&self) -> String {
        number(self.node)
    }
}

crate::refused::refusals! {
    check_unknown(): InvalidRequest,
        "there is no check of this name",
        "이런 이름의 검사는 없습니다",
        hint "`nasctl diagnose --help` names the checks", "`nasctl diagnose --help`로 검사 이름을 확인하십시오";
}

crate::deed::deeds! {
    "begin a diagnosis of {node}":
        "began a diagnosis of {node}",
        "{node} 노드의 진단 시작";
    "begin a diagnosis":
        "began a diagnosis",
        "진단 시작";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checks_are_called_as_they_are_written() {
        for kind in CheckKind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
        }
        let newer: CheckKind = serde_json::from_str("\"of_tomorrow\"").unwrap();
        assert_eq!(newer, CheckKind::Unknown);
    }
}
