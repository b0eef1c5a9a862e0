//! The server's limits, and why each is what it is.

use crate::memory::{CALL_BYTES_MIN, SMALL_PART, large_call_bytes};
use nasd_base::door::DoorLimits;
use nasd_fs::TRANSFER_BYTES_MAX;
use std::time::Duration;

/// Limits of one server. The defaults suit a node with 4 GiB of memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NfsOptions {
    /// Largest RPC record, in bytes: a WRITE of 1 MiB with its head. Larger ones end the connection.
    pub record_bytes_max: usize,
    /// Open connections of clients that an export rule names; more are closed at once. An idle one was measured to
    /// take 8.6 kB.
    pub connections_max: usize,
    /// The same of one host: `nconnect` goes to 16, and a NAT may hide several machines.
    pub connections_per_client_max: usize,
    /// Open connections of everybody else. The next one takes the place of one that is there.
    pub strangers_max: usize,
    /// The same of one host.
    pub strangers_per_client_max: usize,
    /// A stranger's connection without calls for this long is closed.
    pub strangers_idle_timeout: Duration,
    /// Calls of one connection that are carried out at a time. Linux sends up to 128; the rest wait in TCP.
    pub calls_per_connection_max: usize,
    /// Bytes of requests and replies that all calls of known clients together may hold; a quarter is kept for small
    /// calls. Connections that wait are not counted, nor strangers, who take 16 KiB each.
    pub memory_bytes_max: usize,
    /// The same for one host.
    pub memory_per_client_bytes_max: usize,
    /// A connection without calls for this long is closed. Linux closes its own after five minutes, so this
    /// only clears away clients that vanished.
    pub idle_timeout: Duration,
    /// A record must be complete this long after its first byte; much sooner when others wait for its memory.
    pub record_timeout: Duration,
    /// A reply must have been taken by the client this long after it reached the head of the queue; much sooner when
    /// others wait for its memory.
    pub reply_timeout: Duration,
    /// How long a stopping server waits for the calls that it has begun.
    pub drain_timeout: Duration,
    /// Replies of non-idempotent calls that are remembered. When there are more, the client that has most loses its
    /// oldest.
    pub remembered_replies_max: usize,
    /// Bytes of those replies, with what it takes to find them.
    pub remembered_bytes_max: usize,
    /// How long a reply is remembered: longer than any client waits before it repeats a call.
    pub remembered_age_max: Duration,
    /// Inodes whose generation is remembered; about 60 bytes each.
    pub generations_max: usize,
    /// Tell the rpcbind at 127.0.0.1:111, if there is one, about NFS and MOUNT.
    pub register_with_rpcbind: bool,
}

impl Default for NfsOptions {
    fn default() -> Self {
        NfsOptions {
            record_bytes_max: TRANSFER_BYTES_MAX as usize + 64 * 1024,
            connections_max: 12_000,
            connections_per_client_max: 256,
            strangers_max: 256,
            strangers_per_client_max: 32,
            strangers_idle_timeout: Duration::from_secs(10),
            calls_per_connection_max: 64,
            memory_bytes_max: 256 << 20,
            memory_per_client_bytes_max: 64 << 20,
            idle_timeout: Duration::from_secs(3600),
            record_timeout: Duration::from_secs(60),
            reply_timeout: Duration::from_secs(60),
            drain_timeout: Duration::from_secs(5),
            remembered_replies_max: 65_536,
            remembered_bytes_max: 32 << 20,
            remembered_age_max: Duration::from_secs(300),
            generations_max: 131_072,
            register_with_rpcbind: false,
        }
    }
}

impl NfsOptions {
    /// Raises budgets that could not hold the largest call beside others, or one connection's small ones.
    pub(crate) fn made_workable(mut self) -> Self {
        self.record_bytes_max = self.record_bytes_max.clamp(4096, 16 << 20);
        self.connections_max = self.connections_max.max(1);
        self.connections_per_client_max = self.connections_per_client_max.max(1);
        self.calls_per_connection_max = self.calls_per_connection_max.max(1);
        let small = SMALL_PART * self.calls_per_connection_max * CALL_BYTES_MIN;
        let host = small.max(4 * large_call_bytes(&self));
        self.memory_per_client_bytes_max = self.memory_per_client_bytes_max.max(host);
        self.memory_bytes_max = self.memory_bytes_max.max(2 * host);
        self
    }

    pub(crate) fn door(&self) -> DoorLimits {
        DoorLimits {
            strangers_max: self.strangers_max,
            strangers_per_host_max: self.strangers_per_client_max,
            known_max: self.connections_max,
            known_per_host_max: self.connections_per_client_max,
        }
    }
}
