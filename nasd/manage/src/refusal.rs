//! The cluster's refusals in the management interface's terms.

pub use nasd_api::refusal::*;

use nasd_api::{ApiError, ErrorCode};
use nasd_cluster::JoinError;
use nasd_system::{
    AccountError, ClusterError, ExportError, NodeError, SystemError, TaskError, TaskKind, TokenError,
    VolumeError,
};

/// A refusal by the replicated state, or no majority to decide.
pub fn of_system(error: &SystemError) -> ApiError {
    let code = match error {
        SystemError::Volume(VolumeError::VolumeNameTaken(_))
        | SystemError::Cluster(ClusterError::AlreadyFounded)
        | SystemError::Export(ExportError::ExportExists(_)) => ErrorCode::AlreadyExists,
        SystemError::Volume(VolumeError::UnknownVolume(_))
        | SystemError::Export(ExportError::UnknownExport(_))
        | SystemError::Node(NodeError::UnknownNode(_)) => ErrorCode::NotFound,
        SystemError::Volume(VolumeError::VolumeExported { .. })
        | SystemError::Node(NodeError::NodeHoldsReplicas { .. })
        | SystemError::Export(ExportError::ExportOverlaps { .. })
        | SystemError::Volume(VolumeError::NotEnoughReplicas { .. })
        | SystemError::Volume(VolumeError::TooFewNodes(_))
        | SystemError::Token(TokenError::TooManyTokens(_))
        | SystemError::Full(_) => ErrorCode::Conflict,
        SystemError::NoQuorum(_)
        | SystemError::Stopped(_)
        | SystemError::Cluster(ClusterError::NotFounded) => ErrorCode::Unavailable,
        SystemError::Token(TokenError::TokenUnknown)
        | SystemError::Token(TokenError::TokenUsed(_))
        | SystemError::Token(TokenError::TokenExpired)
        | SystemError::Export(ExportError::NotOwned { .. }) => ErrorCode::Denied,
        SystemError::Task(TaskError::Unknown(_)) => ErrorCode::NotFound,
        SystemError::Task(TaskError::Running { task, kind: TaskKind::RotateAuthority }) => {
            return rotation_running(task);
        }
        SystemError::Task(TaskError::Running { .. }) => ErrorCode::Conflict,
        SystemError::Changed => ErrorCode::PreconditionFailed,
        SystemError::Account(error) => of_account(error),
        _ => ErrorCode::InvalidRequest,
    };
    ApiError::of(code, error)
}

fn of_account(error: &AccountError) -> ErrorCode {
    match error {
        AccountError::UserExists(_) | AccountError::GroupExists(_) | AccountError::ApiTokenExists { .. } => {
            ErrorCode::AlreadyExists
        }
        AccountError::UnknownUser(_)
        | AccountError::UnknownGroup(_)
        | AccountError::UnknownSession
        | AccountError::UnknownVolume(_)
        | AccountError::UnknownApiToken { .. }
        | AccountError::NoFactor(_) => ErrorCode::NotFound,
        AccountError::LastAdministrator(_)
        | AccountError::AlreadySetUp
        | AccountError::NoFactorOffered
        | AccountError::FactorExists(_)
        | AccountError::TooMany(_) => ErrorCode::Conflict,
        AccountError::SetupTokenUnknown | AccountError::SetupTokenExpired => ErrorCode::Denied,
        AccountError::BadCredentials => ErrorCode::Unauthenticated,
        AccountError::FactorNeeded => ErrorCode::FactorNeeded,
        AccountError::Locked { .. } => ErrorCode::TooManyAttempts,
        _ => ErrorCode::InvalidRequest,
    }
}

pub fn of_join(error: &JoinError) -> ApiError {
    match error {
        JoinError::AlreadyMember(node) => join_already_member(node),
        JoinError::Refused(words) => join_refused(words),
        JoinError::Unreachable { address, reason } => join_unreachable(address, reason),
        JoinError::BadGrant(why) => join_answer_unfit(why),
        JoinError::Identity(error) => join_identity_unusable(error),
    }
}

#[cfg(test)]
#[path = "refusal_tests.rs"]
mod tests;
