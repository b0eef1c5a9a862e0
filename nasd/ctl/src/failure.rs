//! Owns how a command fails: what is said, and the exit status.

use crate::table::visible;
use nasd_api::refusal::{self, Hint, Language, Said};
use nasd_api::{ApiError, ClientError, ErrorCode};
use std::fmt::Display;
use std::process::ExitCode;

/// Why a command failed.
#[derive(Debug)]
pub enum Failure {
    /// The node cannot be reached or trusted, or said no.
    Client(ClientError),
    /// A login was refused: what is said of API tokens does not fit.
    LogIn(ApiError),
    /// A configuration was carried out up to this thing: its kind and name.
    Stopped { at: (&'static str, String), error: Box<ApiError> },
    /// What was asked for makes no sense here.
    Usage(String),
    /// Whoever was asked did not agree.
    Declined(String),
    /// Something on this machine went wrong.
    Local(String),
    /// There is nothing to add to what was printed.
    Silent,
    /// A check has found something, and said it: with this status monitoring is told.
    Checked(u8),
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        Failure::Client(error)
    }
}

impl From<ApiError> for Failure {
    fn from(error: ApiError) -> Self {
        Failure::Client(error.into())
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
            Failure::Declined(_) => 4,
            Failure::Checked(status) => *status,
            Failure::Client(_)
            | Failure::LogIn(_)
            | Failure::Stopped { .. }
            | Failure::Local(_)
            | Failure::Silent => 1,
        })
    }

    /// Says it on standard error; in JSON it looks like the API's own refusals. `remote`: by HTTPS.
    pub fn tell(&self, json: bool, remote: bool, language: Language) {
        if matches!(self, Failure::Silent | Failure::Checked(_)) {
            return;
        }
        if json {
            let error = self.as_api_error(remote);
            eprintln!("{}", serde_json::to_string(&error).unwrap_or_else(|_| error.message.clone()));
            return;
        }
        let Said { sentence, hint } = self.said(remote, language);
        // What a server says does not get to move the cursor; what nasctl says has lines of its own.
        let shown = |text: &str| match self {
            _ if self.is_of_this_machine() => text.to_owned(),
            _ => visible(text),
        };
        eprintln!("nasctl: {}", shown(&sentence));
        if let Some(hint) = &hint {
            eprintln!("hint: {}", shown(hint));
        }
    }

    /// Why, for a place where there is one line.
    pub fn in_a_line(&self, language: Language) -> String {
        self.said(false, language).sentence
    }

    /// What concerns the command line and this machine is said in English.
    fn said(&self, remote: bool, language: Language) -> Said {
        let language = if self.is_of_this_machine() { Language::English } else { language };
        let error = self.refusal();
        let Said { sentence, hint } = error.said(language);
        let advice = self.advice(remote).and_then(|advice| advice.said(language, &error.values));
        let sentence = match self {
            Failure::Stopped { at: (kind, name), .. } => {
                format!("{}: {sentence}", refusal::stopped_at(kind, name).said(language).sentence)
            }
            _ => sentence,
        };
        Said { sentence, hint: advice.or(hint) }
    }

    /// Not a node's words.
    fn is_of_this_machine(&self) -> bool {
        matches!(
            self,
            Failure::Usage(_)
                | Failure::Declined(_)
                | Failure::Local(_)
                | Failure::Silent
                | Failure::Checked(_)
        )
    }

    pub fn as_api_error(&self, remote: bool) -> ApiError {
        let mut error = self.refusal();
        Said { sentence: error.message, hint: error.hint } = self.said(remote, Language::English);
        error
    }

    fn refusal(&self) -> ApiError {
        match self {
            Failure::Client(error) => error.refusal(),
            Failure::LogIn(error) => error.clone(),
            Failure::Stopped { error, .. } => ApiError::clone(error),
            Failure::Usage(message) => refusal::nasctl_usage(message),
            Failure::Declined(message) => refusal::nasctl_declined(message),
            Failure::Local(message) => refusal::nasctl_failed(message),
            Failure::Silent | Failure::Checked(_) => refusal::nasctl_failed("it was said already"),
        }
    }

    /// What a client adds: the API's hints speak to programs that write their own headers.
    fn advice(&self, remote: bool) -> Option<Hint> {
        match self {
            Failure::Client(ClientError::Unreachable { .. }) if remote => Some(refusal::SERVER_NOT_THERE),
            Failure::Client(ClientError::Unreachable { .. }) => Some(refusal::NASD_NOT_THERE),
            Failure::Client(ClientError::Untrusted { .. }) => Some(refusal::COMPARE_FINGERPRINT),
            Failure::Client(ClientError::Refused(error)) if remote => of_tokens(error),
            Failure::Stopped { error, .. } if remote => of_tokens(error),
            _ => None,
        }
    }
}

fn of_tokens(error: &ApiError) -> Option<Hint> {
    match error.code {
        ErrorCode::Unauthenticated => Some(refusal::BAD_TOKEN),
        ErrorCode::Denied if error.hint.is_none() => Some(refusal::NARROW_TOKEN),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_a_configuration_stopped_is_said_in_both_languages() {
        let error = Box::new(refusal::right_missing("ann", "change_storage"));
        let failure = Failure::Stopped { at: ("volume", "demo".to_owned()), error };
        let Said { sentence, hint } = failure.said(true, Language::English);
        assert_eq!(
            sentence,
            "stopped at volume demo: ann may not do this: it needs the right change_storage"
        );
        assert!(hint.is_some_and(|hint| hint.starts_with("an API token can do")));
        let Said { sentence, hint } = failure.said(true, Language::Korean);
        assert_eq!(
            sentence,
            "볼륨 demo에서 멈추었습니다: ann에게 이 요청을 실행할 권한이 없습니다. 필요한 권한: change_storage"
        );
        assert!(hint.is_some_and(|hint| hint.starts_with("API 토큰은")));
        assert_eq!(failure.as_api_error(true).reason, "right_missing");
    }

    #[test]
    fn what_concerns_the_command_line_is_said_in_english() {
        let failure = Failure::Usage("give it a name".to_owned());
        assert_eq!(failure.said(false, Language::Korean).sentence, "give it a name");
    }
}
