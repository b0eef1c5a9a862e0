//! Who may ask by SNMP: from nobody to a command to try it with.

use crate::browser::logged_in;
use axum::http::StatusCode;
use memory_management::Memory;

const USER: [(&str, &str); 6] = [
    ("name", "librenms"),
    ("sources", "192.0.2.7, 2001:db8::/32"),
    ("auth", "SHA-256"),
    ("privacy", "AES"),
    ("auth-passphrase", "canary to sign"),
    ("privacy-passphrase", "canary to encipher"),
];
const NEW: &str = "/snmp/users/-new";
const ONE: &str = "/snmp/users/librenms";

#[tokio::test]
async fn nothing_is_answered_until_a_user_is_made_and_then_there_is_a_command() {
    let mut browser = logged_in(Memory::in_cluster(), "administrator").await;
    let empty = browser.get("/snmp").await;
    assert!(empty.text.contains("Nothing is answered yet") && empty.text.contains(NEW), "{}", empty.text);
    let made = browser.fill(NEW, NEW, &USER).await;
    assert_eq!(made.location(), ONE, "{}", made.text);
    let user = browser.follow(made).await;
    assert!(user.text.contains("SNMP user librenms was made."), "{}", user.text);
    let command = "snmpwalk -v3 -l authPriv -u librenms -a SHA-256 -x AES stor-a.example.org 1.3.6.1.2.1.1";
    assert!(user.text.contains(command), "{}", user.text);
    let list = browser.get("/snmp").await;
    assert!(
        list.text.contains("192.0.2.7/32, 2001:db8::/32") && !list.text.contains("Nothing is answered yet")
    );
    assert!(!user.text.contains("canary") && !list.text.contains("canary"));
}

#[tokio::test]
async fn a_form_says_what_is_missing_and_shows_no_passphrase_again() {
    let mut browser = logged_in(Memory::in_cluster(), "administrator").await;
    let nothing =
        [("name", ""), ("sources", "everywhere"), ("auth-passphrase", ""), ("privacy-passphrase", "")];
    let page = browser.fill(NEW, NEW, &nothing).await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
    for field in ["name", "sources", "auth-passphrase", "privacy-passphrase"] {
        assert!(page.text.contains(&format!("href=\"#{field}\"")), "{field}: {}", page.text);
    }
    let mut short = USER;
    short[4].1 = "canary";
    let page = browser.fill(NEW, NEW, &short).await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
    assert!(page.text.contains("8 to 256 characters") && !page.text.contains("canary"), "{}", page.text);
    let page = browser.get(NEW).await;
    browser.memory.end_all_sessions();
    let login = browser.fill_in(&page, NEW, &USER).await;
    assert!(login.text.contains("librenms") && !login.text.contains("canary"), "{}", login.text);
}

#[tokio::test]
async fn a_user_is_changed_with_its_keys_or_without_them() {
    let mut browser = logged_in(Memory::in_cluster(), "administrator").await;
    browser.fill(NEW, NEW, &USER).await;
    let opened = browser.get(ONE).await;
    let saved = browser.fill(ONE, ONE, &[("view", "system"), ("sources", "0.0.0.0/0")]).await;
    assert_eq!(saved.location(), ONE, "{}", saved.text);
    let page = browser.get(ONE).await;
    assert_eq!(page.field(ONE, "sources"), "0.0.0.0/0");
    let other = browser.fill(ONE, ONE, &[("auth", "SHA-512")]).await;
    assert_eq!(other.status, StatusCode::BAD_REQUEST, "keys of another kind need the passphrases");
    assert!(other.text.contains("type its passphrases anew"), "{}", other.text);
    let open = [("privacy", "none"), ("auth-passphrase", "canary to sign")];
    assert_eq!(browser.fill(ONE, ONE, &open).await.location(), ONE);
    assert!(browser.get(ONE).await.text.contains("snmpwalk -v3 -l authNoPriv -u librenms -a SHA-256 stor-a"));
    let late = browser.fill_in(&opened, ONE, &[("sources", "192.0.2.9")]).await;
    assert_eq!(late.status, StatusCode::PRECONDITION_FAILED);
    assert!(late.text.contains("0.0.0.0/0"), "theirs: {}", late.text);
}

#[tokio::test]
async fn communities_views_and_what_is_told_are_made_changed_and_deleted() {
    let mut browser = logged_in(Memory::in_cluster(), "administrator").await;
    let new = "/snmp/views/-new";
    let wrong = browser.fill(new, new, &[("name", "net"), ("included", "interfaces")]).await;
    assert!(wrong.text.contains("`interfaces` is no object identifier"), "{}", wrong.text);
    let trees = [("name", "net"), ("included", "1.3.6.1.2.1.2"), ("excluded", "1.3.6.1.2.1.2.2.1.6")];
    let made = browser.fill(new, new, &trees).await;
    assert_eq!(made.location(), "/snmp");
    let new = "/snmp/communities/-new";
    let typed = [("name", "old"), ("community", "canary-word"), ("sources", "192.0.2.7"), ("view", "net")];
    let made = browser.fill(new, new, &typed).await;
    assert_eq!(made.location(), "/snmp/communities/old");
    let page = browser.follow(made).await;
    assert!(page.text.contains("snmpwalk -v2c stor-a.example.org 1.3.6.1.2.1.2"), "{}", page.text);
    assert!(!page.text.contains("canary"));
    let told = [("contact", "ops@example.org"), ("location", "Rack 3")];
    assert_eq!(browser.fill("/snmp/contact", "/snmp/contact", &told).await.location(), "/snmp");
    let list = browser.get("/snmp").await;
    assert!(
        list.text.contains("ops@example.org") && list.text.contains("1.3.6.1.2.1.2.2.1.6"),
        "{}",
        list.text
    );
    for (path, message) in [
        ("/snmp/communities/old/delete", "SNMP community old was deleted."),
        ("/snmp/views/net/delete", "SNMP view net was deleted."),
    ] {
        let done = browser.fill(path, path, &[]).await;
        assert!(browser.follow(done).await.text.contains(message), "{path}");
        assert_eq!(browser.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
}

/// It was a form with a button that could only be refused.
#[tokio::test]
async fn a_view_that_is_always_there_is_shown_as_it_is() {
    let mut browser = logged_in(Memory::in_cluster(), "administrator").await;
    let path = "/snmp/views/all";
    assert_eq!(browser.get("/snmp").await.link(&format!("href=\"{path}\"")), path);
    for (language, said) in [("en", "cannot be changed"), ("ko", "변경할 수 없습니다")] {
        browser.cookies.insert("lang".into(), language.into());
        let page = browser.get(path).await.text;
        assert!(page.contains(said) && page.contains("<dd class=\"breaks\">1.3.6.1</dd>"), "{page}");
        assert!(!page.contains("name=\"included\"") && !page.contains(&format!("{path}/delete")), "{page}");
    }
    let csrf = browser.get("/snmp/views/-new").await.field("/snmp/views/-new", "csrf");
    let crafted = browser.post(path, &[("csrf", &csrf), ("included", "1.3")]).await;
    assert_eq!(crafted.status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn who_may_not_change_it_sees_it_and_no_buttons() {
    let mut browser = logged_in(Memory::in_cluster(), "auditor").await;
    let page = browser.get("/snmp").await;
    assert!(page.text.contains("Nothing is answered yet") && !page.text.contains("/snmp/users/-new"));
}
