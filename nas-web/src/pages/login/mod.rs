//! Owns logging in, with a second step where there is a second factor, and logging out.

pub mod words;

use crate::cookies;
use crate::login::LoginPage;
use crate::page::{Form, Noun, PageRoute, Posted, Refused, Response, StatusCode, done, html, to};
use crate::posted::Sent;
use crate::reply::{local, with_cookie};
use crate::visit::Visit;
use axum::Extension;
use axum::body::Body;
use axum::http::Request;
use axum::http::header::{CONTENT_TYPE, COOKIE};
use axum::response::IntoResponse;
use nasd_api::{ClientError, Entrance, ErrorCode, LogIn, SESSION_COOKIE, Secret, Whoami};
use tower::ServiceExt;

pub const NOUN: Noun = Noun::new(routes).says(words::TABLE);

fn routes() -> Vec<PageRoute> {
    vec![
        PageRoute::get("/login", show).open(),
        PageRoute::post("/login", log_in).open(),
        PageRoute::post("/logout", log_out),
    ]
}

async fn show(visit: Visit) -> Response {
    match visit.health().await {
        Err(ClientError::Refused(error)) if error.code == ErrorCode::NoCluster => return to("/setup"),
        Err(error) if error.is_silence() => return visit.refuse(error).into_response(),
        _ => {}
    }
    // A form waits only in a page that was the answer to it: a link from elsewhere carries none.
    let mut page = LoginPage::new(&visit, &visit.query());
    page.keep.clear();
    html(StatusCode::OK, page)
}

async fn log_in(Sent { visit, form }: Sent) -> Result<Response, Refused> {
    let code = Some(form.get("code")).filter(|code| !code.is_empty()).map(Secret::new);
    let waiting = visit.console.pending.find(form.get("pending"));
    let request = match waiting {
        Some((user, password)) => LogIn { user, password, code },
        None => {
            LogIn { user: form.get("user").to_owned(), password: Secret::new(form.raw("password")), code }
        }
    };
    // A login waits for a majority; that nobody is there is known sooner.
    if let Err(error) = visit.health().await
        && !matches!(error, ClientError::Refused(_))
    {
        return Err(visit.refuse(error));
    }
    match visit.visitor().log_in(&request).await {
        Ok((session, whoami)) => {
            visit.console.pending.forget(form.get("pending"));
            let cookie = cookies::session(session.reveal());
            Ok(with_cookie(go_on(&visit, &form, &session, &whoami).await, cookie))
        }
        Err(ClientError::Refused(error)) => Ok(refused(&visit, &form, request, error.code)),
        Err(lost) => Err(visit.refuse(lost)),
    }
}

fn refused(visit: &Visit, form: &Form, request: LogIn, code: ErrorCode) -> Response {
    let mut page = LoginPage::new(visit, form);
    let w = words::of(visit.language);
    let asks_code = code == ErrorCode::FactorNeeded;
    let refusal = match code {
        ErrorCode::FactorNeeded => None,
        ErrorCode::TooManyAttempts => Some(w.too_many),
        ErrorCode::Unavailable | ErrorCode::TimedOut => Some(w.no_majority),
        _ if request.code.is_some() => Some(w.wrong_code),
        _ => Some(w.wrong),
    };
    page.user = request.user.clone();
    page.refusal = refusal.map(|text| text.to_string());
    if asks_code {
        page.pending = Some(visit.console.pending.remember(request.user, request.password));
    } else if request.code.is_some() && visit.console.pending.find(form.get("pending")).is_some() {
        page.pending = Some(form.get("pending").to_owned());
    }
    let status = if asks_code { StatusCode::OK } else { code.status() };
    html(status, page)
}

/// To where the visitor was going; a form that waited is shown as it was left.
async fn go_on(visit: &Visit, form: &Form, session: &Secret, whoami: &Whoami) -> Response {
    let target = local(form.get("to"));
    if form.get("keep").is_empty() {
        return to(target);
    }
    let mut kept = Form::parse(form.get("keep").as_bytes());
    kept.set("restored", "1");
    kept.set("csrf", whoami.csrf_token.as_ref().map(Secret::reveal).unwrap_or_default());
    let request = Request::post(target)
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(COOKIE, format!("{SESSION_COOKIE}={}; lang={}", session.reveal(), visit.language.code()))
        .body(Body::from(kept.encoded()));
    match (request, visit.console.site()) {
        (Ok(request), Some(site)) => {
            let pages = site.pages.clone().layer(Extension(Entrance::Network(visit.address)));
            pages.oneshot(request).await.into_response()
        }
        _ => to(target),
    }
}

async fn log_out(Posted { member, form }: Posted) -> Result<Response, Refused> {
    if form.is_restored() {
        return Ok(to("/"));
    }
    member.client.log_out().await.map_err(|error| member.refuse(error))?;
    let response = done("/login", words::LOGGED_OUT, "");
    Ok(with_cookie(response, cookies::removed(SESSION_COOKIE)))
}
