//! Owns the agent's round: ask, deliver, report.

use crate::roots::Roots;
use crate::{Otlp, email, otlp, syslog, webhook};
use nasd_api::{Client, ClientError, DeliveryAt, Message, Nothing, ReportDelivery, TakeDeliveries};
use nasd_base::channel::{ChannelKind, ChannelTarget};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

const KINDS: [ChannelKind; 3] = [ChannelKind::Email, ChannelKind::Webhook, ChannelKind::Syslog];
/// How often the node is asked.
const ASK_EVERY: Duration = Duration::from_secs(2);
/// Longest attempt: far below the time for which a delivery is taken.
const ATTEMPT_MAX: Duration = Duration::from_secs(30);
/// More is not taken while so many are tried. A node gives at most sixteen at once.
const ATTEMPTS_MAX: usize = 64;
/// A report that does not get through is tried again so often; then the delivery is due again by itself.
const REPORT_TRIES: u32 = 5;
/// Longest reason of a failure, in characters.
const FAILURE_CHARS_MAX: usize = 300;
/// Shorter parts of an address are words.
const SECRET_BYTES_MIN: usize = 8;

pub struct Options {
    pub socket: PathBuf,
    pub roots: Roots,
    /// Where metrics go, if somewhere.
    pub otlp: Option<Otlp>,
}

/// Delivers for ever, and exports. A receiver that is silent holds up nobody else.
pub async fn serve(options: Options) {
    let client = Client::local(&options.socket);
    let exports = options.otlp.map(|otlp| otlp::export(client.clone(), otlp, options.roots.clone()));
    match exports {
        None => deliver_for_ever(client, options.roots).await,
        Some(exports) => tokio::join!(deliver_for_ever(client, options.roots), exports).0,
    }
}

async fn deliver_for_ever(client: Client, roots: Roots) {
    let roots = Arc::new(roots);
    let mut attempts = JoinSet::new();
    let mut is_silent = false;
    loop {
        while attempts.try_join_next().is_some() {}
        let taken = if attempts.len() < ATTEMPTS_MAX { taken(&client).await } else { Ok(Vec::new()) };
        match taken {
            Ok(messages) => {
                is_silent = false;
                for message in messages {
                    let (client, roots) = (client.clone(), roots.clone());
                    attempts.spawn(async move { attempt(&client, &message, &roots).await });
                }
            }
            Err(error) if !is_silent => {
                tracing::warn!(%error, "the node does not say what is to be delivered; it is asked again");
                is_silent = true;
            }
            Err(_) => {}
        }
        sleep(ASK_EVERY).await;
    }
}

async fn taken(client: &Client) -> Result<Vec<Message>, ClientError> {
    let asked = TakeDeliveries { kinds: KINDS.to_vec() };
    Ok(client.call::<TakeDeliveries>(Nothing, &asked).await?.items)
}

async fn attempt(client: &Client, message: &Message, roots: &Roots) {
    let failure = deliver(message, roots, ATTEMPT_MAX).await.err();
    match &failure {
        None => {
            tracing::info!(name: "delivered", delivery = message.delivery, channel = message.channel, "delivered")
        }
        Some(why) => {
            tracing::warn!(name: "not_delivered", delivery = message.delivery, channel = message.channel, why, "not delivered")
        }
    }
    let (at, report) = (DeliveryAt { id: message.delivery }, ReportDelivery { failure });
    for _ in 0..REPORT_TRIES {
        if client.call::<ReportDelivery>(at, &report).await.is_ok() {
            return;
        }
        sleep(ASK_EVERY).await;
    }
    tracing::warn!(
        delivery = message.delivery,
        "what came of it could not be said: it may be delivered again"
    );
}

/// One attempt at one message, which is given up when it takes longer.
///
/// # Errors
/// Why it did not arrive, in words that repeat no secret.
pub async fn deliver(message: &Message, roots: &Roots, longest: Duration) -> Result<(), String> {
    let sent = async {
        match &message.target {
            ChannelTarget::Email { .. } => email::send(message, roots).await,
            ChannelTarget::Webhook { .. } => webhook::send(message, roots).await,
            ChannelTarget::Syslog { .. } => syslog::send(message, roots).await,
            ChannelTarget::Snmp { .. } => Err("SNMP is another agent's".to_owned()),
        }
    };
    let silent = |_| Err(format!("no answer within {} s", longest.as_secs()));
    timeout(longest, sent).await.unwrap_or_else(silent).map_err(|why| shown(message, &why))
}

/// Bounded, and without what some libraries and servers repeat: the secret, and what may be one of a webhook's address.
fn shown(message: &Message, why: &str) -> String {
    let secret = message.secret.as_ref().map_or("", |secret| secret.reveal());
    let path = match &message.target {
        ChannelTarget::Webhook { url, .. } => url.strip_prefix(&message.target.place()).unwrap_or_default(),
        _ => "",
    };
    let parts = path.split(['/', '?', '&', '=']).filter(|part| part.len() >= SECRET_BYTES_MIN);
    let hidden = [secret].into_iter().filter(|secret| !secret.is_empty()).chain(parts);
    let why = hidden.fold(why.to_owned(), |why, hidden| why.replace(hidden, "…"));
    why.chars().filter(|c| !c.is_control()).take(FAILURE_CHARS_MAX).collect()
}
