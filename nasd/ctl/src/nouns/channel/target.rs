//! Where a channel ends, on the command line.

use clap::Subcommand;
use nasd_base::address::read_host_port;
use nasd_base::channel::{ChannelTarget, Protection, WebhookFormat};

/// Where a channel ends.
#[derive(Debug, Subcommand)]
pub enum Target {
    /// Through a mail server
    Email {
        /// The mail server, for instance mail.example.com:465
        #[arg(long, value_name = "HOST:PORT", value_parser = read_host_port)]
        server: String,
        /// tls (from the first byte), starttls or none
        #[arg(long, default_value = "tls")]
        protection: Protection,
        /// Whom to log in as, with the secret as the password
        #[arg(long, default_value = "", hide_default_value = true)]
        user: String,
        /// The sender's address
        #[arg(long, value_name = "MAILBOX")]
        from: String,
        /// A recipient's address; say it once for each
        #[arg(long, value_name = "MAILBOX", required = true)]
        to: Vec<String>,
    },
    /// By a request to a web server
    Webhook {
        /// Its address; {secret} in it stands for the secret
        #[arg(long)]
        url: String,
        /// What the receiver reads: gotgan (JSON, signed with the secret), slack, teams or telegram
        #[arg(long, default_value = "gotgan")]
        format: WebhookFormat,
        /// Whom a Telegram bot writes to
        #[arg(long, default_value = "", hide_default_value = true)]
        chat: String,
    },
    /// To a log server (RFC 5424, TCP)
    Syslog {
        /// The log server, for instance log.example.com:6514
        #[arg(long, value_name = "HOST:PORT", value_parser = read_host_port)]
        server: String,
        /// tls or none
        #[arg(long, default_value = "tls")]
        protection: Protection,
    },
    /// By an SNMP notification
    Snmp {
        /// The receiver, for instance monitor.example.com:162
        #[arg(long, value_name = "HOST:PORT", value_parser = read_host_port)]
        server: String,
        /// Send it again until it is answered
        #[arg(long)]
        inform: bool,
        /// A user of SNMPv3, whose passphrases are the secret (SHA-256, AES), or, for traps, without a secret a user of
        /// `nasctl snmp user`; without a user it is v2c, and the secret is the community
        #[arg(long, default_value = "", hide_default_value = true)]
        user: String,
    },
}

impl From<Target> for ChannelTarget {
    fn from(target: Target) -> ChannelTarget {
        match target {
            Target::Email { server, protection, user, from, to } => {
                ChannelTarget::Email { server, protection, user, from, to }
            }
            Target::Webhook { url, format, chat } => ChannelTarget::Webhook { url, format, chat },
            Target::Syslog { server, protection } => ChannelTarget::Syslog { server, protection },
            Target::Snmp { server, inform, user } => ChannelTarget::Snmp { server, inform, user },
        }
    }
}

/// What is said of it, where something is.
pub fn facts(target: &ChannelTarget) -> Vec<(&'static str, String)> {
    let said = |(name, value): (&'static str, String)| match (name, value.as_str()) {
        ("inform", "1") => ("notification", "inform".to_owned()),
        ("inform", _) => ("notification", "trap".to_owned()),
        _ => (name, value),
    };
    target.fields().into_iter().map(said).filter(|(_, value)| !value.is_empty()).collect()
}
