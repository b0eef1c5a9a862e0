//! Owns `nasctl group`: users who have a role together.

mod config;

pub use config::GroupSection;

use crate::asked::Asked;
use crate::failure::Failure;
use crate::listing::ListArgs;
use crate::nouns::user::{owned_after, role};
use crate::reach::Node;
use crate::table::{columns, facts_of, listed, visible};
use crate::{names, output, terminal};
use clap::{Args, Subcommand};
use nasd_api::{
    Client, CreateGroup, DeleteGroup, Group, GroupAt, ListGroups, Nothing, ReadGroup, UpdateGroup, refusal,
};
use nasd_base::role::Role;

/// Groups: users who have a role together
#[derive(Debug, Subcommand)]
pub enum GroupCommand {
    /// List the groups
    List(ListArgs),
    /// Show one group
    Show {
        #[arg(value_name = "GROUP", add = names::groups())]
        name: String,
    },
    /// Make a group
    ///
    /// Each member may do what the role may, besides what its own role and its other groups let it do.
    Create {
        name: String,
        /// What the members may do
        #[arg(long, value_parser = role())]
        role: Role,
        /// A volume whose exports the members decide about, in a group of share owners; say it once for each
        #[arg(long = "owns", value_name = "VOLUME", add = names::volumes())]
        owned: Vec<String>,
        /// A user who is in it; say it once for each
        #[arg(long = "member", value_name = "USER", add = names::users())]
        members: Vec<String>,
    },
    /// Change a group's role, volumes or members
    Set(SetGroup),
    /// Delete a group; its members stay, with the roles that they have otherwise
    Delete {
        #[arg(value_name = "GROUP", add = names::groups())]
        name: String,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}

#[derive(Debug, Args)]
#[group(required = true, multiple = true)]
pub struct SetGroupChanges {
    /// What the members may do
    #[arg(long, value_parser = role())]
    role: Option<Role>,
    /// The volumes whose exports the members decide about, instead of those it had; say it once for each
    #[arg(long = "owns", value_name = "VOLUME", add = names::volumes(), conflicts_with = "owns_none")]
    owned: Vec<String>,
    /// No volumes
    #[arg(long)]
    owns_none: bool,
    /// A user who comes in; say it once for each
    #[arg(long, value_name = "USER", add = names::users())]
    add: Vec<String>,
    /// A user who goes out; say it once for each
    #[arg(long, value_name = "USER", add = names::users())]
    remove: Vec<String>,
}

#[derive(Debug, Args)]
pub struct SetGroup {
    #[arg(value_name = "GROUP", add = names::groups())]
    name: String,
    #[command(flatten)]
    changes: SetGroupChanges,
}

impl Asked for GroupCommand {
    async fn run(self, at: &Node, json: bool) -> Result<(), Failure> {
        let node = &at.client().await?;
        match self {
            GroupCommand::List(asked) => asked.print::<ListGroups>(node, json, table).await,
            GroupCommand::Show { name } => {
                output::reply(json, &node.ask::<ReadGroup>(GroupAt::new(&name)).await?, shown)
            }
            GroupCommand::Create { name, role, owned, members } => {
                let made =
                    node.call::<CreateGroup>(Nothing, &CreateGroup { name, role, owned, members }).await?;
                output::one(json, &made, table)
            }
            GroupCommand::Set(SetGroup { name, changes }) => {
                let group = find(node, &name).await?;
                let set = node
                    .call_if::<UpdateGroup>(GroupAt::new(&name), &changes.of(&group)?, Some(&group.etag))
                    .await?;
                output::one(json, &set, table)
            }
            GroupCommand::Delete { name, yes } => delete(node, &name, yes, json).await,
        }
    }
}

impl SetGroupChanges {
    /// What becomes of `group`; what was not said stays.
    fn of(self, group: &Group) -> Result<UpdateGroup, Failure> {
        let role = self.role.unwrap_or(group.role);
        let owned = owned_after(role, &group.owned, self.owned, self.owns_none);
        if let Some(stranger) = self.remove.iter().find(|user| !group.members.contains(user)) {
            return Err(Failure::Local(format!(
                "{stranger} is not in the group {}; nothing changed",
                group.name
            )));
        }
        let mut members = group.members.clone();
        members.retain(|member| !self.remove.contains(member));
        members.extend(self.add);
        Ok(UpdateGroup { role, owned, members })
    }
}

async fn find(node: &Client, name: &str) -> Result<Group, Failure> {
    let group = node.all::<ListGroups>().await?.into_iter().find(|group| group.name == name);
    Ok(group.ok_or_else(|| refusal::unknown_group(name))?)
}

async fn delete(node: &Client, name: &str, yes: bool, json: bool) -> Result<(), Failure> {
    let group = find(node, name).await?;
    if !json {
        let (name, count) = (visible(&group.name), group.members.len());
        eprintln!(
            "{count} member(s) of {name} lose the role {} as far as they do not have it otherwise.",
            group.role
        );
    }
    terminal::names("group", name, yes)?;
    node.ask::<DeleteGroup>(GroupAt::new(name)).await?;
    output::done(json, &format!("Deleted group {name}; its members stay."))
}

/// A group, a fact a line.
fn shown(group: &Group) -> String {
    let facts = [
        ("role", group.role.to_string()),
        ("members", listed(&group.members)),
        ("owns", listed(&group.owned)),
    ];
    facts_of("GROUP", &group.name, facts)
}

fn table(groups: &[Group]) -> String {
    let nothing = "There are no groups. A group gives several users a role at once; make one with `nasctl group create`.";
    columns(&["GROUP", "ROLE", "MEMBERS", "OWNS"], groups, nothing, |group| {
        [group.name.clone(), group.role.to_string(), listed(&group.members), listed(&group.owned)]
    })
}
