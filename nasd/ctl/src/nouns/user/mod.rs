//! Owns `nasctl user`: who may manage the cluster, and as what.

mod config;

#[cfg(test)]
pub use config::role_and_owned;
pub use config::{UserSection, check_owned, owned_now};

use crate::asked::Asked;
use crate::failure::Failure;
use crate::listing::ListArgs;
use crate::reach::Node;
use crate::table::{columns, facts_of, listed, visible};
use crate::{names, output, secret_input, terminal, when};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand, ValueHint};
use nasd_api::{
    Client, CreateUser, CurrentPassword, DeleteUser, ListApiTokens, ListRoles, ListSessions, ListUsers,
    NewPassword, Nothing, ReadUser, RemoveFactor, RoleInfo, SetPassword, UnlockUser, UpdateUser, User,
    UserAt, refusal,
};
use nasd_base::role::Role;
use std::path::PathBuf;

/// Users: who may manage the cluster, and as what
#[derive(Debug, Subcommand)]
pub enum UserCommand {
    /// List the users
    List(ListArgs),
    /// Show one user: role and its rights, groups and volumes
    Show {
        #[arg(value_name = "USER", add = names::users())]
        name: String,
    },
    /// Make a user
    ///
    /// The password is read from a file, asked for at the terminal, or read from standard input; never from the
    /// command line.
    Create {
        name: String,
        /// What the user may do
        #[arg(long, value_parser = role())]
        role: Role,
        /// A volume whose exports a share owner decides about; say it once for each
        #[arg(long = "owns", value_name = "VOLUME", add = names::volumes())]
        owned: Vec<String>,
        #[command(flatten)]
        password: PasswordFile,
    },
    /// Change a user's role or volumes, or shut the user out for a while
    Set(SetUser),
    /// Delete a user, its sessions and its API tokens
    Delete {
        #[arg(value_name = "USER", add = names::users())]
        name: String,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
    /// Let a user that is locked after wrong passwords try again at once
    Unlock {
        #[arg(value_name = "USER", add = names::users())]
        name: String,
    },
    /// Set a user's password; the user's sessions and API tokens end
    ///
    /// The password is read as for create. On a node's socket only: no API token sets a password.
    Password {
        #[arg(value_name = "USER", add = names::users())]
        name: String,
        #[command(flatten)]
        password: PasswordFile,
        /// Leave the user's API tokens in force
        #[arg(long)]
        keep_tokens: bool,
    },
    /// Show what each role may do
    Roles,
    /// Remove a user's second factor, for instance when the device is lost; on a node's socket only
    RemoveFactor {
        #[arg(value_name = "USER", add = names::users())]
        name: String,
    },
}

#[derive(Debug, Args)]
#[group(required = true, multiple = true)]
pub struct SetUserChanges {
    /// What the user may do
    #[arg(long, value_parser = role())]
    role: Option<Role>,
    /// The volumes whose exports a share owner decides about, instead of those it had; say it once for each
    #[arg(long = "owns", value_name = "VOLUME", add = names::volumes(), conflicts_with = "owns_none")]
    owned: Vec<String>,
    /// No volumes
    #[arg(long)]
    owns_none: bool,
    /// Refuse the user's logins and API tokens; its sessions end
    #[arg(long, conflicts_with = "enable")]
    disable: bool,
    /// Let the user in again
    #[arg(long)]
    enable: bool,
}

#[derive(Debug, Args)]
pub struct SetUser {
    #[arg(value_name = "USER", add = names::users())]
    name: String,
    #[command(flatten)]
    changes: SetUserChanges,
}

#[derive(Debug, Args)]
pub struct PasswordFile {
    /// The file that holds the password [default: asks at a terminal, else standard input]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub password_file: Option<PathBuf>,
}

/// By name; shells complete it.
pub fn role() -> impl TypedValueParser<Value = Role> {
    PossibleValuesParser::new(Role::ALL.map(Role::name)).try_map(|name| name.parse::<Role>())
}

impl Asked for UserCommand {
    async fn run(self, at: &Node, json: bool) -> Result<(), Failure> {
        let node = &at.client().await?;
        match self {
            UserCommand::List(asked) => asked.print::<ListUsers>(node, json, table).await,
            UserCommand::Show { name } => {
                let user = node.ask::<ReadUser>(UserAt::new(&name)).await?;
                let roles = node.ask::<ListRoles>(Nothing).await?.items;
                output::reply(json, &user, |user| shown(user, &roles))
            }
            UserCommand::Create { name, role, owned, password } => {
                let password = secret_input::new_password(password.password_file.as_deref(), &name)?;
                let made =
                    node.call::<CreateUser>(Nothing, &CreateUser { name, role, owned, password }).await?;
                output::one(json, &made, table)
            }
            UserCommand::Set(SetUser { name, changes }) => {
                let user = find(node, &name).await?;
                let set = node
                    .call_if::<UpdateUser>(UserAt::new(&name), &changes.of(&user), Some(&user.etag))
                    .await?;
                output::one(json, &set, table)
            }
            UserCommand::Delete { name, yes } => delete(node, &name, yes, json).await,
            UserCommand::Unlock { name } => {
                node.ask::<UnlockUser>(UserAt::new(&name)).await?;
                output::done(json, &format!("{name} can try again."))
            }
            UserCommand::Password { name, password, keep_tokens: keep_api_tokens } => {
                let password = secret_input::new_password(password.password_file.as_deref(), &name)?;
                node.call::<SetPassword>(
                    UserAt::new(&name),
                    &NewPassword { password, current: None, keep_api_tokens },
                )
                .await?;
                let ended = if keep_api_tokens { "sessions" } else { "sessions and API tokens" };
                output::done(json, &format!("Set {name}'s password; the user's {ended} have ended."))
            }
            UserCommand::Roles => {
                output::list(json, &node.ask::<ListRoles>(Nothing).await?.items, role_table)
            }
            UserCommand::RemoveFactor { name } => {
                node.call::<RemoveFactor>(UserAt::new(&name), &CurrentPassword::default()).await?;
                output::done(json, &format!("{name} logs in with the password alone now."))
            }
        }
    }
}

impl SetUserChanges {
    /// What becomes of `user`; what was not said stays.
    fn of(self, user: &User) -> UpdateUser {
        let role = self.role.unwrap_or(user.role);
        let owned = owned_after(role, &user.owned, self.owned, self.owns_none);
        let disabled = (user.disabled || self.disable) && !self.enable;
        UpdateUser { role, owned, disabled }
    }
}

/// What is owned under `role`: what was said, or else what it was. Other roles own nothing; who becomes one loses what
/// they had.
pub fn owned_after(role: Role, had: &[String], said: Vec<String>, none: bool) -> Vec<String> {
    let keeps = said.is_empty() && !none && role == Role::ShareOwner;
    if keeps { had.to_vec() } else { said }
}

async fn find(node: &Client, name: &str) -> Result<User, Failure> {
    let user = node.all::<ListUsers>().await?.into_iter().find(|user| user.name == name);
    Ok(user.ok_or_else(|| refusal::unknown_user(name))?)
}

async fn delete(node: &Client, name: &str, yes: bool, json: bool) -> Result<(), Failure> {
    let user = find(node, name).await?;
    if !json {
        let tokens = node.all::<ListApiTokens>().await?.iter().filter(|token| token.user == name).count();
        let sessions =
            node.all::<ListSessions>().await?.iter().filter(|session| session.user == name).count();
        let (name, role) = (visible(&user.name), user.role);
        eprintln!("{name} ({role}) goes with {sessions} session(s) and {tokens} API token(s).");
    }
    terminal::names("user", name, yes)?;
    node.ask::<DeleteUser>(UserAt::new(name)).await?;
    output::done(json, &format!("Deleted user {name}."))
}

fn role_table(roles: &[RoleInfo]) -> String {
    columns(&["ROLE", "RIGHTS"], roles, "", |RoleInfo { role, rights }| {
        let rights: Vec<&str> = rights.iter().map(|right| right.name()).collect();
        [role.to_string(), rights.join(", ")]
    })
}

fn state(user: &User) -> String {
    match (user.disabled, user.locked_seconds) {
        (true, _) => "DISABLED".to_owned(),
        (false, Some(seconds)) => format!("LOCKED for {seconds} s"),
        (false, None) => "active".to_owned(),
    }
}

fn yes_or_no(it: bool) -> &'static str {
    if it { "yes" } else { "no" }
}

/// A user, a fact a line.
fn shown(user: &User, roles: &[RoleInfo]) -> String {
    let rights = roles.iter().find(|info| info.role == user.role).map(|info| info.rights.clone());
    let rights: Vec<String> =
        rights.unwrap_or_default().iter().map(|right| right.name().to_owned()).collect();
    let facts = [
        ("role", user.role.to_string()),
        ("its rights", listed(&rights)),
        ("groups", listed(&user.groups)),
        ("owns", listed(&user.owned)),
        ("state", state(user)),
        ("second factor", yes_or_no(user.has_second_factor).into()),
        ("since", when::utc(user.created)),
    ];
    facts_of("USER", &user.name, facts)
}

fn table(users: &[User]) -> String {
    let heading = ["USER", "ROLE", "STATE", "SECOND FACTOR", "GROUPS", "OWNS", "SINCE"];
    let nothing = "There are no users. `nasctl cluster setup-token` on a node lets somebody make the first.";
    columns(&heading, users, nothing, |user| {
        [
            user.name.clone(),
            user.role.to_string(),
            state(user),
            yes_or_no(user.has_second_factor).into(),
            listed(&user.groups),
            listed(&user.owned),
            when::utc(user.created),
        ]
    })
}
