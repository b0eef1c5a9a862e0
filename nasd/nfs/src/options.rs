//! The server's limits, and why each is what it is.

use crate::budget::CALL_BYTES_MIN;
use nasd_fs::TRANSFER_BYTES_MAX;
use std::time::Duration;

/// Limits of one server. The defaults suit a node with 4 GiB of memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NfsOptions {
    /// Largest RPC record, in bytes: a WRITE of 1 MiB with its head. Larger ones end the connection.
    pub record_bytes_max: usize,
    /// Open connections of all clients; more are closed at once. An idle one was measured to take 8.6 kB.
    pub connections_max: usize,
    /// Open connections of one address: `nconnect` goes to 16, and a NAT may hide several machines.
    pub connections_per_client_max: usize,
    /// Calls of one connection that are carried out at a time. Linux sends up to 128; the rest wait in TCP.
    pub calls_per_connection_max: usize,
    /// Bytes of requests and replies that all calls together may hold.
    pub memory_bytes_max: usize,
    /// The same for one client address.
    pub memory_per_client_bytes_max: usize,
    /// A connection without calls for this long is closed. Linux closes its own after five minutes, so this
    /// only clears away clients that vanished.
    pub idle_timeout: Duration,
    /// A record must be complete this long after its first byte.
    pub record_timeout: Duration,
    /// A reply must have been taken by the client this long after it reached the head of the queue.
    pub reply_timeout: Duration,
    /// How long a stopping server waits for the calls that it has begun.
    pub drain_timeout: Duration,
    /// Replies of non-idempotent calls that are remembered.
    pub remembered_replies_max: usize,
    /// Bytes of those replies.
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
    /// Raises budgets that could not hold the largest call, or one small call for every connection.
    pub(crate) fn made_workable(mut self) -> Self {
        self.record_bytes_max = self.record_bytes_max.clamp(4096, 16 << 20);
        self.connections_max = self.connections_max.max(1);
        self.connections_per_client_max = self.connections_per_client_max.max(1);
        self.calls_per_connection_max = self.calls_per_connection_max.max(1);
        let largest = 2 * (self.record_bytes_max + TRANSFER_BYTES_MAX as usize);
        let per_client = largest + self.connections_per_client_max * 2 * CALL_BYTES_MIN;
        let all = largest + self.connections_max * 2 * CALL_BYTES_MIN;
        self.memory_per_client_bytes_max = self.memory_per_client_bytes_max.max(per_client);
        self.memory_bytes_max = self.memory_bytes_max.max(all);
        self
    }
}
