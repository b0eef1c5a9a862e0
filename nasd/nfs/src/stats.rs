//! What the server counts, and who is connected: the figures behind metrics and the client list.

use crate::clients::{Tally, VolumeTallies};
use crate::counter::Counter;
use crate::v3::types::Status;
use crate::v3::{PROCEDURE_NAMES, PROCEDURES};
use nasd_base::Timestamp;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;
use tokio::time::Instant;

/// A connection as it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientInfo {
    pub address: SocketAddr,
    /// Calls received since it connected.
    pub calls: u64,
    pub bytes_in: u64,
    pub bytes_out: u64,
    /// How long it has been connected.
    pub connected: Duration,
}

/// The server's figures since it started, unless said otherwise.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NfsCounters {
    /// Open now.
    pub connections: u64,
    /// Those of them from addresses that no export rule names.
    pub strangers: u64,
    pub connections_accepted: u64,
    /// Closed at once because a limit was reached.
    pub connections_refused: u64,
    /// Closed because a record made no sense, was too large or took too long.
    pub connections_broken: u64,
    /// Closed because the client did not read its replies.
    pub connections_stalled: u64,
    pub connections_idle_closed: u64,
    pub calls: u64,
    /// By NFSv3 procedure number.
    pub procedures: [u64; PROCEDURES],
    pub mount_calls: u64,
    /// Calls refused by RPC: unknown programs, bad credentials, undecodable arguments.
    pub rpc_errors: u64,
    /// Calls whose handler panicked: bugs.
    pub panics: u64,
    /// Forged or foreign handles.
    pub bad_handles: u64,
    pub stale_handles: u64,
    /// ACCES replies: exports and permissions.
    pub access_denied: u64,
    pub retries_answered: u64,
    /// Repetitions of calls in progress.
    pub retries_joined: u64,
    /// Changes left unanswered because their outcome is unknown.
    pub unanswered: u64,
    pub bytes_in: u64,
    pub bytes_out: u64,
    /// Bytes that calls hold now.
    pub memory_bytes: u64,
    /// Replies that are remembered now.
    pub remembered: u64,
}

impl NfsCounters {
    /// NFSv3 calls, by what RFC 1813 calls the procedure.
    pub fn by_procedure(&self) -> impl Iterator<Item = (&'static str, u64)> {
        PROCEDURE_NAMES.into_iter().zip(self.procedures)
    }
}

macro_rules! totals {
    ($($name:ident),* $(,)?) => {
        /// The counters as they are counted.
        #[derive(Default)]
        pub(crate) struct CallTotals {
            $(pub(crate) $name: Counter,)*
            pub(crate) procedures: [Counter; PROCEDURES],
        }

        impl CallTotals {
            /// The figures; those that are not counted here are left at 0.
            pub(crate) fn snapshot(&self) -> NfsCounters {
                NfsCounters {
                    $($name: self.$name.get(),)*
                    procedures: std::array::from_fn(|number| self.procedures[number].get()),
                    ..NfsCounters::default()
                }
            }
        }
    };
}

totals! {
    connections_accepted, connections_refused, connections_broken, connections_stalled,
    connections_idle_closed, calls, mount_calls, rpc_errors, panics, bad_handles, stale_handles,
    access_denied, retries_answered, retries_joined, unanswered, bytes_in, bytes_out,
}

impl CallTotals {
    pub(crate) fn note_status(&self, status: Status) {
        match status {
            Status::BadHandle => self.bad_handles.add(1),
            Status::Stale => self.stale_handles.add(1),
            Status::Access => self.access_denied.add(1),
            _ => {}
        }
    }
}

/// One connection's figures.
pub(crate) struct ConnectionStats {
    pub(crate) id: u64,
    pub(crate) address: SocketAddr,
    pub(crate) begun: Timestamp,
    pub(crate) calls: Counter,
    pub(crate) bytes_in: Counter,
    pub(crate) bytes_out: Counter,
    pub(crate) volumes: VolumeTallies,
    since: Instant,
}

impl ConnectionStats {
    pub(crate) fn new(id: u64, address: SocketAddr, begun: Timestamp) -> ConnectionStats {
        let (calls, bytes_in, bytes_out, volumes) = Default::default();
        ConnectionStats { id, address, begun, calls, bytes_in, bytes_out, volumes, since: Instant::now() }
    }

    pub(crate) fn client(&self) -> IpAddr {
        self.address.ip().to_canonical()
    }

    pub(crate) fn tally(&self) -> Tally {
        let (calls, bytes_in, bytes_out) = (self.calls.get(), self.bytes_in.get(), self.bytes_out.get());
        Tally { calls, bytes_in, bytes_out }
    }

    pub(crate) fn count_call(&self, bytes: u64) {
        self.bytes_in.add(bytes);
        self.calls.add(1);
    }

    pub(crate) fn info(&self) -> ClientInfo {
        ClientInfo {
            address: self.address,
            calls: self.calls.get(),
            bytes_in: self.bytes_in.get(),
            bytes_out: self.bytes_out.get(),
            connected: self.since.elapsed(),
        }
    }
}
