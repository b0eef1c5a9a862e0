//! The cluster's refusals in the management interface's terms.

use nasd_api::{ApiError, ErrorCode};
use nasd_cluster::{JoinError, SystemError};

pub fn api_error(code: ErrorCode, message: impl Into<String>, hint: &str) -> ApiError {
    ApiError::new(code, message).hint(hint)
}

/// A refusal by the replicated state, or no majority to decide.
pub fn of_system(error: &SystemError) -> ApiError {
    let code = match error {
        SystemError::VolumeNameTaken(_) | SystemError::AlreadyFounded => ErrorCode::AlreadyExists,
        SystemError::UnknownVolume(_) | SystemError::UnknownExport(_) | SystemError::UnknownNode(_) => {
            ErrorCode::NotFound
        }
        SystemError::VolumeExported { .. } | SystemError::NodeHoldsReplicas { .. } => ErrorCode::Conflict,
        SystemError::NoQuorum(_) | SystemError::Stopped(_) | SystemError::NotFounded => {
            ErrorCode::Unavailable
        }
        SystemError::TokenUnknown | SystemError::TokenUsed(_) | SystemError::TokenExpired => {
            ErrorCode::Denied
        }
        _ => ErrorCode::InvalidRequest,
    };
    ApiError::new(code, error.to_string())
}

pub fn of_join(error: &JoinError) -> ApiError {
    let code = match error {
        JoinError::AlreadyMember(_) => ErrorCode::Conflict,
        JoinError::Refused(_) => ErrorCode::Denied,
        JoinError::Unreachable { .. } => ErrorCode::Unavailable,
        JoinError::BadGrant(_) | JoinError::Identity(_) => ErrorCode::Internal,
    };
    ApiError::new(code, error.to_string())
}
