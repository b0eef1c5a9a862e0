//! The list of nouns, and what is made of it: what this crate shows of each, who serves them, their routes, and their
//! words for what is refused.
//!
//! A noun is a file here with its types, its operations and what they are refused with (`refusals!`), what
//! they are called in the audit log (`deeds!`), its `mod` and its line in the list.

mod alert;
mod api_token;
mod audit;
mod channel;
mod client;
mod cluster;
mod counters;
mod delivery;
mod diagnosis;
mod disk;
mod event;
mod export;
mod factor;
mod group;
mod mount;
mod node;
mod performance;
mod refused_mount;
mod session;
mod settings;
mod setup;
mod snmp;
mod snmp_community;
mod snmp_user;
mod snmp_view;
mod support_bundle;
mod task;
mod top;
mod user;
mod volume;

use crate::certificate;
use crate::deed::Words;
use crate::handler::handler;
use crate::operation::Serve;
use crate::route::Route;
use axum::routing::MethodRouter;
use std::sync::Arc;

/// Of each noun: its file, whether that declares refusals and what deeds are called, and its operations.
macro_rules! nouns {
    ($($noun:ident $(with $refusals:ident $(and $deeds:ident)?)?: $($operation:ident),+;)+) => {
        $(pub use $noun::*;)+

        /// Serves every operation.
        pub trait Operations: $($(Serve<$operation> +)+)+ Send + Sync + 'static {}

        impl<S: $($(Serve<$operation> +)+)+ Send + Sync + 'static> Operations for S {}

        pub(crate) fn of_operations() -> Vec<Route> {
            vec![$($(Route::of::<$operation>()),+),+]
        }

        /// Every operation with what answers requests for it.
        pub(crate) fn handlers<S: Operations>(server: &Arc<S>) -> Vec<(Route, MethodRouter)> {
            vec![$($((Route::of::<$operation>(), handler::<$operation, S>(server))),+),+]
        }

        /// The words of what is recorded.
        pub(crate) const DEEDS: &[&[Words]] = &[$($($(self::$noun::$deeds::WORDS,)?)?)+];

        /// What is refused, in words.
        pub(crate) mod refused {
            use crate::refused::words::Table;

            $($(pub use super::$noun::$refusals::*;)?)+

            pub(crate) const TABLES: &[Table] = &[$($(super::$noun::$refusals::TABLE,)?)+];

            #[cfg(test)]
            pub(crate) fn samples() -> Vec<crate::ApiError> {
                [$($(super::$noun::$refusals::samples(),)?)+].concat()
            }
        }
    };
}

nouns! {
    cluster with refusals and deeds: ReadHealth, ReadCluster, ClusterCreate, ClusterJoin, CreateToken, RotateAuthority, ListNodes;
    settings with refusals and deeds: ReadSettings, ChangeSettings;
    certificate: ReadCertificate, NewCertificate, ResetCertificate;
    volume with refusals and deeds: ListVolumes, CreateVolume, ReadVolume, DeleteVolume, SetLimits, SetDescription, SetRoot;
    export with refusals and deeds: ListExports, CreateExport, SetClients, DeleteExport;
    mount with refusals and deeds: ListMounts, MountRequest, Unmount;
    node with refusals: ReadNode;
    disk with refusals: ListDisks, ReadDisk;
    client with refusals: ListClients, ReadClient, ListBusyClients;
    refused_mount: ListRefusedMounts;
    task with refusals and deeds: ListTasks, StartTask, ReadTask, CancelTask;
    event: ListEvents;
    alert with refusals and deeds: ListAlerts, ListPastAlerts, ReadAlert, AcknowledgeAlert, ListSilences, CreateSilence, EndSilence;
    channel with refusals and deeds: ListChannels, CreateChannel, ReadChannel, UpdateChannel, DeleteChannel, TestChannel;
    delivery with refusals and deeds: ListDeliveries, TakeDeliveries, ReportDelivery;
    performance with refusals: ReadPerformance;
    top: ReadTop;
    diagnosis with refusals and deeds: ListDiagnoses, ReadDiagnosis, StartDiagnosis;
    support_bundle with refusals and deeds: CreateSupportBundle, ListSupportBundles, ReadSupportBundle;
    counters: ReadCounters;
    group with refusals and deeds: ListGroups, CreateGroup, ReadGroup, UpdateGroup, DeleteGroup;
    setup with refusals and deeds: CreateSetupToken, SetUp;
    user with refusals and deeds: ListRoles, ListUsers, CreateUser, ReadUser, UpdateUser, DeleteUser, SetPassword, UnlockUser,
        ReadAccount, SetOwnPassword;
    factor with refusals and deeds: OfferFactor, ConfirmFactor, RemoveOwnFactor, RemoveFactor;
    session with refusals and deeds: ListSessions, EndSession, ListOwnSessions, EndOwnSession;
    api_token with refusals and deeds: ListApiTokens, DeleteApiToken, ListOwnApiTokens, CreateApiToken, DeleteOwnApiToken;
    snmp with refusals and deeds: ReadSnmp, ChangeSnmp, ReadSnmpAgent, ReportSnmp;
    snmp_user with refusals and deeds: ListSnmpUsers, CreateSnmpUser, ReadSnmpUser, ChangeSnmpUser, DeleteSnmpUser;
    snmp_community with refusals and deeds: ListSnmpCommunities, CreateSnmpCommunity, ReadSnmpCommunity, ChangeSnmpCommunity,
        DeleteSnmpCommunity;
    snmp_view with refusals and deeds: ListSnmpViews, CreateSnmpView, ReadSnmpView, ChangeSnmpView, DeleteSnmpView;
    audit with refusals: ReadAudit, VerifyAudit;
}
