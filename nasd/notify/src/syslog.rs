//! Owns deliveries to syslog: RFC 5424 messages with octet counting (RFC 6587) over TCP, or TLS (RFC 5425).
//!
//! The receiver says nothing: what it read before it closed counts as delivered.

use crate::http::secured;
use crate::roots::Roots;
use crate::text::{body, subject};
use nasd_api::{DeliveryAbout, Message, Zone};
use nasd_base::alert::Severity;
use nasd_base::channel::{ChannelTarget, Protection};
use std::fmt::Write;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// System daemons (RFC 5424 §6.2.1).
const FACILITY: u8 = 3;
/// Our number is a placeholder among those for documentation (RFC 5612).
const ELEMENT: &str = "gotgan@32473";
/// A receiver that will not take it resets the connection within this time.
const REFUSAL_WAIT: Duration = Duration::from_millis(500);

pub async fn send(message: &Message, roots: &Roots) -> Result<(), String> {
    let ChannelTarget::Syslog { server, protection } = &message.target else {
        return Err("this is no syslog channel".to_owned());
    };
    let stream = TcpStream::connect(server).await.map_err(|error| format!("{server}: {error}"))?;
    let line = line(message);
    let frame = format!("{} {line}", line.len());
    match protection {
        Protection::Tls => {
            let host = server.rsplit_once(':').map_or(&**server, |(host, _)| host);
            write(secured(stream, host.trim_matches(['[', ']']), roots).await?, &frame).await
        }
        Protection::None | Protection::StartTls => write(stream, &frame).await,
    }
}

async fn write(mut stream: impl AsyncRead + AsyncWrite + Unpin, frame: &str) -> Result<(), String> {
    let sent = async {
        stream.write_all(frame.as_bytes()).await?;
        stream.flush().await?;
        stream.shutdown().await?;
        let mut ignored = [0; 64];
        match timeout(REFUSAL_WAIT, stream.read(&mut ignored)).await {
            Ok(Err(error)) if error.kind() != std::io::ErrorKind::UnexpectedEof => Err(error),
            _ => Ok(()),
        }
    };
    sent.await.map_err(|error: std::io::Error| error.to_string())
}

/// `<26>1 2027-01-15T08:00:00+00:00 home gotgan - raised [gotgan@32473 …] …`.
pub fn line(message: &Message) -> String {
    let priority = FACILITY * 8 + severity(message);
    let at = Zone::default().exact(message.at);
    let about = serde_json::to_value(message.about).ok();
    let about = about.as_ref().and_then(|about| about.as_str()).unwrap_or("-").to_owned();
    let mut data = format!("[{ELEMENT} delivery=\"{}\"", message.delivery);
    if message.attempt > 1 {
        let _ = write!(data, " attempt=\"{}\"", message.attempt);
    }
    if let (true, Some(alert)) = (message.count == 1, message.alerts.first()) {
        let fields = [("alert", &alert.id.to_string()), ("kind", &alert.kind.to_string())];
        let named = [("object", &alert.object), ("name", &alert.name)];
        for (field, value) in fields.into_iter().chain(named) {
            let _ = write!(data, " {field}=\"{}\"", escaped(value));
        }
    }
    data.push(']');
    let host = header(&message.cluster);
    let text = format!("{} {}", subject(message), body(message).replace('\n', " "));
    // The byte order mark says that what follows is UTF-8.
    format!("<{priority}>1 {at} {host} gotgan - {about} {data} \u{feff}{}", text.trim_end())
}

fn severity(message: &Message) -> u8 {
    match (message.about, message.severity) {
        (DeliveryAbout::Ended, _) => 5,
        (_, Severity::Critical) => 2,
        (_, Severity::Warning) => 4,
        (_, Severity::Info) => 6,
    }
}

/// Printable, without spaces; a dash for nothing.
fn header(text: &str) -> String {
    let text: String = text.chars().filter(char::is_ascii_graphic).take(255).collect();
    if text.is_empty() { "-".to_owned() } else { text }
}

/// RFC 5424 §6.3.3.
fn escaped(value: &str) -> String {
    value
        .chars()
        .flat_map(|c| ["\\"].into_iter().filter(move |_| "\"\\]".contains(c)).flat_map(str::chars).chain([c]))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn values_cannot_end_their_element() {
        assert_eq!(escaped(r#"a"]\b"#), r#"a\"\]\\b"#);
    }
}
