//! Who may do what: every route with every role, made from the table of routes; and what a request must bring.

use axum::body::Body;
use axum::http::{Method, Request, Response, StatusCode};
use axum::{Extension, Router};
use memory_management::{CSRF, Memory, PASSWORD};
use nasd_api::{
    Access, CONSOLE_ROUTES, Entrance, PREFIX, Setup, agent_router, console_router, network_router, openapi,
    router, routes,
};
use nasd_base::role::{Right, Role};
use std::sync::Arc;
use std::time::Duration;
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

#[tokio::test]
async fn every_route_admits_exactly_the_roles_that_have_its_right() {
    let mut checked = 0;
    for route in routes() {
        for role in Role::ALL {
            let (router, _) = network(Memory::in_cluster());
            let bearer = format!("Bearer {role}");
            let request = request(&route.method, &path(&route), &[("authorization", &bearer), JSON], "{}");
            let status = ask(&router, request).await.status();
            let admitted = status != StatusCode::FORBIDDEN && status != StatusCode::UNAUTHORIZED;
            let expected = match route.access {
                Access::Everybody => true,
                Access::Needs(right) | Access::Founds(right) => role.may(right) && !route.in_person,
            };
            // Nobody can log in to the cluster in memory; that is no matter of rights.
            assert_eq!(admitted, expected, "{} {} as {role}: {status}", route.method, route.path);
            checked += 1;
        }
    }
    assert!(checked >= 4 * 45, "{checked}");
}

#[tokio::test]
async fn an_agent_reads_and_does_what_only_agents_do_whatever_it_brings() {
    let mut of_agents = Vec::new();
    for route in routes() {
        let expected = match route.access {
            Access::Everybody => true,
            Access::Needs(right) | Access::Founds(right) => {
                [Right::ReadStatus, Right::Serve].contains(&right)
            }
        };
        let admin = ("authorization", "Bearer administrator");
        for headers in [&[JSON][..], &[JSON, admin], &[JSON, admin, ("gotgan-for", "192.0.2.9")]] {
            let agent = agent_router(Arc::new(Memory::in_cluster()));
            let status = ask(&agent, request(&route.method, &path(&route), headers, "{}")).await.status();
            let admitted = status != StatusCode::FORBIDDEN && status != StatusCode::UNAUTHORIZED;
            assert_eq!(admitted, expected, "{} {}: {status}", route.method, route.path);
        }
        if route.access == Access::Needs(Right::Serve) {
            let root = router(Arc::new(Memory::in_cluster()));
            let status = ask(&root, request(&route.method, &path(&route), &[JSON], "{}")).await.status();
            assert_eq!(status, StatusCode::FORBIDDEN, "{}: not even root", route.path);
            of_agents.push(route.path);
        }
    }
    assert_eq!(of_agents, ["/snmp/agent"], "each of these is a decision");
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

#[tokio::test]
async fn without_a_credential_only_open_routes_answer() {
    let (router, _) = network(Memory::in_cluster());
    let mut open = Vec::new();
    for route in routes() {
        for headers in
            [&[JSON][..], &[JSON, ("authorization", "Bearer x")], &[JSON, ("cookie", "__Host-gotgan=x")]]
        {
            let status = ask(&router, request(&route.method, &path(&route), headers, "{}")).await.status();
            match route.access {
                Access::Everybody => open.push(route.path),
                _ => assert_eq!(status, StatusCode::UNAUTHORIZED, "{}", route.path),
            }
        }
    }
    open.sort_unstable();
    open.dedup();
    assert_eq!(open, ["/health", "/login", "/openapi.json", "/setup"], "each of these is a decision");
}

/// Whoever can write in a volume would be root of the node that mounts it with its setuid programs.
#[tokio::test]
async fn setuid_programs_and_devices_are_mounted_by_root_of_the_node_only() {
    let (network, memory) = network(Memory::in_cluster());
    let local = router(memory.clone());
    let headers = [JSON, ("authorization", "Bearer administrator")];
    for (choice, expected) in [
        ("", StatusCode::CREATED),
        (r#","suid":true"#, StatusCode::FORBIDDEN),
        (r#","dev":true"#, StatusCode::FORBIDDEN),
        (r#","suid":false,"dev":false"#, StatusCode::CREATED),
    ] {
        let body = format!(r#"{{"volume":"demo","at":"/mnt/demo"{choice}}}"#);
        let mount = |headers| request(&Method::POST, "/api/v1/mounts", headers, &body);
        assert_eq!(ask(&network, mount(&headers)).await.status(), expected, "{body}");
        assert_eq!(ask(&local, mount(&headers[..1])).await.status(), StatusCode::CREATED, "{body}");
        // What the console passes on came through the network, though it comes by the socket.
        let passed_on = [JSON, headers[1], ("gotgan-for", "192.0.2.9")];
        assert_eq!(ask(&local, mount(&passed_on)).await.status(), expected, "{body}");
    }
}

#[tokio::test]
async fn a_request_from_nowhere_is_refused() {
    let router = network_router(Arc::new(Memory::in_cluster()));
    let status = ask(&router, request(&Method::GET, "/api/v1/cluster", &[], "")).await.status();
    assert_eq!(status, StatusCode::UNAUTHORIZED);
}

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
async fn a_share_owner_decides_about_its_own_volumes_only() {
    let (router, _) = network(Memory::in_cluster());
    let admin = ("authorization", "Bearer administrator");
    let owner = ("authorization", "Bearer share_owner");
    for volume in ["owned", "other"] {
        let body = format!(r#"{{"name":"{volume}"}}"#);
        ask(&router, request(&Method::POST, "/api/v1/volumes", &[admin, JSON], &body)).await;
        let body = format!(r#"{{"path":"/{volume}","volume":"{volume}"}}"#);
        let made =
            ask(&router, request(&Method::POST, "/api/v1/exports", &[owner, JSON], &body)).await.status();
        assert_eq!(made == StatusCode::CREATED, volume == "owned", "{made}");
        ask(&router, request(&Method::POST, "/api/v1/exports", &[admin, JSON], &body)).await;
        let path = format!("/api/v1/exports?path=/{volume}");
        let gone = ask(&router, request(&Method::DELETE, &path, &[owner], "")).await.status();
        assert_eq!(gone == StatusCode::NO_CONTENT, volume == "owned", "{gone}");
    }
}

#[tokio::test]
async fn a_member_of_a_group_may_what_its_role_may_and_no_longer_than_it_is_one() {
    let (router, _) = network(Memory::in_cluster());
    let admin = ("authorization", "Bearer administrator");
    let send = async |method: Method, path: &str, who: (&str, &str), body: &str| {
        ask(&router, request(&method, &format!("/api/v1{path}"), &[who, JSON], body)).await
    };
    for (path, body) in [
        ("/volumes", r#"{"name":"demo"}"#),
        ("/users", r#"{"name":"amy","role":"auditor","password":"one two three"}"#),
        ("/groups", r#"{"name":"sharers","role":"share_owner","owned":["demo"],"members":["amy"]}"#),
    ] {
        assert_eq!(send(Method::POST, path, admin, body).await.status(), StatusCode::CREATED, "{path}");
    }
    let login = r#"{"user":"amy","password":"one two three"}"#;
    let cookie = send(Method::POST, "/login", JSON, login).await.headers()["set-cookie"].clone();
    let cookie = cookie.to_str().unwrap().split(';').next().unwrap().to_owned();
    let amy = async |method: Method, path: &str, body: &str| {
        let headers = [("cookie", cookie.as_str()), JSON, ("x-csrf-token", "csrf")];
        ask(&router, request(&method, &format!("/api/v1{path}"), &headers, body)).await.status()
    };
    assert_eq!(amy(Method::GET, "/audit", "").await, StatusCode::OK, "by her own role");
    let export = r#"{"path":"/demo","volume":"demo"}"#;
    assert_eq!(amy(Method::POST, "/exports", export).await, StatusCode::CREATED, "by the group's");
    assert_eq!(
        send(Method::POST, "/volumes", admin, r#"{"name":"other"}"#).await.status(),
        StatusCode::CREATED
    );
    let other = r#"{"path":"/other","volume":"other"}"#;
    assert_eq!(
        amy(Method::POST, "/exports", other).await,
        StatusCode::FORBIDDEN,
        "the group has another one"
    );
    let without = r#"{"role":"share_owner","owned":["demo"],"members":[]}"#;
    assert_eq!(send(Method::PUT, "/groups/sharers", admin, without).await.status(), StatusCode::OK);
    let gone = amy(Method::DELETE, "/exports?path=%2Fdemo", "").await;
    assert_eq!(gone, StatusCode::FORBIDDEN, "she is no member any more");
}

#[tokio::test]
async fn a_list_comes_in_pages_for_who_asks_for_them() {
    let memory = Memory::in_cluster();
    (0..25).for_each(|number| memory.add_volume(&format!("v-{number:02}")));
    let (router, _) = network(memory);
    let admin = ("authorization", "Bearer administrator");
    let page = async |query: &str| {
        let answer =
            ask(&router, request(&Method::GET, &format!("/api/v1/volumes{query}"), &[admin], "")).await;
        let status = answer.status();
        let body = axum::body::to_bytes(answer.into_body(), 1 << 20).await.unwrap();
        (status, serde_json::from_slice::<serde_json::Value>(&body).unwrap())
    };
    let (_, all) = page("").await;
    assert_eq!((all["items"].as_array().unwrap().len(), &all["next"]), (25, &serde_json::Value::Null));
    let (mut names, mut query) = (Vec::new(), "?limit=10".to_owned());
    loop {
        let (_, list) = page(&query).await;
        names.extend(list["items"].as_array().unwrap().iter().map(|one| one["name"].clone()));
        let Some(next) = list["next"].as_str() else { break };
        query = format!("?limit=10&after={next}");
    }
    assert_eq!(
        names,
        all["items"].as_array().unwrap().iter().map(|one| one["name"].clone()).collect::<Vec<_>>()
    );
    for wrong in ["?limit=0", "?limit=1001", "?limit=x", "?limit=-1", "?page=2", "?sort=colour"] {
        assert_eq!(page(wrong).await.0, StatusCode::BAD_REQUEST, "{wrong}");
    }
    let (_, refusal) = page("?sort=colour").await;
    assert!(refusal["values"]["columns"].as_str().unwrap().starts_with("name, health, used"), "{refusal}");
    let (_, last) = page("?sort=used&descending=true&limit=2&before=0").await;
    assert_eq!((&last["items"][0]["name"], &last["count"]["found"]), (&"v-23".into(), &25.into()), "{last}");
    let (_, some) = page("?sort=name&descending=true&filter=-1%20health:healthy&limit=2").await;
    assert_eq!((&some["items"][0]["name"], &some["count"]["found"]), (&"v-19".into(), &10.into()), "{some}");
}

#[tokio::test]
async fn what_was_changed_meanwhile_is_a_precondition_that_failed() {
    let (router, _) = network(Memory::in_cluster());
    let admin = ("authorization", "Bearer administrator");
    ask(&router, request(&Method::POST, "/api/v1/volumes", &[admin, JSON], r#"{"name":"demo"}"#)).await;
    let seen = ask(&router, request(&Method::GET, "/api/v1/volumes/demo", &[admin], "")).await;
    let etag = seen.headers()["etag"].to_str().unwrap().to_owned();
    let put = |limit: u32| {
        let body = format!(r#"{{"bytes":{limit}}}"#);
        request(&Method::PUT, "/api/v1/volumes/demo/limits", &[admin, JSON, ("if-match", &etag)], &body)
    };
    assert_eq!(ask(&router, put(1000)).await.status(), StatusCode::OK);
    assert_eq!(ask(&router, put(2000)).await.status(), StatusCode::PRECONDITION_FAILED);
}

#[tokio::test]
async fn bodies_are_bounded_and_typed() {
    let (router, _) = network(Memory::in_cluster());
    let admin = ("authorization", "Bearer administrator");
    let post =
        |kind, body: &str| request(&Method::POST, "/api/v1/users", &[admin, ("content-type", kind)], body);
    let large = "x".repeat(nasd_api::BODY_BYTES_MAX + 1);
    assert_eq!(ask(&router, post("application/json", &large)).await.status(), StatusCode::PAYLOAD_TOO_LARGE);
    for kind in ["text/plain", "application/x-www-form-urlencoded", ""] {
        assert_eq!(
            ask(&router, post(kind, "{}")).await.status(),
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "{kind}"
        );
    }
    assert_eq!(ask(&router, post("application/json", "{")).await.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn stale_answers_say_so() {
    let (router, memory) = network(Memory::in_cluster());
    let get = || request(&Method::GET, "/api/v1/nodes", &[("authorization", "Bearer auditor")], "");
    assert!(!ask(&router, get()).await.headers().contains_key("gotgan-stale"));
    memory.set_stale();
    assert_eq!(ask(&router, get()).await.headers()["gotgan-stale"], "true");
}

#[tokio::test]
async fn metrics_are_where_prometheus_looks_in_the_form_that_it_asks_for() {
    let (router, _) = network(Memory::in_cluster());
    let auditor = ("authorization", "Bearer auditor");
    let newest =
        ("accept", "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1");
    for path in ["/metrics", "/api/v1/metrics"] {
        let answer = ask(&router, request(&Method::GET, path, &[auditor, newest], "")).await;
        assert_eq!(
            answer.headers()["content-type"],
            "application/openmetrics-text; version=1.0.0; charset=utf-8"
        );
        let answer = ask(&router, request(&Method::GET, path, &[auditor], "")).await;
        assert_eq!(answer.headers()["content-type"], "text/plain; version=0.0.4; charset=utf-8");
        let answer = ask(&router, request(&Method::GET, path, &[], "")).await;
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{path}");
        let answer = ask(&router, request(&Method::GET, path, &[("authorization", "Bearer x")], "")).await;
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{path}");
    }
}

#[tokio::test]
async fn attempts_at_what_is_not_ones_own_are_recorded() {
    let (router, memory) = network(Memory::in_cluster());
    let auditor = [("authorization", "Bearer auditor"), JSON];
    ask(&router, request(&Method::DELETE, "/api/v1/users/amy", &auditor, "")).await;
    let said = memory.audited();
    assert!(
        said.iter().any(|(what, how)| what == "delete a user: amy" && how.starts_with("refused")),
        "{said:?}"
    );
}

#[tokio::test]
async fn a_key_makes_the_same_operation_for_the_same_caller_and_route_only() {
    let mut ops = Vec::new();
    let (volume, export) = (r#"{"name":"demo"}"#, r#"{"path":"/demo","volume":"demo"}"#);
    for (role, path, key, body) in [
        ("administrator", "/api/v1/volumes", "k", volume),
        ("administrator", "/api/v1/volumes", "k", volume),
        ("operator", "/api/v1/volumes", "k", volume),
        ("administrator", "/api/v1/volumes", "l", volume),
        ("administrator", "/api/v1/exports", "k", export),
    ] {
        let (router, memory) = network(Memory::in_cluster());
        let bearer = format!("Bearer {role}");
        let headers = [("authorization", bearer.as_str()), JSON, ("idempotency-key", key)];
        ask(&router, request(&Method::POST, path, &headers, body)).await;
        ops.push(memory.last_op().unwrap());
    }
    assert_eq!(ops[0], ops[1]);
    assert_eq!(ops.iter().collect::<std::collections::BTreeSet<_>>().len(), 4);
}

#[tokio::test]
async fn the_description_has_every_route() {
    let described = openapi();
    assert_eq!(described["openapi"], "3.1.0");
    for route in routes() {
        let method = route.method.as_str().to_ascii_lowercase();
        let operation = &described["paths"][format!("{PREFIX}{}", route.path)][&method];
        assert!(operation["summary"].is_string(), "{method} {}", route.path);
        let named = operation["parameters"].as_array().unwrap().iter().filter(|one| one["in"] == "path");
        assert_eq!(named.count(), route.path.matches('{').count(), "{method} {}", route.path);
    }
    let text = described.to_string();
    for reference in text.split("\"$ref\":\"#/components/").skip(1) {
        let pointer = format!("/components/{}", reference.split('"').next().unwrap());
        assert!(described.pointer(&pointer).is_some(), "{pointer} is described nowhere");
    }
    assert!(described["components"]["schemas"]["ClusterStatus"]["properties"]["verdict"].is_object());
}

/// Each time it was made anew, for anybody who asked: 10 ms.
#[tokio::test]
async fn the_description_is_made_once_and_sent_once_to_who_remembers_it() {
    let (routes, _) = network(Memory::default());
    let get = |headers: &[(&str, &str)]| request(&Method::GET, "/api/v1/openapi.json", headers, "");
    let mut sent = Vec::new();
    for _ in 0..2 {
        let answer = ask(&routes, get(&[])).await;
        assert_eq!(
            (answer.status(), &answer.headers()["content-type"]),
            (StatusCode::OK, &"application/json".parse().unwrap())
        );
        let tag = answer.headers()["etag"].to_str().unwrap().to_owned();
        sent.push((tag, axum::body::to_bytes(answer.into_body(), 1 << 20).await.unwrap()));
    }
    assert_eq!(sent[0].1.as_ptr(), sent[1].1.as_ptr(), "the same bytes in memory");
    assert_eq!(serde_json::from_slice::<serde_json::Value>(&sent[0].1).unwrap(), openapi());
    for (seen, expected) in [
        (sent[0].0.as_str(), StatusCode::NOT_MODIFIED),
        (&format!("\"x\", {}", sent[0].0), StatusCode::NOT_MODIFIED),
        ("\"x\"", StatusCode::OK),
    ] {
        assert_eq!(ask(&routes, get(&[("if-none-match", seen)])).await.status(), expected);
    }
}

/// Requests for a route that are refused for one reason or another, and some that are not.
fn attempts(route: &nasd_api::Route) -> Vec<Request<Body>> {
    let admin = ("authorization", "Bearer administrator");
    let large = "x".repeat(nasd_api::BODY_BYTES_MAX + 1);
    let with = |headers: &[(&str, &str)], body: &str| request(&route.method, &path(route), headers, body);
    vec![
        with(&[admin, JSON], "{}"),
        with(&[admin, JSON], r#"{"name":"demo"}"#),
        with(&[admin], ""),
        with(&[admin, JSON], &large),
        with(&[admin, JSON, ("if-match", "x")], "{}"),
        with(&[admin, JSON, ("idempotency-key", "")], "{}"),
        with(&[("authorization", "Bearer auditor"), JSON], "{}"),
        with(&[("authorization", "Bearer x"), JSON], "{}"),
        with(&[JSON], "{}"),
    ]
}

#[tokio::test]
async fn every_answer_is_one_that_the_description_has() {
    let described = openapi();
    for route in routes() {
        let method = route.method.as_str().to_ascii_lowercase();
        let responses = &described["paths"][format!("{PREFIX}{}", route.path)][&method]["responses"];
        for memory in [Memory::in_cluster, Memory::default] {
            let (router, _) = network(memory());
            for attempt in attempts(&route) {
                let answer = ask(&router, attempt).await;
                assert!(
                    responses[answer.status().as_str()].is_object(),
                    "{method} {}: {answer:?}",
                    route.path
                );
            }
        }
    }
}

#[tokio::test]
async fn a_wrong_method_is_told_which_ones_are_right() {
    let (router, _) = network(Memory::in_cluster());
    let answer = ask(&router, request(&Method::PATCH, "/api/v1/volumes", &[], "")).await;
    assert_eq!(answer.status(), StatusCode::METHOD_NOT_ALLOWED);
    let allowed = answer.headers()["allow"].to_str().unwrap();
    assert!(allowed.contains("GET") && allowed.contains("POST"), "{allowed}");
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

/// A token that may make users was able to make an administrator, and so anything.
#[tokio::test]
async fn nobody_gives_rights_away_that_they_do_not_have() {
    let (router, memory) = network(Memory::in_cluster());
    let cookie = log_in(&router, memory, "chief", "administrator").await;
    let session = [("cookie", cookie.as_str()), ("x-csrf-token", CSRF), JSON];
    let scopes = r#"["change_identity","read_status","change_exports","own_account"]"#;
    let made = format!(r#"{{"name":"hr","scopes":{scopes},"valid_seconds":60,"current":"{TYPED}"}}"#);
    let made = request(&Method::POST, "/api/v1/account/api-tokens", &session, &made);
    assert_eq!(ask(&router, made).await.status(), StatusCode::CREATED);
    let token = [("authorization", "Bearer token-chief-hr"), JSON];
    let user = |name: &str, role: &str| {
        format!(r#"{{"name":"{name}","role":"{role}","password":"a long enough one"}}"#)
    };
    let group =
        |name: &str, role: &str| format!(r#"{{"name":"{name}","role":"{role}","owned":[],"members":[]}}"#);
    let change = |role: &str| format!(r#"{{"role":"{role}"}}"#);
    let regroup = |role: &str| format!(r#"{{"role":"{role}","owned":[],"members":[]}}"#);
    let asks = [
        (Method::POST, "/users", user("a", "share_owner"), StatusCode::CREATED),
        (Method::POST, "/users", user("b", "administrator"), StatusCode::FORBIDDEN),
        (Method::PUT, "/users/a", change("operator"), StatusCode::FORBIDDEN),
        (Method::PUT, "/users/a", change("share_owner"), StatusCode::OK),
        (Method::POST, "/groups", group("g", "share_owner"), StatusCode::CREATED),
        (Method::POST, "/groups", group("h", "auditor"), StatusCode::FORBIDDEN),
        (Method::PUT, "/groups/g", regroup("administrator"), StatusCode::FORBIDDEN),
    ];
    for (method, path, body, expected) in asks {
        let asked = request(&method, &format!("{PREFIX}{path}"), &token, &body);
        assert_eq!(ask(&router, asked).await.status(), expected, "{method} {path} {body}");
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

/// The stream of a user who was removed went on for up to ten minutes.
#[tokio::test]
async fn a_stream_ends_with_the_rights_to_it() {
    let (router, memory) = network(Memory::in_cluster());
    memory.go_on();
    let local = nasd_api::router(memory.clone());
    let cookie = log_in(&router, memory, "bob", "operator").await;
    let listen = request(&Method::GET, "/api/v1/events/stream", &[("cookie", &cookie)], "");
    let stream = ask(&router, listen).await;
    assert_eq!(stream.status(), StatusCode::OK);
    let mut body = stream.into_body();
    let heard = http_body_util::BodyExt::collect(&mut body);
    assert!(tokio::time::timeout(Duration::from_millis(200), heard).await.is_err(), "it goes on");
    let gone = request(&Method::DELETE, "/api/v1/users/bob", &[], "");
    assert_eq!(ask(&local, gone).await.status(), StatusCode::NO_CONTENT);
    let heard = http_body_util::BodyExt::collect(&mut body);
    tokio::time::timeout(Duration::from_secs(5), heard).await.expect("it has ended").unwrap();
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
