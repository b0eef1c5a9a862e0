//! Figures: what is used, how much is done, and charts of both.

use crate::browser::{Browser, Page, logged_in};
use axum::http::StatusCode;
use memory_management::Memory;
use nasd_api::{EventKind, happening};
use nasd_base::{Clock, SystemClock};
use std::time::Duration;
use tokio::time::Instant;

async fn with_a_volume() -> Browser {
    let memory = Memory::in_cluster();
    memory.add_volume("media");
    memory.add_event(EventKind::VolumeCreated, "media", happening::volume_created("media"));
    logged_in(memory, "administrator").await
}

fn charts(page: &Page) -> usize {
    page.text.matches("data-chart").count()
}

#[tokio::test]
async fn used_is_the_same_figure_on_every_page_and_says_what_it_is() {
    let mut browser = with_a_volume().await;
    for (language, meaning) in [
        ("en", "Used is what files hold, before compression, one copy, without holes"),
        ("ko", "사용량은 압축 전 파일 크기(복제본 하나 기준, 빈 구간 제외)"),
    ] {
        browser.cookies.insert("lang".into(), language.into());
        for path in ["/", "/volumes", "/volumes/media"] {
            let page = browser.get(path).await.text;
            assert!(page.contains("4.0 KiB") && page.contains(meaning), "{path}: {page}");
        }
        assert!(browser.get("/performance").await.text.contains(meaning));
        let disks = browser.get("/disks").await.text;
        assert!(!disks.contains("Used") && !disks.contains("사용량</th>"), "a disk's is another: {disks}");
    }
}

#[tokio::test]
async fn the_dashboard_says_what_happened_what_is_done_and_when_it_is_full() {
    let mut browser = with_a_volume().await;
    let days = (1_900_000_000 - SystemClock.now().secs) / 86_400;
    let english = browser.get("/").await;
    for words in [
        "Volume media was created.",
        "href=\"/events\"",
        "129/s",
        "Read 977 KiB/s, written 55 MiB/s",
        &format!("At this pace it is full in about {days} days."),
        "Recorded since 2027-01-15 08:00 UTC.",
    ] {
        assert!(english.text.contains(words), "{words}: {}", english.text);
    }
    assert_eq!(charts(&english), 1);
    browser.cookies.insert("lang".into(), "ko".into());
    let korean = browser.get("/").await.text;
    assert!(
        korean.contains(&format!("약 {days}일 뒤에 가득 찹니다")) && korean.contains("볼륨 media 생성됨.")
    );
}

#[tokio::test]
async fn charts_are_of_everything_or_of_one_volume_or_node() {
    let mut browser = with_a_volume().await;
    let all = browser.get("/performance?range=month").await;
    assert_eq!(charts(&all), 4);
    assert!(all.text.contains("range=year") && all.text.contains("used up on 2030-03-17"), "{}", all.text);
    for part in ["volume=media", "node=stor-a"] {
        let page = browser.get(&format!("/performance?{part}&range=month")).await;
        assert_eq!(charts(&page), 3, "{part}: used is of everything");
        assert!(
            !page.text.contains("href=\"/performance?range=month"),
            "no longer than it is kept: {}",
            page.text
        );
        assert!(page.text.contains(&format!("?range=day&#38;{part}\"")), "{}", page.text);
    }
    let missing = browser.get("/performance?volume=nothing").await;
    assert_eq!((missing.status, charts(&missing)), (StatusCode::OK, 0));
    assert!(missing.text.contains("There is no such volume or node."), "{}", missing.text);
}

/// Who is called because files are slow sees whose doing it is and what it waits for, in words and without a script.
#[tokio::test]
async fn who_is_slow_is_said_with_what_the_time_goes_into() {
    let mut browser = with_a_volume().await;
    assert!(browser.get("/performance").await.text.contains("href=\"/performance/slow\""));
    assert!(browser.get("/volumes/media").await.text.contains("href=\"/performance/slow?volume=media\""));
    let page = browser.get("/performance/slow?by=operations&span=five_minutes").await;
    for words in [
        "<a href=\"/clients/192.0.2.7\">192.0.2.7</a>",
        "<a href=\"/volumes/media\">media</a>",
        "log flush 70%, queue 20%, the work itself 10%",
        "log flush 96%",
        "/home/ko/&#60;b&#62;.txt",
        "<code>1-2f4a</code>",
        "2300.0 ms",
        "4.0/s",
        "A file that is not listed has at most 3.",
        "?by=bytes&#38;span=five_minutes\"",
    ] {
        assert!(page.text.contains(words), "{words}: {}", page.text);
    }
    let of_client = browser.get("/performance/slow?client=node1").await.text;
    assert!(of_client.contains("href=\"/clients/node1\"") && !of_client.contains("192.0.2.7"), "{of_client}");
    let missing = browser.get("/performance/slow?volume=nothing").await;
    assert!(missing.status == StatusCode::OK && missing.text.contains("There is no such volume."));
}

/// Names of files can say much: an auditor sees figures and inodes.
#[tokio::test]
async fn paths_are_for_those_who_may_change_the_storage() {
    for (role, sees) in [("operator", true), ("auditor", false)] {
        let memory = Memory::in_cluster();
        memory.add_volume("media");
        let page = logged_in(memory, role).await.get("/performance/slow").await.text;
        assert_eq!(page.contains("/home/ko"), sees, "{role}: {page}");
        assert_eq!(page.contains("Inode 42"), !sees, "{role}: {page}");
    }
}

/// A page asked one thing after the other: while its node missed the leader, the dashboard took 7.5 s.
#[tokio::test]
async fn a_page_waits_for_its_answers_side_by_side() {
    let mut browser = with_a_volume().await;
    let wait = Duration::from_millis(600);
    browser.memory.set_slow(wait);
    for path in ["/", "/volumes/media"] {
        let asked = Instant::now();
        assert_eq!(browser.get(path).await.status, StatusCode::OK);
        // Who asks, in which time zone, and all that is shown.
        assert!(asked.elapsed() < wait * 4, "{path}: {:?}", asked.elapsed());
    }
}

/// What the script reads out, and who has no script reads: the figures are in the table.
#[tokio::test]
async fn a_chart_has_marks_with_units_and_its_figures_as_a_table() {
    let mut browser = with_a_volume().await;
    let page = browser.get("/performance").await.text;
    for words in ["<li>150/s</li>", "<li>60 MiB/s</li>", "<li>0.8 ms</li>", ">08:00</text>", "As a table"] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(
        page.contains(
            "<tr data-x=\"0.0\"><th scope=\"row\">08:00:00</th><td class=\"number\">100/s</td></tr>"
        ),
        "{page}"
    );
    assert!(page.len() < 100_000, "{}", page.len());
    let volume = browser.get("/volumes/media").await;
    assert_eq!(charts(&volume), 2);
    assert!(volume.text.contains("href=\"/performance?volume=media\""));
}
