//! The pages of diagnoses: a button, what was found in the reader's language, and a bundle that is looked at before it
//! leaves.

use crate::browser::logged_in;
use axum::http::StatusCode;
use memory_management::Memory;

#[tokio::test]
async fn a_diagnosis_is_one_button_and_says_what_to_do() {
    let mut browser = logged_in(Memory::in_cluster(), "operator").await;
    let page = browser.get("/diagnostics").await.text;
    assert!(page.contains("No check has run yet"), "{page}");
    assert!(!page.contains("Support bundle"), "only administrators collect one: {page}");
    browser.fill("/diagnostics", "/diagnostics", &[]).await;
    let page = browser.get("/diagnostics").await.text;
    for said in ["Disk health", "says itself that it will fail (SMART).", "What to do:", "Have a disk ready"]
    {
        assert!(page.contains(said), "{said}: {page}");
    }
    let (failed, passed) = (page.find(">Failed").expect("one"), page.find(">Passed").expect("others"));
    assert!(failed < passed, "the worst comes first: {page}");
    browser.cookies.insert("lang".into(), "ko".into());
    let page = browser.get("/diagnostics").await.text;
    assert!(page.contains("디스크 상태") && page.contains("스스로 고장을 예고합니다(SMART)."), "{page}");
}

#[tokio::test]
async fn a_bundle_is_looked_at_before_it_is_fetched() {
    let mut browser = logged_in(Memory::in_cluster(), "administrator").await;
    let page = browser.get("/diagnostics/bundle").await.text;
    assert!(page.contains("There is no bundle") && !page.contains("Download"), "{page}");
    browser.fill("/diagnostics/bundle", "/diagnostics/bundle", &[]).await;
    let page = browser.get("/diagnostics/bundle").await.text;
    assert!(page.contains("cluster/cluster.json") && page.contains("2.0 KiB"), "{page}");
    assert!(page.contains("href=\"/diagnostics/bundle/1\""), "{page}");
    let archive = browser.get("/diagnostics/bundle/1").await;
    assert_eq!((archive.status, archive.text.as_str()), (StatusCode::OK, "an archive"));
    let named = archive.headers["content-disposition"].to_str().unwrap();
    assert_eq!(named, "attachment; filename=\"gotgan-support-1.tar.zst\"");
    assert_eq!(browser.get("/diagnostics/bundle/2").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn nobody_but_administrators_gets_a_bundle() {
    for role in ["operator", "auditor", "share_owner"] {
        let mut browser = logged_in(Memory::in_cluster(), role).await;
        assert_eq!(browser.get("/diagnostics/bundle").await.status, StatusCode::FORBIDDEN, "{role}");
    }
}
