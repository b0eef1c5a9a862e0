//! Those who are told of alerts, over each kind of channel.

use crate::canaries::{COMMUNITY, WEBHOOK, file};
use crate::traps::Traps;
use harness::cluster::Cluster;
use harness::receiver::{http, smtp, syslog};
use serde_json::Value;
use std::path::Path;
use tokio::runtime::{Builder, Runtime};

/// Three people and their servers, and a manager.
pub struct People {
    runtime: Runtime,
    hook: http::Receiver,
    log: syslog::Receiver,
    post: smtp::Server,
    traps: Traps,
}

/// What all of them were told.
#[derive(Debug, PartialEq, Eq)]
pub struct Told {
    pub about: String,
    pub kind: String,
    pub object: String,
    pub alert: u64,
}

impl People {
    pub fn start(cluster: &Cluster, secrets: &Path) -> People {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
        let (hook, log, post) = runtime.block_on(async {
            (
                http::Receiver::start(200, None).await,
                syslog::Receiver::start(None).await,
                smtp::Server::start_trusting().await,
            )
        });
        let channel = |rest: &[&str]| {
            cluster.nasctl(cluster.ready.leader, &[&["channel", "create"], rest].concat());
        };
        channel(&[
            "hook",
            "--secret-file",
            &file(secrets, WEBHOOK),
            "webhook",
            "--url",
            &hook.url("/alerts"),
        ]);
        channel(&["log", "syslog", "--protection", "none", "--server", &log.address()]);
        let mailboxes = ["--from", "nas@example.com", "--to", "amy@example.com"];
        let server = ["post", "email", "--protection", "none", "--server", &post.address()];
        channel(&[&server[..], &mailboxes].concat());
        let (traps, word) = (Traps::start(), file(secrets, COMMUNITY));
        channel(&["traps", "--secret-file", &word, "snmp", "--inform", "--server", &traps.address]);
        People { runtime, hook, log, post, traps }
    }

    /// What comes next over all channels, which is the same over each.
    pub fn told(&self) -> Told {
        let body = self.hooked();
        let alert = &body["alerts"][0];
        let said = |value: &Value| value.as_str().unwrap_or_else(|| panic!("{body:#}")).to_owned();
        let told = Told {
            about: said(&body["about"]),
            kind: said(&alert["kind"]),
            object: said(&alert["object"]),
            alert: alert["id"].as_u64().unwrap_or_else(|| panic!("{body:#}")),
        };
        let Told { about, kind, object, alert } = &told;
        let line = self.runtime.block_on(self.log.next());
        let fields = format!(" alert=\"{alert}\" kind=\"{kind}\" object=\"{object}\"");
        assert!(line.contains(&format!(" gotgan - {about} [")) && line.contains(&fields), "{told:?}: {line}");
        let letter = self.runtime.block_on(self.post.next());
        let command = format!("nasctl alert show {alert}");
        assert!(letter.to == ["amy@example.com"] && letter.text.contains(&command), "{told:?}: {letter:?}");
        self.traps.is_told(&told);
        told
    }

    /// What the webhook is sent, which its receiver has reason to believe.
    fn hooked(&self) -> Value {
        let request = self.runtime.block_on(self.hook.next());
        assert!(request.is_signed_with(WEBHOOK) && !request.is_signed_with("another"), "{}", request.body);
        serde_json::from_str(&request.body).expect("JSON")
    }
}

/// A webhook whose server has no time at first, and repeats the secret when it says so.
pub struct Busy<'a> {
    people: &'a People,
    server: http::Receiver,
}

impl Busy<'_> {
    pub fn start<'a>(people: &'a People, cluster: &Cluster, secrets: &Path) -> Busy<'a> {
        let server = people.runtime.block_on(http::Receiver::start(503, None));
        let (url, secret) = (server.url("/{secret}"), file(secrets, WEBHOOK));
        let channel = ["channel", "create", "busy", "--secret-file", &secret, "webhook", "--url", &url];
        cluster.nasctl(cluster.ready.leader, &channel);
        Busy { people, server }
    }

    /// The number of the next delivery of an alert of this kind.
    pub fn tried(&self, kind: &str) -> u64 {
        loop {
            let request = self.people.runtime.block_on(self.server.next());
            assert!(request.line.contains(WEBHOOK), "{}", request.line);
            let body: Value = serde_json::from_str(&request.body).expect("JSON");
            if body["alerts"][0]["kind"] == kind {
                return body["delivery"].as_u64().expect("a number");
            }
        }
    }

    pub fn has_time(&self) {
        self.server.answer(200);
    }
}
