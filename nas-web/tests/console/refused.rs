//! Refusals in the language of whoever reads the page.

use crate::browser::console;
use crate::korean::{is_korean, korean};
use axum::http::StatusCode;
use memory_management::{Memory, PASSWORD};
use nasd_base::role::Role;

#[tokio::test]
async fn a_form_is_refused_in_korean() {
    let memory = Memory::in_cluster();
    memory.add_volume("media");
    memory.add_export("/media", "media");
    memory.add_user("amy", Role::Auditor);
    let mut browser = korean(memory, "administrator").await;
    for (path, typed, status, words) in [
        ("/volumes/-new", &[("name", "media")][..], StatusCode::CONFLICT, "볼륨 media가 이미 있습니다"),
        (
            "/users/-new",
            &[("name", "amy"), ("role", "auditor"), ("password", PASSWORD), ("again", PASSWORD)],
            StatusCode::CONFLICT,
            "사용자 amy가 이미 있습니다",
        ),
        (
            "/groups/-new",
            &[("name", "night"), ("members", "bob"), ("role", "operator")],
            StatusCode::NOT_FOUND,
            "사용자 bob이 없습니다",
        ),
        (
            "/exports/new",
            &[("path", "/films"), ("volume", "films"), ("network", "192.0.2.1")],
            StatusCode::NOT_FOUND,
            "볼륨 films가 없습니다",
        ),
        (
            "/exports/new",
            &[("path", "/media"), ("volume", "media"), ("network", "192.0.2.1")],
            StatusCode::CONFLICT,
            "/media는 이미 내보내고 있습니다",
        ),
        (
            "/users/-new",
            &[
                ("name", "bea"),
                ("role", "auditor"),
                ("owned", "media"),
                ("password", PASSWORD),
                ("again", PASSWORD),
            ],
            StatusCode::BAD_REQUEST,
            "공유 소유자만 볼륨을 소유합니다",
        ),
    ] {
        let page = browser.fill(path, path, typed).await;
        assert_eq!(page.status, status, "{path}: {}", page.text);
        is_korean(&page, words);
    }
}

#[tokio::test]
async fn what_somebody_else_changed_is_a_conflict_in_korean() {
    let memory = Memory::in_cluster();
    memory.add_volume("media");
    let mut browser = korean(memory, "administrator").await;
    let path = "/volumes/media/limits";
    let page = browser.get(path).await;
    browser.fill(path, path, &[("bytes", "5 GiB")]).await;
    let conflict = browser.fill_in(&page, path, &[("bytes", "7 GiB")]).await;
    assert_eq!(conflict.status, StatusCode::PRECONDITION_FAILED);
    is_korean(&conflict, "다른 사람이 변경했습니다");
}

#[tokio::test]
async fn a_page_that_one_may_not_see_or_that_is_not_there_says_so_in_korean() {
    let mut operator = korean(Memory::in_cluster(), "operator").await;
    let denied = operator.get("/users").await;
    assert_eq!(denied.status, StatusCode::FORBIDDEN);
    is_korean(&denied, "operator에게 이 요청을 실행할 권한이 없습니다. 필요한 권한: read_identity");
    let mut browser = korean(Memory::in_cluster(), "administrator").await;
    for (path, words) in [
        ("/volumes/none", "볼륨 none이 없습니다"),
        ("/users/none", "사용자 none이 없습니다"),
        ("/nothing", ""),
    ] {
        let missing = browser.get(path).await;
        assert_eq!(missing.status, StatusCode::NOT_FOUND, "{path}");
        is_korean(&missing, words);
    }
}

#[tokio::test]
async fn what_an_account_is_protected_with_is_refused_in_korean() {
    let mut browser = korean(Memory::in_cluster(), "administrator").await;
    browser.log_in("administrator").await;
    let page = browser.fill(
        "/account",
        "/account/password",
        &[("proof", "wrong"), ("password", "another good password"), ("again", "another good password")],
    );
    is_korean(&page.await, "현재 비밀번호가 올바르지 않습니다");
}

#[tokio::test]
async fn a_certificate_is_refused_in_korean() {
    let mut browser = korean(Memory::in_cluster(), "administrator").await;
    let path = "/settings/certificate";
    let page = browser.fill(path, path, &[("chain", "nothing"), ("key", "nothing")]).await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
    is_korean(&page, "체인이 PEM 형식의 인증서가 아닙니다");
}

#[tokio::test]
async fn a_node_in_no_cluster_and_a_join_that_was_refused_say_so_in_korean() {
    let mut browser = console(Memory::default()).await;
    browser.cookies.insert("lang".into(), "ko".into());
    is_korean(&browser.get("/recovery").await, "이 노드는 아직 클러스터에 속해 있지 않습니다");
    let secret = browser.console.begin_setup();
    browser.console.offer_setup().await;
    browser.get(&format!("/setup?token={secret}")).await;
    let page = browser.get("/setup").await;
    let refused = browser.fill_in(&page, "/setup", &[("way", "join"), ("token", "guess")]).await;
    is_korean(&refused, "이 클러스터가 모르는 참여 토큰입니다");
}

#[tokio::test]
async fn a_node_that_does_not_answer_is_a_page_in_korean() {
    let mut browser = korean(Memory::in_cluster(), "administrator").await;
    let form = browser.get("/volumes/-new").await;
    browser.end_nasd();
    let kept = browser.fill_in(&form, "/volumes/-new", &[("name", "media")]).await;
    assert_eq!(kept.status, StatusCode::SERVICE_UNAVAILABLE);
    is_korean(&kept, "nasd가 실행 중이 아니거나");
    let page = browser.get("/volumes").await;
    assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE);
    is_korean(&page, "nasd가 실행 중이 아니거나");
    is_korean(&browser.get("/recovery").await, "nasd가 실행 중이 아니거나");
}
