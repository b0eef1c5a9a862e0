//! Owns the deliveries of alerts over SNMP channels: takes from the node what is due, sends it, and says what came of it.
//!
//! It keeps nothing: what it has taken and not reported is due again after a while, also at another node. See
//! docs/decisions/0041.

use crate::agent::Agent;
use crate::notify::{As, Credentials, KINDS, Notice, Sender, Severity, TEST, Target};
use crate::wire::{AuthProtocol, PrivProtocol};
use nasd_api::{
    Alert, Client, ClientError, DeliveryAbout, DeliveryAt, Message, Nothing, ReportDelivery, Secret,
    TakeDeliveries,
};
use nasd_base::alert;
use nasd_base::channel::{ChannelKind, ChannelTarget};
use nasd_base::random::OsEntropy;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::lookup_host;
use tokio::sync::Mutex;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

/// How often the node is asked.
const ASK_EVERY: Duration = Duration::from_secs(2);
/// An inform is sent so often, and its answer waited for so long each time.
const TRIES: u32 = 5;
const PATIENCE: Duration = Duration::from_secs(3);
/// Longest attempt, of one that tells of many alerts: below the time for which a delivery is taken.
const ATTEMPT_MAX: Duration = Duration::from_secs(30);
/// More is not taken while so many are tried: who is silent holds up nobody else.
const ATTEMPTS_MAX: usize = 64;
/// A report that does not get through is tried again so often; then the delivery is due again by itself.
const REPORT_TRIES: u32 = 5;
/// Longest reason of a failure, in characters.
const FAILURE_CHARS_MAX: usize = 300;

/// Sends what the node has to say over SNMP channels.
pub struct Deliveries {
    agent: Arc<Agent>,
    client: Client,
    sender: Sender,
    /// Who is looked up, one after the other: a name server that is silent holds one thread, and pictures need the other.
    names: Arc<Mutex<()>>,
}

impl Deliveries {
    /// # Errors
    /// When the system has no random bytes.
    pub fn new(agent: Arc<Agent>, client: Client) -> Result<Deliveries, String> {
        Ok(Deliveries { agent, client, sender: Sender::new(&OsEntropy)?, names: Arc::default() })
    }

    /// Delivers for ever. That the node does not answer is said by whoever asks it who is allowed.
    pub async fn follow(self) {
        let this = Arc::new(self);
        let mut attempts = JoinSet::new();
        loop {
            while attempts.try_join_next().is_some() {}
            if attempts.len() < ATTEMPTS_MAX {
                for message in this.taken().await.unwrap_or_default() {
                    let this = this.clone();
                    attempts.spawn(async move { this.attempt(&message).await });
                }
            }
            sleep(ASK_EVERY).await;
        }
    }

    async fn taken(&self) -> Result<Vec<Message>, ClientError> {
        let asked = TakeDeliveries { kinds: vec![ChannelKind::Snmp] };
        Ok(self.client.call::<TakeDeliveries>(Nothing, &asked).await?.items)
    }

    async fn attempt(&self, message: &Message) {
        let outcome = match timeout(ATTEMPT_MAX, self.deliver(message)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(format!("not told within {} s", ATTEMPT_MAX.as_secs())),
        };
        let (delivery, channel) = (message.delivery, &message.channel);
        let failure: Option<String> = outcome.err().map(|why| why.chars().take(FAILURE_CHARS_MAX).collect());
        match &failure {
            None => tracing::info!(name: "delivered", delivery, channel, "delivered"),
            Some(why) => tracing::warn!(name: "not_delivered", delivery, channel, why, "not delivered"),
        }
        let (at, report) = (DeliveryAt { id: delivery }, ReportDelivery { failure });
        for _ in 0..REPORT_TRIES {
            if self.client.call::<ReportDelivery>(at, &report).await.is_ok() {
                return;
            }
            sleep(ASK_EVERY).await;
        }
        tracing::warn!(delivery, "what came of it could not be said: it may be delivered again");
    }

    async fn deliver(&self, message: &Message) -> Result<(), String> {
        let ChannelTarget::Snmp { server, inform, user } = &message.target else {
            return Err("this is no SNMP channel".to_owned());
        };
        let secret = message.secret.as_ref().map_or("", |secret| secret.reveal());
        let target = Target {
            address: self.address(server).await?,
            sender: self.sent_as(user, secret, *inform)?,
            acknowledged: *inform,
            tries: TRIES,
            patience: PATIENCE,
        };
        let engine = self.agent.engine();
        for notice in notices(message) {
            let told = self.sender.deliver(&notice, &target, engine.as_ref()).await;
            told.map_err(|error| error.to_string())?;
        }
        Ok(())
    }

    /// Of several, one of IPv4: nobody says that a trap to another one was not heard.
    async fn address(&self, server: &str) -> Result<SocketAddr, String> {
        let (alone, name) = (self.names.clone().lock_owned().await, server.to_owned());
        // A task of its own: it goes on, alone, when it is not waited for any more.
        let found = tokio::spawn(async move {
            let found = lookup_host(name).await.map(Iterator::collect::<Vec<_>>);
            drop(alone);
            found
        });
        let found = found.await.map_err(|error| error.to_string())?;
        let mut found = found.map_err(|error| format!("{server}: {error}"))?;
        found.sort_by_key(SocketAddr::is_ipv6);
        found.first().copied().ok_or_else(|| format!("{server} has no address"))
    }

    /// A user without a passphrase is one that this node has keys of, which are for what it sends unasked.
    fn sent_as(&self, user: &str, secret: &str, inform: bool) -> Result<As, String> {
        match (user, secret) {
            ("", word) => Ok(As::Community(word.to_owned())),
            (_, "") if inform => {
                Err(format!("an inform of {user} needs a passphrase: it is the channel's secret"))
            }
            (_, "") => {
                let known = self.agent.allowed().user(user.as_bytes()).cloned();
                known.map(As::Known).ok_or_else(|| format!("there is no SNMP user {user} on this node"))
            }
            (_, passphrase) => Ok(As::User(Credentials {
                user: user.to_owned(),
                auth: (AuthProtocol::Sha256, Secret::new(passphrase)),
                privacy: Some((PrivProtocol::Aes128, Secret::new(passphrase))),
            })),
        }
    }
}

/// One for each alert that the message names.
fn notices(message: &Message) -> Vec<Notice> {
    if message.about == DeliveryAbout::Test {
        let text = "This is a test of your alerts.".to_owned();
        return vec![Notice {
            number: TEST,
            alert: 0,
            severity: Severity::Info,
            node: 0,
            object: "cluster".to_owned(),
            text,
        }];
    }
    let again = |text: &mut String| match message.attempt {
        0 | 1 => {}
        attempt => text.push_str(&format!(" (Attempt {attempt}: you may have it already.)")),
    };
    let made = message.alerts.iter().filter_map(|alert| notice(alert, message.about));
    made.map(|mut notice| {
        again(&mut notice.text);
        notice
    })
    .collect()
}

fn notice(alert: &Alert, about: DeliveryAbout) -> Option<Notice> {
    let is_over = match about {
        DeliveryAbout::Raised | DeliveryAbout::Flapping => false,
        DeliveryAbout::Ended => true,
        _ => alert.ended.is_some(),
    };
    let pair = KINDS.iter().find(|pair| pair.kind == alert.kind.name())?;
    let text = match is_over {
        true => format!("It is over: {}", alert.what.text),
        false => format!("{} {}", alert.what.text, alert.advice.text),
    };
    Some(Notice {
        number: if is_over { pair.ended } else { pair.raised },
        alert: alert.id,
        severity: match alert.severity {
            alert::Severity::Info => Severity::Info,
            alert::Severity::Warning => Severity::Warning,
            alert::Severity::Critical => Severity::Critical,
        },
        node: node(&alert.object),
        object: alert.name.clone(),
        text,
    })
}

/// Of `node/3` and `disk/3/srv/a`; 0 of what is no node's.
fn node(object: &str) -> u32 {
    let mut words = object.split('/');
    let is_of_node = matches!(words.next(), Some("node" | "disk"));
    words.next().filter(|_| is_of_node).and_then(|number| number.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use nasd_api::{AlertState, Speech, alarm, verdict};
    use nasd_base::alert::AlertKind;

    fn message(about: DeliveryAbout, ended: Option<i64>) -> Message {
        let alert = Alert {
            id: 12,
            kind: AlertKind::NodeDown,
            severity: alert::Severity::Critical,
            state: AlertState::Raised,
            object: "node/3".into(),
            name: "stor-c".into(),
            what: verdict::node_absent("stor-c"),
            advice: alarm::advice(AlertKind::NodeDown),
            page: "/nodes/3".into(),
            raised: 0,
            ended,
            acknowledged: None,
            silenced: false,
            flapping: false,
            cause: None,
            consequences: 0,
        };
        Message {
            delivery: 7,
            attempt: 1,
            cluster: "home".into(),
            channel: "traps".into(),
            target: ChannelTarget::Snmp { server: "a:162".into(), inform: false, user: String::new() },
            secret: None,
            speech: Speech::Korean,
            about,
            severity: alert::Severity::Critical,
            at: 0,
            alerts: vec![alert],
            count: 1,
            time_zone: String::new(),
            console: String::new(),
        }
    }

    #[test]
    fn a_message_is_the_notification_of_its_alert_as_it_is_or_was() {
        for (about, ended, number) in [
            (DeliveryAbout::Raised, Some(9), 4),
            (DeliveryAbout::Flapping, None, 4),
            (DeliveryAbout::Ended, Some(9), 5),
            (DeliveryAbout::Digest, None, 4),
            (DeliveryAbout::Digest, Some(9), 5),
        ] {
            let made = notices(&message(about, ended));
            let [notice] = made.as_slice() else { panic!("{made:?}") };
            assert_eq!((notice.number, notice.alert, notice.node), (number, 12, 3), "{about:?}");
            assert!(notice.text.contains("stor-c does not answer"), "{}", notice.text);
        }
        let again = notices(&Message { attempt: 2, ..message(DeliveryAbout::Raised, None) });
        assert!(again[0].text.ends_with("(Attempt 2: you may have it already.)"), "{}", again[0].text);
        let tested = notices(&message(DeliveryAbout::Test, None));
        assert_eq!(tested.iter().map(|notice| notice.number).collect::<Vec<_>>(), [TEST]);
    }

    #[test]
    fn every_kind_of_alert_has_its_notifications() {
        let known: Vec<&str> = KINDS.iter().map(|pair| pair.kind).collect();
        assert_eq!(known, AlertKind::ALL.iter().map(|kind| kind.name()).collect::<Vec<_>>());
    }

    #[test]
    fn the_node_is_that_of_the_object() {
        let objects = ["node/3", "disk/4/srv/a", "volume/7", "cluster", "node/x"];
        assert_eq!(objects.map(node), [3, 4, 0, 0, 0]);
    }
}
