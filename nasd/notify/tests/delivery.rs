//! Deliveries to real receivers: what arrives, and what is said when nothing does.

use harness::receiver::{Authority, http, smtp, syslog};
use nas_notify::{Options, Roots, SIGNATURE_HEADER, serve};
use nasd_api::{
    Alert, AlertState, DeliveryAbout, Message, Secret, Speech, agent_router, alarm, serve_unix, verdict,
};
use nasd_base::alert::{AlertKind, Severity};
use nasd_base::channel::{ChannelTarget, Protection, WebhookFormat};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

const AT: i64 = 1_800_000_000;
/// Far less than an attempt may take.
const SOON: Duration = Duration::from_secs(10);

fn alert(id: u64) -> Alert {
    Alert {
        id,
        kind: AlertKind::NodeDown,
        severity: Severity::Critical,
        state: AlertState::Raised,
        object: "node/3".into(),
        name: "stor-c".into(),
        what: verdict::node_absent("stor-c"),
        advice: alarm::advice(AlertKind::NodeDown),
        page: "/nodes/3".into(),
        raised: AT,
        ended: None,
        acknowledged: None,
        silenced: false,
        flapping: false,
        cause: None,
        consequences: 0,
    }
}

fn message(target: ChannelTarget, secret: Option<&str>) -> Message {
    Message {
        delivery: 7,
        attempt: 1,
        cluster: "home".into(),
        channel: "ops".into(),
        target,
        secret: secret.map(Secret::new),
        speech: Speech::English,
        about: DeliveryAbout::Raised,
        severity: Severity::Critical,
        at: AT,
        alerts: vec![alert(12)],
        count: 1,
        time_zone: String::new(),
        console: String::new(),
    }
}

async fn deliver(message: &Message, roots: &Roots) -> Result<(), String> {
    nas_notify::deliver(message, roots, SOON).await
}

fn webhook(url: String, format: WebhookFormat, chat: &str) -> ChannelTarget {
    ChannelTarget::Webhook { url, format, chat: chat.into() }
}

/// Believes the authority.
fn roots(authority: &Authority) -> Roots {
    Roots::of(authority.pem().into_bytes())
}

#[tokio::test]
async fn a_webhook_gets_signed_json() {
    let receiver = http::Receiver::start(200, None).await;
    let target = webhook(receiver.url("/hook"), WebhookFormat::Gotgan, "");
    assert_eq!(deliver(&message(target, Some("key")), &Roots::default()).await, Ok(()));
    let request = receiver.next().await;
    assert_eq!(request.line, "POST /hook HTTP/1.1");
    assert!(request.is_signed_with("key") && !request.is_signed_with("another"));
    let body: serde_json::Value = serde_json::from_str(&request.body).unwrap();
    assert_eq!(body["delivery"], 7);
    assert_eq!(body["alerts"][0]["kind"], "node_down");
    assert_eq!(body["subject"], "[home] Critical: Node down, stor-c");
    assert_eq!(request.header("gotgan-delivery"), Some("7"));
}

#[tokio::test]
async fn each_kind_of_receiver_reads_what_it_knows() {
    let receiver = http::Receiver::start(200, None).await;
    let text = |body: &serde_json::Value, at: &str| body.pointer(at).unwrap().as_str().unwrap().to_owned();
    for (format, path, at) in [
        (WebhookFormat::Slack, "/services/{secret}", "/text"),
        (WebhookFormat::Teams, "/{secret}", "/attachments/0/content/body/1/text"),
        (WebhookFormat::Telegram, "/bot{secret}/sendMessage", "/text"),
    ] {
        let target = webhook(receiver.url(path), format, "@ops");
        let mut message = message(target, Some("T0/B0"));
        message.speech = Speech::Korean;
        assert_eq!(deliver(&message, &Roots::default()).await, Ok(()));
        let request = receiver.next().await;
        assert!(request.line.contains("T0/B0"), "{}", request.line);
        assert_eq!(request.header(SIGNATURE_HEADER), None);
        let body: serde_json::Value = serde_json::from_str(&request.body).unwrap();
        assert!(text(&body, at).contains("stor-c 노드가 응답하지 않습니다."), "{body}");
        if format == WebhookFormat::Telegram {
            assert_eq!(body["chat_id"], "@ops");
        }
    }
}

#[tokio::test]
async fn a_webhook_with_tls_is_believed_only_from_an_authority() {
    let authority = Authority::new();
    let receiver = http::Receiver::start(204, Some(&authority)).await;
    let message = message(webhook(receiver.url("/"), WebhookFormat::Gotgan, ""), None);
    assert_eq!(deliver(&message, &roots(&authority)).await, Ok(()));
    let why = deliver(&message, &roots(&Authority::new())).await.unwrap_err();
    assert!(why.contains("TLS with localhost"), "{why}");
}

#[tokio::test]
async fn a_webhook_that_refuses_says_why() {
    let receiver = http::Receiver::start(403, None).await;
    let message = message(webhook(receiver.url("/"), WebhookFormat::Gotgan, ""), None);
    let why = deliver(&message, &Roots::default()).await.unwrap_err();
    assert_eq!(why, "the server answered 403: said no");
    let nobody = webhook("http://127.0.0.1:1/".into(), WebhookFormat::Gotgan, "");
    let why = deliver(&self::message(nobody, None), &Roots::default()).await.unwrap_err();
    assert!(why.contains("127.0.0.1:1"), "{why}");
}

fn email(server: String, protection: Protection, user: &str) -> ChannelTarget {
    let to = vec!["amy@example.com".into(), "bob@example.com".into()];
    ChannelTarget::Email { server, protection, user: user.into(), from: "nas@example.com".into(), to }
}

#[tokio::test]
async fn an_email_arrives_with_tls_and_a_login() {
    let authority = Authority::new();
    for protection in [Protection::Tls, Protection::StartTls] {
        let server = smtp::Server::start(&authority, protection == Protection::Tls).await;
        let message = message(email(server.address(), protection, "nas"), Some("hunter2"));
        assert_eq!(deliver(&message, &roots(&authority)).await, Ok(()), "{protection:?}");
        let letter = server.next().await;
        assert_eq!(letter.login.as_deref(), Some("\0nas\0hunter2"));
        assert_eq!(letter.to, ["amy@example.com", "bob@example.com"]);
        assert!(letter.was_secure);
        assert!(letter.text.contains("Subject: [home] Critical: Node down, stor-c"), "{}", letter.text);
        assert!(letter.text.contains("stor-c does not answer."), "{}", letter.text);
        let why = deliver(&message, &roots(&Authority::new())).await.unwrap_err();
        assert!(why.to_lowercase().contains("certificate"), "{why}");
    }
}

/// A password that was wrong stood in the list of deliveries, as the server had repeated it.
#[tokio::test]
async fn a_server_without_tls_gets_no_password() {
    let server = smtp::Server::start_plain().await;
    let message = message(email(server.address(), Protection::StartTls, "nas"), Some("hunter2"));
    let why = deliver(&message, &roots(&Authority::new())).await.unwrap_err();
    assert!(!why.contains("hunter2"), "{why}");
    assert_eq!(server.logins(), 0);
}

#[tokio::test]
async fn a_syslog_server_gets_framed_messages() {
    let authority = Authority::new();
    for (protection, tls) in [(Protection::None, None), (Protection::Tls, Some(&authority))] {
        let receiver = syslog::Receiver::start(tls).await;
        let target = ChannelTarget::Syslog { server: receiver.address(), protection };
        assert_eq!(deliver(&message(target, None), &roots(&authority)).await, Ok(()));
        let frame = receiver.next().await;
        let (length, line) = frame.split_once(' ').unwrap();
        assert_eq!(length.parse(), Ok(line.len()), "octet counting");
        let begin = "<26>1 2027-01-15T08:00:00+00:00 home gotgan - raised \
            [gotgan@32473 delivery=\"7\" alert=\"12\" kind=\"node_down\" object=\"node/3\" name=\"stor-c\"] \u{feff}";
        assert!(line.starts_with(begin), "{line}");
        assert!(!line.contains('\n') && line.contains("stor-c does not answer."), "{line}");
    }
}

#[tokio::test]
async fn many_alerts_are_one_message_that_counts_them() {
    let receiver = http::Receiver::start(200, None).await;
    let mut digest = message(webhook(receiver.url("/"), WebhookFormat::Slack, ""), None);
    (digest.about, digest.count) = (DeliveryAbout::Digest, 990);
    digest.alerts = (0..20).map(alert).collect();
    assert_eq!(deliver(&digest, &Roots::default()).await, Ok(()));
    let body: serde_json::Value = serde_json::from_str(&receiver.next().await.body).unwrap();
    let text = body["text"].as_str().unwrap();
    assert!(text.contains("990 alerts at once") && text.contains("And 970 more."), "{text}");
}

/// From the node's socket to the receiver and back.
#[tokio::test]
async fn the_agent_takes_delivers_and_reports() {
    let receiver = http::Receiver::start(200, None).await;
    let refusing = http::Receiver::start(500, None).await;
    let memory = std::sync::Arc::new(memory_management::Memory::in_cluster());
    memory.add_message(message(webhook(receiver.url("/"), WebhookFormat::Gotgan, ""), Some("key")));
    let mut other = message(webhook(refusing.url("/{secret}"), WebhookFormat::Gotgan, ""), Some("no"));
    other.delivery = 8;
    memory.add_message(other);
    let dir = tempfile::tempdir().unwrap();
    let socket = dir.path().join("agent.sock");
    let (routes, path) = (agent_router(memory.clone()), socket.clone());
    let server = tokio::spawn(async move { serve_unix(&path, routes, std::future::pending()).await });
    let agent = tokio::spawn(serve(Options { socket, roots: Roots::default(), otlp: None }));
    let mut reported = memory.reported();
    for _ in 0..1000 {
        reported = memory.reported();
        if reported.len() == 2 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    assert!(reported.contains(&(7, None)), "{reported:?}");
    assert!(reported.contains(&(8, Some("the server answered 500: said …".into()))), "{reported:?}");
    assert!(receiver.next().await.is_signed_with("key"));
    agent.abort();
    server.abort();
}

/// A web server that took connections and said nothing kept the letters of everybody else for half a minute.
#[tokio::test]
async fn who_is_silent_holds_up_nobody_else() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", silent.local_addr().unwrap());
    let receiver = http::Receiver::start(200, None).await;
    let memory = std::sync::Arc::new(memory_management::Memory::in_cluster());
    memory.add_message(message(webhook(url, WebhookFormat::Gotgan, ""), None));
    let dir = tempfile::tempdir().unwrap();
    let socket = dir.path().join("agent.sock");
    let (routes, path) = (agent_router(memory.clone()), socket.clone());
    let server = tokio::spawn(async move { serve_unix(&path, routes, std::future::pending()).await });
    let agent = tokio::spawn(serve(Options { socket, roots: Roots::default(), otlp: None }));
    let (_held, _) = timeout(SOON, silent.accept()).await.expect("it is tried").unwrap();
    memory.add_message(message(webhook(receiver.url("/"), WebhookFormat::Gotgan, ""), None));
    timeout(SOON, receiver.next()).await.expect("it arrives meanwhile");
    agent.abort();
    server.abort();
}

/// Times were those of Greenwich, and nothing led from a message to the page where something can be done.
#[tokio::test]
async fn messages_tell_the_clusters_times_and_link_to_the_console() {
    let receiver = http::Receiver::start(200, None).await;
    let mut message = message(webhook(receiver.url("/"), WebhookFormat::Gotgan, ""), None);
    let said = async |message: &Message| {
        assert_eq!(deliver(message, &Roots::default()).await, Ok(()));
        let body: serde_json::Value = serde_json::from_str(&receiver.next().await.body).unwrap();
        (body["text"].as_str().unwrap().to_owned(), body["page"].clone())
    };
    let (text, page) = said(&message).await;
    assert!(text.contains("Since 2027-01-15 08:00:00 +00:00\n") && !text.contains("http"), "{text}");
    assert!(page.is_null() && text.ends_with("\nDelivery 7\n"), "{text}");
    (message.time_zone, message.console) = ("Asia/Seoul".into(), "https://nas.example.com".into());
    message.attempt = 2;
    let (text, page) = said(&message).await;
    assert!(text.contains("Since 2027-01-15 17:00:00 +09:00\n"), "{text}");
    assert!(text.contains("\nhttps://nas.example.com/alerts/12\n"), "{text}");
    assert!(text.ends_with("\nDelivery 7, attempt 2: you may have it already\n"), "{text}");
    assert_eq!(page, "https://nas.example.com/alerts/12");
    message.about = DeliveryAbout::Digest;
    assert_eq!(said(&message).await.1, "https://nas.example.com/alerts");
}

/// Without a majority nothing is told until there is one again: it read as if it were still so.
#[tokio::test]
async fn what_is_over_by_the_time_it_is_told_says_so() {
    let receiver = http::Receiver::start(200, None).await;
    let mut message = message(webhook(receiver.url("/"), WebhookFormat::Slack, ""), None);
    message.alerts[0].ended = Some(AT + 60);
    assert_eq!(deliver(&message, &Roots::default()).await, Ok(()));
    let body = receiver.next().await.body;
    assert!(body.contains("It is over: 2027-01-15 08:00:00 +00:00 – 2027-01-15 08:01:00 +00:00"), "{body}");
    assert!(!body.contains("Since"), "{body}");
}

/// What a server does with a connection.
#[derive(Clone, Copy, Debug)]
enum Odd {
    Silent,
    Closes,
    /// One byte each moment, for ever.
    Trickles(&'static str),
    /// This first, then the same for ever, as fast as it is taken.
    Floods(&'static str),
    Says(&'static str),
}

const MOMENT: Duration = Duration::from_millis(20);

/// Its address, and how many bytes it could say.
async fn odd(how: Odd) -> (String, std::sync::Arc<std::sync::atomic::AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("localhost:{}", listener.local_addr().unwrap().port());
    let said = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let count = said.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(behave(how, stream, count.clone()));
        }
    });
    (address, said)
}

async fn behave(how: Odd, mut stream: TcpStream, said: std::sync::Arc<std::sync::atomic::AtomicUsize>) {
    let mut heard = [0; 4096];
    match how {
        Odd::Silent => std::future::pending().await,
        Odd::Closes => {}
        Odd::Says(text) => {
            let _ = stream.write_all(text.as_bytes()).await;
            while let Ok(1..) = stream.read(&mut heard).await {}
        }
        Odd::Trickles(text) => {
            for byte in text.bytes().chain(std::iter::repeat(b'x')) {
                if stream.write_all(&[byte]).await.is_err() {
                    return;
                }
                tokio::time::sleep(MOMENT).await;
            }
        }
        Odd::Floods(text) => {
            let _ = stream.write_all(text.as_bytes()).await;
            let much = vec![b'x'; 1 << 16];
            while stream.write_all(&much).await.is_ok() {
                said.fetch_add(much.len(), std::sync::atomic::Ordering::Relaxed);
            }
        }
    }
}

const SHORT: Duration = Duration::from_secs(2);
/// What the kernel holds of both ends, and what may be read: far less than what a flood would be.
const HEARD_BYTES_MAX: usize = 24 << 20;

async fn told_to(target: ChannelTarget) -> Result<(), String> {
    nas_notify::deliver(&message(target, None), &Roots::default(), SHORT).await
}

#[tokio::test]
async fn a_webhook_that_behaves_oddly_costs_an_attempt_and_nothing_else() {
    const FOUND: &str = "HTTP/1.1 302 x\r\nlocation: http://elsewhere.example/\r\ncontent-length: 0\r\n\r\n";
    for (how, why) in [
        (Odd::Silent, "no answer within 2 s"),
        (Odd::Closes, "no answer: "),
        (Odd::Trickles("HTTP/1.1 200 x\r\nx: "), "no answer within 2 s"),
        (Odd::Floods("HTTP/1.1 200 x\r\nx: "), "no answer: "),
        (Odd::Floods("HTTP/1.1 500 x\r\n\r\nbroken "), "the server answered 500: "),
        (Odd::Says("no web server\r\n"), "no answer: invalid HTTP version parsed"),
        (Odd::Says(FOUND), "the server answered 302: it is at another address"),
    ] {
        let (server, said) = odd(how).await;
        let url = format!("http://{server}/");
        let outcome = told_to(webhook(url, WebhookFormat::Gotgan, "")).await;
        assert!(outcome.as_ref().is_err_and(|said| said.starts_with(why)), "{how:?}: {outcome:?}");
        let said = said.load(std::sync::atomic::Ordering::Relaxed);
        assert!(said < HEARD_BYTES_MAX, "{how:?}: {said} bytes were taken");
    }
}

/// A receiver took what it was sent, and its answer's end never came: it was sent the same for a day.
#[tokio::test]
async fn what_a_webhook_has_taken_is_not_sent_again_however_it_says_so() {
    for how in [
        Odd::Says("HTTP/1.1 200 x\r\ncontent-length: 100\r\n\r\nok"),
        Odd::Trickles("HTTP/1.1 200 x\r\n\r\n"),
        Odd::Floods("HTTP/1.1 200 x\r\ncontent-length: 10000000000\r\n\r\n"),
    ] {
        let (server, said) = odd(how).await;
        let url = format!("http://{server}/");
        assert_eq!(told_to(webhook(url, WebhookFormat::Gotgan, "")).await, Ok(()), "{how:?}");
        let said = said.load(std::sync::atomic::Ordering::Relaxed);
        assert!(said < HEARD_BYTES_MAX, "{how:?}: {said} bytes were taken");
    }
}

/// A mail server that never ended its greeting was listened to until there was no memory.
#[tokio::test]
async fn a_mail_server_that_behaves_oddly_costs_an_attempt_and_nothing_else() {
    for (how, why) in [
        (Odd::Silent, "no answer within 2 s"),
        (Odd::Closes, ""),
        (Odd::Says("220 localhost\r\n"), "no answer within 2 s"),
        (Odd::Says("554 go away\r\n"), "permanent error (554): go away"),
        (Odd::Trickles("220 local"), "no answer within 2 s"),
        (Odd::Floods("220 "), "network error: the server says too much"),
    ] {
        let (server, said) = odd(how).await;
        let outcome = told_to(email(server, Protection::None, "")).await;
        assert!(outcome.as_ref().is_err_and(|said| said.starts_with(why)), "{how:?}: {outcome:?}");
        let said = said.load(std::sync::atomic::Ordering::Relaxed);
        assert!(said < HEARD_BYTES_MAX, "{how:?}: {said} bytes were taken");
    }
}

/// `invalid peer certificate: UnknownIssuer` was all that it said.
#[tokio::test]
async fn a_certificate_that_is_not_believed_is_told_with_what_to_do() {
    let (known, unknown) = (Authority::new(), Authority::new());
    for (roots, host, cure) in [
        (roots(&unknown), "localhost", "add its authority to those of every node"),
        (roots(&known), "127.0.0.1", "name it here as its certificate does"),
    ] {
        let hook = http::Receiver::start(200, Some(&known)).await;
        let log = syslog::Receiver::start(Some(&known)).await;
        let mail = smtp::Server::start(&known, true).await;
        let later = smtp::Server::start(&known, false).await;
        let at = |server: String| server.replace("localhost", host);
        for target in [
            webhook(at(hook.url("/")), WebhookFormat::Gotgan, ""),
            ChannelTarget::Syslog { server: at(log.address()), protection: Protection::Tls },
            email(at(mail.address()), Protection::Tls, ""),
            email(at(later.address()), Protection::StartTls, ""),
        ] {
            let why = deliver(&message(target.clone(), None), &roots).await.unwrap_err();
            assert!(why.contains(cure), "{target:?}: {why}");
        }
    }
}

/// The list of deliveries, which everybody may read who may look, repeated what a server said: the token in its address.
#[tokio::test]
async fn a_failure_repeats_nothing_of_an_address_that_may_be_a_secret() {
    let receiver = http::Receiver::start(403, None).await;
    let target = webhook(receiver.url("/T0B0TOKEN"), WebhookFormat::Slack, "");
    let why = deliver(&message(target, None), &Roots::default()).await.unwrap_err();
    assert_eq!(why, "the server answered 403: said …");
}

/// As many channels as there may be, of which some are dead.
#[tokio::test]
async fn dead_channels_delay_nobody() {
    let memory = std::sync::Arc::new(memory_management::Memory::in_cluster());
    let (silent, _) = odd(Odd::Silent).await;
    let mut receivers = Vec::new();
    for number in 0..64 {
        let receiver = http::Receiver::start(200, None).await;
        let url = if number % 8 == 0 { format!("http://{silent}/") } else { receiver.url("/") };
        let mut message = message(webhook(url, WebhookFormat::Gotgan, ""), None);
        message.delivery = number;
        memory.add_message(message);
        receivers.push(receiver);
    }
    let dir = tempfile::tempdir().unwrap();
    let socket = dir.path().join("agent.sock");
    let (routes, path) = (agent_router(memory.clone()), socket.clone());
    let server = tokio::spawn(async move { serve_unix(&path, routes, std::future::pending()).await });
    let agent = tokio::spawn(serve(Options { socket, roots: Roots::default(), otlp: None }));
    let alive = receivers.iter().enumerate().filter(|(number, _)| number % 8 != 0);
    for (number, receiver) in alive {
        timeout(SOON, receiver.next()).await.unwrap_or_else(|_| panic!("{number} is told"));
    }
    agent.abort();
    server.abort();
}
