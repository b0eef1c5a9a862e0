//! What this process counts and times since it started.

use super::family::{Family, Figure};
use nasd_node::Node;

pub fn families(node: &Node) -> Vec<Family> {
    let mut families = operations(node);
    families.extend(log_and_raft(node));
    families.extend(chunks(node));
    families.extend(nfs(node));
    families
}

fn operations(node: &Node) -> Vec<Family> {
    let mut times = Family::seconds(
        "operation_duration",
        "File operations from their arrival at this node to their answer, by protocol and kind",
    );
    for (front_end, kind, counts) in node.router.operation_times() {
        let labels = [("protocol", front_end.name()), ("operation", kind.name())];
        times.add(labels, Figure::Histogram(counts));
    }
    let mut classes = Family::seconds(
        "nfs_client_call_duration",
        "NFS calls by the network of the export rule that let their client in; empty: rules beyond a bound",
    );
    for (class, counts) in node.nfs.class_times() {
        let class = class.map(|network| network.to_string()).unwrap_or_default();
        classes.add([("client_class", &class)], Figure::Histogram(counts));
    }
    vec![times, classes]
}

fn log_and_raft(node: &Node) -> Vec<Family> {
    let (log, raft) = (node.log.counters(), node.raft.counters());
    let (entries, transactions) = node.volumes.state_counts();
    let groups: Vec<_> = node.raft.groups().iter().map(|group| group.status()).collect();
    let led = groups.iter().filter(|status| status.is_leader).count();
    let failed = groups.iter().filter(|status| status.failed.is_some()).count();
    let pairs = groups.iter().map(|status| status.last_log_index.zip(status.applied_index));
    let behind = pairs.flatten().map(|(last, applied)| last.saturating_sub(applied)).max();
    vec![
        Family::new("log_flushes", "Durable writes of the log that all groups share").counts(log.flushes),
        Family::new("log_records", "Records written to the log").counts(log.records),
        Family::bytes("log_written", "Payload of the entries written to the log").counts(log.entry_bytes),
        Family::seconds("log_flush_duration", "Durable writes of batches of the log")
            .is(Figure::Histogram(node.log.flush_times())),
        Family::new("raft_groups", "Groups of which this node has a replica").measures(groups.len() as f64),
        Family::new("raft_groups_led", "Groups that this node leads").measures(led as f64),
        Family::new("raft_groups_failed", "Replicas here that have stopped").measures(failed as f64),
        Family::new(
            "raft_unapplied_entries",
            "Most entries that a replica here has logged and not yet applied",
        )
        .measures(behind.unwrap_or(0) as f64),
        Family::new("raft_proposals", "Commands proposed at this node").counts(raft.proposals()),
        Family::seconds("raft_commit_duration", "Proposals of this node, until they were applied")
            .is(Figure::Histogram(raft.commit_times())),
        Family::seconds("raft_apply_duration", "Transactions that entries were applied in")
            .is(Figure::Histogram(raft.apply_times())),
        Family::seconds("raft_failover_duration", "How long groups had no leader that this node took over")
            .is(Figure::Histogram(raft.takeover_times())),
        Family::new("raft_reads", "Reads that made sure of the leadership, by what they asked")
            .with([("asked", "lease")], Figure::Counter(raft.lease_reads()))
            .with([("asked", "quorum")], Figure::Counter(raft.quorum_reads())),
        Family::new("raft_states_copied", "Copies of a state between nodes, complete")
            .with([("direction", "sent")], Figure::Counter(raft.copies_sent()))
            .with([("direction", "installed")], Figure::Counter(raft.copies_installed())),
        Family::new("state_entries", "Entries applied to volumes' state").counts(entries),
        Family::new("state_transactions", "Transactions that they were applied in").counts(transactions),
    ]
}

fn chunks(node: &Node) -> Vec<Family> {
    let (store, times, space) = (node.store.counters(), node.store.times(), node.store.space());
    vec![
        Family::bytes("chunk_written", "Chunks put, before compression").counts(store.put_bytes),
        Family::new("chunk_disk_reads", "Reads of segment files for chunks").counts(store.disk_reads),
        Family::seconds("chunk_duration", "What was asked of the chunk store, by kind")
            .with([("operation", "read")], Figure::Histogram(times.reads))
            .with([("operation", "put")], Figure::Histogram(times.puts))
            .with([("operation", "flush")], Figure::Histogram(times.flushes)),
        Family::new("chunk_checksum_errors", "Chunks found damaged").counts(store.checksum_errors),
        Family::new("chunks_damaged", "Chunks that are damaged now")
            .measures(node.store.damaged().len() as f64),
        Family::bytes("chunk_live", "Records of chunks that are needed").measures(space.live_bytes as f64),
        Family::bytes("chunk_compacted", "Chunks moved together").counts(store.compacted_bytes),
        Family::bytes("chunk_scrubbed", "Chunks read again to see whether they are whole")
            .counts(store.scrubbed_bytes),
        Family::new("chunk_scrub_rounds", "Times that the scrub came to the end").counts(store.scrub_rounds),
    ]
}

fn nfs(node: &Node) -> Vec<Family> {
    let nfs = node.nfs.counters();
    let mut calls = Family::new("nfs_calls", "NFS calls by procedure");
    for (procedure, count) in nfs.by_procedure() {
        calls.add([("procedure", procedure)], Figure::Counter(count));
    }
    vec![
        calls,
        Family::new("nfs_connections", "Open connections of NFS clients").measures(nfs.connections as f64),
        Family::new("nfs_strangers", "Open connections from addresses that no export rule names")
            .measures(nfs.strangers as f64),
        Family::new("nfs_connections_closed", "Connections that this node ended, by why")
            .with([("reason", "limit")], Figure::Counter(nfs.connections_refused))
            .with([("reason", "malformed")], Figure::Counter(nfs.connections_broken))
            .with([("reason", "stalled")], Figure::Counter(nfs.connections_stalled))
            .with([("reason", "idle")], Figure::Counter(nfs.connections_idle_closed)),
        Family::new("nfs_refused", "Calls refused, by why")
            .with([("reason", "rpc")], Figure::Counter(nfs.rpc_errors))
            .with([("reason", "access")], Figure::Counter(nfs.access_denied))
            .with([("reason", "bad_handle")], Figure::Counter(nfs.bad_handles))
            .with([("reason", "stale_handle")], Figure::Counter(nfs.stale_handles)),
        Family::new("nfs_retries", "Repeated calls answered as the first time").counts(nfs.retries_answered),
        Family::new("nfs_unanswered", "Changes of unknown outcome, left to be asked again")
            .counts(nfs.unanswered),
        Family::bytes("nfs_received", "Calls of NFS clients").counts(nfs.bytes_in),
        Family::bytes("nfs_sent", "Replies to NFS clients").counts(nfs.bytes_out),
        Family::bytes("nfs_memory", "Memory that calls hold now").measures(nfs.memory_bytes as f64),
    ]
}
