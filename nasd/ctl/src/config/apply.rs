//! Owns how a plan is carried out: step by step, each only if the cluster still is as it was when the plan was made.

use super::passwords::Passwords;
use super::section::AnyChange;
use crate::failure::Failure;
use crate::nouns::Step;
use nasd_api::{ApiError, Client, ClientError, ErrorCode};

/// Does the steps in their order; gives how many were done, and why it stopped if it did.
pub async fn carry_out(node: &Client, steps: &[Step], passwords: &mut Passwords) -> (usize, Option<Failure>) {
    for (done, step) in steps.iter().enumerate() {
        if let Err(failure) = step.carry_out(node, passwords).await {
            return (done, Some(explained(step.change(), failure)));
        }
    }
    (steps.len(), None)
}

/// Says which step it was; and of what somebody else did meanwhile, that it was that.
fn explained(step: &dyn AnyChange, failure: Failure) -> Failure {
    let (kind, name) = step.thing();
    let error = match failure {
        Failure::Client(ClientError::Refused(error)) => error,
        other => return other,
    };
    let meanwhile = matches!(
        (error.code, step.action()),
        (ErrorCode::PreconditionFailed, _)
            | (ErrorCode::AlreadyExists, "create")
            | (ErrorCode::NotFound, "change" | "remove")
    );
    let explained = if meanwhile {
        let words = format!("stopped at {kind} {name}: somebody else changed it after the plan was made");
        ApiError::new(error.code, words).hint("do this again to see what is left to do, and do that")
    } else {
        ApiError { message: format!("stopped at {kind} {name}: {}", error.message), ..error }
    };
    ClientError::from(explained).into()
}
