//! Owns the command line: what can be asked and how it is written.

use crate::api_token::TokenCommand;
use crate::audit::AuditCommand;
use crate::certificate::CertificateCommand;
use crate::client::ClientCommand;
use crate::config::ConfigCommand;
use crate::disk::DiskCommand;
use crate::events::EventsArgs;
use crate::group::GroupCommand;
use crate::performance::PerformanceArgs;
use crate::reach::Reach;
use crate::session::SessionCommand;
use crate::settings::SettingsCommand;
use crate::task::TaskCommand;
use crate::user::UserCommand;
use clap::{Args, Parser, Subcommand, ValueHint};
use clap_complete::Shell;
use nasd_api::{ClientRule, REPLICAS_MAX};
use std::path::PathBuf;

const AFTER_HELP: &str = "\
Exit status:
  0  done
  1  refused or failed; the reason is on standard error
  2  wrong usage
  3  the node cannot be reached, or its certificate is not trusted

Environment:
  GOTGAN_SOCKET       the management socket, unless --socket or --dir is given
  GOTGAN_SERVER       as --server, unless --socket or --dir is given
  GOTGAN_FINGERPRINT  as --fingerprint, unless --ca-file is given
  GOTGAN_TOKEN        the API token for --server, unless --token-file is given
  LC_ALL, LC_MESSAGES, LANG
                      in a Korean locale, what a node refuses is said in Korean";

/// Manage a Gotgan storage cluster through one of its nodes.
#[derive(Debug, Parser)]
#[command(name = "nasctl", version, after_help = AFTER_HELP, propagate_version = true)]
pub struct Cli {
    #[command(flatten)]
    pub reach: Reach,
    /// Print the reply as JSON, and refusals as JSON on standard error
    #[arg(long, global = true)]
    pub json: bool,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Create, join and watch the cluster
    #[command(subcommand)]
    Cluster(ClusterCommand),
    /// The cluster's nodes
    #[command(subcommand)]
    Node(NodeCommand),
    /// Volumes: what files are stored in
    #[command(subcommand)]
    Volume(VolumeCommand),
    /// Exports: what NFS clients can mount, and who may
    #[command(subcommand)]
    Export(ExportCommand),
    /// Disks: what the nodes store data on
    #[command(subcommand)]
    Disk(DiskCommand),
    /// Connected clients: who uses the files just now
    #[command(subcommand)]
    Client(ClientCommand),
    /// Tasks: the cluster's long operations
    #[command(subcommand)]
    Task(TaskCommand),
    /// Show how much the cluster does, and did: operations, latency, bytes, and the space they take
    Performance(PerformanceArgs),
    /// Show what happened of late, oldest first, as the node noticed it
    Events(EventsArgs),
    /// Users: who may manage the cluster, and as what
    #[command(subcommand)]
    User(UserCommand),
    /// Groups: users who have a role together
    #[command(subcommand)]
    Group(GroupCommand),
    /// Sessions: who is logged in
    #[command(subcommand)]
    Session(SessionCommand),
    /// API tokens: what lets programs, and nasctl elsewhere, manage the cluster
    #[command(subcommand)]
    Token(TokenCommand),
    /// The audit log: who changed what
    #[command(subcommand)]
    Audit(AuditCommand),
    /// The certificate that a node shows browsers and API clients
    #[command(subcommand)]
    Certificate(CertificateCommand),
    /// What holds for the whole cluster: its name, and when sessions end
    #[command(subcommand)]
    Settings(SettingsCommand),
    /// The cluster's configuration as a file: write it, compare it, make a cluster like it
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Mount a volume in the node's own file tree
    Mount(MountArgs),
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
    /// Print a completion script for a shell
    Completion { shell: Shell },
    /// Print the manual page
    Man {
        /// Write a page per command into this directory instead
        #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
        out: Option<PathBuf>,
    },
}

impl Command {
    /// Where the command is to go: the token file of `cluster join` is for joining, not for logging in.
    pub fn place(&self, reach: Reach) -> Reach {
        match self {
            Command::Cluster(ClusterCommand::Join { .. }) => Reach { token_file: None, ..reach },
            _ => reach,
        }
    }
}

#[derive(Debug, Subcommand)]
pub enum ClusterCommand {
    /// Make this node the first of a new cluster
    Create {
        /// What to call the cluster
        #[arg(long)]
        name: String,
        /// Where other nodes reach this one [default: as nasd was configured]
        #[arg(long, value_name = "HOST:PORT")]
        advertise: Option<String>,
    },
    /// Make this node a member of a cluster
    ///
    /// The token comes from `nasctl cluster token` on a member. It is read from a file or from standard
    /// input, never from the command line: other users of the machine can read command lines.
    Join {
        /// The file that holds the token [default: standard input]
        #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
        token_file: Option<PathBuf>,
        /// Where other nodes reach this one [default: as nasd was configured]
        #[arg(long, value_name = "HOST:PORT")]
        advertise: Option<String>,
    },
    /// Show how the cluster, its nodes and its volumes do
    Status,
    /// Give the cluster another authority: what shows machines that join that this is their cluster
    ///
    /// For when the key of the old one may be known, for instance after a node's disk was stolen (remove that node
    /// first). Nodes know each other by their own keys and go on working; each takes the new authority over, one that
    /// is off when it is back. Join tokens that were not used yet are void.
    RotateAuthority,
    /// Print a token that makes the first administrator of the management interface, once, within 24 hours
    ///
    /// Refused when there is an administrator already. It is used with POST /api/v1/setup.
    SetupToken,
    /// Print a token that lets one node join, once
    Token {
        /// How long it is good for [default: 900]
        #[arg(long, value_name = "SECONDS")]
        ttl: Option<u32>,
    },
}

#[derive(Debug, Subcommand)]
pub enum NodeCommand {
    /// List the nodes
    List,
}

#[derive(Debug, Subcommand)]
pub enum VolumeCommand {
    /// Make a volume
    Create {
        name: String,
        /// How many nodes hold a copy [default: three, or all nodes of a smaller cluster]
        #[arg(long, value_parser = clap::value_parser!(u8).range(1..=i64::from(REPLICAS_MAX)))]
        replicas: Option<u8>,
        /// Bytes of data that it may hold, before compression [default: as many as fit]
        ///
        /// K, M, G and T stand for powers of 1024.
        #[arg(long, value_name = "BYTES", value_parser = size)]
        limit_bytes: Option<u64>,
        /// Files, directories and links that it may hold [default: as many as fit]
        #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u64).range(1..))]
        limit_files: Option<u64>,
    },
    /// Change how much a volume may hold
    ///
    /// What is there already stays, even if it is more; only growth is refused.
    Set {
        name: String,
        /// As for create; `none` takes the limit away
        #[arg(long, value_name = "BYTES", value_parser = size_or_none, required_unless_present = "limit_files")]
        limit_bytes: Option<Limit>,
        /// As for create; `none` takes the limit away
        #[arg(long, value_name = "COUNT", value_parser = count_or_none)]
        limit_files: Option<Limit>,
    },
    /// List the volumes
    List,
    /// Destroy a volume and all files in it
    ///
    /// Shows what would be lost and asks for the volume's name; --yes answers that.
    Delete {
        name: String,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}

#[derive(Debug, Subcommand)]
pub enum ExportCommand {
    /// Let NFS clients mount a volume
    ///
    /// Without --client nobody can mount it. The first rule whose network holds a client decides.
    Create(CreateExportArgs),
    /// List the exports and who may mount them
    List,
    /// Replace who may mount an export, at once and without a gap
    Set(SetExportArgs),
    /// Stop exporting a path; the volume stays
    Delete {
        /// The export's path, for instance /demo
        path: String,
    },
}

#[derive(Debug, Args)]
pub struct CreateExportArgs {
    /// What clients mount, for instance /demo
    pub path: String,
    #[arg(long)]
    pub volume: String,
    /// Who may mount it and how: NETWORK[:ro|rw][:root_squash|all_squash|no_root_squash][:secure|insecure]
    /// [:anonuid=N][:anongid=N], for instance 192.0.2.0/24:ro. Read-write, root_squash and secure unless said
    /// otherwise. secure: only calls from ports below 1024 are taken, which on the client need root; with insecure
    /// any program there can act as any user
    #[arg(long = "client", value_name = "RULE")]
    pub clients: Vec<ClientRule>,
}

#[derive(Debug, Args)]
pub struct SetExportArgs {
    /// The export's path, for instance /demo
    pub path: String,
    /// Who may mount it and how, as for create, instead of all rules that there were; say it once for each rule
    #[arg(long = "client", value_name = "RULE", required_unless_present = "nobody")]
    pub clients: Vec<ClientRule>,
    /// No rules: nobody can mount it
    #[arg(long, conflicts_with = "clients")]
    pub nobody: bool,
}

#[derive(Debug, Args)]
pub struct MountArgs {
    pub volume: String,
    /// An empty directory on the node; with --server one below its directory for mounts, where nasd makes it
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub at: PathBuf,
    #[arg(long)]
    pub read_only: bool,
    /// Setuid and setgid programs and file capabilities have effect; as root of the node only
    #[arg(long)]
    pub suid: bool,
    /// Device files open devices of the node; as root of the node only
    #[arg(long)]
    pub dev: bool,
}

/// A limit as it is given: a number, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit(pub Option<u64>);

/// A number of bytes, at least 1; a unit multiplies by a power of 1024.
fn size(text: &str) -> Result<u64, String> {
    let bad = || {
        format!("`{text}` is no size: write a number of at least 1, with K, M, G or T behind it if you like")
    };
    let plain = text.strip_suffix("iB").unwrap_or(text);
    let (digits, shift) = match plain.char_indices().last() {
        Some((at, unit)) if unit.is_ascii_alphabetic() => {
            let shift = "KMGT".find(unit.to_ascii_uppercase()).ok_or_else(bad)?;
            (&plain[..at], 10 * (shift as u32 + 1))
        }
        _ => (plain, 0),
    };
    let number: u64 = digits.parse().map_err(|_| bad())?;
    let bytes = number.checked_mul(1 << shift).filter(|bytes| (1..=i64::MAX as u64).contains(bytes));
    bytes.ok_or_else(bad)
}

fn size_or_none(text: &str) -> Result<Limit, String> {
    if text == "none" { Ok(Limit(None)) } else { size(text).map(|bytes| Limit(Some(bytes))) }
}

fn count_or_none(text: &str) -> Result<Limit, String> {
    match text.parse() {
        _ if text == "none" => Ok(Limit(None)),
        Ok(count @ 1..) => Ok(Limit(Some(count))),
        _ => Err(format!("`{text}` is no count: write a number of at least 1, or none")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn sizes_have_units() {
        for (text, bytes) in
            [("1", 1), ("10k", 10 << 10), ("3M", 3 << 20), ("2GiB", 2 << 30), ("1T", 1 << 40)]
        {
            assert_eq!(size(text), Ok(bytes), "{text}");
        }
        for bad in ["", "0", "G", "-1", "1.5G", "1X", "9999999999T", "곳간"] {
            assert!(size(bad).is_err(), "{bad}");
        }
        assert_eq!((size_or_none("none"), count_or_none("none")), (Ok(Limit(None)), Ok(Limit(None))));
        assert_eq!((size_or_none("1K"), count_or_none("7")), (Ok(Limit(Some(1024))), Ok(Limit(Some(7)))));
        assert!(count_or_none("0").is_err() && count_or_none("1K").is_err());
    }
}
