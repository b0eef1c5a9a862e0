//! Owns a cluster in memory that keeps what it is told: every operation is served, a file for each noun. A noun whose
//! things have keys has a line in the list here, too, and the rest from [`kept`].

mod alert;
mod api_token;
mod audit;
mod certificate;
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
mod kept;
mod known;
mod login;
mod mount;
mod node;
mod performance;
mod proof;
mod refused_mount;
mod session;
mod sessions_end;
mod settings;
mod setup;
mod snmp;
mod snmp_community;
mod snmp_user;
mod snmp_view;
mod support_bundle;
mod task;
mod token;
mod top;
mod user;
mod volume;

use certificate::Certificate;
use kept::{Kept, Thing};
use sessions_end::SessionsEnd;

pub use known::{CAREFUL, CODE, CSRF, LOCKED, NOW, PASSWORD};

use nasd_api::*;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// The token that lets a node join.
pub const TOKEN: &str = "gotgan-join-8d1f4c";

/// Of each noun whose things have keys: where they are kept, what is said of a key that is taken, and of one that is
/// missing.
macro_rules! kept {
    ($($field:ident: $thing:ident, $taken:ident, $missing:ident;)*) => {
        #[derive(Default)]
        struct State {
            $($field: Kept<$thing>,)*
            cluster: Option<String>,
            /// Of the link that sets the node up.
            setup: Option<Secret>,
            mounts: BTreeMap<PathBuf, MountInfo>,
            tokens: u32,
            tasks: Vec<Task>,
            /// The name is the cluster's.
            sessions_end: SessionsEnd,
            time_zone: Option<String>,
            /// The console's address, which messages link to.
            console: String,
            /// Contact and location, and how often they were changed.
            contact: (String, String, u32),
            passwords: BTreeMap<String, Secret>,
            /// By their secrets.
            sessions: BTreeMap<String, SessionInfo>,
            api_tokens: BTreeMap<String, ApiTokenInfo>,
            /// Who acted, and what was recorded: action and outcome.
            audit: Vec<(String, String)>,
            last_op: Option<[u8; 16]>,
            stale: bool,
            /// How long each answer takes.
            wait: Duration,
            sessions_ended: bool,
            /// How often a credential was used by somebody.
            used: u64,
            /// Streams of events go on.
            endless: bool,
            /// A session of a role was used.
            role_logged_in: bool,
            records: Vec<AuditRecord>,
            /// Newest first; without any, an example is told.
            happened: Vec<Event>,
            refused: Vec<RefusedMount>,
            clients: Vec<FileClient>,
            /// Why.
            disk_failed: Option<String>,
            alerts: Vec<Alert>,
            silences: Vec<Silence>,
            deliveries: Vec<Delivery>,
            /// What it measures, where that was said.
            measured: Option<String>,
            messages: Vec<Message>,
            reported: Vec<(u64, Option<String>)>,
            snmp_agent: Option<SnmpAgent>,
            snmp_counts: Option<ReportSnmp>,
            findings: Vec<Finding>,
            bundles: Vec<SupportBundle>,
        }

        $(impl Thing for $thing {
            fn taken(key: &str) -> ApiError {
                refusal::$taken(key)
            }

            fn missing(key: &str) -> ApiError {
                refusal::$missing(key)
            }

            fn etag(&mut self) -> &mut String {
                &mut self.etag
            }
        })*
    };
}

kept! {
    channels: Channel, channel_exists, unknown_channel;
    exports: Export, export_exists, unknown_export;
    groups: Group, group_exists, unknown_group;
    snmp_communities: SnmpCommunity, snmp_community_exists, unknown_snmp_community;
    snmp_users: SnmpUser, snmp_user_exists, unknown_snmp_user;
    snmp_views: SnmpView, snmp_view_exists, unknown_snmp_view;
    users: User, user_exists, unknown_user;
    volumes: VolumeInfo, volume_name_taken, unknown_volume;
}

/// One node, in a cluster or not.
#[derive(Default)]
pub struct Memory {
    state: Arc<Mutex<State>>,
    certificate: Certificate,
}

impl Memory {
    /// A node that is in a cluster already.
    pub fn in_cluster() -> Memory {
        let memory = Memory::default();
        memory.state.lock().unwrap().cluster = Some("home".into());
        memory
    }

    /// Streams of events have no end of their own from now on.
    pub fn go_on(&self) {
        self.state.lock().unwrap().endless = true;
    }

    /// What the node measures, in either format, from now on.
    pub fn measures(&self, text: &str) {
        self.state.lock().unwrap().measured = Some(text.to_owned());
    }

    fn with<'a, T: Send + 'a>(&self, act: impl FnOnce(&mut State) -> Result<T, ApiError>) -> Answer<'a, T> {
        let answer = self.act(act);
        Box::pin(async move { answer })
    }

    /// Somebody makes something: for whoever looks at who did, and under which id.
    fn acts<O: Operation>(&self, call: &Call<O>) {
        let mut state = self.state.lock().unwrap();
        state.last_op = call.op.or(state.last_op);
        state.audit.push((call.caller.user.clone(), "acts".into()));
    }

    fn act<T>(&self, act: impl FnOnce(&mut State) -> Result<T, ApiError>) -> Result<T, ApiError> {
        act(&mut self.state.lock().unwrap())
    }
}
