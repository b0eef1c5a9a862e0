//! Owns the page that asks who is there, with what waits for the login.

use crate::chrome::{Chrome, html};
use crate::form::Form;
use crate::refusal::Refused;
use crate::reply::local;
use crate::visit::Visit;
use askama::Template;
use axum::http::StatusCode;

#[derive(Template)]
#[template(path = "login.html")]
pub struct LoginPage {
    c: Chrome,
    pub user: String,
    /// Where to go afterwards.
    to: String,
    /// A form that waits for the login, as it travels.
    pub keep: String,
    /// The handle of a password that was right, while its code is asked for.
    pub pending: Option<String>,
    pub refusal: Option<String>,
}

impl LoginPage {
    pub fn new(visit: &Visit, form: &Form) -> LoginPage {
        LoginPage {
            c: visit.chrome(visit.words().title_login),
            user: form.get("user").to_owned(),
            to: local(form.get("to")).to_owned(),
            keep: form.get("keep").to_owned(),
            pending: None,
            refusal: None,
        }
    }
}

/// The session ended while the form was filled in: it waits for the login.
pub fn again(visit: &Visit, form: &Form) -> Refused {
    let kept = Form::new(&form.kept()).encoded();
    let mut page = LoginPage::new(visit, &Form::new(&[("to", &visit.here), ("keep", &kept)]));
    page.refusal = Some(visit.words().login_again.to_string());
    html(StatusCode::UNAUTHORIZED, page).into()
}
