//! Owns how a plan is carried out: step by step, each only if the cluster still is as it was when the plan was made.

use super::passwords::Passwords;
use super::section::AnyChange;
use crate::failure::Failure;
use crate::nouns::Step;
use nasd_api::{Client, ClientError, ErrorCode, refusal};

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
    if !meanwhile {
        return Failure::Stopped { at: (kind, name.to_owned()), error: Box::new(error) };
    }
    let mut explained = refusal::plan_is_old(kind, name);
    explained.code = error.code;
    explained.into()
}
