//! Those who are told of alerts, over each kind of channel.

use crate::canaries::{COMMUNITY, WEBHOOK, file};
use crate::traps::Traps;
use harness::cluster::Cluster;
use harness::cluster::pause;
use harness::receiver::{Authority, http, smtp, syslog};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};
use tokio::time::Instant;

/// More than ten of a channel within a minute are told together; the machine may add some.
const DIGEST_AFTER: usize = 8;
const DIGEST_TIME: Duration = Duration::from_secs(62);

/// Three people and their servers, and a manager.
pub struct People {
    runtime: Runtime,
    hook: http::Receiver,
    log: syslog::Receiver,
    post: smtp::Server,
    traps: Traps,
}

/// What all of them were told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    pub about: String,
    pub kind: String,
    pub object: String,
    pub alert: u64,
}

/// What came over which channel, in whichever order; what was waited for is taken out of it.
#[derive(Default)]
pub struct Heard {
    /// With whether it was over by then.
    hook: Vec<(Told, bool)>,
    log: BTreeSet<(String, u64)>,
    post: BTreeSet<(u64, bool)>,
    times: Vec<Instant>,
}

impl People {
    pub fn start(cluster: &Cluster, secrets: &Path) -> People {
        People::with(cluster, secrets, None)
    }

    /// Their servers are believed by whoever believes the authority.
    pub fn start_secure(cluster: &Cluster, secrets: &Path, authority: &Authority) -> People {
        People::with(cluster, secrets, Some(authority))
    }

    fn with(cluster: &Cluster, secrets: &Path, authority: Option<&Authority>) -> People {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
        let (hook, log, post) = runtime.block_on(async {
            (
                http::Receiver::start(200, authority).await,
                syslog::Receiver::start(authority).await,
                match authority {
                    Some(authority) => smtp::Server::start(authority, true).await,
                    None => smtp::Server::start_trusting().await,
                },
            )
        });
        let protection = if authority.is_some() { "tls" } else { "none" };
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
        channel(&["log", "syslog", "--protection", protection, "--server", &log.address()]);
        let mailboxes = ["--from", "nas@example.com", "--to", "amy@example.com"];
        let server = ["post", "email", "--protection", protection, "--server", &post.address()];
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

    /// Waits until each channel has told all of these.
    pub fn are_told(&self, heard: &mut Heard, about: &str, wanted: &[(&str, &str)]) {
        for (kind, object) in wanted {
            let is_it = |(told, _): &(Told, bool)| {
                (&*told.about, &*told.kind, &*told.object) == (about, kind, object)
            };
            let place = loop {
                match heard.hook.iter().position(is_it) {
                    Some(place) => break place,
                    None => self.hears(heard),
                }
            };
            let (told, is_over) = heard.hook.swap_remove(place);
            while !heard.log.remove(&(about.to_owned(), told.alert)) {
                heard.log.insert(self.logged());
            }
            while !heard.post.remove(&(told.alert, is_over)) {
                heard.post.insert(self.posted());
            }
            self.traps.hears(&told);
            eprintln!("told over all channels: {told:?}");
        }
    }

    /// Waits until so many more are no digest.
    pub fn have_room_for(&self, heard: &Heard, count: usize) {
        let recent = || heard.times.iter().filter(|at| at.elapsed() < DIGEST_TIME).count();
        while recent() + count > DIGEST_AFTER {
            pause(Duration::from_secs(1));
        }
    }

    fn hears(&self, heard: &mut Heard) {
        let body = self.hooked();
        let [alert] = body["alerts"].as_array().expect("alerts").as_slice() else { panic!("{body:#}") };
        let said = |value: &Value| value.as_str().unwrap_or_else(|| panic!("{body:#}")).to_owned();
        let told = Told {
            about: said(&body["about"]),
            kind: said(&alert["kind"]),
            object: said(&alert["object"]),
            alert: alert["id"].as_u64().unwrap_or_else(|| panic!("{body:#}")),
        };
        heard.times.push(Instant::now());
        heard.hook.push((told, alert["ended"].is_number()));
    }

    /// What about, and the number of the alert.
    fn logged(&self) -> (String, u64) {
        let line = self.runtime.block_on(self.log.next());
        let behind = |mark: &str| line.split_once(mark).map(|(_, rest)| rest);
        let about = behind(" gotgan - ").and_then(|rest| rest.split(' ').next()).unwrap_or_default();
        let alert = behind(" alert=\"").and_then(|rest| rest.split('"').next()?.parse().ok());
        (about.to_owned(), alert.unwrap_or_else(|| panic!("{line}")))
    }

    /// The number of the alert, and whether it is over.
    fn posted(&self) -> (u64, bool) {
        let letter = self.runtime.block_on(self.post.next());
        let command = letter.text.split_once("nasctl alert show ").map(|(_, rest)| rest);
        let alert = command.and_then(|rest| rest.lines().next()?.trim().parse().ok());
        (alert.unwrap_or_else(|| panic!("{letter:?}")), letter.text.contains("It is over:"))
    }

    /// The digest of many causes at once, over every channel: how many it counts.
    pub fn are_told_of_many(&self) -> u64 {
        let body = loop {
            let body = self.hooked();
            if body["about"] == "digest" {
                break body;
            }
        };
        while !self.runtime.block_on(self.log.next()).contains(" gotgan - digest [") {}
        let count = body["count"].as_u64().expect("a number");
        let counted = format!("{count} alerts at once");
        while !self.runtime.block_on(self.post.next()).text.contains(&counted) {}
        let named = body["alerts"].as_array().expect("alerts");
        let word = |alert: &Value, field: &str| alert[field].as_str().expect("a word").to_owned();
        for alert in named {
            let [kind, object] = ["kind", "object"].map(|field| word(alert, field));
            let about = if alert["ended"].is_number() { "ended" } else { "raised" }.to_owned();
            self.traps.hears(&Told { about, kind, object, alert: alert["id"].as_u64().expect("a number") });
        }
        count
    }

    /// What the webhook is sent, which its receiver has reason to believe.
    fn hooked(&self) -> Value {
        let request = self.runtime.block_on(self.hook.next());
        assert!(request.is_signed_with(WEBHOOK) && !request.is_signed_with("another"), "{}", request.body);
        serde_json::from_str(&request.body).expect("JSON")
    }
}

/// A webhook that is only tried, whose server takes what it is sent and says nothing.
pub struct Mute(http::Receiver);

impl Mute {
    pub fn start(people: &People, cluster: &Cluster) -> Mute {
        let server = people.runtime.block_on(http::Receiver::start(http::SILENCE, None));
        let channel = ["channel", "create", "mute", "--off", "webhook", "--url", &server.url("/")];
        cluster.nasctl(cluster.ready.leader, &channel);
        cluster.nasctl(cluster.ready.leader, &["channel", "test", "mute"]);
        Mute(server)
    }

    /// What it is sent next: the number of the delivery, of the attempt, and the text.
    pub fn sent(&self, people: &People) -> (u64, u64, String) {
        let request = people.runtime.block_on(self.0.next());
        let body: Value = serde_json::from_str(&request.body).expect("JSON");
        let [delivery, attempt] =
            ["delivery", "attempt"].map(|field| body[field].as_u64().expect("a number"));
        (delivery, attempt, body["text"].as_str().expect("a text").to_owned())
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
