//! Alerts and channels in the console.

use crate::browser::logged_in;
use axum::http::StatusCode;
use memory_management::Memory;
use nasd_base::alert::{AlertKind, Severity};

fn with_alert() -> Memory {
    let memory = Memory::in_cluster();
    memory.add_alert(AlertKind::NodeDown, Severity::Critical, (3, "stor-c"));
    memory.add_alert(AlertKind::ClockSkew, Severity::Warning, (2, "stor-b"));
    memory.change_alert(2, |alert| alert.cause = Some(1));
    memory.change_alert(1, |alert| alert.consequences = 1);
    memory
}

#[tokio::test]
async fn an_alert_says_what_is_wrong_what_follows_and_what_to_do() {
    let mut browser = logged_in(with_alert(), "administrator").await;
    let dashboard = browser.get("/").await.text;
    assert!(dashboard.contains("<a href=\"/alerts\">One alert is open</a>"), "{dashboard}");
    assert!(dashboard.contains("<a href=\"/alerts/1\">Node down: stor-c</a>"), "{dashboard}");
    assert!(!dashboard.contains("/alerts/2"), "what follows from it is no alert of its own: {dashboard}");
    let list = browser.get("/alerts").await.text;
    assert!(list.contains("stor-c does not answer.") && list.contains("Follows from alert 1"), "{list}");
    let page = browser.get("/alerts/1").await.text;
    for said in ["Node down: stor-c", "See whether the node has power and network", "href=\"/nodes/3\""] {
        assert!(page.contains(said), "{said}: {page}");
    }
    assert!(page.contains("<a href=\"/alerts/2\">Clocks differ</a>"), "{page}");
    assert_eq!(browser.get("/alerts/99").await.status, StatusCode::NOT_FOUND);
    assert_eq!(browser.get("/alerts/x").await.status, StatusCode::NOT_FOUND);
    browser.cookies.insert("lang".into(), "ko".into());
    let page = browser.get("/alerts/1").await.text;
    assert!(page.contains("노드 응답 없음: stor-c") && page.contains("노드의 전원과 네트워크를"), "{page}");
}

#[tokio::test]
async fn without_alerts_the_pages_say_so() {
    let mut browser = logged_in(Memory::in_cluster(), "administrator").await;
    assert!(browser.get("/alerts").await.text.contains("Nothing is wrong"));
    for (page, of) in [("/past-alerts", "/alerts"), ("/deliveries", "/channels")] {
        let current = format!("<a href=\"{of}\" aria-current=\"page\">");
        assert!(browser.get(page).await.text.contains(&current), "{page} belongs to {of}");
    }
    assert!(browser.get("/past-alerts").await.text.contains("Nothing was wrong"));
    assert!(!browser.get("/").await.text.contains("href=\"/alerts\">One"));
    assert!(browser.get("/channels").await.text.contains("Nobody is told of alerts yet"));
    assert!(browser.get("/deliveries").await.text.contains("Nothing was delivered yet"));
}

#[tokio::test]
async fn somebody_looks_after_an_alert_and_silences_it() {
    let mut browser = logged_in(with_alert(), "operator").await;
    let action = "/alerts/1/acknowledge";
    let done = browser.fill("/alerts/1", action, &[("note", "on <my> way")]).await;
    let page = browser.follow(done).await.text;
    assert!(page.contains("You look after alert 1.") && page.contains("on &#60;my&#62; way"), "{page}");
    assert!(!page.contains(action), "somebody does already");
    let silence = "/alerts/1/silence";
    let wrong = browser.fill("/alerts/1", silence, &[("hours", "721")]).await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
    assert!(wrong.text.contains("href=\"#hours\""), "{}", wrong.text);
    let done = browser.fill_in(&wrong, silence, &[("hours", "12"), ("what", "kind")]).await;
    let list = browser.follow(done).await.text;
    assert!(list.contains("Alerts were silenced for 12 hours.") && list.contains("Anything"), "{list}");
    let ended = browser.fill("/alerts", "/silences/1/end", &[]).await;
    assert!(browser.follow(ended).await.text.contains("Silence 1 has ended."));
}

#[tokio::test]
async fn an_auditor_only_looks() {
    let mut browser = logged_in(with_alert(), "auditor").await;
    let page = browser.get("/alerts/1").await.text;
    assert!(!page.contains("/alerts/1/acknowledge") && !page.contains("/alerts/1/silence"));
    assert!(!browser.get("/channels").await.text.contains("/channels/-new"));
}

const NEW: &str = "/channels/-new";

/// It was English whoever made it.
#[tokio::test]
async fn a_new_channel_speaks_as_whoever_makes_it() {
    let mut browser = logged_in(Memory::in_cluster(), "administrator").await;
    for language in ["en", "ko"] {
        browser.cookies.insert("lang".into(), language.into());
        let form = browser.get("/channels/-new?kind=syslog").await;
        assert_eq!(form.field(NEW, "speech"), language);
        let other = if language == "en" { "ko" } else { "en" };
        let wrong = browser.fill_in(&form, NEW, &[("speech", other)]).await;
        assert_eq!(wrong.field(NEW, "speech"), other, "what was chosen stays");
    }
}

#[tokio::test]
async fn a_channel_is_made_tried_changed_and_deleted() {
    let mut browser = logged_in(Memory::in_cluster(), "administrator").await;
    let choice = browser.get(NEW).await.text;
    assert!(choice.contains("/channels/-new?kind=syslog"), "{choice}");
    let form = browser.get("/channels/-new?kind=email").await;
    let wrong = browser.fill_in(&form, NEW, &[("name", "mail"), ("quiet", "25:00")]).await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
    for field in ["server", "from", "to", "quiet"] {
        assert!(wrong.text.contains(&format!("href=\"#{field}\"")), "{field}: {}", wrong.text);
    }
    let typed = [
        ("server", "mail.example.com:465"),
        ("from", "nas@example.com"),
        ("to", "amy@example.com, bob@example.com"),
        ("user", "nas"),
        ("password", "hunter2"),
        ("quiet", "22:00-07:00"),
    ];
    let made = browser.fill_in(&wrong, NEW, &typed).await;
    let list = browser.follow(made).await.text;
    assert!(list.contains("Channel mail was made.") && list.contains("amy@example.com, bob"), "{list}");
    let page = browser.get("/channels/mail").await;
    assert!(!page.text.contains("hunter2") && page.text.contains("A secret is saved."), "{}", page.text);
    assert_eq!(page.field("/channels/mail", "quiet"), "22:00-07:00");
    let tried = browser.fill("/channels", "/channels/mail/test", &[]).await;
    let log = browser.follow(tried).await.text;
    assert!(log.contains("A test is on its way over mail.") && log.contains("Waiting"), "{log}");
    let changed = browser.fill_in(&page, "/channels/mail", &[("server", "mail.example.com:587")]).await;
    assert!(browser.follow(changed).await.text.contains("Channel mail was changed."));
    let page = browser.get("/channels/mail").await;
    assert!(page.text.contains("A secret is saved."), "an empty field keeps it");
    let delete = "/channels/mail/delete";
    let deleted = browser.fill(delete, delete, &[]).await;
    assert!(browser.follow(deleted).await.text.contains("Channel mail was deleted."));
}
