//! Owns what can be done with a user: role, volumes, password, lock, second factor.

use super::words;
use crate::credentials::{new_password, proof};
use crate::flow::edit::{Edit, Sheet, untouched};
use crate::flow::press;
use crate::form::PROOF_FIELD;
use crate::page::{
    Chrome, Form, Member, Path, Posted, Problems, Refused, Response, Template, done, html, to,
};
use crate::pages::account::words::{FACTOR_REMOVED, PASSWORD_SET};
use nasd_api::{ReadUser, RemoveFactor, SetPassword, UnlockUser, UpdateUser, User, UserAt, percent_encoded};

#[derive(Template)]
#[template(path = "users/user.html")]
struct UserPage {
    c: Chrome,
    /// As it is saved now.
    user: User,
    form: Form,
    problems: Problems,
    in_conflict: bool,
}

fn address(name: &str) -> String {
    format!("/users/{}", percent_encoded(name))
}

pub struct EditUser;

impl Edit for EditUser {
    type Saved = User;
    type Change = UpdateUser;
    const FIELD: &'static str = "role";

    async fn read(member: &Member, name: &str) -> Result<User, Refused> {
        member.ask::<ReadUser>(UserAt::new(name)).await
    }

    fn form(user: &User) -> Form {
        let mut form = Form::new(&[("role", user.role.name()), ("owned", &user.owned.join(", "))]);
        if user.disabled {
            form.set("disabled", "1");
        }
        form
    }

    fn at(name: &str) -> UserAt {
        UserAt::new(name)
    }

    fn request(member: &Member, form: &Form, problems: &mut Problems) -> Option<UpdateUser> {
        let role = problems.need(form.get("role").parse().ok(), "role", member.words().role_missing)?;
        Some(UpdateUser { role, owned: form.names("owned"), disabled: form.has("disabled") })
    }

    async fn page(member: &Member, name: &str, sheet: Sheet<User>) -> Result<Response, Refused> {
        let status = sheet.status();
        let Sheet { form, problems, saved, in_conflict } = sheet;
        let user = match saved {
            Some(user) => user,
            None => EditUser::read(member, name).await?,
        };
        Ok(html(status, UserPage { c: member.chrome(name), user, form, problems, in_conflict }))
    }

    fn done(name: &str, _: User) -> Response {
        done("/users", words::CHANGED, name)
    }
}

pub async fn set_password(Path(name): Path<String>, posted: Posted) -> Result<Response, Refused> {
    let Posted { member, form } = posted;
    let mut problems = Problems::default();
    if form.is_restored() {
        return Ok(to(&address(&name)));
    }
    let request = new_password(&form, member.words(), &mut problems);
    if !problems.is_empty() {
        return untouched::<EditUser>(&member, &name, problems).await;
    }
    match member.client.call::<SetPassword>(UserAt::new(&name), &request).await {
        Ok(()) => Ok(done(&address(&name), PASSWORD_SET, &name)),
        Err(error) => {
            let problems = Problems::of_error(&member, error, "password")?;
            untouched::<EditUser>(&member, &name, problems).await
        }
    }
}

pub async fn unlock(Path(name): Path<String>, posted: Posted) -> Result<Response, Refused> {
    press::<UnlockUser>(&posted, UserAt::new(&name), &address(&name), words::UNLOCKED, &name).await
}

pub async fn remove_factor(Path(name): Path<String>, posted: Posted) -> Result<Response, Refused> {
    let Posted { member, form } = posted;
    if form.is_restored() {
        return Ok(to(&address(&name)));
    }
    match member.client.call::<RemoveFactor>(UserAt::new(&name), &proof(&form)).await {
        Ok(()) => Ok(done(&address(&name), FACTOR_REMOVED, &name)),
        Err(error) => {
            let problems = Problems::of_error(&member, error, PROOF_FIELD)?;
            untouched::<EditUser>(&member, &name, problems).await
        }
    }
}
