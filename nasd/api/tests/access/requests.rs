//! What a request must bring, and what its answer says.

use crate::{JSON, ask, network, path, request};
use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use memory_management::Memory;
use nasd_api::{PREFIX, openapi, routes};

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
