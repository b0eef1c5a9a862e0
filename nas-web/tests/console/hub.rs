//! The page of a volume: what it is for, what happened to it, and what is typed on a client.

use crate::browser::logged_in;
use axum::http::StatusCode;
use memory_management::Memory;
use nasd_api::{EventKind, happening};

const VOLUME: &str = "/volumes/media";
const DESCRIPTION: &str = "/volumes/media/description";

#[tokio::test]
async fn a_description_is_given_when_a_volume_is_made_and_shown_and_changed() {
    let mut browser = logged_in(Memory::in_cluster(), "administrator").await;
    let typed = [("name", "media"), ("description", "Films & series\r\nask <Minjun>")];
    let made = browser.fill("/volumes/-new", "/volumes/-new", &typed).await;
    assert_eq!(made.location(), VOLUME);
    let page = browser.get(VOLUME).await;
    assert!(page.text.contains("Films &#38; series\nask &#60;Minjun&#62;"), "{}", page.text);
    let form = browser.get(DESCRIPTION).await;
    assert_eq!(form.field(DESCRIPTION, "description"), "Films & series\nask <Minjun>");
    let saved = browser.fill_in(&form, DESCRIPTION, &[("description", "영화")]).await;
    assert!(browser.follow(saved).await.text.contains("The description of volume media was changed."));
    assert!(browser.get(VOLUME).await.text.contains("영화"));
}

#[tokio::test]
async fn a_description_that_somebody_else_changed_is_shown_beside_mine() {
    let memory = Memory::in_cluster();
    memory.add_volume("media");
    let mut browser = logged_in(memory, "administrator").await;
    let form = browser.get(DESCRIPTION).await;
    browser.fill_in(&form, DESCRIPTION, &[("description", "theirs")]).await;
    let conflict = browser.fill_in(&form, DESCRIPTION, &[("description", "mine")]).await;
    assert_eq!(conflict.status, StatusCode::PRECONDITION_FAILED);
    assert!(conflict.text.contains("<p class=\"lines\">theirs</p>"), "{}", conflict.text);
    assert_eq!(conflict.field(DESCRIPTION, "description"), "mine");
    browser.fill_in(&conflict, DESCRIPTION, &[]).await;
    assert_eq!(browser.get(DESCRIPTION).await.field(DESCRIPTION, "description"), "mine");
}

#[tokio::test]
async fn a_description_that_is_too_long_is_kept_in_its_field() {
    let memory = Memory::in_cluster();
    memory.add_volume("media");
    let mut browser = logged_in(memory, "administrator").await;
    browser.cookies.insert("lang".into(), "ko".into());
    for text in ["a\r\nb\r\nc", &"곳".repeat(201)] {
        let refused = browser.fill(DESCRIPTION, DESCRIPTION, &[("description", text)]).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST);
        assert!(refused.text.contains("최대 200자, 2줄까지 입력할 수 있습니다."), "{}", refused.text);
        assert_eq!(refused.field(DESCRIPTION, "description"), text);
    }
}

#[tokio::test]
async fn a_volumes_page_tells_what_happened_to_it_and_not_to_others() {
    let memory = Memory::in_cluster();
    memory.add_volume("media");
    memory.add_event(EventKind::VolumeCreated, "media", happening::volume_created("media"));
    memory.add_event(EventKind::VolumeCreated, "media-2", happening::volume_created("media-2"));
    for leader in 0..12 {
        let what = happening::leader_changed(format!("stor-{leader}"), "media");
        memory.add_event(EventKind::LeaderChanged, "media", what);
    }
    let mut browser = logged_in(memory, "administrator").await;
    browser.fill("/tasks", "/tasks", &[]).await;
    let page = browser.get(VOLUME).await.text;
    assert_eq!(page.matches("leads volume media now.").count(), 10, "{page}");
    assert!(page.contains("stor-11 leads") && !page.contains("media-2 was created"), "{page}");
    assert!(page.contains("href=\"/events?filter=media\"") && page.contains("href=\"/tasks/1\""), "{page}");
}

/// The button does nothing without the script, so it is not there without it.
#[tokio::test]
async fn a_line_to_copy_is_text_without_the_script() {
    let mut browser = logged_in(Memory::in_cluster(), "administrator").await;
    let typed = [("name", "media"), ("network", "192.0.2.0/24"), ("squash", "root")];
    browser.fill("/volumes/-new", "/volumes/-new", &typed).await;
    for (language, copied) in [("en", "Copied"), ("ko", "복사됨")] {
        browser.cookies.insert("lang".into(), language.into());
        let page = browser.get(VOLUME).await.text;
        assert!(page.contains(&format!("data-copy=\"{copied}\" hidden>")), "{page}");
        assert!(page.contains("<span class=\"quiet-text\" role=\"status\"></span>"), "{page}");
    }
}
