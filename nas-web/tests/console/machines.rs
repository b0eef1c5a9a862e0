//! The pages of one node and one disk: what the machine says, and that what nobody knows is not made up.

use crate::browser::logged_in;
use memory_management::Memory;

const DISK: &str = "/disks/stor-a/%2Fvar%2Flib%2Fgotgan%2Fchunks";

#[tokio::test]
async fn a_node_shows_its_machine_in_both_languages() {
    let mut browser = logged_in(Memory::in_cluster(), "auditor").await;
    let list = browser.get("/nodes").await.text;
    assert!(list.contains("<a href=\"/nodes/stor-a\">stor-a</a>"), "{list}");
    let page = browser.get("/nodes/stor-a").await.text;
    for fact in
        ["AMD EPYC 3151", "32 GiB, 20 GiB free", "0.42 / 1.05 / 0.70", "25 h", "192.0.2.1, 2001:db8::1"]
    {
        assert!(page.contains(fact), "{fact}: {page}");
    }
    assert!(page.contains("+0 ms against the leader") && page.contains("Leads the cluster"), "{page}");
    assert!(page.contains(&format!("href=\"{DISK}\"")), "leads to its disk: {page}");
    assert!(browser.get("/nodes/1").await.text.contains("AMD EPYC 3151"), "its number is a name, too");
    browser.cookies.insert("lang".into(), "ko".into());
    let page = browser.get("/nodes/stor-a").await.text;
    assert!(page.contains("25시간") && page.contains("클러스터 리더와의 차이 +0ms"), "{page}");
    assert_eq!(browser.get("/nodes/gone").await.status, 404);
}

#[tokio::test]
async fn a_disk_shows_its_device_and_why_its_health_is_not_known() {
    let mut browser = logged_in(Memory::in_cluster(), "auditor").await;
    let list = browser.get("/disks").await.text;
    assert!(list.contains(&format!("href=\"{DISK}\"")) && list.contains("href=\"/nodes/stor-a\""), "{list}");
    let page = browser.get(DISK).await.text;
    for fact in ["/dev/sdb1", "WDC WD40EFRX", "WD-WCC7K00", "Rotating", "3.6 TiB", "xfs"] {
        assert!(page.contains(fact), "{fact}: {page}");
    }
    assert!(page.contains("Not available: smartctl is not installed on this node."), "{page}");
    assert!(!page.contains("°C"), "no figure is made up: {page}");
    browser.cookies.insert("lang".into(), "ko".into());
    let page = browser.get(DISK).await.text;
    assert!(page.contains("확인할 수 없음: 이 노드에 smartctl이 설치되어 있지 않습니다."), "{page}");
    assert_eq!(browser.get("/disks/stor-a/%2Fgone").await.status, 404);
}

/// What is wrong with a disk was a text of the node's, in English on Korean pages.
#[tokio::test]
async fn what_is_wrong_with_a_disk_is_said_in_the_readers_language_wherever_it_is_shown() {
    let memory = Memory::in_cluster();
    memory.fail_disk("cannot flush segment-7: Input/output error (os error 5)");
    let mut browser = logged_in(memory, "auditor").await;
    for (language, said) in [
        ("en", "It has failed: cannot flush segment-7: Input/output error (os error 5). Replace the disk"),
        ("ko", "고장: segment-7 플러시 실패: 입출력 오류. 디스크를 교체하고"),
    ] {
        browser.cookies.insert("lang".into(), language.into());
        for path in ["/disks", DISK, "/nodes/stor-a"] {
            let page = browser.get(path).await.text;
            assert!(page.contains(said), "{path}: {page}");
        }
    }
    assert!(
        browser
            .get("/")
            .await
            .text
            .contains("디스크 /var/lib/gotgan/chunks 고장: segment-7 플러시 실패: 입출력 오류.")
    );
}
