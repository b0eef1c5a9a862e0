//! Owns deliveries by email.

use crate::bounded::Bounded;
use crate::http::secured;
use crate::roots::{Roots, distrust};
use crate::text::{body, subject};
use lettre::message::Mailbox;
use lettre::message::header::ContentType;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{
    AsyncSmtpConnection, AsyncTokioStream, Certificate, CertificateStore, TlsParameters,
};
use lettre::transport::smtp::extension::ClientId;
use nasd_api::Message;
use nasd_base::channel::{ChannelTarget, Protection};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::timeout;

/// For the goodbye: the letter has arrived.
const GOODBYE_MAX: Duration = Duration::from_secs(1);

pub async fn send(message: &Message, roots: &Roots) -> Result<(), String> {
    let ChannelTarget::Email { server, protection, user, from, to } = &message.target else {
        return Err("this is no email channel".to_owned());
    };
    let (host, _) = server.rsplit_once(':').ok_or("its server has no port")?;
    let host = host.trim_matches(['[', ']']);
    let letter = letter(message, from, to)?;
    let said = |error: lettre::transport::smtp::Error| words(host, &error);
    let mut smtp = connect(server, host, *protection, roots).await?;
    if !user.is_empty() {
        let password = message.secret.as_ref().map_or("", |secret| secret.reveal());
        let credentials = Credentials::new(user.clone(), password.to_owned());
        smtp.auth(DEFAULT_MECHANISMS, &credentials).await.map_err(said)?;
    }
    smtp.send(letter.envelope(), &letter.formatted()).await.map_err(said)?;
    let _ = timeout(GOODBYE_MAX, smtp.quit()).await;
    Ok(())
}

async fn connect(
    server: &str,
    host: &str,
    protection: Protection,
    roots: &Roots,
) -> Result<AsyncSmtpConnection, String> {
    let said = |error: lettre::transport::smtp::Error| words(host, &error);
    let unreached = |error: std::io::Error| format!("{server}: {error}");
    let stream = TcpStream::connect(server).await.map_err(unreached)?;
    let peer = stream.peer_addr().map_err(unreached)?;
    let stream: Box<dyn AsyncTokioStream> = match protection {
        Protection::Tls => Box::new(Bounded::new(secured(stream, host, roots).await?, peer)),
        Protection::StartTls | Protection::None => Box::new(Bounded::new(stream, peer)),
    };
    let me = ClientId::default();
    let mut smtp = AsyncSmtpConnection::connect_with_transport(stream, &me).await.map_err(said)?;
    if protection == Protection::StartTls {
        smtp.starttls(tls(host, roots)?, &me).await.map_err(said)?;
    }
    Ok(smtp)
}

fn tls(host: &str, roots: &Roots) -> Result<TlsParameters, String> {
    let certificates = Certificate::from_pem(roots.pem()).map_err(|error| error.to_string())?;
    TlsParameters::builder(host.to_owned())
        .certificate_store(CertificateStore::None)
        .add_root_certificate(certificates)
        .build_rustls()
        .map_err(|error| error.to_string())
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
fn words(host: &str, error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(behind) = source {
        let behind_text = behind.to_string();
        if !text.contains(&behind_text) {
            text = format!("{text}: {behind_text}");
        }
        source = behind.source();
    }
    if text.contains("certificate") { distrust(host, text) } else { text }
}
