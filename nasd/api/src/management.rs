//! Owns the list of what can be asked: the trait that the daemon implements.

use crate::{
    Accounts, ApiError, CertificateInfo, ChangeSettings, ClusterCreate, ClusterJoin, ClusterStatus,
    ConnectedClient, Counters, CreateToken, CreateVolume, DiskInfo, Event, Events, Health, Limits, MountInfo,
    MountReach, MountRequest, NewCertificate, NodeInfo, Performance, Range, Settings, Setup, StartTask, Task,
    Token, VolumeInfo,
};
use nasd_base::net::BoxFuture;
use std::path::PathBuf;

/// What a management call gives back.
pub type Answer<'a, T> = BoxFuture<'a, Result<T, ApiError>>;

/// Carries out management requests. Calls may overlap; one that changes something returns when the change
/// is on a majority's disks and this node acts by it.
///
/// Requests arrive here decoded and within bounds, with volume names and replica counts checked; paths and
/// addresses are not checked yet. A caller that goes
/// away, or waits longer than the server's limit, drops the future: an implementation whose half-done work
/// would matter carries it on in a task of its own.
pub trait Management: Accounts + Setup {
    /// Answered from what this node knows, without waiting for a majority: it must work when nothing else
    /// does. A node in no cluster answers with [`ApiError::no_cluster`].
    fn cluster_status(&self) -> Answer<'_, ClusterStatus>;

    /// The word of it for whoever asks, which costs less.
    fn health(&self) -> Answer<'_, Health> {
        Box::pin(async { Ok(self.cluster_status().await?.health) })
    }

    /// The new cluster's state. `Conflict` when the node is in a cluster already.
    fn create_cluster(&self, request: ClusterCreate) -> Answer<'_, ClusterStatus>;

    /// The joined cluster's state. `Denied` for a token that is wrong, spent or expired.
    fn join_cluster(&self, request: ClusterJoin) -> Answer<'_, ClusterStatus>;

    /// `until`: the token is good no longer than that (seconds since 1970-01-01 UTC).
    fn create_token(&self, request: CreateToken, until: Option<i64>) -> Answer<'_, Token>;

    /// Gives the cluster another authority. `Conflict` while some node has not taken over the last one.
    fn rotate_authority(&self) -> Answer<'_, Task>;

    fn settings(&self) -> Answer<'_, Settings>;

    /// `etag`: refused with `PreconditionFailed` when the settings have another one by then.
    fn change_settings(&self, request: ChangeSettings, etag: Option<String>) -> Answer<'_, Settings>;

    fn nodes(&self) -> Answer<'_, Vec<NodeInfo>>;

    fn volumes(&self) -> Answer<'_, Vec<VolumeInfo>>;

    fn create_volume(&self, request: CreateVolume) -> Answer<'_, VolumeInfo>;

    /// Replaces the volume's limits; returns when they are in force. `etag`: refused with `PreconditionFailed`
    /// when the volume has another one by then.
    fn set_limits(&self, name: String, limits: Limits, etag: Option<String>) -> Answer<'_, VolumeInfo>;

    /// Destroys the volume and its data. `Conflict` while an export or a mount uses it.
    fn delete_volume(&self, name: String) -> Answer<'_, ()>;

    /// The mounts of this node.
    fn mounts(&self) -> Answer<'_, Vec<MountInfo>>;

    /// Returns when the kernel shows the mount.
    fn mount(&self, request: MountRequest, reach: MountReach) -> Answer<'_, MountInfo>;

    /// Returns when all data written through the mount is durable.
    fn unmount(&self, at: PathBuf, reach: MountReach) -> Answer<'_, ()>;

    fn counters(&self) -> Answer<'_, Counters>;

    /// The disks of all nodes that this one knows of.
    fn disks(&self) -> Answer<'_, Vec<DiskInfo>>;

    /// Who is connected to any node that answers.
    fn clients(&self) -> Answer<'_, Vec<ConnectedClient>>;

    /// Newest first.
    fn tasks(&self) -> Answer<'_, Vec<Task>>;

    /// `Conflict` when one of the kind is running.
    fn start_task(&self, request: StartTask) -> Answer<'_, Task>;

    /// The nodes stop within seconds. Nothing happens to a task that has ended.
    fn cancel_task(&self, id: u64) -> Answer<'_, ()>;

    /// Newest first.
    fn recent_events(&self) -> Answer<'_, Vec<Event>>;

    /// Those that happen from now on, until the node stops.
    fn events(&self) -> Answer<'_, Events>;

    fn performance(&self, range: Range) -> Answer<'_, Performance>;

    /// What this node shows browsers and API clients.
    fn certificate(&self) -> Answer<'_, CertificateInfo>;

    /// Replaces this node's certificate, for new connections. `InvalidRequest` for what cannot be used.
    fn set_certificate(&self, new: NewCertificate) -> Answer<'_, CertificateInfo>;

    /// As [`Management::set_certificate`], with a new self-signed one.
    fn reset_certificate(&self) -> Answer<'_, CertificateInfo>;
}
