//! The certificate of the node: shown, replaced and given up on the page Settings.

use crate::browser::{Browser, logged_in};
use axum::http::StatusCode;
use memory_management::Memory;
use nas_web::{Options, serve};
use nasd_api::{Client, ClientError, NodeCertificate, Nothing, ReadCertificate, Secret, Trust, serve_unix};
use std::future::pending;
use std::io::ErrorKind;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::unbounded_channel;
use tokio::time::{Instant, sleep};

const REPLACE: &str = "/settings/certificate";
const RESET: &str = "/settings/certificate/reset";

/// A certificate of nas.example and its key, as a browser sends what is pasted.
fn pasted() -> (String, String) {
    let dir = tempfile::tempdir().unwrap();
    NodeCertificate::open(dir.path(), &["nas.example".to_owned()]).unwrap();
    let text = |name| std::fs::read_to_string(dir.path().join(name)).unwrap().replace('\n', "\r\n");
    (text("api.pem"), text("api.key"))
}

/// The middle of what is pasted.
fn part(pem: &str) -> &str {
    &pem.lines().nth(1).unwrap()[20..50]
}

async fn administrator() -> Browser {
    logged_in(Memory::in_cluster(), "administrator").await
}

async fn fingerprint(browser: &Browser) -> String {
    Client::local(&browser.socket()).ask::<ReadCertificate>(Nothing).await.unwrap().fingerprint
}

#[tokio::test]
async fn the_settings_show_the_certificate_and_warn_of_a_self_signed_one() {
    for (role, may_change) in [("administrator", true), ("auditor", false)] {
        let mut browser = logged_in(Memory::in_cluster(), role).await;
        let page = browser.get("/settings").await;
        let pairs = fingerprint(&browser).await.to_uppercase();
        assert!(
            page.text.contains("stor-a") && page.text.contains(&format!(":{}:", &pairs[2..4])),
            "{}",
            page.text
        );
        assert!(page.text.contains("It is self-signed"), "{}", page.text);
        assert_eq!(page.text.contains("href=\"/settings/certificate\""), may_change, "{role}");
    }
}

#[tokio::test]
async fn a_pasted_certificate_is_used_and_its_key_is_not_shown() {
    let mut browser = administrator().await;
    let (chain, key) = pasted();
    let form = browser.get(REPLACE).await;
    assert!(form.text.contains("Only this node"), "{}", form.text);
    let made = browser.fill_in(&form, REPLACE, &[("chain", &chain), ("key", &key)]).await;
    let page = browser.follow(made).await;
    assert!(page.text.contains("The certificate for nas.example is in use."), "{}", page.text);
    assert!(!page.text.contains(part(&key)));
}

#[tokio::test]
async fn what_cannot_be_used_is_said_and_the_key_has_to_be_pasted_again() {
    let mut browser = administrator().await;
    let ((chain, _), (_, other)) = (pasted(), pasted());
    let before = fingerprint(&browser).await;
    for (typed, words) in [
        ([("chain", ""), ("key", &*other)], "Paste the certificates."),
        ([("chain", &*chain), ("key", "")], "Paste the private key."),
        ([("chain", &*chain), ("key", &*other)], "does not belong to the first certificate"),
        ([("chain", &*other), ("key", &*other)], "private key among the certificates"),
    ] {
        let page = browser.fill(REPLACE, REPLACE, &typed).await;
        assert_eq!(page.status, StatusCode::BAD_REQUEST);
        assert!(page.text.contains(words), "{words}: {}", page.text);
        let [(_, chain), (_, key)] = typed;
        assert!(key.is_empty() || chain == key || !page.text.contains(part(key)), "{words}");
        assert!(chain.is_empty() || chain == key || page.text.contains(part(chain)), "{words}");
    }
    assert_eq!(fingerprint(&browser).await, before);
}

#[tokio::test]
async fn a_key_that_was_pasted_among_the_certificates_is_not_shown_either() {
    let mut browser = administrator().await;
    let (chain, key) = pasted();
    let both = format!("{chain}{key}");
    let page = browser.fill(REPLACE, REPLACE, &[("chain", &both), ("key", &key)]).await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
    assert!(!page.text.contains(part(&key)), "{}", page.text);
}

#[tokio::test]
async fn a_session_that_ended_keeps_the_certificates_and_not_the_key() {
    let mut browser = administrator().await;
    let (chain, key) = pasted();
    let form = browser.get(REPLACE).await;
    browser.memory.end_all_sessions();
    let refused = browser.fill_in(&form, REPLACE, &[("chain", &chain), ("key", &key)]).await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    assert!(!refused.text.contains(&part(&key)[..12]), "{}", refused.text);
}

#[tokio::test]
async fn going_back_is_confirmed_first() {
    let mut browser = administrator().await;
    let (chain, key) = pasted();
    browser.fill(REPLACE, REPLACE, &[("chain", &chain), ("key", &key)]).await;
    let before = fingerprint(&browser).await;
    let page = browser.get(RESET).await;
    assert!(page.text.contains("nas.example") && page.text.contains("are deleted"), "{}", page.text);
    assert_eq!(fingerprint(&browser).await, before);
    let made = browser.fill_in(&page, RESET, &[]).await;
    let page = browser.follow(made).await;
    assert!(page.text.contains("a new self-signed certificate"), "{}", page.text);
    assert_ne!(fingerprint(&browser).await, before);
}

#[tokio::test]
async fn only_who_may_change_the_cluster_may_change_the_certificate() {
    let mut browser = logged_in(Memory::in_cluster(), "operator").await;
    let before = fingerprint(&browser).await;
    let (chain, key) = pasted();
    let fields = [("csrf", memory_management::CSRF), ("chain", &chain), ("key", &key)];
    assert_eq!(browser.post(REPLACE, &fields).await.status, StatusCode::FORBIDDEN);
    assert_eq!(browser.post(RESET, &fields).await.status, StatusCode::FORBIDDEN);
    assert_eq!(fingerprint(&browser).await, before);
}

/// What a new connection to this server sees: nobody has this pin.
async fn seen(server: &str) -> String {
    let pin = Trust::Fingerprint("0".repeat(64));
    let client = Client::remote(server, &pin, Secret::new("")).unwrap();
    match client.whoami().await {
        Err(ClientError::Untrusted { fingerprint, .. }) => fingerprint,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_running_console_shows_what_nasd_was_given_without_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let certificate = NodeCertificate::open(dir.path(), &["127.0.0.1".to_owned()]).unwrap();
    let memory = Arc::new(Memory::in_cluster().showing(certificate.clone()));
    // Whatever the console does, it does not ask as root: this socket is beside its own, and nobody answers there.
    let roots = std::os::unix::net::UnixListener::bind(dir.path().join("nasd.sock")).unwrap();
    roots.set_nonblocking(true).unwrap();
    let socket = dir.path().join("console.sock");
    let (routes, path) = (nasd_api::console_router(memory), socket.clone());
    tokio::spawn(async move { serve_unix(&path, routes, pending()).await });
    let (listen, host) = ("127.0.0.1:0".parse().unwrap(), None);
    let options = Options { socket, listen, host };
    let (said, mut lines) = unbounded_channel();
    tokio::spawn(serve(options, move |line| said.send(line.to_owned()).unwrap(), pending()));
    let line = lines.recv().await.unwrap();
    let server = line.split("https://").nth(1).unwrap().split('/').next().unwrap();
    let before = seen(server).await;
    assert!(line.contains(&before), "{line}");
    let reset = certificate.reset().unwrap();
    assert_ne!(reset.fingerprint, before);
    let deadline = Instant::now() + Duration::from_secs(60);
    while seen(server).await != reset.fingerprint {
        assert!(Instant::now() < deadline, "the console still shows the old one");
        sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(roots.accept().unwrap_err().kind(), ErrorKind::WouldBlock, "the console asked as root");
}
