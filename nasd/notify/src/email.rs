//! Owns deliveries by email.

use crate::roots::Roots;
use crate::text::{body, subject};
use lettre::message::Mailbox;
use lettre::message::header::ContentType;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, CertificateStore, Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use nasd_api::Message;
use nasd_base::channel::{ChannelTarget, Protection};
use std::time::Duration;

/// One step of the conversation.
const STEP_MAX: Duration = Duration::from_secs(10);

pub async fn send(message: &Message, roots: &Roots) -> Result<(), String> {
    let ChannelTarget::Email { server, protection, user, from, to } = &message.target else {
        return Err("this is no email channel".to_owned());
    };
    let (host, port) = server.rsplit_once(':').ok_or("its server has no port")?;
    let host = host.trim_matches(['[', ']']);
    let port: u16 = port.parse().map_err(|_| "its server has no port".to_owned())?;
    let mut smtp = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(host)
        .port(port)
        .timeout(Some(STEP_MAX))
        .tls(tls(*protection, host, roots)?);
    if !user.is_empty() {
        let password = message.secret.as_ref().map_or("", |secret| secret.reveal());
        smtp = smtp.credentials(Credentials::new(user.clone(), password.to_owned()));
    }
    let letter = letter(message, from, to)?;
    smtp.build().send(letter).await.map(|_| ()).map_err(|error| words(&error))
}

fn tls(protection: Protection, host: &str, roots: &Roots) -> Result<Tls, String> {
    if protection == Protection::None {
        return Ok(Tls::None);
    }
    let certificates = Certificate::from_pem(roots.pem()).map_err(|error| error.to_string())?;
    let parameters = TlsParameters::builder(host.to_owned())
        .certificate_store(CertificateStore::None)
        .add_root_certificate(certificates)
        .build_rustls()
        .map_err(|error| error.to_string())?;
    Ok(match protection {
        Protection::StartTls => Tls::Required(parameters),
        Protection::Tls | Protection::None => Tls::Wrapper(parameters),
    })
}

fn letter(message: &Message, from: &str, to: &[String]) -> Result<lettre::Message, String> {
    let mailbox =
        |text: &str| text.parse::<Mailbox>().map_err(|error| format!("{text} is no mailbox: {error}"));
    let domain = from.rsplit('@').next().unwrap_or("localhost");
    let mut letter = lettre::Message::builder()
        .from(mailbox(from)?)
        .subject(subject(message))
        .message_id(Some(format!("<gotgan-{}-{}@{domain}>", message.cluster, message.delivery)))
        .header(ContentType::TEXT_PLAIN);
    for to in to {
        letter = letter.to(mailbox(to)?);
    }
    letter.body(body(message)).map_err(|error| error.to_string())
}

/// The error with what is behind it.
fn words(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(behind) = source {
        let behind_text = behind.to_string();
        if !text.contains(&behind_text) {
            text = format!("{text}: {behind_text}");
        }
        source = behind.source();
    }
    text
}
