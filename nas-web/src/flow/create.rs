//! Owns how something is made.

use crate::form::Form;
use crate::posted::Posted;
use crate::problems::Problems;
use crate::refusal::Refused;
use crate::route::PageRoute;
use crate::visit::Member;
use axum::response::Response;
use nasd_api::{Answered, Nothing, Operation, Reply};
use std::future::Future;

/// A form that makes something.
pub trait Create: Sized + 'static {
    /// What makes it.
    type Make: Operation<At = Nothing, Reply: Reply<Read: Send>>;
    /// Where a name that is taken was typed.
    const FIELD: &'static str;

    /// The form before anybody typed in it; `asked` is what the address brought.
    fn blank(asked: &Form) -> Form;

    /// What the form asks for; nothing only where there are problems.
    fn request(
        member: &Member,
        form: &Form,
        problems: &mut Problems,
    ) -> Option<<Self::Make as Operation>::Body>;

    /// A button of the form asked for more of it, and not to send it.
    fn is_unfinished(_form: &Form) -> bool {
        false
    }

    fn page(
        member: &Member,
        form: Form,
        problems: Problems,
    ) -> impl Future<Output = Result<Response, Refused>> + Send;

    /// What is shown when it is made.
    fn done(
        member: &Member,
        form: &Form,
        made: Answered<Self::Make>,
    ) -> impl Future<Output = Response> + Send;
}

/// The page and its form.
pub fn routes<C: Create>(path: &'static str) -> Vec<PageRoute> {
    vec![PageRoute::get(path, show::<C>), PageRoute::post(path, make::<C>)]
}

async fn show<C: Create>(member: Member) -> Result<Response, Refused> {
    C::page(&member, C::blank(&member.visit.query()), Problems::default()).await
}

/// For a form on a page of something else, too.
pub async fn make<C: Create>(Posted { member, mut form }: Posted) -> Result<Response, Refused> {
    let mut problems = Problems::default();
    if form.is_restored() || C::is_unfinished(&form) {
        return C::page(&member, form, problems).await;
    }
    let request = C::request(&member, &form, &mut problems);
    let (Some(request), true) = (request, problems.is_empty()) else {
        return C::page(&member, form, problems).await;
    };
    match member.make::<C::Make>(&request, &mut form).await {
        Ok(made) => Ok(C::done(&member, &form, made).await),
        Err(error) => {
            let problems = Problems::of_error(&member, error, C::FIELD)?;
            C::page(&member, form, problems).await
        }
    }
}
