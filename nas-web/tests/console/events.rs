//! The page of events: in the reader's language, filtered, in pages.

use crate::browser::{Browser, logged_in};
use memory_management::Memory;
use nasd_api::{EventKind, happening, verdict};

async fn after_a_night() -> Browser {
    let memory = Memory::in_cluster();
    memory.add_event(EventKind::VolumeCreated, "demo", happening::volume_created("demo"));
    memory.add_event(EventKind::NodeUnreachable, "stor-b", verdict::node_absent("stor-b"));
    let why = verdict::of_volume("demo", verdict::replicas_missing(2, 3).text);
    memory.add_event(EventKind::VolumeHealth, "demo", why);
    memory.add_event(EventKind::LeaderChanged, "demo", happening::leader_changed("stor-a", "demo"));
    memory.add_event(EventKind::NodeReachable, "stor-b", happening::node_answers("stor-b"));
    logged_in(memory, "auditor").await
}

/// What the page tells, from its top.
fn told(text: &str) -> Vec<String> {
    let cells = text.split("<th scope=\"row\">").skip(1);
    cells.map(|cell| cell.split("</th>").next().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn what_happened_is_told_newest_first_in_the_readers_language() {
    let mut browser = after_a_night().await;
    let english = browser.get("/events").await.text;
    let expected = [
        "stor-b answers again.",
        "stor-a leads volume demo now.",
        "Volume demo: 2 of 3 replicas answer.",
        "stor-b does not answer.",
        "Volume demo was created.",
    ];
    assert_eq!(told(&english), expected);
    browser.cookies.insert("lang".into(), "ko".into());
    let expected = [
        "stor-b 노드가 다시 응답합니다.",
        "이제 stor-a 노드가 볼륨 demo의 리더입니다.",
        "볼륨 demo: 복제본 3개 중 2개가 응답합니다.",
        "stor-b 노드가 응답하지 않습니다.",
        "볼륨 demo 생성됨.",
    ];
    assert_eq!(told(&browser.get("/events").await.text), expected);
}

#[tokio::test]
async fn events_are_found_by_their_kind_and_by_whom_they_are_about() {
    let mut browser = after_a_night().await;
    for (asked, found) in [
        ("kind=node_unreachable", 1),
        ("kind=&filter=", 5),
        ("filter=DEMO", 3),
        ("filter=stor-a", 1),
        ("kind=volume_health&filter=stor", 0),
        ("kind=nonsense", 5),
    ] {
        let page = browser.get(&format!("/events?{asked}")).await.text;
        assert_eq!(told(&page).len(), found, "{asked}");
        assert!(page.contains("action=\"/events\""), "{asked}: the filter stays");
        assert_eq!(page.contains("Nothing matches."), found == 0, "{asked}");
    }
    let page = browser.get("/events?kind=volume_health&filter=demo").await.text;
    assert!(page.contains("value=\"volume_health\" selected") && page.contains("value=\"demo\""), "{page}");
}

#[tokio::test]
async fn many_events_come_in_pages_that_keep_the_filter() {
    let mut browser = after_a_night().await;
    for number in 0..60 {
        let name = format!("v{number}");
        browser.memory.add_event(EventKind::VolumeDeleted, &name, happening::volume_deleted(&name));
    }
    let page = browser.get("/events?kind=volume_deleted&filter=v").await;
    assert_eq!(told(&page.text).len(), 50);
    let next = page.link("rel=\"next\"");
    assert!(next.starts_with("/events?kind=volume_deleted&filter=v&after="), "{next}");
    let page = browser.get(&next).await.text;
    assert_eq!((told(&page).len(), told(&page).last().unwrap().as_str()), (10, "Volume v0 was deleted."));
}
