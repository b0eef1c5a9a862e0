//! Owns `nasctl snmp user`: users of SNMPv3. Passphrases come from files, never from the command line.

use super::sources::listed;
use crate::asked::Asked;
use crate::failure::Failure;
use crate::listing::ListArgs;
use crate::reach::Node;
use crate::table::{columns, facts_of};
use crate::{names, output, secret_input, terminal};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand, ValueHint};
use nasd_api::{
    ChangeSnmpUser, Client, CreateSnmpUser, DeleteSnmpUser, ListSnmpUsers, Nothing, ReadSnmpUser, SNMP_VIEW,
    SnmpAt, SnmpPassphrases, SnmpSource, SnmpUser,
};
use nasd_base::snmp::{AuthProtocol, Privacy};
use std::path::{Path, PathBuf};

#[derive(Debug, Subcommand)]
pub enum UserCommand {
    /// List the users
    List(ListArgs),
    /// Show one user
    Show {
        #[arg(value_name = "USER", add = names::snmp_users())]
        name: String,
    },
    /// Let somebody read
    ///
    /// A passphrase has 8 characters or more. Keys for each node are made of it, and it is not kept.
    Create {
        name: String,
        #[command(flatten)]
        proof: Proof,
        /// What may be read
        #[arg(long, default_value = SNMP_VIEW, add = names::snmp_views())]
        view: String,
        /// An address or network that may ask, 0.0.0.0/0 for everywhere; say it once for each
        #[arg(long = "from", value_name = "NETWORK", required = true)]
        sources: Vec<SnmpSource>,
    },
    /// Change what a user may read, from where, or with what it proves itself; what is not said stays
    Set(SetUser),
    /// Delete a user: nothing that it asks is answered any more
    Delete {
        #[arg(value_name = "USER", add = names::snmp_users())]
        name: String,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}

/// What proves a user. All of it comes together, or nothing does.
#[derive(Debug, Args)]
pub struct Proof {
    /// A file with the passphrase for signing; `-` is standard input
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    auth_file: Option<PathBuf>,
    /// A file with the passphrase for enciphering; `-` is standard input
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with = "auth_no_priv")]
    priv_file: Option<PathBuf>,
    /// How messages are signed [default: SHA-256]
    #[arg(long, value_parser = auth())]
    auth: Option<AuthProtocol>,
    /// How messages are enciphered; AES-256 needs SHA-256 or more [default: AES]
    #[arg(long = "priv", value_name = "PRIVACY", value_parser = privacy(), conflicts_with = "auth_no_priv")]
    privacy: Option<Privacy>,
    /// Signed only: everybody on the way can read what is answered
    #[arg(long)]
    auth_no_priv: bool,
}

#[derive(Debug, Args)]
pub struct SetUser {
    #[arg(value_name = "USER", add = names::snmp_users())]
    name: String,
    #[command(flatten)]
    proof: Proof,
    /// What may be read
    #[arg(long, add = names::snmp_views())]
    view: Option<String>,
    /// An address or network that may ask, instead of those that could; say it once for each
    #[arg(long = "from", value_name = "NETWORK")]
    sources: Vec<SnmpSource>,
}

fn auth() -> impl TypedValueParser<Value = AuthProtocol> {
    PossibleValuesParser::new(AuthProtocol::ALL.map(AuthProtocol::name))
        .try_map(|name| name.parse::<AuthProtocol>())
}

fn privacy() -> impl TypedValueParser<Value = Privacy> {
    let named = [Privacy::Aes, Privacy::Aes256].map(Privacy::name);
    PossibleValuesParser::new(named).try_map(|name| name.parse::<Privacy>())
}

impl Proof {
    /// `None` when nothing of it was said.
    fn read(self) -> Result<Option<SnmpPassphrases>, Failure> {
        let Proof { auth_file, priv_file, auth, privacy, auth_no_priv } = self;
        let (signs, enciphers) = match (auth_file, priv_file, auth_no_priv) {
            (Some(signs), None, true) => (signs, None),
            (Some(signs), Some(enciphers), false) => (signs, Some(enciphers)),
            (None, None, false) if auth.is_none() && privacy.is_none() => return Ok(None),
            _ => return Err(incomplete()),
        };
        let is_stdin = |file: &PathBuf| file == Path::new("-");
        if is_stdin(&signs) && enciphers.as_ref().is_some_and(is_stdin) {
            return Err(Failure::Usage("one of the two passphrases can come from standard input".into()));
        }
        let privacy = if auth_no_priv { Privacy::None } else { privacy.unwrap_or_default() };
        Ok(Some(SnmpPassphrases {
            auth: auth.unwrap_or_default(),
            auth_passphrase: secret_input::snmp(&signs)?,
            privacy,
            privacy_passphrase: enciphers.as_deref().map(secret_input::snmp).transpose()?,
        }))
    }
}

fn incomplete() -> Failure {
    Failure::Usage("this needs --auth-file, and --priv-file or --auth-no-priv".into())
}

impl Asked for UserCommand {
    async fn run(self, at: &Node, json: bool) -> Result<(), Failure> {
        let node = &at.client().await?;
        match self {
            UserCommand::List(asked) => asked.print::<ListSnmpUsers>(node, json, table).await,
            UserCommand::Show { name } => {
                output::reply(json, &node.ask::<ReadSnmpUser>(SnmpAt::new(&name)).await?, shown)
            }
            UserCommand::Create { name, proof, view, sources } => {
                let passphrases = proof.read()?.ok_or_else(incomplete)?;
                let wanted = CreateSnmpUser { name, passphrases, view, sources };
                output::one(json, &node.call::<CreateSnmpUser>(Nothing, &wanted).await?, table)
            }
            UserCommand::Set(asked) => set(node, asked, json).await,
            UserCommand::Delete { name, yes } => {
                node.ask::<ReadSnmpUser>(SnmpAt::new(&name)).await?;
                terminal::names("SNMP user", &name, yes)?;
                node.ask::<DeleteSnmpUser>(SnmpAt::new(&name)).await?;
                output::done(json, &format!("Deleted SNMP user {name}."))
            }
        }
    }
}

async fn set(
    node: &Client,
    SetUser { name, proof, view, sources }: SetUser,
    json: bool,
) -> Result<(), Failure> {
    let passphrases = proof.read()?;
    if passphrases.is_none() && view.is_none() && sources.is_empty() {
        return Err(Failure::Usage(
            "say what to change: --view, --from, or --auth-file and --priv-file".into(),
        ));
    }
    let user = node.ask::<ReadSnmpUser>(SnmpAt::new(&name)).await?;
    let sources = if sources.is_empty() { user.sources } else { sources };
    let wanted = ChangeSnmpUser { passphrases, view: view.unwrap_or(user.view), sources };
    let set = node.call_if::<ChangeSnmpUser>(SnmpAt::new(&name), &wanted, Some(&user.etag)).await?;
    output::one(json, &set, table)
}

fn shown(user: &SnmpUser) -> String {
    let facts = [
        ("auth", user.auth.to_string()),
        ("priv", user.privacy.to_string()),
        ("view", user.view.clone()),
        ("from", listed(&user.sources)),
        ("unknown at", crate::table::listed(&user.unknown_at)),
    ];
    facts_of("USER", &user.name, facts)
}

fn table(users: &[SnmpUser]) -> String {
    let nothing = "There are no SNMP users. Nothing is answered to SNMPv3 until there is one: `nasctl snmp user create`.";
    columns(&["USER", "AUTH", "PRIV", "VIEW", "FROM"], users, nothing, |user| {
        let (auth, privacy) = (user.auth.to_string(), user.privacy.to_string());
        [user.name.clone(), auth, privacy, user.view.clone(), listed(&user.sources)]
    })
}
