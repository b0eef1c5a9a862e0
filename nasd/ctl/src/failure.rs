//! Owns how a command fails: what is said, and the exit status.

use nasd_api::{ApiError, ClientError, ErrorCode};
use std::fmt::Display;
use std::process::ExitCode;

/// Why a command failed.
#[derive(Debug)]
pub enum Failure {
    /// The node cannot be reached, or said no.
    Client(ClientError),
    /// What was asked for makes no sense here.
    Usage(String),
    /// Something on this machine went wrong.
    Local(String),
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        Failure::Client(error)
    }
}

impl Failure {
    pub fn local(what: impl Display, error: impl Display) -> Failure {
        Failure::Local(format!("{what}: {error}"))
    }

    pub fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Failure::Client(ClientError::Unreachable { .. }) => 3,
            Failure::Usage(_) => 2,
            Failure::Client(_) | Failure::Local(_) => 1,
        })
    }

    /// Says it on standard error; in JSON it looks like the API's own refusals.
    pub fn tell(&self, json: bool) {
        let error = self.as_api_error();
        if json {
            eprintln!("{}", serde_json::to_string(&error).unwrap_or_else(|_| error.message.clone()));
            return;
        }
        eprintln!("nasctl: {}", error.message);
        if let Some(hint) = &error.hint {
            eprintln!("hint: {hint}");
        }
    }

    fn as_api_error(&self) -> ApiError {
        match self {
            Failure::Client(ClientError::Refused(error)) => error.clone(),
            Failure::Client(error @ ClientError::Unreachable { .. }) => ApiError::unavailable(
                error.to_string(),
            )
            .hint("nasd listens in its --dir; give nasctl the same --dir, and run it as the same user"),
            Failure::Client(error @ ClientError::TimedOut { .. }) => {
                ApiError::new(ErrorCode::TimedOut, error.to_string())
            }
            Failure::Client(error) => ApiError::internal(error.to_string()),
            Failure::Usage(message) => ApiError::invalid(message),
            Failure::Local(message) => ApiError::internal(message),
        }
    }
}
