//! Owns how something is changed, and what happens when two do so at once.

use super::{Named, subject};
use crate::form::Form;
use crate::posted::Posted;
use crate::problems::Problems;
use crate::refusal::Refused;
use crate::route::PageRoute;
use crate::visit::Member;
use axum::http::StatusCode;
use axum::response::Response;
use nasd_api::{Answered, ClientError, ErrorCode, HasTag, Operation, Reply};
use std::future::Future;

/// The tag of what the form was made from.
const ETAG: &str = "etag";

/// A form that changes something. `name` is what it is called; empty for what there is one of.
pub trait Edit: Sized + 'static {
    /// How it is saved.
    type Saved: HasTag + Send;
    /// What changes it, if it is still what the form was made from.
    type Change: Operation<Reply: Reply<Read: Send>>;
    /// The `id` of the field that a refusal belongs to.
    const FIELD: &'static str;
    /// The field that names it, where its address does not.
    const SUBJECT: &'static str = "";

    fn read(member: &Member, name: &str) -> impl Future<Output = Result<Self::Saved, Refused>> + Send;

    /// The form before anybody typed in it.
    fn form(saved: &Self::Saved) -> Form;

    fn at(name: &str) -> <Self::Change as Operation>::At;

    /// What the form asks for; nothing only where there are problems.
    fn request(
        member: &Member,
        form: &Form,
        problems: &mut Problems,
    ) -> Option<<Self::Change as Operation>::Body>;

    /// A button of the form asked for more of it, and not to send it.
    fn is_unfinished(_form: &Form) -> bool {
        false
    }

    fn page(
        member: &Member,
        name: &str,
        sheet: Sheet<Self::Saved>,
    ) -> impl Future<Output = Result<Response, Refused>> + Send;

    /// What is shown when it is changed.
    fn done(name: &str, changed: Answered<Self::Change>) -> Response;
}

/// The form with all that its page needs.
pub struct Sheet<T> {
    pub form: Form,
    pub problems: Problems,
    /// What is saved now, where that has been read.
    pub saved: Option<T>,
    /// Somebody else has changed it meanwhile to what is saved now.
    pub in_conflict: bool,
}

impl<T> Sheet<T> {
    fn typed(form: Form, problems: Problems) -> Sheet<T> {
        Sheet { form, problems, saved: None, in_conflict: false }
    }

    pub fn status(&self) -> StatusCode {
        if self.in_conflict { StatusCode::PRECONDITION_FAILED } else { self.problems.status() }
    }

    /// What somebody else saved meanwhile.
    pub fn theirs(&mut self) -> Option<T> {
        self.saved.take().filter(|_| self.in_conflict)
    }
}

/// The page and its form.
pub fn routes<E: Edit>(path: &'static str) -> Vec<PageRoute> {
    vec![PageRoute::get(path, show::<E>), PageRoute::post(path, change::<E>)]
}

async fn show<E: Edit>(named: Named, member: Member) -> Result<Response, Refused> {
    let name = subject(named, &member.visit.query(), E::SUBJECT);
    untouched::<E>(&member, &name, Problems::default()).await
}

/// The page with the form as it is saved; `problems` are those of something else on the page.
pub async fn untouched<E: Edit>(
    member: &Member,
    name: &str,
    problems: Problems,
) -> Result<Response, Refused> {
    let saved = E::read(member, name).await?;
    let mut form = E::form(&saved);
    form.set(ETAG, saved.tag());
    E::page(member, name, Sheet { saved: Some(saved), ..Sheet::typed(form, problems) }).await
}

async fn change<E: Edit>(named: Named, posted: Posted) -> Result<Response, Refused> {
    let Posted { member, form } = posted;
    let (name, mut problems) = (subject(named, &form, E::SUBJECT), Problems::default());
    if form.is_restored() || E::is_unfinished(&form) {
        return E::page(&member, &name, Sheet::typed(form, problems)).await;
    }
    let request = E::request(&member, &form, &mut problems);
    let (Some(request), true) = (request, problems.is_empty()) else {
        return E::page(&member, &name, Sheet::typed(form, problems)).await;
    };
    let etag = Some(form.get(ETAG));
    match member.client.call_if::<E::Change>(E::at(&name), &request, etag).await {
        Ok(changed) => Ok(E::done(&name, changed)),
        Err(ClientError::Refused(error)) if error.code == ErrorCode::PreconditionFailed => {
            conflict::<E>(&member, &name, form).await
        }
        Err(error) => {
            let problems = Problems::of_error(&member, error, E::FIELD)?;
            E::page(&member, &name, Sheet::typed(form, problems)).await
        }
    }
}

/// Both sides beside each other; sending again means to have seen theirs.
async fn conflict<E: Edit>(member: &Member, name: &str, mut form: Form) -> Result<Response, Refused> {
    let saved = E::read(member, name).await?;
    form.set(ETAG, saved.tag());
    let sheet = Sheet { form, problems: Problems::default(), saved: Some(saved), in_conflict: true };
    E::page(member, name, sheet).await
}
