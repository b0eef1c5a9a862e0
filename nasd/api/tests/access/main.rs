//! Who may do what, and what a request must bring.

mod credentials;
mod requests;
mod roles;

use axum::body::Body;
use axum::http::{Method, Request, Response, StatusCode};
use axum::{Extension, Router};
use memory_management::Memory;
use nasd_api::{Entrance, PREFIX, network_router};
use std::sync::Arc;
use tower::ServiceExt;

fn network(memory: Memory) -> (Router, Arc<Memory>) {
    let memory = Arc::new(memory);
    let entrance = Extension(Entrance::Network("192.0.2.9".parse().unwrap()));
    (network_router(memory.clone()).layer(entrance), memory)
}

/// A path of the route with something in every place.
fn path(route: &nasd_api::Route) -> String {
    let parts = route.path.split('/').map(|part| if part.starts_with('{') { "x" } else { part });
    format!("{PREFIX}{}", parts.collect::<Vec<_>>().join("/"))
}

fn request(method: &Method, path: &str, headers: &[(&str, &str)], body: &str) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Body::from(body.to_owned())).unwrap()
}

async fn ask(router: &Router, request: Request<Body>) -> Response<Body> {
    router.clone().oneshot(request).await.unwrap()
}

const JSON: (&str, &str) = ("content-type", "application/json");

const TYPED: &str = "a long enough one";

/// A user that there was not before, logged in: the cookie.
async fn log_in(router: &Router, memory: Arc<Memory>, name: &str, role: &str) -> String {
    let made = format!(r#"{{"name":"{name}","role":"{role}","password":"{TYPED}"}}"#);
    let made = request(&Method::POST, "/api/v1/users", &[JSON], &made);
    assert_eq!(ask(&nasd_api::router(memory), made).await.status(), StatusCode::CREATED);
    let login = format!(r#"{{"user":"{name}","password":"{TYPED}"}}"#);
    let login = ask(router, request(&Method::POST, "/api/v1/login", &[JSON], &login)).await;
    login.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned()
}
