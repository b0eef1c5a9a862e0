//! Owns `nasctl certificate`: what the node that is asked shows browsers and API clients.

use crate::asked::Asked;
use crate::failure::Failure;
use crate::reach::Node;
use crate::table::visible;
use crate::{language, output, secret_input, terminal, when};
use clap::{Subcommand, ValueHint};
use nasd_api::{
    CHAIN_BYTES_MAX, CertificateInfo, Client, NewCertificate, Nothing, ReadCertificate, ResetCertificate,
};
use std::path::PathBuf;

/// A terminal may be narrow: lines of the script stay short enough not to be broken.
const SET_HELP: &str = "\
Let's Encrypt or another ACME authority, with certbot on the node. This hook is run after each renewal:

  #!/bin/sh
  # /etc/letsencrypt/renewal-hooks/deploy/gotgan
  exec nasctl certificate set \\
    --chain \"$RENEWED_LINEAGE/fullchain.pem\" \\
    --key \"$RENEWED_LINEAGE/privkey.pem\"

With acme.sh or lego the same command goes into --reloadcmd or --renew-hook. A client that only copies files \
copies the key to api.key and the chain to api.pem in nasd's directory: both are noticed without a restart.";

/// The certificate that a node shows browsers and API clients
#[derive(Debug, Subcommand)]
pub enum CertificateCommand {
    /// Show the certificate of the node that is asked, and its fingerprint
    Show,
    /// Replace the certificate of the node that is asked, without a restart
    ///
    /// Each node has its own, because certificates name hosts: run this for every node. What cannot be used is
    /// refused, and nothing changes then. Connections that are open go on.
    #[command(after_help = SET_HELP)]
    Set {
        /// The file of certificates in PEM: the node's own first, then those between it and its authority
        #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
        chain: PathBuf,
        /// The file of the private key in PEM, without a passphrase
        #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
        key: PathBuf,
    },
    /// Go back to a self-signed certificate, with a new key
    ///
    /// The certificate that is there, and its key, are deleted. Asks first; --yes answers that.
    Reset {
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}

impl Asked for CertificateCommand {
    async fn run(self, at: &Node, json: bool) -> Result<(), Failure> {
        let node = &at.client().await?;
        match self {
            CertificateCommand::Show => {
                output::reply(json, &node.ask::<ReadCertificate>(Nothing).await?, shown)
            }
            CertificateCommand::Set { chain, key } => {
                let chain = secret_input::text(&chain, CHAIN_BYTES_MAX, "chain of certificates")?;
                let key = secret_input::key(&key)?;
                let set = node.call::<NewCertificate>(Nothing, &NewCertificate { chain, key }).await?;
                output::reply(json, &set, |set| format!("{}\n{}", shown(set), what_now(at, set)))
            }
            CertificateCommand::Reset { yes } => reset(at, node, yes, json).await,
        }
    }
}

async fn reset(at: &Node, node: &Client, yes: bool, json: bool) -> Result<(), Failure> {
    if !json {
        eprint!("This goes, with its key:\n{}", shown(&node.ask::<ReadCertificate>(Nothing).await?));
    }
    let question = "Type `reset` to delete it and make a self-signed one: ";
    if !yes && !terminal::types(question, "reset", "not reset")? {
        return Err(Failure::Declined("not reset: `reset` was not typed".into()));
    }
    let made = node.ask::<ResetCertificate>(Nothing).await?;
    output::reply(json, &made, |made| format!("{}\n{}", shown(made), what_now(at, made)))
}

fn shown(certificate: &CertificateInfo) -> String {
    let CertificateInfo { names, subject, issuer, self_signed, fingerprint, problem, .. } = certificate;
    let names = if names.is_empty() { "no host".to_owned() } else { names.join(", ") };
    let issuer = if *self_signed { "itself (self-signed)" } else { issuer };
    let (from, to) = (when::utc(certificate.not_before), when::utc(certificate.not_after));
    let mut text = format!(
        "for          {}\nsubject      {}\nissued by    {}\nvalid        {from} to {to}\nfingerprint  {}\n",
        visible(&names),
        visible(subject),
        visible(issuer),
        visible(fingerprint),
    );
    if let Some(problem) = problem {
        text += &format!("PROBLEM      {}\n", visible(&problem.said(language::here())));
    }
    text
}

/// How whoever pinned the old certificate goes on.
fn what_now(at: &Node, certificate: &CertificateInfo) -> String {
    let pin = visible(&certificate.fingerprint);
    let here = format!("from now on: --fingerprint {pin}, or GOTGAN_FINGERPRINT={pin}");
    let pinned = match at {
        Node::Server { .. } => format!("This node is asked with another pin {here}.\n"),
        Node::Socket(_) => format!("Whoever pinned the old certificate needs another pin {here}.\n"),
    };
    match certificate.self_signed {
        true => pinned,
        false => format!(
            "{pinned}Where its authority is believed (--ca-file, else the system's), no fingerprint is needed.\n"
        ),
    }
}
