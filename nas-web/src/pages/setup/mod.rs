//! Owns the setup wizard: found a cluster or join one, and make the first administrator.
//!
//! Whoever has the link that the node's screen shows may do so: nasd believes its secret, which the console passes on
//! and has no right without. The same page takes a setup token of `nasctl cluster setup-token` for the administrator
//! alone. Every step looks at the state that there is, so that a step that was half done goes on where it stopped.

pub mod words;

use crate::cookies;
use crate::page::{
    Chrome, Form, Noun, PageRoute, Problems, Refused, Response, StatusCode, Template, done, html, to,
};
use crate::posted::Sent;
use crate::problems::Refusal;
use crate::refusal;
use crate::reply::with_cookie;
use crate::visit::Visit;
use nasd_api::refusal::Said;
use nasd_api::{
    ClientError, ClusterCreate, ClusterJoin, LogIn, Nothing, PASSWORD_CHARS_MIN, ReadCluster, Secret, SetUp,
    SetupState, SetupStep as Step, Who,
};

pub const NOUN: Noun = Noun::new(routes).says(words::TABLE);

fn routes() -> Vec<PageRoute> {
    vec![PageRoute::get("/setup", show).open(), PageRoute::post("/setup", carry_out).open()]
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
    let state = state(&visit).await.map_err(|error| visit.refuse(error))?;
    check(&visit, state)?;
    Ok(page(&visit, state.step, Form::new(&[("way", "create")]), Problems::default()))
}

async fn state(visit: &Visit) -> Result<SetupState, ClientError> {
    let mut state = visit.founder().setup_state().await?;
    if state.step != Step::Nothing
        && !state.admitted
        && let Some(secret) = &visit.setup
        && visit.console.offer_setup_again(secret).await
    {
        state = visit.founder().setup_state().await?;
    }
    if state.step == Step::Nothing {
        visit.console.end_setup();
    }
    if state.admitted {
        visit.is_known();
    }
    Ok(state)
}

/// Whoever has no token learns nothing; with nothing left to do there is only the login.
fn check(visit: &Visit, state: SetupState) -> Result<(), Refused> {
    if visit.setup.is_none() {
        return Err(if state.step == Step::Nothing { to("/login").into() } else { denied(visit) });
    }
    match state.step {
        Step::Nothing => Err(with_cookie(to("/login"), cookies::removed(cookies::SETUP_COOKIE)).into()),
        Step::Cluster if !state.admitted => Err(denied(visit)),
        // nasd judges a token that is not the link's.
        _ => Ok(()),
    }
}

fn denied(visit: &Visit) -> Refused {
    let w = words::of(visit.language);
    let said = Said { sentence: w.denied.to_string(), hint: Some(w.denied_hint.to_string()) };
    refusal::page(visit.chrome(visit.words().title_denied), StatusCode::FORBIDDEN, Some(said)).into()
}

fn page(visit: &Visit, step: Step, form: Form, problems: Problems) -> Response {
    let mut c = visit.chrome(words::of(visit.language).title_setup);
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
    let state = match state(&visit).await {
        Ok(state) => state,
        Err(error) => return silent(&visit, form, error),
    };
    check(&visit, state)?;
    let step = state.step;
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
        Err(error) => {
            let step = self::state(&visit).await.map_or(step, |state| state.step);
            Ok(page(&visit, step, form, said(&visit, error)))
        }
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
    let (w, common) = (words::of(visit.language), visit.words());
    let mut problems = Problems::default();
    if joins {
        problems.check(!form.get("token").is_empty(), "token", w.token_missing);
        return problems;
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let named = (1..=63).contains(&form.get("cluster").len()) && form.get("cluster").chars().all(plain);
    problems.check(named || step == Step::Administrator, "cluster", w.cluster_wrong);
    problems.check(!form.get("name").is_empty(), "name", common.user_name_missing);
    let password = form.raw("password");
    if password.chars().count() < PASSWORD_CHARS_MIN {
        problems.add("password", w.password_short.of(PASSWORD_CHARS_MIN));
    }
    problems.check(form.raw("again") == password, "again", common.password_again_wrong);
    problems
}

fn said(visit: &Visit, error: ClientError) -> Problems {
    let status = match &error {
        ClientError::Refused(refused) => refused.code.status(),
        _ => StatusCode::SERVICE_UNAVAILABLE,
    };
    Problems::refused(status, Refusal::of(words::of(visit.language).refused, visit.language.said(&error)))
}

async fn join(visit: &Visit, form: &Form) -> Result<Response, ClientError> {
    let token = Secret::new(form.get("token"));
    let status =
        visit.founder().call::<ClusterJoin>(Nothing, &ClusterJoin { token, advertise: None }).await?;
    Ok(done("/setup", words::CLUSTER_JOINED, &status.name))
}

async fn found(visit: &Visit, step: Step, form: &Form) -> Result<Response, ClientError> {
    let mut cluster = form.get("cluster").to_owned();
    if step == Step::Cluster {
        let request = ClusterCreate { name: cluster.clone(), advertise: None };
        visit.founder().call::<ClusterCreate>(Nothing, &request).await?;
    }
    let (name, password) = (form.get("name").to_owned(), Secret::new(form.raw("password")));
    let token = Secret::new(visit.setup.as_deref().unwrap_or_default());
    let request = SetUp { token, name: name.clone(), password: password.clone() };
    visit.visitor().call::<SetUp>(Nothing, &request).await?;
    visit.console.end_setup();
    let login = visit.visitor().log_in(&LogIn { user: name, password, code: None }).await.ok();
    if let Some((session, _)) = &login {
        let who = Who::Session { address: visit.address, session: session.clone(), csrf: None };
        cluster = visit.console.node.acting(who).ask::<ReadCluster>(Nothing).await?.name;
    }
    let response = done(if login.is_some() { "/" } else { "/login" }, words::CLUSTER_MADE, &cluster);
    let response = with_cookie(response, cookies::removed(cookies::SETUP_COOKIE));
    Ok(with_cookie(response, login.and_then(|(session, _)| cookies::session(session.reveal()))))
}
