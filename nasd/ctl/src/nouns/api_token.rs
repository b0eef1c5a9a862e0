//! Owns `nasctl token`: what lets programs, and nasctl on another machine, use the management API.

use crate::asked::Asked;
use crate::failure::Failure;
use crate::listing::ListArgs;
use crate::nouns::user::PasswordFile;
use crate::reach::{Node, here};
use crate::table::columns;
use crate::{names, output, secret_input, when};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand};
use nasd_api::{
    ApiTokenAt, ApiTokenInfo, Client, ClientError, CreateApiToken, DeleteApiToken, ErrorCode, ListApiTokens,
    LogIn, NewApiToken, Nothing, Secret, Who, refusal,
};
use nasd_base::role::Right;

const DAY_SECONDS: u32 = 86_400;
/// What the API allows.
const DAYS_MAX: i64 = 365;

/// API tokens: what lets programs, and nasctl elsewhere, manage the cluster
#[derive(Debug, Subcommand)]
pub enum TokenCommand {
    /// List the API tokens; not what is in them, which nobody can read again
    List(ListArgs),
    /// Make an API token and print it, once
    ///
    /// A token belongs to a user and can do what both the user's role and the token's scopes allow. nasctl logs in as
    /// that user to make it: it takes the password, because no token makes another.
    Create(CreateToken),
    /// Show one API token; not what is in it
    Show {
        #[arg(add = names::users())]
        user: String,
        #[arg(value_name = "TOKEN", add = names::tokens())]
        name: String,
    },
    /// Revoke an API token
    Revoke {
        #[arg(add = names::users())]
        user: String,
        #[arg(value_name = "TOKEN", add = names::tokens())]
        name: String,
    },
}

#[derive(Debug, Args)]
pub struct CreateToken {
    /// What it is for: 1 to 64 letters, digits, `-`, `_` and `.`
    pub name: String,
    /// What it may do; say it once for each
    #[arg(long = "scope", value_name = "RIGHT", required = true, value_parser = right())]
    pub scopes: Vec<Right>,
    /// How long it is good for
    #[arg(long, default_value_t = 90, value_parser = clap::value_parser!(u32).range(1..=DAYS_MAX))]
    pub days: u32,
    /// Whose token it is: asks for this user's password
    #[arg(long, value_name = "NAME", add = names::users())]
    pub user: String,
    #[command(flatten)]
    pub password: PasswordFile,
}

/// By name; shells complete it.
fn right() -> impl TypedValueParser<Value = Right> {
    PossibleValuesParser::new(Right::ALL.map(Right::name)).try_map(|name| name.parse::<Right>())
}

impl Asked for TokenCommand {
    async fn run(self, at: &Node, json: bool) -> Result<(), Failure> {
        match self {
            TokenCommand::List(asked) => asked.print::<ListApiTokens>(&at.client().await?, json, table).await,
            TokenCommand::Create(wanted) => {
                let made = create(at, wanted).await?;
                if !json {
                    let (user, until) = (&made.info.user, when::utc(made.info.expires));
                    eprintln!(
                        "This token of {user} is good until {until}. Keep it secret; it is not shown again."
                    );
                }
                output::reply(json, &made, |made| format!("{}\n", made.token.reveal()))
            }
            TokenCommand::Show { user, name } => {
                let all = at.client().await?.all::<ListApiTokens>().await?;
                let token = all.into_iter().find(|token| token.user == user && token.name == name);
                let token = token.ok_or_else(|| refusal::unknown_api_token(&user, &name))?;
                output::one(json, &token, table)
            }
            TokenCommand::Revoke { user, name } => {
                at.client()
                    .await?
                    .ask::<DeleteApiToken>(ApiTokenAt { name: user.clone(), token: name.clone() })
                    .await?;
                output::done(json, &format!("Revoked {user}'s token {name}."))
            }
        }
    }
}

async fn create(at: &Node, wanted: CreateToken) -> Result<NewApiToken, Failure> {
    let CreateToken { name, scopes, days, user, password } = wanted;
    let visitor = at.visitor().await?;
    let password = secret_input::password(password.password_file.as_deref(), &user)?;
    let request =
        CreateApiToken { name, scopes, valid_seconds: days * DAY_SECONDS, current: password.clone() };
    let session = log_in(&visitor, user, password).await?;
    let made = session.call::<CreateApiToken>(Nothing, &request).await;
    // The session would end by itself; that it could not be ended now does not undo the token.
    let _ = session.log_out().await;
    Ok(made?)
}

/// The same node, in a session of the user's.
async fn log_in(visitor: &Client, user: String, password: Secret) -> Result<Client, Failure> {
    let mut request = LogIn { user, password, code: None };
    let begun = match visitor.log_in(&request).await {
        Err(ClientError::Refused(error)) if error.code == ErrorCode::FactorNeeded => {
            request.code = Some(secret_input::code(&request.user)?);
            visitor.log_in(&request).await
        }
        begun => begun,
    };
    let (session, whoami) = begun.map_err(|error| match error {
        ClientError::Refused(refused) => Failure::LogIn(refused),
        other => other.into(),
    })?;
    Ok(visitor.acting(Who::Session { address: here(), session, csrf: whoami.csrf_token }))
}

fn table(tokens: &[ApiTokenInfo]) -> String {
    let heading = ["USER", "TOKEN", "SCOPES", "MADE", "GOOD UNTIL"];
    columns(&heading, tokens, "There are no API tokens.", |token| {
        let scopes: Vec<&str> = token.scopes.iter().map(|scope| scope.name()).collect();
        [
            token.user.clone(),
            token.name.clone(),
            scopes.join(" "),
            when::utc(token.created),
            when::utc(token.expires),
        ]
    })
}
