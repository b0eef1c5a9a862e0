//! The page of the audit log: who did what and how it ended, in the reader's language, filtered, and as a file.

use crate::browser::{Browser, logged_in};
use memory_management::Memory;
use nasd_api::AuditRecord;

/// 2026-01-31 12:00.
const NOON: i64 = 1_769_860_800;
const DAY: i64 = 86_400;

fn record(seq: u64, actor: &str, action: &str, outcome: &str) -> AuditRecord {
    AuditRecord {
        seq,
        at: NOON + seq as i64 * DAY,
        actor: actor.into(),
        address: "192.0.2.9".into(),
        through: "session".into(),
        action: action.into(),
        outcome: outcome.into(),
        times: 1,
        hash: format!("{seq:064x}"),
        names: Default::default(),
    }
}

async fn after_a_week() -> Browser {
    let memory = Memory::in_cluster();
    for record in [
        record(1, "admin", "POST /api/v1/mounts", "200 OK"),
        record(2, "admin", "mount volume demo at /srv/demo on node2", "done"),
        record(3, "amy", "log in as amy", "failed: wrong password or code"),
        record(
            4,
            "amy",
            "delete a user: bob",
            "refused: amy may not do this: it takes the right change_identity",
        ),
        record(5, "admin", "delete volume demo", "done"),
    ] {
        memory.add_audit(record);
    }
    logged_in(memory, "auditor").await
}

/// Deeds and outcomes of the rows, newest first, without what is only for the eye.
fn rows(text: &str) -> Vec<String> {
    let plain = |html: &str| -> String {
        let parts = html.split('<').map(|part| part.split_once('>').map_or(part, |(_, text)| text));
        parts.collect::<Vec<_>>().join(" ").split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let body = text.split("<tbody>").nth(1).unwrap_or_default();
    let rows = body.split("<tr>").skip(1).map(|row| row.split("</th>").nth(1).unwrap());
    rows.map(|row| plain(row.split("</tr>").next().unwrap())).collect()
}

#[tokio::test]
async fn the_log_says_who_did_what_and_how_it_ended_in_the_readers_language() {
    let mut browser = after_a_week().await;
    let page = browser.get("/audit").await.text;
    let expected = [
        "deleted volume demo Done",
        "tried to delete a user: bob Refused amy may not do this: it takes the right change_identity",
        "tried to log in as amy Failed wrong password or code",
        "mounted demo at /srv/demo on node2 Done",
        "POST /api/v1/mounts Done",
    ];
    assert_eq!(rows(&page), expected);
    assert!(
        page.contains("status bad") && page.contains("#i-stop"),
        "failures are marked by more than a colour"
    );
    browser.cookies.insert("lang".into(), "ko".into());
    let korean = rows(&browser.get("/audit").await.text);
    assert_eq!(korean[0], "볼륨 demo 삭제 완료");
    assert_eq!(korean[2], "로그인: amy 실패 비밀번호나 코드가 틀렸습니다");
    assert_eq!(korean[3], "node2 노드에서 demo 마운트: /srv/demo 완료");
}

#[tokio::test]
async fn records_are_found_by_user_object_outcome_and_day() {
    let mut browser = after_a_week().await;
    for (asked, found) in [
        ("user=amy", 2),
        ("user=am", 0),
        ("about=demo", 2),
        ("ending=failed", 1),
        ("ending=refused&user=amy", 1),
        ("ending=done&user=amy", 0),
        ("since=2026-02-02&until=2026-02-03", 2),
        ("since=2026-02-31&ending=&user=&about=", 5),
        ("user=%22%3E%3Cb%3E", 0),
    ] {
        let page = browser.get(&format!("/audit?{asked}")).await.text;
        assert_eq!(rows(&page).len(), found, "{asked}");
        assert!(!page.contains("\"><b>"), "{asked}");
        let file = browser.get(&format!("/audit.csv?{asked}")).await.text;
        assert_eq!(file.lines().count(), found + 1, "{asked}: the file is what is shown");
    }
    let page = browser.get("/audit?user=amy&since=2026-02-01").await.text;
    assert!(page.contains("/audit.csv?user=amy&#38;since=2026-02-01"), "{page}");
    assert!(page.contains("id=\"user\" name=\"user\" value=\"amy\""), "{page}");
}

#[tokio::test]
async fn the_log_is_sorted_by_who_and_how_it_ended_and_keeps_its_filter() {
    let mut browser = after_a_week().await;
    let first = |page: &str| rows(page)[0].clone();
    let worst = browser.get("/audit?sort=outcome&descending=true").await.text;
    assert!(first(&worst).starts_with("tried to log in as amy Failed"), "{worst}");
    let page = browser.get("/audit?user=admin&sort=action").await;
    assert!(first(&page.text).starts_with("deleted volume demo"), "{}", page.text);
    assert_eq!(
        (page.field("/audit", "sort"), page.field("/audit", "user")),
        ("action".into(), "admin".into())
    );
    assert!(page.text.contains("href=\"/audit?user=admin&#38;sort=outcome\""), "{}", page.text);
}

/// A node that is gone was a number that nobody knew any more.
#[tokio::test]
async fn nodes_are_called_by_the_names_that_they_have_or_had() {
    let memory = Memory::in_cluster();
    let names = [("4".to_owned(), "stor-d".to_owned())].into();
    let removed =
        AuditRecord { address: "local:node-4".into(), names, ..record(1, "root", "remove node 4", "done") };
    memory.add_audit(removed);
    let mut browser = logged_in(memory, "auditor").await;
    let page = browser.get("/audit").await.text;
    assert!(page.contains("removed node stor-d") && page.contains("local:stor-d"), "{page}");
    browser.cookies.insert("lang".into(), "ko".into());
    assert!(browser.get("/audit").await.text.contains("노드 stor-d 제거"));
}

#[tokio::test]
async fn many_records_come_in_pages_that_keep_the_filter_and_in_one_file() {
    let mut browser = after_a_week().await;
    for seq in 6..1206 {
        browser.memory.add_audit(record(seq, "admin", "end session =1", "done"));
    }
    let page = browser.get("/audit?user=admin&about=session").await.text;
    assert_eq!(rows(&page).len(), 50);
    let mut page = browser.get("/audit?user=admin&about=session").await;
    let mut pages = 1;
    while page.text.contains("rel=\"next\"") {
        let next = page.link("rel=\"next\"");
        assert!(next.starts_with("/audit?user=admin&about=session&after="), "{next}");
        page = browser.get(&next).await;
        pages += 1;
    }
    assert_eq!((pages, rows(&page.text).len()), (24, 50));
    assert!(page.text.contains("1151–1200 of 1200"), "{}", page.text);
    let file = browser.get("/audit.csv?about=session").await.text;
    assert_eq!(file.lines().count(), 1201);
    assert!(file.lines().last().unwrap().starts_with("6,2026-02-06T12:00:00+00:00,\"admin\","), "{file}");
}
