//! Logging in and out, and what happens to who is not.

use crate::browser::{console, logged_in};
use axum::http::StatusCode;
use memory_management::{CAREFUL, CODE, CSRF, LOCKED, Memory, PASSWORD};
use nas_web::table;
use nasd_api::{
    CreateExport, CreateUser, ListApiTokens, ListExports, ListSessions, ListTasks, ListUsers, ListVolumes,
    Nothing, ReadCertificate,
};

fn filled(path: &str) -> String {
    let parts = path.split('/').map(|part| if part.starts_with('{') { "x" } else { part });
    parts.collect::<Vec<_>>().join("/")
}

#[tokio::test]
async fn every_page_sends_a_stranger_to_the_login() {
    let mut browser = console(Memory::in_cluster()).await;
    let mut checked = 0;
    for route in table().into_iter().filter(|route| !route.is_open) {
        let path = filled(route.path);
        if route.method == "GET" {
            let page = browser.get(&path).await;
            assert_eq!(page.status, StatusCode::SEE_OTHER, "{path}");
            assert!(page.location().starts_with("/login"), "{path}: {}", page.location());
        } else {
            let page = browser.post(&path, &[("name", "typed")]).await;
            assert_eq!(page.status, StatusCode::UNAUTHORIZED, "{path}");
        }
        checked += 1;
    }
    assert!(checked > 1, "{checked}");
}

#[tokio::test]
async fn every_form_is_refused_from_another_site_and_without_its_token() {
    let mut browser = logged_in(Memory::in_cluster(), "administrator").await;
    for route in table().into_iter().filter(|route| route.method == "POST") {
        let path = filled(route.path);
        let forged = browser
            .request("POST", &path)
            .header("content-type", "application/x-www-form-urlencoded")
            .header("sec-fetch-site", "cross-site")
            .body("name=x&csrf=csrf".into());
        assert_eq!(browser.send(forged.unwrap()).await.status, StatusCode::FORBIDDEN, "{path}");
        if !route.is_open {
            for fields in [&[("name", "x")][..], &[("name", "x"), ("csrf", "wrong")]] {
                assert_eq!(browser.post(&path, fields).await.status, StatusCode::FORBIDDEN, "{path}");
            }
        }
    }
    assert!(browser.memory.volume_names().is_empty());
}

#[tokio::test]
async fn a_login_leads_to_the_dashboard() {
    let mut browser = console(Memory::in_cluster()).await;
    let page = browser.get("/").await;
    assert_eq!(page.location(), "/login");
    let page = browser.log_in("administrator").await;
    let page = browser.follow(page).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text.contains("home") && page.text.contains("stor-a"), "{}", page.text);
    let page = browser.post("/logout", &[("csrf", "csrf")]).await;
    let page = browser.follow(page).await;
    assert!(page.text.contains("You are logged out."), "{}", page.text);
    assert_eq!(browser.get("/").await.location(), "/login");
}

#[tokio::test]
async fn a_session_cookie_is_for_this_host_and_no_script() {
    let mut browser = console(Memory::in_cluster()).await;
    let page = browser.log_in("operator").await;
    let cookie = page.headers["set-cookie"].to_str().unwrap().to_owned();
    for part in ["__Host-gotgan=", "Path=/", "Secure", "HttpOnly", "SameSite=Strict", "Max-Age=86400"] {
        assert!(cookie.contains(part), "{cookie}");
    }
}

#[tokio::test]
async fn after_the_login_one_is_where_one_wanted_to_be_and_nowhere_else() {
    let mut browser = console(Memory::in_cluster()).await;
    for (wanted, reached) in [
        ("/recovery?x=1", "/recovery?x=1"),
        ("//evil.example/", "/"),
        ("https://evil.example/", "/"),
        ("/x\r\nset-cookie: a=b", "/"),
    ] {
        let fields = [("user", "auditor"), ("password", PASSWORD), ("to", wanted)];
        let page = browser.post("/login", &fields).await;
        assert_eq!(page.location(), reached);
        assert_eq!(page.headers.get_all("set-cookie").iter().count(), 1);
    }
}

#[tokio::test]
async fn a_wrong_password_says_so_and_keeps_the_name() {
    let mut browser = console(Memory::in_cluster()).await;
    let page = browser.post("/login", &[("user", "o\"><b>"), ("password", "hunter2hunter2")]).await;
    assert_eq!(page.status, StatusCode::UNAUTHORIZED);
    assert_eq!(page.field("/login", "user"), "o\"><b>");
    assert!(!page.text.contains("<b>") && !page.text.contains("hunter2"), "{}", page.text);
    let page = browser.post("/login", &[("user", LOCKED), ("password", PASSWORD)]).await;
    assert_eq!(page.status, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn a_second_factor_is_a_second_step_and_the_password_stays_on_the_server() {
    let mut browser = console(Memory::in_cluster()).await;
    let page = browser.log_in(CAREFUL).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(!page.text.contains(PASSWORD));
    let wrong = browser.fill_in(&page, "/login", &[("code", "111111")]).await;
    assert_eq!(wrong.status, StatusCode::UNAUTHORIZED);
    let right = browser.fill_in(&wrong, "/login", &[("code", CODE)]).await;
    assert_eq!(right.location(), "/");
    // The step is spent.
    let again = browser.fill_in(&page, "/login", &[("code", CODE)]).await;
    assert_eq!(again.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_second_factor_goes_only_with_the_password() {
    let mut browser = console(Memory::in_cluster()).await;
    let root = nasd_api::Client::local(&browser.socket());
    let (role, password) = (nasd_base::role::Role::Operator, nasd_api::Secret::new(PASSWORD));
    let amy = nasd_api::CreateUser { name: "amy".into(), role, owned: Vec::new(), password };
    root.call::<CreateUser>(Nothing, &amy).await.unwrap();
    browser.log_in("amy").await;
    let account = browser.get("/account").await;
    let refused = browser.fill_in(&account, "/account/factor", &[("proof", "a stolen session")]).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN, "it would shut the owner out");
    let offer = browser.fill_in(&refused, "/account/factor", &[("proof", PASSWORD)]).await;
    let codes = browser.fill_in(&offer, "/account/factor/confirm", &[("code", CODE)]).await;
    assert!(codes.text.contains("abcd-efg1"), "{}", codes.text);
    let account = browser.get("/account").await;
    assert!(!account.text.contains("action=\"/account/factor\""), "{}", account.text);
    let refused = browser.fill_in(&account, "/account/factor/remove", &[("proof", "a stolen session")]).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert!(refused.text.contains("current password is wrong") && !refused.text.contains("a stolen session"));
    let removed = browser.fill_in(&refused, "/account/factor/remove", &[("proof", PASSWORD)]).await;
    assert_eq!(removed.location(), "/account");
    let account = browser.get("/account").await;
    assert!(account.text.contains("action=\"/account/factor\""), "{}", account.text);
}

#[tokio::test]
async fn a_link_carries_no_form_through_the_login() {
    let mut browser = console(Memory::in_cluster()).await;
    let page = browser.get("/login?to=%2Fvolumes%2Fdemo%2Fdelete&keep=name%3Dcanary").await;
    assert!(page.status == StatusCode::OK && !page.text.contains("value=\"name=canary"), "{}", page.text);
}

#[tokio::test]
async fn a_form_that_came_through_a_login_is_shown_and_not_carried_out() {
    let mut browser = logged_in(Memory::in_cluster(), "administrator").await;
    browser.memory.add_volume("x");
    browser.memory.add_user("x", nasd_base::role::Role::Operator);
    let root = nasd_api::Client::local(&browser.socket());
    let request = nasd_api::CreateExport { path: "/x".into(), volume: "x".into(), clients: Vec::new() };
    root.call::<CreateExport>(Nothing, &request).await.unwrap();
    browser.get("/").await;
    let fields = [
        ("csrf", CSRF),
        ("restored", "1"),
        ("name", "x"),
        ("path", "/x"),
        ("volume", "x"),
        ("role", "auditor"),
        ("confirm", "x"),
        ("password", "right horse battery"),
        ("again", "right horse battery"),
        ("current", PASSWORD),
        ("proof", PASSWORD),
        ("token-proof", PASSWORD),
        ("scope", "read_status"),
        ("days", "9"),
        ("code", CODE),
        ("size", "1"),
        ("chain", "x"),
        ("key", "x"),
    ];
    for route in table().into_iter().filter(|route| route.method == "POST" && !route.is_open) {
        let before = everything(&root).await;
        let path = filled(route.path);
        let page = browser.post(&path, &fields).await;
        assert_ne!(page.status, StatusCode::INTERNAL_SERVER_ERROR, "{path}");
        assert_eq!(everything(&root).await, before, "{path} was carried out");
    }
}

async fn everything(root: &nasd_api::Client) -> String {
    let tasks = root.all::<ListTasks>().await.unwrap();
    let sessions = root.all::<ListSessions>().await.unwrap();
    let tokens = root.all::<ListApiTokens>().await.unwrap();
    let (volumes, exports) =
        (root.all::<ListVolumes>().await.unwrap(), root.all::<ListExports>().await.unwrap());
    let (users, certificate) =
        (root.all::<ListUsers>().await.unwrap(), root.ask::<ReadCertificate>(Nothing).await.unwrap());
    format!("{volumes:?} {exports:?} {users:?} {tokens:?} {tasks:?} {certificate:?} {}", sessions.len())
}
