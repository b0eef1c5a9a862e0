//! The list of nouns: what can be asked of each, and what the configuration file says of some.

use crate::config::list::sections;
use crate::failure::Failure;
use crate::reach::{Node, Reach};
use crate::{
    api_token, audit, certificate, client, cluster, counters, disk, events, export, group, mount, node,
    performance, session, settings, task, user, volume,
};
use clap::{Subcommand, ValueHint};
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub enum Noun {
    /// Create, join and watch the cluster
    #[command(subcommand)]
    Cluster(cluster::ClusterCommand),
    /// The cluster's nodes
    #[command(subcommand)]
    Node(node::NodeCommand),
    /// Volumes: what files are stored in
    #[command(subcommand)]
    Volume(volume::VolumeCommand),
    /// Exports: what NFS clients can mount, and who may
    #[command(subcommand)]
    Export(export::ExportCommand),
    /// Disks: what the nodes store data on
    #[command(subcommand)]
    Disk(disk::DiskCommand),
    /// Connected clients: who uses the files just now
    #[command(subcommand)]
    Client(client::ClientCommand),
    /// Tasks: the cluster's long operations
    #[command(subcommand)]
    Task(task::TaskCommand),
    /// Show how much the cluster does, and did: operations, latency, bytes, and the space they take
    Performance(performance::PerformanceArgs),
    /// Show what happened of late, oldest first, as the node noticed it
    Events(events::EventsArgs),
    /// Users: who may manage the cluster, and as what
    #[command(subcommand)]
    User(user::UserCommand),
    /// Groups: users who have a role together
    #[command(subcommand)]
    Group(group::GroupCommand),
    /// Sessions: who is logged in
    #[command(subcommand)]
    Session(session::SessionCommand),
    /// API tokens: what lets programs, and nasctl elsewhere, manage the cluster
    #[command(subcommand)]
    Token(api_token::TokenCommand),
    /// The audit log: who changed what
    #[command(subcommand)]
    Audit(audit::AuditCommand),
    /// The certificate that a node shows browsers and API clients
    #[command(subcommand)]
    Certificate(certificate::CertificateCommand),
    /// What holds for the whole cluster: its name, and when sessions end
    #[command(subcommand)]
    Settings(settings::SettingsCommand),
    /// Mount a volume in the node's own file tree
    Mount(mount::MountArgs),
    /// Unmount a volume, once all that was written is durable
    Unmount {
        /// Where it is mounted
        #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
        at: PathBuf,
    },
    /// List the node's mounts
    Mounts,
    /// Show what the node counted since it started
    Counters,
}

impl Noun {
    /// Where the command is to go.
    pub fn place(&self, reach: Reach) -> Reach {
        match self {
            Noun::Cluster(command) => command.place(reach),
            _ => reach,
        }
    }

    pub async fn run(self, at: &Node, json: bool) -> Result<(), Failure> {
        match self {
            Noun::Cluster(command) => cluster::run(at, command, json).await,
            Noun::Node(command) => node::run(&at.client().await?, command, json).await,
            Noun::Volume(command) => volume::run(at, command, json).await,
            Noun::Export(command) => export::run(at, command, json).await,
            Noun::Disk(command) => disk::run(&at.client().await?, command, json).await,
            Noun::Client(command) => client::run(&at.client().await?, command, json).await,
            Noun::Task(command) => task::run(&at.client().await?, command, json).await,
            Noun::Performance(arguments) => performance::run(&at.client().await?, arguments, json).await,
            Noun::Events(arguments) => events::run(&at.client().await?, arguments, json).await,
            Noun::User(command) => user::run(&at.client().await?, command, json).await,
            Noun::Group(command) => group::run(&at.client().await?, command, json).await,
            Noun::Session(command) => session::run(&at.client().await?, command, json).await,
            Noun::Token(command) => api_token::run(at, command, json).await,
            Noun::Audit(command) => audit::run(&at.client().await?, command, json).await,
            Noun::Certificate(command) => certificate::run(at, &at.client().await?, command, json).await,
            Noun::Settings(command) => settings::run(&at.client().await?, command, json).await,
            Noun::Mount(arguments) => mount::mount(at, arguments, json).await,
            Noun::Unmount { at: dir } => mount::unmount(at, &dir, json).await,
            Noun::Mounts => mount::list(at, json).await,
            Noun::Counters => counters::run(&at.client().await?, json).await,
        }
    }
}

// In the order of the file; those that a section names come before it.
sections! {
    Settings "settings" settings: settings::SettingsSection;
    Volume "volume" volumes: volume::VolumeSection;
    Export "export" exports: export::ExportSection;
    User "user" users: user::UserSection;
    Group "group" groups: group::GroupSection;
}
