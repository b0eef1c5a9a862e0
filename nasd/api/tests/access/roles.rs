//! Every route with every role, and what owners, members and attempts come to.

use crate::{JSON, TYPED, ask, log_in, network, path, request};
use axum::http::{Method, StatusCode};
use memory_management::{CSRF, Memory};
use nasd_api::{Access, PREFIX, agent_router, network_router, router, routes};
use nasd_base::role::{Right, Role};
use std::sync::Arc;
use std::time::Duration;

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
    assert_eq!(
        of_agents,
        ["/deliveries/taken", "/deliveries/{id}/outcome", "/snmp/agent", "/snmp/agent/counts"],
        "each of these is a decision"
    );
}
