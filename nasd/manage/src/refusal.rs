//! The cluster's refusals in the management interface's terms.

pub use nasd_api::refusal::*;

use nasd_api::{ApiError, ErrorCode};
use nasd_cluster::JoinError;
use nasd_system::{Refusal, RefusalKind, SystemError, TaskError, TaskKind};

/// A refusal by the replicated state, or no majority to decide.
pub fn of_system(error: &SystemError) -> ApiError {
    if let SystemError::Task(TaskError::Running { task, kind: TaskKind::RotateAuthority }) = error {
        return rotation_running(task);
    }
    let code = match error.kind() {
        RefusalKind::Invalid => ErrorCode::InvalidRequest,
        RefusalKind::Unknown => ErrorCode::NotFound,
        RefusalKind::Exists => ErrorCode::AlreadyExists,
        RefusalKind::Conflict => ErrorCode::Conflict,
        RefusalKind::Denied => ErrorCode::Denied,
        RefusalKind::Unproved => ErrorCode::Unauthenticated,
        RefusalKind::FactorNeeded => ErrorCode::FactorNeeded,
        RefusalKind::TooManyAttempts => ErrorCode::TooManyAttempts,
        RefusalKind::Changed => ErrorCode::PreconditionFailed,
        RefusalKind::Undecided => ErrorCode::Unavailable,
    };
    ApiError::of(code, error)
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
