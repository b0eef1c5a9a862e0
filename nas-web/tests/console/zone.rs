//! The cluster's time zone: what is set holds for all pages and for the audit log as a file; and the console's address.

use crate::browser::logged_in;
use memory_management::Memory;
use nasd_api::AuditRecord;

#[tokio::test]
async fn times_are_shown_in_the_clusters_time_zone() {
    let memory = Memory::in_cluster();
    memory.add_audit(AuditRecord {
        seq: 1,
        at: 1_800_000_000,
        actor: "amy".into(),
        address: "192.0.2.1".into(),
        through: "session".into(),
        action: "create volume demo".into(),
        outcome: "done".into(),
        times: 1,
        hash: String::new(),
        names: Default::default(),
    });
    let mut browser = logged_in(memory, "administrator").await;
    let page = browser.get("/audit").await.text;
    assert!(page.contains("All times are UTC.") && page.contains("2027-01-15 08:00"), "{page}");
    assert!(browser.get("/audit.csv").await.text.contains("2027-01-15T08:00:00+00:00"), "with its offset");
    let odd = browser.fill("/settings/cluster", "/settings/cluster", &[("zone", "Seoul")]).await;
    assert!(odd.text.contains("for instance Asia/Seoul or UTC"), "{}", odd.text);
    browser.fill("/settings/cluster", "/settings/cluster", &[("zone", "Asia/Seoul")]).await;
    let page = browser.get("/audit").await.text;
    assert!(page.contains("All times are Asia/Seoul.") && page.contains("2027-01-15 17:00"), "{page}");
    assert!(browser.get("/audit.csv").await.text.contains("2027-01-15T17:00:00+09:00"));
    browser.cookies.insert("lang".into(), "ko".into());
    assert!(browser.get("/audit").await.text.contains("모든 시각은 Asia/Seoul 기준입니다."));
    browser.cookies.insert("lang".into(), "en".into());
    let live = browser.get("/nodes").await.text;
    assert!(live.contains(" KST</p>"), "as of, with the zone: {live}");
    // The day of the filter begins at midnight there.
    assert!(
        browser.get("/audit?since=2027-01-15&until=2027-01-15").await.text.contains("created volume demo")
    );
    assert!(!browser.get("/audit?until=2027-01-14").await.text.contains("created volume demo"));
}

/// Messages about alerts link to it.
#[tokio::test]
async fn where_the_console_is_can_be_said_and_taken_back() {
    let mut browser = logged_in(Memory::in_cluster(), "administrator").await;
    let settings = "/settings/cluster";
    browser.fill(settings, settings, &[("console", "https://nas.example.com/")]).await;
    let page = browser.get("/settings").await.text;
    assert!(
        page.contains("Address of the console</dt><dd class=\"breaks\">https://nas.example.com</dd>"),
        "{page}"
    );
    browser.fill(settings, settings, &[("console", "")]).await;
    assert!(!browser.get("/settings").await.text.contains("Address of the console"));
}
