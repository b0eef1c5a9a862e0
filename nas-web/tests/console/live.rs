//! Pages that keep themselves current, and what is said when they cannot.

use crate::browser::{Browser, logged_in, looked_at, pages};
use axum::body::Body;
use axum::http::StatusCode;
use http_body_util::BodyExt;
use memory_management::{Memory, PASSWORD};
use nasd_api::refusal::Language;
use nasd_api::{AUTOMATIC_HEADER, verdict};
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// How long somebody looks at an empty window, or a page shows what is not so any more.
const SILENCE_MAX: Duration = Duration::from_secs(3);

async fn administrator() -> Browser {
    logged_in(Memory::in_cluster(), "administrator").await
}

/// The next event of the stream: its name.
async fn next(stream: &mut Body) -> Option<String> {
    let frame = timeout(2 * SILENCE_MAX, stream.frame()).await.expect("a sign of life");
    let data = frame?.unwrap().into_data().unwrap();
    let text = String::from_utf8(data.to_vec()).unwrap();
    let event = text.lines().find_map(|line| line.strip_prefix("event: "));
    Some(event.expect(&text).to_owned())
}

#[tokio::test]
async fn every_page_with_live_parts_says_of_when_it_is_and_needs_no_script() {
    let mut browser = administrator().await;
    browser.memory.add_volume("x");
    browser.fill("/tasks", "/tasks", &[]).await;
    let mut live = 0;
    for route in looked_at() {
        let path = route.path.replace("{name}", "x").replace("{id}", "1").replace("{code}", "en");
        let page = browser.get(&path).await;
        // Lists were searched by `q` before they were filtered; links that had it led to whole lists.
        assert!(!page.text.contains("?q="), "{path}");
        let is_live = page.text.contains("data-live id=\"live\"");
        assert_eq!(page.text.contains("id=\"as-of\""), is_live, "{path}");
        let refresh =
            format!("<noscript><meta http-equiv=\"refresh\" content=\"15; url={path}?refreshed=1\">");
        assert_eq!(page.text.contains(&refresh), is_live, "{path}");
        live += u32::from(is_live);
    }
    assert!(live >= 8, "{live}");
}

#[tokio::test]
async fn a_page_that_loads_itself_again_keeps_no_session_from_ending() {
    let mut browser = administrator().await;
    browser.get("/volumes?q=a").await;
    let used = browser.memory.used();
    let page = browser.get("/volumes?q=a&refreshed=1").await;
    assert!(page.text.contains("url=/volumes?q=a&#38;refreshed=1\""), "{}", page.text);
    let script = browser.request("GET", "/").header(AUTOMATIC_HEADER, "1").body(Body::empty()).unwrap();
    browser.send(script).await;
    assert_eq!(browser.memory.used(), used);
    browser.memory.end_all_sessions();
    assert_eq!(browser.get("/volumes?q=a&refreshed=1").await.location(), "/login?to=%2Fvolumes%3Fq%3Da");
}

#[tokio::test]
async fn a_node_that_hangs_is_told_from_one_that_is_down_soon_and_in_both_languages() {
    let mut browser = administrator().await;
    let form = browser.get("/volumes/-new").await;
    let hung = browser.freeze();
    for (language, words, paths) in [
        ("en", "The node does not answer.", &["/", "/recovery"][..]),
        ("ko", "노드가 응답하지 않습니다.", &["/login"]),
    ] {
        browser.cookies.insert("lang".into(), language.into());
        for path in paths {
            let asked = Instant::now();
            let page = browser.get(path).await;
            assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
            assert!(page.text.contains(words), "{path}: {}", page.text);
            assert!(asked.elapsed() < SILENCE_MAX, "{path}: {:?}", asked.elapsed());
        }
    }
    let asked = Instant::now();
    let kept = browser.fill_in(&form, "/volumes/-new", &[("name", "media")]).await;
    assert_eq!(kept.field("/volumes/-new", "name"), "media");
    let login = browser.post("/login", &[("user", "administrator"), ("password", PASSWORD)]).await;
    assert!(login.status == StatusCode::SERVICE_UNAVAILABLE && asked.elapsed() < 2 * SILENCE_MAX);
    drop(hung);
    for (language, words) in
        [("en", "nasd is not running on this node."), ("ko", "이 노드에서 nasd가 실행되고 있지 않습니다.")]
    {
        browser.cookies.insert("lang".into(), language.into());
        for path in ["/", "/recovery", "/login"] {
            let page = browser.get(path).await;
            assert!(page.status == StatusCode::SERVICE_UNAVAILABLE && page.text.contains(words), "{path}");
        }
    }
}

#[tokio::test]
async fn an_open_page_hears_every_second_that_its_node_answers_and_at_once_that_it_does_not() {
    let browser = administrator().await;
    let mut stream = browser.listen("/news").await;
    for _ in 0..3 {
        let begun = Instant::now();
        assert_eq!(next(&mut stream).await.as_deref(), Some("beat"));
        assert!(begun.elapsed() < Duration::from_secs(2));
    }
    let hung = browser.freeze();
    assert_eq!(next(&mut stream).await.as_deref(), Some("silent"));
    drop(hung);
    assert_eq!(next(&mut stream).await.as_deref(), Some("silent"));
}

#[tokio::test]
async fn an_open_page_hears_that_its_session_has_ended_and_nothing_more() {
    let browser = administrator().await;
    let mut stream = browser.listen("/news").await;
    assert_eq!(next(&mut stream).await.as_deref(), Some("beat"));
    browser.memory.end_all_sessions();
    assert_eq!(next(&mut stream).await.as_deref(), Some("ended"));
    assert_eq!(next(&mut stream).await, None);
}

#[tokio::test]
async fn what_may_be_old_is_no_good_verdict() {
    let mut browser = administrator().await;
    let fresh = browser.get("/").await;
    assert!(fresh.text.contains("section class=\"verdict warn\"") && fresh.text.contains("Led by stor-a"));
    assert_eq!(browser.get("/recovery").await.status, StatusCode::OK);
    browser.memory.set_stale();
    for (language, words, read) in [
        ("en", "Nobody knows how the cluster does right now.", Language::English),
        ("ko", "현재 클러스터 상태를 알 수 없습니다.", Language::Korean),
    ] {
        browser.cookies.insert("lang".into(), language.into());
        let old = browser.get("/").await;
        assert!(
            old.text.contains("section class=\"verdict bad\"") && old.text.contains(words),
            "{}",
            old.text
        );
        let known = [
            "/",
            "/volumes",
            "/nodes",
            "/disks",
            "/clients",
            "/performance",
            "/tasks",
            "/exports",
            "/events",
        ];
        assert!(known.iter().all(|known| pages().any(|path| path == *known)));
        for path in pages() {
            let page = browser.get(path).await;
            assert!(page.text.contains("notice warn stale"), "{path}: what is green is grey below it");
            // Every page said that a majority was missing, also while a leader was being chosen.
            let why = verdict::on_one_node().said(read);
            assert!(page.text.contains(&why), "{path}: {}", page.text);
        }
        assert_eq!(browser.get("/recovery").await.status, StatusCode::SERVICE_UNAVAILABLE);
    }
}
