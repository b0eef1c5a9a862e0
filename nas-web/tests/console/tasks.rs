//! The page of one task: how far it is, how fast, how long it takes, and its log in the reader's language.

use crate::browser::logged_in;
use memory_management::Memory;

#[tokio::test]
async fn a_task_says_how_fast_it_is_and_for_how_long() {
    let mut browser = logged_in(Memory::in_cluster(), "operator").await;
    browser.fill("/tasks", "/tasks", &[]).await;
    let list = browser.get("/tasks").await.text;
    assert!(list.contains("25 % · 512 B/s · about 6 s"), "{list}");
    let page = browser.get("/tasks/1").await.text;
    for fact in [
        "1.0 KiB / 4.0 KiB (25 %)",
        "512 B/s",
        "about 6 s",
        "2027-01-15 08:00:00",
        "stor-a begins to read 4.0 KiB.",
    ] {
        assert!(page.contains(fact), "{fact}: {page}");
    }
    assert!(page.contains("<a href=\"/nodes/1\">stor-a</a>"), "{page}");
    browser.cookies.insert("lang".into(), "ko".into());
    let page = browser.get("/tasks/1").await.text;
    assert!(
        page.contains("stor-a 노드가 데이터를 읽기 시작합니다: 4.0 KiB.") && page.contains("약 6초"),
        "{page}"
    );
    browser.fill("/tasks/1", "/tasks/1/cancel", &[]).await;
    let page = browser.get("/tasks/1").await.text;
    assert!(page.contains("끝나기 전에 취소되었습니다.") && !page.contains("512 B/s"), "{page}");
}
