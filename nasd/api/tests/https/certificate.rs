//! A node's certificate while it is replaced: over real HTTPS, and what is said about it.

use crate::server::server;
use axum::body::Body;
use axum::http::{Method, Request};
use memory_management::Memory;
use nasd_api::{
    ClientError, ListNodes, NewCertificate, NodeCertificate, Nothing, ReadCertificate, ResetCertificate,
    Secret, router,
};
use rcgen::{CertificateParams, KeyPair};
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex};
use tower::ServiceExt;
use tracing_subscriber::fmt::MakeWriter;

/// A certificate with its key, in PEM.
fn made() -> (String, String) {
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(["nas.example".to_owned()]).unwrap();
    (params.self_signed(&key).unwrap().pem(), key.serialize_pem())
}

fn put(dir: &Path, name: &str, text: &str) {
    std::fs::write(dir.join(name), text).unwrap();
}

#[tokio::test]
async fn new_connections_see_a_new_certificate_and_old_ones_go_on() {
    let server = server().await;
    let mut old = server.connect(&[]).await;
    old.asks().await;
    let (chain, key) = made();
    let new = NewCertificate { chain, key: Secret::new(key) };
    let client = server.client();
    let shown = client.call::<NewCertificate>(Nothing, &new).await.unwrap();
    assert_eq!(shown.names, ["nas.example"]);
    assert_eq!(server.fingerprint().await, shown.fingerprint);
    assert_ne!(old.fingerprint(), shown.fingerprint);
    old.asks().await;
    assert!(
        matches!(client.all::<ListNodes>().await, Err(ClientError::Untrusted { .. })),
        "it pinned the old one"
    );
    assert_eq!(server.client().ask::<ReadCertificate>(Nothing).await.unwrap(), shown);
    let reset = server.client().ask::<ResetCertificate>(Nothing).await.unwrap();
    assert!(reset.self_signed && reset.names == ["127.0.0.1"]);
    assert_eq!(server.fingerprint().await, reset.fingerprint);
    old.asks().await;
}

#[tokio::test]
async fn what_another_program_writes_is_shown_without_a_restart() {
    let server = server().await;
    let (chain, key) = made();
    put(server.dir.path(), "api.key", &key);
    put(server.dir.path(), "api.pem", &chain);
    let shown = server.fingerprint().await;
    assert_eq!(server.certificate.info().names, ["nas.example"]);
    assert_eq!(server.certificate.info().fingerprint, shown);
}

#[tokio::test]
async fn files_that_do_not_fit_together_leave_the_old_certificate_in_use_until_they_do() {
    let server = server().await;
    let before = server.fingerprint().await;
    let (chain, key) = made();
    for (name, text) in [("api.pem", chain.as_str()), ("api.pem", "half a certif"), ("api.pem", &chain)] {
        put(server.dir.path(), name, text);
        assert_eq!(server.fingerprint().await, before);
        assert!(server.client().ask::<ReadCertificate>(Nothing).await.unwrap().problem.is_some());
    }
    put(server.dir.path(), "api.key", &key);
    assert_ne!(server.fingerprint().await, before);
    assert_eq!(server.client().ask::<ReadCertificate>(Nothing).await.unwrap().problem, None);
    std::fs::remove_file(server.dir.path().join("api.pem")).unwrap();
    server.connect(&[]).await.asks().await;
}

#[tokio::test]
async fn both_protocols_are_offered_with_every_certificate() {
    let server = server().await;
    for _ in 0..2 {
        for protocol in [&b"h2"[..], b"http/1.1"] {
            let connection = server.connect(&[protocol]).await;
            assert_eq!(connection.0.get_ref().1.alpn_protocol(), Some(protocol));
        }
        server.client().ask::<ResetCertificate>(Nothing).await.unwrap();
    }
}

/// Everything that was logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Log;

    fn make_writer(&'a self) -> Log {
        self.clone()
    }
}

/// The middle of the key: no header, no padding.
fn secret_part(key: &str) -> String {
    key.lines().nth(1).unwrap()[20..50].to_owned()
}

#[tokio::test]
async fn no_key_is_in_an_answer_a_log_or_the_audit_log() {
    let log = Log::default();
    let subscriber =
        tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(log.clone()).finish();
    // For all threads: what other tests log is searched, too.
    tracing::subscriber::set_global_default(subscriber).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let certificate = NodeCertificate::open(dir.path(), &["127.0.0.1".to_owned()]).unwrap();
    let memory = Arc::new(Memory::in_cluster().showing(certificate));
    let ((chain, key), (other, _)) = (made(), made());
    let canary = secret_part(&key);
    let json = |chain: &str, key: &str| serde_json::json!({ "chain": chain, "key": key }).to_string();
    let said = serde_json::to_string(&key).unwrap();
    let bodies = [
        said.clone(),
        format!("[{said}]"),
        format!("{{{said}: 1}}"),
        format!(r#"{{"chain": "", "key": "", {said}: ""}}"#),
        format!(r#"{{"chain": "", "key": [{said}]}}"#),
        format!(r#"{{"chain": "", "key": {{{said}: 1}}}}"#),
        json(&key, &chain),
        json(&format!("{chain}{key}"), &key),
        json(&other, &key),
        json(&chain, &key.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY")),
        json(&chain, &key.replace("-----BEGIN", "-----BEGIN X")),
        json(&key.replace("-----BEGIN", "-----BEGIN\n-----BEGIN"), &key[..120]),
        json(&chain, &key),
    ];
    for (at, body) in bodies.iter().enumerate() {
        let request = Request::builder().method(Method::PUT).uri("/api/v1/certificate");
        let request = request.header("content-type", "application/json").body(Body::from(body.clone()));
        let answer = router(memory.clone()).oneshot(request.unwrap()).await.unwrap();
        assert_eq!(answer.status().is_success(), at + 1 == bodies.len(), "body {at}: {}", answer.status());
        let text = axum::body::to_bytes(answer.into_body(), 1 << 20).await.unwrap();
        assert!(!String::from_utf8_lossy(&text).contains(&canary), "body {at} comes back");
    }
    put(dir.path(), "api.pem", &key);
    let request = Request::builder().uri("/api/v1/certificate").body(Body::empty()).unwrap();
    let answer = router(memory.clone()).oneshot(request).await.unwrap();
    let text = axum::body::to_bytes(answer.into_body(), 1 << 20).await.unwrap();
    let shown: nasd_api::CertificateInfo = serde_json::from_slice(&text).unwrap();
    assert!(!shown.problem.unwrap().text.contains(&canary));
    assert!(!format!("{:?}", memory.audited()).contains(&canary));
    assert!(memory.audited().contains(&("replace the HTTPS certificate on stor-a".into(), "done".into())));
    let logged = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(logged.contains("HTTPS shows another certificate now"), "{logged}");
    assert!(!logged.contains(&canary), "{logged}");
}
