//! Owns deliveries to webhooks: what each kind of receiver reads, and the signature of ours.

use crate::http::post;
use crate::roots::Roots;
use crate::text::{body, page, subject};
use nasd_api::Message;
use nasd_base::channel::{ChannelTarget, WebhookFormat};
use nasd_base::{Clock, SystemClock};
use ring::hmac;
use serde_json::{Value, json};

/// `t=SECONDS,v1=HEX`: HMAC-SHA256 under the channel's secret of `SECONDS.BODY`. Whoever checks it refuses old times.
pub const SIGNATURE_HEADER: &str = "gotgan-signature";
/// The same for every attempt at one delivery.
const DELIVERY_HEADER: &str = "gotgan-delivery";
/// Stands for the secret in an address.
const PLACE: &str = "{secret}";

pub async fn send(message: &Message, roots: &Roots) -> Result<(), String> {
    let ChannelTarget::Webhook { url, format, chat } = &message.target else {
        return Err("this is no webhook".to_owned());
    };
    let secret = message.secret.as_ref().map_or("", |secret| secret.reveal());
    let said = said(message, *format, chat).to_string();
    let mut headers = vec![(DELIVERY_HEADER, message.delivery.to_string())];
    if *format == WebhookFormat::Gotgan && !secret.is_empty() && !url.contains(PLACE) {
        headers.push((SIGNATURE_HEADER, signature(secret, SystemClock.now().secs, &said)));
    }
    let sent = post(&url.replace(PLACE, secret), &headers, said, roots).await;
    sent.map_err(|problem| problem.to_string())
}

/// The header's value.
fn signature(secret: &str, at: i64, body: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let tag = hmac::sign(&key, format!("{at}.{body}").as_bytes());
    let hex: String = tag.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("t={at},v1={hex}")
}

fn said(message: &Message, format: WebhookFormat, chat: &str) -> Value {
    let (subject, body) = (subject(message), body(message));
    let text = format!("{subject}\n\n{body}");
    match format {
        WebhookFormat::Slack => json!({ "text": text }),
        WebhookFormat::Telegram => json!({ "chat_id": chat, "text": text }),
        WebhookFormat::Teams => card(&subject, &body),
        WebhookFormat::Gotgan => json!({
            "delivery": message.delivery,
            "attempt": message.attempt,
            "cluster": message.cluster,
            "channel": message.channel,
            "about": message.about,
            "severity": message.severity,
            "at": message.at,
            "count": message.count,
            "alerts": message.alerts,
            "page": page(message),
            "subject": subject,
            "text": body,
        }),
    }
}

/// An adaptive card, as workflows of Teams read them.
fn card(subject: &str, body: &str) -> Value {
    let block = |text: &str, weight: &str| json!({ "type": "TextBlock", "text": text, "weight": weight, "wrap": true });
    json!({
        "type": "message",
        "attachments": [{
            "contentType": "application/vnd.microsoft.card.adaptive",
            "content": {
                "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                "type": "AdaptiveCard",
                "version": "1.4",
                "body": [block(subject, "Bolder"), block(body, "Default")],
            },
        }],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4231, test case 2, with a time and a dot in front: made with `openssl dgst -sha256 -hmac Jefe`.
    #[test]
    fn signatures_are_those_that_openssl_makes() {
        let made = signature("Jefe", 1_800_000_000, "what do ya want for nothing?");
        assert_eq!(made, "t=1800000000,v1=ab5a2e6f7ddd4f6783bae7a65618acf1b188b4ca973bbebbbdeb60024ee0f3f3");
    }
}
