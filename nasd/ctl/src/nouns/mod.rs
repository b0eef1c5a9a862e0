//! The list of nouns: what can be asked of each, and what the configuration file says of some.
//!
//! A new noun is a file or folder here, its `mod` and its line in `nouns!`, and touches nothing else.

mod alert;
mod api_token;
mod audit;
mod certificate;
mod channel;
pub mod check;
mod client;
mod cluster;
mod counters;
mod diagnose;
mod disk;
mod events;
mod export;
mod group;
mod mount;
mod node;
mod performance;
mod session;
mod settings;
mod snmp;
mod task;
mod top;
mod user;
mod volume;

use crate::asked::Asked;
use crate::config::list::sections;
use crate::failure::Failure;
use crate::reach::{Node, Reach};
use clap::Subcommand;
use snmp::view as snmp_view;

/// Of each noun: how clap takes it if it has commands of its own, the word for it, its type, and its section of the
/// configuration file if it has one; and a second section with its step. The name of a section's module is its key.
macro_rules! nouns {
    ($(
        $(#[$how:meta])? $noun:ident($asked:ty)
            $(, one section $one:ident::$one_section:ident)? $(, section $key:ident::$section:ident)?
            $(, and $also:ident $second:ident::$second_section:ident)?;
    )*) => {
        #[derive(Debug, Subcommand)]
        pub enum Noun {
            $($(#[$how])? $noun($asked),)*
        }

        impl Asked for Noun {
            fn place(&self, reach: Reach) -> Reach {
                match self {
                    $(Noun::$noun(asked) => asked.place(reach),)*
                }
            }

            async fn run(self, at: &Node, json: bool) -> Result<(), Failure> {
                match self {
                    $(Noun::$noun(asked) => asked.run(at, json).await,)*
                }
            }
        }

        // In the file, what there is one of comes first.
        sections! {
            $($($noun $one: $one::$one_section;)?)*
            $($($noun $key: $key::$section;)?)*
            $($($also $second: $second::$second_section;)?)*
        }
    };
}

// In the order of `nasctl --help`. Those that a section names come before it.
nouns! {
    #[command(subcommand)] Cluster(cluster::ClusterCommand);
    #[command(subcommand)] Node(node::NodeCommand);
    #[command(subcommand)] Volume(volume::VolumeCommand), section volume::VolumeSection;
    #[command(subcommand)] Export(export::ExportCommand), section export::ExportSection;
    #[command(subcommand)] Disk(disk::DiskCommand);
    #[command(subcommand)] Client(client::ClientCommand);
    #[command(subcommand)] Task(task::TaskCommand);
    Check(check::CheckArgs);
    Performance(performance::PerformanceArgs);
    Top(top::TopArgs);
    Events(events::EventsArgs);
    Diagnose(diagnose::DiagnoseArgs);
    #[command(subcommand)] Alert(alert::AlertCommand);
    #[command(subcommand)] Channel(channel::ChannelCommand), section channel::ChannelSection;
    #[command(subcommand)] User(user::UserCommand), section user::UserSection;
    #[command(subcommand)] Group(group::GroupCommand), section group::GroupSection;
    #[command(subcommand)] Session(session::SessionCommand);
    #[command(subcommand)] Token(api_token::TokenCommand);
    #[command(subcommand)] Audit(audit::AuditCommand);
    #[command(subcommand)] Certificate(certificate::CertificateCommand);
    #[command(subcommand)] Settings(settings::SettingsCommand), one section settings::SettingsSection;
    #[command(subcommand)] Snmp(snmp::SnmpCommand), one section snmp::SnmpSection, and SnmpView snmp_view::SnmpViewSection;
    Mount(mount::MountArgs);
    Unmount(mount::UnmountArgs);
    Mounts(mount::MountsArgs);
    Counters(counters::CountersArgs);
}
