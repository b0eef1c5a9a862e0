//! Owns how a command fails: what is said, and the exit status.

use crate::table::visible;
use nasd_api::{ApiError, ClientError, ErrorCode};
use std::fmt::Display;
use std::process::ExitCode;

const UNREACHABLE_SOCKET: &str =
    "nasd listens in its --dir; give nasctl the same --dir, and run it as the same user";
const UNREACHABLE_SERVER: &str =
    "every member of a cluster listens, on port 7443 unless it was told otherwise";
const BAD_TOKEN: &str = "the API token is wrong, revoked or expired, or its user is disabled; make another with \
                         `nasctl token create`";
const NARROW_TOKEN: &str = "an API token can do what both its user's role and its own scopes allow; \
                            `nasctl token list` shows them";

/// Why a command failed.
#[derive(Debug)]
pub enum Failure {
    /// The node cannot be reached or trusted, or said no.
    Client(ClientError),
    /// A login was refused: what is said of API tokens does not fit.
    LogIn(ApiError),
    /// What was asked for makes no sense here.
    Usage(String),
    /// Something on this machine went wrong.
    Local(String),
    /// There is nothing to add to what was printed.
    Silent,
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
            Failure::Client(ClientError::Unreachable { .. } | ClientError::Untrusted { .. }) => 3,
            Failure::Usage(_) => 2,
            Failure::Client(_) | Failure::LogIn(_) | Failure::Local(_) | Failure::Silent => 1,
        })
    }

    /// Says it on standard error; in JSON it looks like the API's own refusals. `remote`: by HTTPS.
    pub fn tell(&self, json: bool, remote: bool) {
        if matches!(self, Failure::Silent) {
            return;
        }
        let error = self.as_api_error(remote);
        if json {
            eprintln!("{}", serde_json::to_string(&error).unwrap_or_else(|_| error.message.clone()));
            return;
        }
        // What a server says does not get to move the cursor; what nasctl says has lines of its own.
        let shown = |text: &str| match self {
            Failure::Client(_) | Failure::LogIn(_) => visible(text),
            _ => text.to_owned(),
        };
        eprintln!("nasctl: {}", shown(&error.message));
        if let Some(hint) = &error.hint {
            eprintln!("hint: {}", shown(hint));
        }
    }

    pub fn as_api_error(&self, remote: bool) -> ApiError {
        match self {
            Failure::Client(ClientError::Refused(error)) if remote => with_remote_hint(error),
            Failure::Client(ClientError::Refused(error)) | Failure::LogIn(error) => error.clone(),
            Failure::Client(error @ ClientError::Unreachable { .. }) => {
                let hint = if remote { UNREACHABLE_SERVER } else { UNREACHABLE_SOCKET };
                ApiError::unavailable(error.to_string()).hint(hint)
            }
            Failure::Client(error @ ClientError::Untrusted { fingerprint, .. }) => {
                ApiError::new(ErrorCode::Denied, error.to_string()).hint(compare(fingerprint))
            }
            Failure::Client(error @ ClientError::TimedOut { .. }) => {
                ApiError::new(ErrorCode::TimedOut, error.to_string())
            }
            Failure::Client(error) => ApiError::internal(error.to_string()),
            Failure::Usage(message) => ApiError::invalid(message),
            Failure::Local(message) => ApiError::internal(message),
            Failure::Silent => ApiError::internal("it was said already"),
        }
    }
}

/// The API's hints speak to programs that write their own headers.
fn with_remote_hint(error: &ApiError) -> ApiError {
    let hint = match error.code {
        ErrorCode::Unauthenticated => BAD_TOKEN,
        ErrorCode::Denied if error.hint.is_none() => NARROW_TOKEN,
        _ => return error.clone(),
    };
    error.clone().hint(hint)
}

/// How to find out whether a certificate is the node's.
fn compare(fingerprint: &str) -> String {
    format!(
        "it has the fingerprint {fingerprint}. Compare that with what `nasctl certificate show` says on the node, or \
         `openssl x509 -noout -fingerprint -sha256 -in api.pem` in nasd's directory on the node. If it is the same, \
         give it with --fingerprint; if it is not, somebody else answers there"
    )
}
