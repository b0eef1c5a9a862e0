//! Lists: sorted, filtered and in pages by links alone, with everything that was asked for kept.

use crate::browser::{Browser, Page, logged_in};
use axum::http::StatusCode;
use memory_management::{Memory, PASSWORD};
use nasd_api::{Client, MountRequest, Nothing};
use nasd_base::role::Role;

/// What a page of a list may weigh.
const PAGE_BYTES_MAX: usize = 100_000;

/// A volume's name as long as one can be.
fn name(number: usize) -> String {
    format!("{number:05}-{}", "x".repeat(57))
}

async fn with_volumes(count: usize) -> Browser {
    let memory = Memory::in_cluster();
    (0..count).for_each(|number| memory.add_volume(&name(number)));
    logged_in(memory, "administrator").await
}

/// The first cells of the rows, as links or text.
fn rows(page: &Page) -> Vec<String> {
    let cells =
        page.text.split("<th scope=\"row\">").skip(1).map(|cell| &cell[..cell.find("</th>").unwrap()]);
    let text = |cell: &str| {
        cell.rsplit_once("</a>").map_or(cell, |(link, _)| link).rsplit('>').next().unwrap().to_owned()
    };
    cells.map(text).collect()
}

/// Where the heading of a column leads, and what it says of the order.
fn heading(page: &Page, column: &str) -> (String, Option<String>) {
    let heads = page.text.split("<th scope=\"col\"").skip(1);
    let found = heads
        .map(|head| &head[..head.find("</th>").unwrap()])
        .find(|head| head.ends_with(&format!(">{column}</a>")));
    let head = found.unwrap_or_else(|| panic!("no heading {column}: {}", page.text));
    let between =
        |begin: &str| head.split_once(begin).map(|(_, rest)| rest[..rest.find('"').unwrap()].to_owned());
    (between("href=\"").unwrap().replace("&#38;", "&"), between("aria-sort=\""))
}

#[tokio::test]
async fn a_page_of_four_thousand_volumes_is_small_in_any_order() {
    let mut browser = with_volumes(4_000).await;
    for language in ["en", "ko"] {
        browser.cookies.insert("lang".into(), language.into());
        for query in
            ["", "?sort=used&descending=true", "?sort=full", "?filter=xxx&sort=health", "?only=troubled"]
        {
            let page = browser.get(&format!("/volumes{query}")).await;
            assert_eq!(page.status, StatusCode::OK, "{query}");
            assert_eq!(rows(&page).len(), if query == "?only=troubled" { 0 } else { 50 }, "{query}");
            assert!(page.text.len() < PAGE_BYTES_MAX, "{query}: {} bytes", page.text.len());
        }
    }
}

#[tokio::test]
async fn by_its_links_a_list_is_seen_whole_once_and_back() {
    let mut browser = with_volumes(130).await;
    let mut page = browser.get("/volumes?filter=xx").await;
    let (down, direction) = heading(&page, "Name");
    assert_eq!(
        (down.as_str(), direction.as_deref()),
        ("/volumes?filter=xx&sort=name&descending=true", Some("ascending"))
    );
    page = browser.get(&down).await;
    assert_eq!(heading(&page, "Name").1.as_deref(), Some("descending"));
    assert_eq!(heading(&page, "State").1, None);
    let mut seen = Vec::new();
    let mut pages = Vec::new();
    loop {
        seen.extend(rows(&page));
        pages.push(rows(&page));
        if !page.text.contains("rel=\"next\"") {
            break;
        }
        page = browser.get(&page.link("rel=\"next\"")).await;
    }
    let expected: Vec<String> = (0..130).rev().map(name).collect();
    assert_eq!(seen, expected);
    assert!(page.text.contains("101–130 of 130"), "{}", page.text);
    page = browser.get(&page.link("rel=\"prev\"")).await;
    assert_eq!(rows(&page), pages[1]);
    assert_eq!(page.field("/volumes", "filter"), "xx");
    assert_eq!(
        (page.field("/volumes", "sort"), page.field("/volumes", "descending")),
        ("name".into(), "true".into())
    );
}

#[tokio::test]
async fn every_list_sorts_by_its_headings_and_knows_no_other_columns() {
    let memory = Memory::in_cluster();
    memory.add_volume("media");
    memory.add_export("/media", "media");
    memory.add_user("amy", Role::Auditor);
    let mut browser = logged_in(memory, "administrator").await;
    let made = browser.fill("/groups/-new", "/groups/-new", &[("name", "night"), ("members", "amy")]).await;
    assert_eq!(made.status, StatusCode::SEE_OTHER);
    browser.fill("/tasks", "/tasks", &[]).await;
    let mount = MountRequest {
        volume: "media".into(),
        at: "/srv/media".into(),
        read_only: false,
        suid: false,
        dev: false,
    };
    Client::connect(&browser.socket()).await.unwrap().call::<MountRequest>(Nothing, &mount).await.unwrap();
    let token = [("name", "backup"), ("scope", "read_status"), ("token-proof", PASSWORD)];
    assert_eq!(browser.fill("/account", "/account/tokens", &token).await.status, StatusCode::OK);
    for path in [
        "/account",
        "/audit",
        "/volumes",
        "/exports",
        "/nodes",
        "/disks",
        "/clients",
        "/events",
        "/tasks",
        "/users",
        "/groups",
        "/sessions",
    ] {
        let page = browser.get(path).await;
        let links: Vec<String> = page
            .text
            .split("<th scope=\"col\"")
            .skip(1)
            .filter_map(|head| head[..head.find("</th>").unwrap()].split_once("href=\""))
            .map(|(_, link)| link[..link.find('"').unwrap()].replace("&#38;", "&"))
            .collect();
        assert!(links.len() >= 2, "{path}: {links:?}");
        for link in links {
            for language in ["ko", "en"] {
                browser.cookies.insert("lang".into(), language.into());
                let sorted = browser.get(&link).await;
                assert_eq!(sorted.status, StatusCode::OK, "{link}: {}", sorted.text);
                assert_eq!(sorted.text.matches("aria-sort=").count(), 1, "{link}");
                assert!(!rows(&sorted).is_empty(), "{link}");
            }
        }
        let wrong = browser.get(&format!("{path}?sort=colour")).await;
        assert_eq!(wrong.status, StatusCode::BAD_REQUEST, "{path}");
        assert!(wrong.text.contains("colour"), "{path}: {}", wrong.text);
    }
}

/// What is not there any more is no empty page without a way out.
#[tokio::test]
async fn behind_the_end_there_is_a_way_back() {
    let mut browser = with_volumes(60).await;
    let page = browser.get("/volumes?after=zzz").await;
    assert!(rows(&page).is_empty() && page.text.contains("Nothing matches."), "{}", page.text);
    let page = browser.get(&page.link("rel=\"prev\"")).await;
    assert_eq!(rows(&page).len(), 50);
}
