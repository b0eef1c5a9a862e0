//! Making, changing, deleting and pressing buttons, on the pages of several nouns.

use crate::browser::logged_in;
use axum::http::StatusCode;
use memory_management::{Memory, PASSWORD};
use nasd_base::role::Role;

#[tokio::test]
async fn a_user_changed_by_two_is_a_conflict_too() {
    let memory = Memory::in_cluster();
    memory.add_user("amy", Role::Auditor);
    let mut browser = logged_in(memory, "administrator").await;
    let path = "/users/amy";
    let page = browser.get(path).await;
    let saved = browser.fill_in(&page, path, &[("disabled", "1")]).await;
    assert!(browser.follow(saved).await.text.contains("User amy was changed."));
    let conflict = browser.fill_in(&page, path, &[("role", "operator")]).await;
    assert_eq!(conflict.status, StatusCode::PRECONDITION_FAILED);
    assert_eq!(conflict.field(path, "role"), "operator");
    assert!(conflict.text.contains("<dt>Disabled</dt><dd>Yes</dd>"), "{}", conflict.text);
    assert_eq!(browser.fill_in(&conflict, path, &[]).await.location(), "/users");
    let page = browser.get(path).await;
    assert_eq!(page.field(path, "role"), "operator");
    assert!(page.fields(path).iter().all(|(name, _)| name != "disabled"), "theirs was seen and replaced");
}

#[tokio::test]
async fn what_is_taken_or_missing_is_said_at_its_field() {
    let memory = Memory::in_cluster();
    memory.add_user("amy", Role::Auditor);
    let mut browser = logged_in(memory, "administrator").await;
    let path = "/users/-new";
    let typed = [("name", "amy"), ("password", PASSWORD), ("again", PASSWORD)];
    let page = browser.fill(path, path, &typed).await;
    assert_eq!(page.status, StatusCode::CONFLICT);
    assert!(page.text.contains("id=\"name-wrong\""), "{}", page.text);
    assert_eq!((page.field(path, "name"), page.field(path, "password")), ("amy".into(), String::new()));
    let page = browser.post(path, &[("csrf", &page.field(path, "csrf")), ("again", "x")]).await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
    for field in ["name", "again", "role"] {
        assert!(page.text.contains(&format!("href=\"#{field}\"")), "{field}");
    }
}

#[tokio::test]
async fn what_cannot_be_taken_back_is_asked_for_once_more() {
    let memory = Memory::in_cluster();
    memory.add_user("amy", Role::Auditor);
    memory.add_volume("media");
    memory.add_export("/media", "media");
    let mut browser = logged_in(memory, "administrator").await;
    let typed = [("name", "night"), ("members", "amy"), ("role", "operator")];
    let made = browser.fill("/groups/-new", "/groups/-new", &typed).await;
    assert!(browser.follow(made).await.text.contains("Group night was made."));
    for (path, action, list, message) in [
        ("/groups/night/delete", "/groups/night/delete", "/groups", "Group night was deleted."),
        ("/users/amy/delete", "/users/amy/delete", "/users", "User amy was deleted."),
        ("/exports/delete?path=%2Fmedia", "/exports/delete", "/exports", "/media is not exported any more."),
    ] {
        let again = browser.fill(path, action, &[("restored", "1")]).await;
        assert_eq!(again.status, StatusCode::OK, "{path}");
        let done = browser.fill_in(&again, action, &[]).await;
        assert_eq!(done.location(), list);
        assert!(browser.follow(done).await.text.contains(message), "{path}");
        assert_eq!(browser.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
        let late = browser.fill_in(&again, action, &[]).await;
        assert_eq!(late.status, StatusCode::NOT_FOUND, "{path}: somebody else was faster");
    }
}

#[tokio::test]
async fn a_token_is_shown_once_and_revoked_by_a_button() {
    let mut browser = logged_in(Memory::in_cluster(), "administrator").await;
    let (page, action) = ("/account", "/account/tokens");
    let wrong = browser.fill(page, action, &[("name", "backup"), ("days", "0")]).await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
    assert!(wrong.text.contains("href=\"#days\"") && wrong.text.contains("href=\"#scopes\""));
    let typed = [("days", "30"), ("scope", "read_status"), ("token-proof", PASSWORD)];
    let made = browser.fill_in(&wrong, action, &typed).await;
    assert!(made.text.contains("token-administrator-backup"), "{}", made.text);
    let revoke = "/account/tokens/revoke";
    let restored = browser.fill(page, revoke, &[("restored", "1")]).await;
    assert_eq!(restored.location(), page);
    browser.cookies.insert("lang".into(), "ko".into());
    let revoked = browser.fill(page, revoke, &[]).await;
    let shown = browser.follow(revoked).await;
    assert!(shown.text.contains("API 토큰 backup을 폐기했습니다."), "{}", shown.text);
    assert!(!shown.text.contains(revoke));
}

#[tokio::test]
async fn a_task_is_cancelled_by_a_button() {
    let mut browser = logged_in(Memory::in_cluster(), "administrator").await;
    let started = browser.fill("/tasks", "/tasks", &[]).await;
    let task = started.location();
    let cancelled = browser.fill(&task, &format!("{task}/cancel"), &[]).await;
    assert_eq!(cancelled.location(), "/tasks");
    assert!(browser.follow(cancelled).await.text.contains("was cancelled."));
    let csrf = browser.get("/tasks").await.field("/tasks", "csrf");
    let missing = browser.post("/tasks/99/cancel", &[("csrf", &csrf)]).await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
}

/// A volume called `new` had no page: its address was that of the form that makes volumes. So had a user, a group and a
/// node called so.
#[tokio::test]
async fn what_is_called_new_has_a_page_like_all_others() {
    let memory = Memory::in_cluster();
    memory.add_volume("new");
    memory.add_user("new", Role::Auditor);
    let mut browser = logged_in(memory, "administrator").await;
    let typed = [("name", "new"), ("members", "new"), ("role", "operator")];
    assert_eq!(browser.fill("/groups/-new", "/groups/-new", &typed).await.status, StatusCode::SEE_OTHER);
    assert!(browser.get("/volumes/new").await.text.contains("href=\"/volumes/new/limits\""));
    for path in ["/volumes/new/limits", "/users/new", "/groups/new"] {
        let saved = browser.fill(path, path, &[]).await;
        assert_eq!(saved.status, StatusCode::SEE_OTHER, "{path}: {}", saved.text);
        assert!(
            browser.get(&format!("{}/delete", path.trim_end_matches("/limits"))).await.status.is_success(),
            "{path}"
        );
    }
    assert_eq!(browser.get("/nodes/add").await.status, StatusCode::NOT_FOUND, "a node may be called so");
    for (list, form) in [
        ("/volumes", "/volumes/-new"),
        ("/users", "/users/-new"),
        ("/groups", "/groups/-new"),
        ("/nodes", "/nodes/-add"),
    ] {
        assert_eq!(browser.get(list).await.link(&format!("href=\"{form}\"")), form);
    }
}
