//! Owns how something is done that cannot be taken back: a page says what it means, and asks once more.

use super::{Named, subject};
use crate::form::Form;
use crate::posted::Posted;
use crate::problems::Problems;
use crate::refusal::Refused;
use crate::route::PageRoute;
use crate::visit::Member;
use axum::response::Response;
use nasd_api::{Nothing, Operation, Reply};
use std::future::Future;

/// A page that asks once more. `name` is what it is about; empty for what there is one of.
pub trait Confirm: Sized + 'static {
    /// What is done then.
    type Act: Operation<Body = Nothing, Reply: Reply<Read: Send>>;
    /// The field that names it, where its address does not.
    const SUBJECT: &'static str = "";

    fn at(name: &str) -> <Self::Act as Operation>::At;

    /// Whether enough was typed.
    fn check(_member: &Member, _name: &str, _form: &Form, _problems: &mut Problems) {}

    fn page(
        member: &Member,
        name: &str,
        problems: Problems,
    ) -> impl Future<Output = Result<Response, Refused>> + Send;

    /// What is shown when it is done.
    fn done(name: &str) -> Response;
}

/// The page and its form.
pub fn routes<C: Confirm>(path: &'static str) -> Vec<PageRoute> {
    vec![PageRoute::get(path, show::<C>), PageRoute::post(path, carry_out::<C>)]
}

async fn show<C: Confirm>(named: Named, member: Member) -> Result<Response, Refused> {
    let name = subject(named, &member.visit.query(), C::SUBJECT);
    C::page(&member, &name, Problems::default()).await
}

async fn carry_out<C: Confirm>(named: Named, posted: Posted) -> Result<Response, Refused> {
    let Posted { member, form } = posted;
    let (name, mut problems) = (subject(named, &form, C::SUBJECT), Problems::default());
    if form.is_restored() {
        return C::page(&member, &name, problems).await;
    }
    C::check(&member, &name, &form, &mut problems);
    if !problems.is_empty() {
        return C::page(&member, &name, problems).await;
    }
    match member.client.ask::<C::Act>(C::at(&name)).await {
        Ok(_) => Ok(C::done(&name)),
        Err(error) => {
            let problems = Problems::of_error(&member, error, "")?;
            C::page(&member, &name, problems).await
        }
    }
}
