//! Sessions, tokens, passwords and sockets: what each of them is good for.

use crate::{JSON, TYPED, ask, log_in, network, path, request};
use axum::Router;
use axum::http::{Method, StatusCode};
use memory_management::{CSRF, Memory, PASSWORD};
use nasd_api::{Access, CONSOLE_ROUTES, PREFIX, Setup, console_router, router, routes};
use std::sync::Arc;

#[tokio::test]
async fn a_change_by_cookie_needs_the_csrf_token_and_a_read_does_not() {
    let (router, _) = network(Memory::in_cluster());
    let cookie = ("cookie", "a=b; __Host-gotgan=administrator");
    let body = r#"{"name":"demo"}"#;
    let volumes = "/api/v1/volumes";
    let get = ask(&router, request(&Method::GET, volumes, &[cookie], "")).await;
    assert_eq!(get.status(), StatusCode::OK);
    for wrong in
        [&[cookie, JSON][..], &[cookie, JSON, ("x-csrf-token", "x")], &[cookie, JSON, ("x-csrf-token", "")]]
    {
        let status = ask(&router, request(&Method::POST, volumes, wrong, body)).await.status();
        assert_eq!(status, StatusCode::FORBIDDEN);
    }
    let right = [cookie, JSON, ("x-csrf-token", "csrf")];
    assert_eq!(
        ask(&router, request(&Method::POST, volumes, &right, body)).await.status(),
        StatusCode::CREATED
    );
}

#[tokio::test]
async fn what_the_local_socket_passes_on_has_no_rights_of_root() {
    let local = router(Arc::new(Memory::in_cluster()));
    let path = format!("{PREFIX}/volumes");
    let plain = ask(&local, request(&Method::GET, &path, &[], "")).await.status();
    assert_eq!(plain, StatusCode::OK, "root itself");
    let forwarded = ("gotgan-for", "192.0.2.9");
    let nobody = ask(&local, request(&Method::GET, &path, &[forwarded], "")).await.status();
    assert_eq!(nobody, StatusCode::UNAUTHORIZED);
    let auditor = [forwarded, ("authorization", "Bearer auditor"), JSON];
    let known = ask(&local, request(&Method::GET, &path, &auditor, "")).await.status();
    assert_eq!(known, StatusCode::OK);
    let changes = ask(&local, request(&Method::POST, &path, &auditor, "{}")).await.status();
    assert_eq!(changes, StatusCode::FORBIDDEN);
    let garbage = ask(&local, request(&Method::GET, &path, &[("gotgan-for", "me")], "")).await.status();
    assert_eq!(garbage, StatusCode::BAD_REQUEST);
}

/// A token of a minute used to put a second factor in force, which locks its owner out, and to make a token that
/// outlives it by a year; one of an administrator set anybody's password.
#[tokio::test]
async fn what_protects_an_account_takes_more_than_an_api_token() {
    let in_person: Vec<String> = routes()
        .iter()
        .filter(|route| route.in_person)
        .map(|route| format!("{} {}", route.method, route.path))
        .collect();
    let expected = [
        "PUT /users/{name}/password",
        "PUT /account/password",
        "POST /account/factor",
        "PUT /account/factor",
        "POST /account/factor/removal",
        "POST /users/{name}/factor/removal",
        "POST /account/api-tokens",
    ];
    assert_eq!(in_person, expected, "each route that sets a password or a factor, or makes a token");
    for route in routes().into_iter().filter(|route| route.in_person) {
        let (router, _) = network(Memory::in_cluster());
        let body = format!(r#"{{"current":"{PASSWORD}"}}"#);
        let headers = [("authorization", "Bearer administrator"), JSON];
        let refused = ask(&router, request(&route.method, &path(&route), &headers, &body)).await;
        assert_eq!(refused.status(), StatusCode::FORBIDDEN, "{}", route.path);
    }
}

#[tokio::test]
async fn in_a_session_what_protects_an_account_takes_the_password_every_time() {
    let session = [("cookie", "__Host-gotgan=administrator"), ("x-csrf-token", CSRF), JSON];
    let token = |current: &str| {
        format!(r#"{{"name":"t","scopes":["read_status"],"valid_seconds":60,"current":"{current}"}}"#)
    };
    let password = |current: &str| format!(r#"{{"password":"another long one","current":"{current}"}}"#);
    let only = |current: &str| format!(r#"{{"current":"{current}"}}"#);
    type Ask<'a> = (&'a str, &'a str, &'a dyn Fn(&str) -> String);
    let asks: [Ask; 6] = [
        ("POST", "/account/api-tokens", &token),
        ("POST", "/account/factor", &only),
        ("POST", "/account/factor/removal", &only),
        ("PUT", "/account/password", &password),
        ("POST", "/users/auditor/factor/removal", &only),
        ("PUT", "/users/auditor/password", &password),
    ];
    for (method, path, body) in asks {
        let method: Method = method.parse().unwrap();
        for (current, admitted) in [("a stolen session", false), (PASSWORD, true)] {
            let (router, _) = network(Memory::in_cluster());
            let path = format!("{PREFIX}{path}");
            let status = ask(&router, request(&method, &path, &session, &body(current))).await.status();
            assert_eq!(status.is_success(), admitted, "{method} {path}: {status}");
        }
    }
}

/// The console's process asked as root for everything: whoever took it over was root of the cluster.
#[tokio::test]
async fn without_a_session_the_consoles_socket_gives_what_https_gives() {
    let for_amy = ("gotgan-for", "192.0.2.9");
    let brought: [&[(&str, &str)]; 6] = [
        &[JSON],
        &[JSON, ("authorization", "Bearer x")],
        &[JSON, ("cookie", "__Host-gotgan=x")],
        &[JSON, ("gotgan-setup", "guess")],
        &[JSON, ("authorization", "Bearer auditor")],
        &[JSON, ("cookie", "__Host-gotgan=operator"), ("x-csrf-token", "csrf")],
    ];
    for memory in [Memory::default, Memory::in_cluster] {
        for route in routes() {
            let (https, _) = network(memory());
            for headers in brought {
                let expected =
                    ask(&https, request(&route.method, &path(&route), headers, "{}")).await.status();
                for headers in [&[&[for_amy], headers].concat()[..], headers] {
                    // A console of its own: whoever logs out has done so.
                    let console = console_router(Arc::new(memory()));
                    let request = request(&route.method, &path(&route), headers, "{}");
                    let found = ask(&console, request).await.status();
                    assert_eq!(found, expected, "{} {} with {headers:?}", route.method, route.path);
                }
            }
        }
    }
}

/// It lets a node in, which gets the cluster's secrets.
#[tokio::test]
async fn a_join_token_is_good_no_longer_than_the_api_token_that_made_it() {
    let (router, _) = network(Memory::in_cluster());
    let token = [("authorization", "Bearer administrator"), JSON];
    let asked = request(&Method::POST, "/api/v1/tokens", &token, r#"{"ttl_seconds":86400}"#);
    let answer = ask(&router, asked).await;
    let body = http_body_util::BodyExt::collect(answer.into_body()).await.unwrap().to_bytes();
    let made: nasd_api::Token = serde_json::from_slice(&body).unwrap();
    assert_eq!(made.expires, memory_management::NOW + 60);
}

/// An open page asks every few seconds, so that its session never ended.
#[tokio::test]
async fn what_a_page_asks_by_itself_is_no_use_of_the_session() {
    let (router, memory) = network(Memory::in_cluster());
    let session = ("cookie", "__Host-gotgan=operator");
    for (path, headers, used) in [
        ("/api/v1/volumes", &[session][..], 1),
        ("/api/v1/volumes", &[session, ("gotgan-automatic", "1")], 1),
        ("/api/v1/events/stream", &[session], 1),
        ("/api/v1/session", &[session], 2),
    ] {
        assert_eq!(ask(&router, request(&Method::GET, path, headers, "")).await.status(), StatusCode::OK);
        assert_eq!(memory.used(), used, "{path} {headers:?}");
    }
}

#[tokio::test]
async fn what_only_the_console_has_is_nowhere_else() {
    let memory = Arc::new(Memory::in_cluster());
    let (https, _) = network(Memory::in_cluster());
    let status = async |router: &Router, route: &str| {
        let (method, path) =
            (if route.ends_with("link") { Method::POST } else { Method::GET }, format!("{PREFIX}{route}"));
        ask(router, request(&method, &path, &[JSON], r#"{"secret":""}"#)).await.status()
    };
    for route in CONSOLE_ROUTES {
        for elsewhere in [&https, &router(memory.clone())] {
            assert_eq!(status(elsewhere, route).await, StatusCode::NOT_FOUND, "{route}");
        }
        assert_ne!(status(&console_router(memory.clone()), route).await, StatusCode::NOT_FOUND, "{route}");
    }
}

#[tokio::test]
async fn the_secret_of_the_setup_link_founds_a_cluster_and_does_nothing_else() {
    let secret = "s".repeat(32);
    let mut admitted = Vec::new();
    for route in routes() {
        let memory = Arc::new(Memory::default());
        memory.offer_setup(nasd_api::Secret::new(&*secret)).await.unwrap();
        let console = console_router(memory);
        let headers = [JSON, ("gotgan-for", "192.0.2.9"), ("gotgan-setup", &secret)];
        let status = ask(&console, request(&route.method, &path(&route), &headers, "{}")).await.status();
        let open = route.access == Access::Everybody;
        if status != StatusCode::UNAUTHORIZED && !open {
            admitted.push(route.path);
        }
    }
    assert_eq!(admitted, ["/cluster", "/cluster/join"]);
}

/// Scopes are read as rights, of which this is one.
#[tokio::test]
async fn no_api_token_is_an_agents() {
    let (router, memory) = network(Memory::in_cluster());
    let cookie = log_in(&router, memory, "chief", "administrator").await;
    let session = [("cookie", cookie.as_str()), ("x-csrf-token", CSRF), JSON];
    let made = format!(r#"{{"name":"n","scopes":["serve"],"valid_seconds":60,"current":"{TYPED}"}}"#);
    let made = request(&Method::POST, "/api/v1/account/api-tokens", &session, &made);
    assert_eq!(ask(&router, made).await.status(), StatusCode::FORBIDDEN);
}
