//! The pages of clients: who uses files, one of them, those of a volume, the busiest.

use crate::browser::{Browser, logged_in};
use axum::http::StatusCode;
use memory_management::{Memory, NOW};
use nasd_api::{
    Client, ClientConnection, ClientMount, ClientVolume, CreateVolume, FileClient, Nothing, Protocol,
    RefusingRule,
};

fn client(address: &str, connected: bool, volumes: &[&str], bytes_per_second: u64) -> FileClient {
    let used = |volume: &&str| ClientVolume {
        volume: (*volume).to_owned(),
        calls: Some(12),
        bytes_in: Some(3 << 20),
        bytes_out: Some(5 << 30),
    };
    let connection = ClientConnection {
        node: "stor-a".into(),
        port: 700,
        calls: 12,
        bytes_in: 3 << 20,
        bytes_out: 5 << 30,
        connected_seconds: 7200,
    };
    FileClient {
        client: address.into(),
        protocol: Protocol::Nfs,
        connected,
        nodes: vec!["stor-a".into()],
        volumes: volumes.iter().map(used).collect(),
        mounts: vec![ClientMount { node: "stor-a".into(), path: "/demo/<sub>".into() }],
        connections: if connected { vec![connection] } else { vec![] },
        calls: Some(12),
        bytes_in: Some(3 << 20),
        bytes_out: Some(5 << 30),
        bytes_per_second: Some(bytes_per_second),
        since: Some(NOW - 7200),
        last_seen: Some(if connected { NOW } else { NOW - 60 }),
    }
}

async fn with_clients() -> Browser {
    let memory = Memory::in_cluster();
    memory.add_client(client("192.0.2.7", false, &["demo"], 0));
    memory.add_client(client("192.0.2.8", true, &["demo", "other"], 4096));
    memory.add_client(client("2001:db8::7", true, &["other"], 3 << 20));
    memory.refuse_mount("2001:db8::7", "/demo", Some("demo"), RefusingRule::NoRule);
    memory.refuse_mount("192.0.2.8", "/x", None, RefusingRule::NoExport);
    let browser = logged_in(memory, "administrator").await;
    let node = Client::connect(&browser.socket()).await.unwrap();
    let volume = serde_json::from_value(serde_json::json!({ "name": "demo" })).unwrap();
    node.call::<CreateVolume>(Nothing, &volume).await.unwrap();
    browser
}

/// The clients that a table shows, from its heading on.
fn shown(text: &str, heading: &str) -> Vec<String> {
    let part = text.split(heading).nth(1).unwrap_or_default().split("</table>").next().unwrap();
    let rows = part.split("href=\"/clients/").skip(1);
    rows.map(|row| row.split(['>', '<']).nth(1).unwrap().to_owned()).collect()
}

#[tokio::test]
async fn who_is_here_comes_first_and_who_has_left_is_still_there() {
    let mut browser = with_clients().await;
    let page = browser.get("/clients").await.text;
    assert_eq!(shown(&page, "<tbody>"), ["192.0.2.8", "2001:db8::7", "192.0.2.7"]);
    assert!(page.contains("Left 2027-01-15 07:59") && page.contains("3.0 MiB/s"), "{page}");
    let page = browser.get("/clients?filter=other").await.text;
    assert_eq!(shown(&page, "<tbody>"), ["192.0.2.8", "2001:db8::7"]);
    browser.cookies.insert("lang".into(), "ko".into());
    assert!(browser.get("/clients").await.text.contains("2027-01-15 07:59 떠남"));
}

#[tokio::test]
async fn a_client_has_a_page_with_all_that_is_known_of_it() {
    let mut browser = with_clients().await;
    let page = browser.get("/clients/2001%3Adb8%3A%3A7").await;
    assert_eq!(page.status, StatusCode::OK);
    for said in [
        "<h1 class=\"breaks\">2001:db8::7</h1>",
        "href=\"/exports?client=2001%3Adb8%3A%3A7\"",
        "2027-01-15 06:00",
        "5.0 GiB",
        "/demo/&#60;sub&#62;",
        "2 h",
        "No row holds it",
    ] {
        assert!(page.text.contains(said), "{said}\n{}", page.text);
    }
    assert!(!page.text.contains("There is no such export"), "refusals of others");
    let left = browser.get("/clients/192.0.2.7").await.text;
    assert!(left.contains("It has no connection now.") && left.contains("Nobody was refused."), "{left}");
    for nobody in ["/clients/192.0.2.99", "/clients/%3Cb%3E"] {
        let page = browser.get(nobody).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{nobody}");
        assert!(!page.text.contains("<b>"));
    }
}

#[tokio::test]
async fn a_volume_shows_its_clients_and_the_dashboard_the_busiest() {
    let mut browser = with_clients().await;
    let page = browser.get("/volumes/demo").await.text;
    assert_eq!(shown(&page, "id=\"clients\""), ["192.0.2.8", "192.0.2.7"]);
    let page = browser.get("/").await.text;
    assert_eq!(shown(&page, "Busiest clients"), ["2001:db8::7", "192.0.2.8"]);
    let mut quiet = logged_in(Memory::in_cluster(), "auditor").await;
    assert!(!quiet.get("/").await.text.contains("Busiest clients"), "nothing to be busy with");
    assert!(quiet.get("/clients").await.text.contains("No client has come yet"));
}
