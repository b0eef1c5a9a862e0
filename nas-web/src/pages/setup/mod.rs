//! Owns the setup wizard: found a cluster or join one, and make the first administrator.
//!
//! Whoever has the link that the node's screen shows may do so: the console acts as root then, which it is. The same
//! page takes a setup token of `nasctl cluster setup-token` for the administrator alone. Every step looks at the state
//! that there is, so that a step that was half done goes on where it stopped.

use crate::chrome::{Chrome, html};
use crate::cookies;
use crate::flash::Done;
use crate::form::Form;
use crate::posted::Sent;
use crate::problems::{Problems, Refusal};
use crate::refusal::{self, Refused};
use crate::routes::PageRoute;
use crate::visit::{Visit, done, to, with_cookie};
use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use nasd_api::{
    ApiError, ClientError, ClusterCreate, ClusterJoin, ClusterStatus, ErrorCode, LogIn, PASSWORD_CHARS_MIN,
    Secret, SetUp, User,
};

pub fn routes() -> Vec<PageRoute> {
    vec![PageRoute::get("/setup", show).open(), PageRoute::post("/setup", carry_out).open()]
}

/// What is left to do.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    /// No cluster: found one or join one.
    Cluster,
    /// A cluster without an administrator.
    Administrator,
    Nothing,
}

#[derive(Template)]
#[template(path = "setup/setup.html")]
struct SetupPage {
    c: Chrome,
    step: Step,
    form: Form,
    problems: Problems,
}

/// The token leaves the address at once: addresses end up in histories.
async fn show(visit: Visit) -> Result<Response, Refused> {
    let query = visit.query();
    if query.has("token") {
        return match cookies::setup(query.get("token")) {
            Some(cookie) => Ok(with_cookie(to("/setup"), Some(cookie))),
            None => Err(denied(&visit)),
        };
    }
    let step = step(&visit).await.map_err(|error| visit.refuse(error))?;
    check(&visit, step)?;
    Ok(page(&visit, step, Form::new(&[("way", "create")]), Problems::default()))
}

async fn step(visit: &Visit) -> Result<Step, ClientError> {
    match visit.console.root.cluster_status().await {
        Err(ClientError::Refused(error)) if error.code == ErrorCode::NoCluster => return Ok(Step::Cluster),
        status => status?,
    };
    if visit.console.root.users().await?.is_empty() {
        return Ok(Step::Administrator);
    }
    visit.console.end_setup();
    Ok(Step::Nothing)
}

/// Whoever has no token learns nothing; with nothing left to do there is only the login.
fn check(visit: &Visit, step: Step) -> Result<(), Refused> {
    let Some(token) = &visit.setup else {
        return Err(if step == Step::Nothing { to("/login").into() } else { denied(visit) });
    };
    match step {
        Step::Nothing => Err(with_cookie(to("/login"), cookies::removed(cookies::SETUP_COOKIE)).into()),
        Step::Cluster if !visit.console.may_set_up(token) => Err(denied(visit)),
        // nasd judges a token that is not the console's.
        _ => Ok(()),
    }
}

fn denied(visit: &Visit) -> Refused {
    let w = visit.words();
    let error =
        ApiError::new(ErrorCode::Denied, w.setup_denied.to_string()).hint(w.setup_denied_hint.to_string());
    refusal::page(visit.chrome(w.title_denied), StatusCode::FORBIDDEN, Some(&error)).into()
}

fn page(visit: &Visit, step: Step, form: Form, problems: Problems) -> Response {
    let mut c = visit.chrome(visit.words().title_setup);
    c.csrf = csrf(visit);
    html(problems.status(), SetupPage { c, step, form, problems })
}

/// Belongs to the token, and is no use for guessing it.
fn csrf(visit: &Visit) -> String {
    let token = visit.setup.as_deref().unwrap_or_default();
    blake3::derive_key("gotgan 1 setup csrf", token.as_bytes())
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

async fn carry_out(Sent { visit, form }: Sent) -> Result<Response, Refused> {
    let step = match step(&visit).await {
        Ok(step) => step,
        Err(error) => return silent(&visit, form, error),
    };
    check(&visit, step)?;
    if blake3::hash(form.get("csrf").as_bytes()) != blake3::hash(csrf(&visit).as_bytes()) {
        return Err(denied(&visit));
    }
    let joins = step == Step::Cluster && form.is("way", "join");
    let problems = wrong(&visit, step, joins, &form);
    if !problems.is_empty() {
        return Ok(page(&visit, step, form, problems));
    }
    let outcome = if joins { join(&visit, &form).await } else { found(&visit, step, &form).await };
    match outcome {
        Ok(response) => Ok(response),
        // The cluster may be there by now: the page shows what is left.
        Err(error) => Ok(page(&visit, self::step(&visit).await.unwrap_or(step), form, said(&visit, error))),
    }
}

/// A node that dies in the middle of the wizard: what was typed is still there.
fn silent(visit: &Visit, form: Form, error: ClientError) -> Result<Response, Refused> {
    if visit.setup.is_none() {
        return Err(denied(visit));
    }
    let step = if form.has("way") { Step::Cluster } else { Step::Administrator };
    Ok(page(visit, step, form, said(visit, error)))
}

fn wrong(visit: &Visit, step: Step, joins: bool, form: &Form) -> Problems {
    let (w, mut problems) = (visit.words(), Problems::default());
    if joins {
        problems.check(!form.get("token").is_empty(), "token", w.setup_token_missing);
        return problems;
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let named = (1..=63).contains(&form.get("cluster").len()) && form.get("cluster").chars().all(plain);
    problems.check(named || step == Step::Administrator, "cluster", w.setup_cluster_wrong);
    problems.check(!form.get("name").is_empty(), "name", w.user_name_missing);
    let password = form.raw("password");
    if password.chars().count() < PASSWORD_CHARS_MIN {
        problems.add("password", w.password_short.of(PASSWORD_CHARS_MIN));
    }
    problems.check(form.raw("again") == password, "again", w.password_again_wrong);
    problems
}

fn said(visit: &Visit, error: ClientError) -> Problems {
    let (status, detail, hint) = match error {
        ClientError::Refused(error) => (error.code.status(), error.message, error.hint),
        lost => (StatusCode::SERVICE_UNAVAILABLE, lost.to_string(), None),
    };
    Problems::refused(status, Refusal { meaning: visit.words().setup_refused.to_string(), detail, hint })
}

async fn join(visit: &Visit, form: &Form) -> Result<Response, ClientError> {
    let token = Secret::new(form.get("token"));
    let status = visit.console.root.join_cluster(&ClusterJoin { token, advertise: None }).await?;
    Ok(done("/setup", Done::ClusterJoined, &status.name))
}

async fn found(visit: &Visit, step: Step, form: &Form) -> Result<Response, ClientError> {
    let root = &visit.console.root;
    if step == Step::Cluster {
        let request = ClusterCreate { name: form.get("cluster").to_owned(), advertise: None };
        root.create_cluster(&request).await?;
    }
    let mine = visit.setup.as_deref().filter(|token| visit.console.may_set_up(token));
    let token = match (mine, &visit.setup) {
        (None, Some(theirs)) => Secret::new(theirs),
        _ => root.create_setup_token().await?.token,
    };
    let (name, password) = (form.get("name").to_owned(), Secret::new(form.raw("password")));
    let request = SetUp { token, name: name.clone(), password: password.clone() };
    visit.visitor().post::<User>("/setup", &request).await?;
    visit.console.end_setup();
    let login = visit.visitor().log_in(&LogIn { user: name, password, code: None }).await;
    let ClusterStatus { name: cluster, .. } = root.cluster_status().await?;
    let response = done(if login.is_ok() { "/" } else { "/login" }, Done::ClusterMade, &cluster);
    let response = with_cookie(response, cookies::removed(cookies::SETUP_COOKIE));
    Ok(with_cookie(response, login.ok().and_then(|(session, _)| cookies::session(session.reveal()))))
}
