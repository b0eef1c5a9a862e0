//! Owns what a button does that stands alone: no form to show again, and a refusal has a page of its own.

use crate::posted::Posted;
use crate::refusal::Refused;
use crate::reply::{done, to};
use crate::words::Done;
use axum::response::Response;
use nasd_api::{Nothing, Operation};

/// Asks for the operation and goes back to the page that had the button. `message` is about `subject`.
///
/// # Errors
/// The page that says why not.
pub async fn press<O: Operation<Body = Nothing>>(
    Posted { member, form }: &Posted,
    at: O::At,
    back: &str,
    message: Done,
    subject: &str,
) -> Result<Response, Refused> {
    if form.is_restored() {
        return Ok(to(back));
    }
    member.ask::<O>(at).await?;
    Ok(done(back, message, subject))
}
