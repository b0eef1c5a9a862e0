//! What the console shows of clients that the export rules refused: where, why, and how they are let in.

use crate::browser::{Browser, logged_in};
use axum::http::StatusCode;
use memory_management::Memory;
use nasd_api::{Client, CreateExport, CreateVolume, Nothing, RefusingRule};

async fn after_refusals(role: &str) -> Browser {
    let memory = Memory::in_cluster();
    memory.refuse_mount("192.0.2.7", "/demo", Some("demo"), RefusingRule::NoRule);
    memory.refuse_mount("192.0.2.8", "/demo", Some("demo"), RefusingRule::Port);
    memory.refuse_mount("2001:db8::7", "/other", Some("other"), RefusingRule::ReadOnly);
    memory.refuse_mount("192.0.2.9", "/<dmeo>", None, RefusingRule::NoExport);
    let browser = logged_in(memory, role).await;
    let node = Client::connect(&browser.socket()).await.unwrap();
    for name in ["demo", "other"] {
        node.call::<CreateVolume>(
            Nothing,
            &serde_json::from_value(serde_json::json!({ "name": name })).unwrap(),
        )
        .await
        .unwrap();
        let (path, volume) = (format!("/{name}"), name.to_owned());
        node.call::<CreateExport>(Nothing, &CreateExport { path, volume, clients: vec![] }).await.unwrap();
    }
    browser
}

/// The clients of the section, in its order.
fn clients(text: &str) -> Vec<&str> {
    let section = text.split("id=\"refused\"").nth(1).unwrap_or_default();
    let rows = section.split("<th scope=\"row\">").skip(1);
    rows.map(|row| row.split([' ', '<']).next().unwrap()).collect()
}

#[tokio::test]
async fn each_page_shows_the_refusals_of_what_it_is_about() {
    let mut browser = after_refusals("administrator").await;
    for (page, expected) in [
        ("/exports", vec!["192.0.2.9", "2001:db8::7", "192.0.2.8", "192.0.2.7"]),
        ("/exports/edit?path=%2Fdemo", vec!["192.0.2.8", "192.0.2.7"]),
        ("/volumes/demo", vec!["192.0.2.8", "192.0.2.7"]),
        ("/volumes/other", vec!["2001:db8::7"]),
    ] {
        let text = browser.get(page).await.text;
        assert_eq!(clients(&text), expected, "{page}");
    }
    assert!(!browser.get("/exports/new").await.text.contains("id=\"refused\""));
}

#[tokio::test]
async fn a_refusal_says_why_in_the_readers_language_and_leads_to_what_mends_it() {
    let mut browser = after_refusals("administrator").await;
    let text = browser.get("/exports").await.text;
    for said in [
        "No row holds it <a href=\"/exports/edit?path=%2Fdemo&#38;client=192.0.2.7\">Let it in",
        "the row 192.0.2.0/24 takes only those of its root <a href=\"/exports/edit?path=%2Fdemo\">Change the rules",
        "the row 192.0.2.0/24 lets it only read <a href=\"/exports/edit?path=%2Fother\">Change the rules",
        "/&#60;dmeo&#62;",
        "There is no such export</div>",
        "user 1000",
        "2027-01-15 08:00",
    ] {
        assert!(text.contains(said), "{said}\n{text}");
    }
    let form = browser.get("/exports/edit?path=%2Fdemo&client=192.0.2.7").await;
    assert_eq!(form.status, StatusCode::OK);
    assert!(form.text.contains("value=\"192.0.2.7\""), "{}", form.text);
    browser.cookies.insert("lang".into(), "ko".into());
    let korean = browser.get("/volumes/demo").await.text;
    assert!(korean.contains("이 클라이언트를 포함하는 행 없음") && korean.contains("허용하기"), "{korean}");
}

#[tokio::test]
async fn who_may_not_change_exports_sees_why_and_no_link() {
    let mut browser = after_refusals("auditor").await;
    let text = browser.get("/volumes/demo").await.text;
    assert_eq!(clients(&text).len(), 2);
    assert!(!text.contains("client=192.0.2.7") && !text.contains("Change the rules"), "{text}");
}

#[tokio::test]
async fn a_section_has_the_latest_ten_and_the_page_has_all() {
    let memory = Memory::in_cluster();
    for host in 1..=60 {
        memory.refuse_mount(&format!("192.0.2.{host}"), "/demo", Some("demo"), RefusingRule::NoRule);
    }
    let mut browser = logged_in(memory, "administrator").await;
    let text = browser.get("/exports").await.text;
    assert_eq!(clients(&text).len(), 10);
    assert_eq!(clients(&text)[0], "192.0.2.60");
    assert!(text.contains("href=\"/exports/refused\""), "{text}");
    let all = browser.get("/exports/refused").await.text;
    assert_eq!(all.matches("<th scope=\"row\">").count(), 50);
    let found = browser.get("/exports/refused?filter=192.0.2.33").await.text;
    assert_eq!(found.matches("<th scope=\"row\">").count(), 1);
    let none = logged_in(Memory::in_cluster(), "auditor").await.get("/exports/refused").await.text;
    assert!(none.contains("Nobody was refused."), "{none}");
}
