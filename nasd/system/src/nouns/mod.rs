//! The list of nouns, and what is made of it: the commands and why they are refused, the changes of rows, and
//! the whole state.
//!
//! A noun is a folder here, its `mod` and its line in the list. Its command is [`Described`] and says what it does
//! ([`Decide`]), its changes of rows know where they are kept ([`RowChange`]), and its error says what can be done
//! ([`Refusal`]). See `docs/formats/system-state.md`.

mod accounts;
mod alert;
mod channel;
mod cluster;
mod export;
mod node;
mod settings;
mod snmp_community;
mod snmp_user;
mod snmp_view;
mod task;
mod token;
mod volume;

use crate::audit::Audit;
use crate::noun::{At, Described, Refusal, RefusalKind, RowChange, Tag};
use nasd_state::StateError;
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Of each noun: its folder, its name and command; where the view shows its rows, and how one of them changes; why it
/// refuses.
macro_rules! nouns {
    ($($folder:ident: $noun:ident($command:ident), $rows:ident: $change:ident, $error:ident;)*) => {
        $(pub use $folder::*;)*

        /// One change of the cluster's state: of which noun, and what. As the system group's log and the control frames
        /// carry it.
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        pub enum SystemCommand {
            /// Changes nothing: something that happened elsewhere, for the audit log. Before the nouns, whose list grows.
            Note { action: String, outcome: String },
            $($noun($command),)*
        }

        /// Why a command was refused, or whether it could be decided at all. A refused command changed nothing.
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
        pub enum SystemError {
            #[error("this cluster has as many {0} as it can hold")]
            Full(String),
            #[error("the command could not be read; is the node that sent it newer?")]
            BadCommand,
            /// Nothing was decided, as far as is known; the command may still take effect.
            #[error(
                "the cluster did not decide in time: {0}. A majority of nodes must be up and able to reach each other"
            )]
            NoQuorum(String),
            #[error("the system group of this node has stopped: {0}")]
            Stopped(String),
            #[error("somebody else has changed it since you looked; look again, and decide anew")]
            Changed,
            $(#[error(transparent)]
            $noun(#[from] $error),)*
        }

        /// One row's change.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub(crate) enum Effect {
            $($noun($change),)*
        }

        /// The whole state at one moment: all rows, by their keys, and shared with later states as long as they are the
        /// same.
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        pub struct SystemView {
            /// The index of the last log entry that changed anything: a later state has a greater one.
            pub version: u64,
            pub audit: Arc<Audit>,
            $(pub $rows: Arc<<$change as RowChange>::Rows>,)*
        }

        $(impl From<$command> for SystemCommand {
            fn from(command: $command) -> SystemCommand {
                SystemCommand::$noun(command)
            }
        })*

        $(impl From<$change> for Effect {
            fn from(change: $change) -> Effect {
                Effect::$noun(change)
            }
        })*

        impl Described for SystemCommand {
            fn describe(&self) -> String {
                match self {
                    $(SystemCommand::$noun(command) => command.describe(),)*
                    SystemCommand::Note { action, .. } => action.clone(),
                }
            }

            fn outcome(&self) -> String {
                match self {
                    $(SystemCommand::$noun(command) => command.outcome(),)*
                    SystemCommand::Note { outcome, .. } => outcome.clone(),
                }
            }
        }

        impl Refusal for SystemError {
            fn kind(&self) -> RefusalKind {
                match self {
                    SystemError::Full(_) => RefusalKind::Conflict,
                    SystemError::BadCommand => RefusalKind::Invalid,
                    SystemError::NoQuorum(_) | SystemError::Stopped(_) => RefusalKind::Undecided,
                    SystemError::Changed => RefusalKind::Changed,
                    $(SystemError::$noun(error) => error.kind(),)*
                }
            }

            #[cfg(feature = "testing")]
            fn samples() -> Vec<SystemError> {
                let mut all = nasd_base::every_variant!(SystemError {
                    Full("exports".to_owned()),
                    BadCommand,
                    NoQuorum("no leader is known".to_owned()),
                    Stopped("its leadership is no longer reported".to_owned()),
                    Changed,
                    $($noun($error::samples().swap_remove(0))),*
                });
                $(all.extend($error::samples().into_iter().map(SystemError::$noun));)*
                all
            }
        }

        impl Decide for SystemCommand {
            fn decide(&self, view: &SystemView, at: &At<'_>) -> Decision {
                match self {
                    $(SystemCommand::$noun(command) => command.decide(view, at),)*
                    SystemCommand::Note { .. } => done::<Effect>([]),
                }
            }

            fn tag(&self, view: &SystemView) -> Result<Option<Tag>, SystemError> {
                match self {
                    $(SystemCommand::$noun(command) => command.tag(view),)*
                    SystemCommand::Note { .. } => Ok(None),
                }
            }
        }

        impl SystemView {
            /// The tables of all nouns.
            pub(crate) const SCHEMAS: &[&str] = &[$(<$change as RowChange>::SCHEMA),*];

            /// The rows of all nouns, as the tables have them.
            pub(crate) fn load(db: &Connection) -> Result<SystemView, StateError> {
                $(let $rows = Arc::new(<$change as RowChange>::load(db)?);)*
                Ok(SystemView { $($rows,)* ..SystemView::default() })
            }

            pub(crate) fn take(&mut self, effect: Effect) {
                match effect {
                    $(Effect::$noun(change) => change.take(Arc::make_mut(&mut self.$rows)),)*
                }
            }
        }

        impl Effect {
            pub(crate) fn write(&self, db: &Connection) -> Result<(), StateError> {
                match self {
                    $(Effect::$noun(change) => change.write(db),)*
                }
            }
        }
    };
}

// Append, never reorder.
nouns! {
    cluster: Cluster(ClusterCommand), cluster: ClusterEffect, ClusterError;
    settings: Settings(SettingsCommand), settings: SettingsEffect, SettingsError;
    node: Node(NodeCommand), nodes: NodeInfo, NodeError;
    token: Token(TokenCommand), tokens: TokenEffect, TokenError;
    volume: Volume(VolumeCommand), volumes: VolumeEffect, VolumeError;
    export: Export(ExportCommand), exports: ExportEffect, ExportError;
    accounts: Account(AccountCommand), accounts: AccountEffect, AccountError;
    task: Task(TaskCommand), tasks: TaskEffect, TaskError;
    snmp_view: SnmpView(SnmpViewCommand), snmp_views: SnmpViewEffect, SnmpViewError;
    snmp_user: SnmpUser(SnmpUserCommand), snmp_users: SnmpUserEffect, SnmpUserError;
    snmp_community: SnmpCommunity(SnmpCommunityCommand), snmp_communities: SnmpCommunityEffect, SnmpCommunityError;
    alert: Alert(AlertCommand), alerts: AlertEffect, AlertError;
    channel: Channel(ChannelCommand), channels: ChannelEffect, ChannelError;
}

/// What a command did. Append, never reorder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SystemReply {
    Done,
    Registered(NodeInfo),
    Volume(VolumeInfo),
    Task(Box<Task>),
    /// The deliveries that are the node's for a while.
    Leased(Vec<DeliveryId>),
    Silence(SilenceId),
}

/// An accepted command: its reply, and the rows that change.
pub(crate) type Decision = Result<(SystemReply, Vec<Effect>), SystemError>;

/// What a noun's commands do.
pub(crate) trait Decide {
    /// Pure, so that every replica decides the same.
    fn decide(&self, view: &SystemView, at: &At<'_>) -> Decision;

    /// The tag of what the command edits, if that has one.
    ///
    /// # Errors
    /// For what is not there (any more).
    fn tag(&self, _: &SystemView) -> Result<Option<Tag>, SystemError> {
        Ok(None)
    }
}

pub(crate) fn done<E: Into<Effect>>(changes: impl IntoIterator<Item = E>) -> Decision {
    Ok((SystemReply::Done, changes.into_iter().map(Into::into).collect()))
}
