//! From a decoded call to its reply: programs, versions, credentials, and calls that were seen before.

use crate::drc::{Arrival, CallKey};
use crate::handle::FileHandle;
use crate::mount;
use crate::pool::Payer;
use crate::refused::Asker;
use crate::rpc::{self, AuthSys, Call, RpcCredential, RpcError};
use crate::server::Shared;
use crate::stats::ConnectionStats;
use crate::v3::types::Status;
use crate::v3::write::Write;
use crate::v3::{self, CallContext, Procedure};
use crate::xdr::{Decoder, Encoder, Xdr};
use nasd_base::{VolumeId, door};
use nasd_fs::{Stage, Trace};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// What becomes of a call.
pub(crate) enum CallEnd {
    Send(Encoder, Option<Carried>),
    /// The copy that arrived first will be answered.
    Silence,
    /// The outcome of a change is unknown. Any status would be a guess, and a client that is told to try
    /// again does so under a new xid: it would then be told that its own directory exists. Closing the
    /// connection makes it repeat the call as it was, which is recognised.
    Disconnect,
}

/// A call that was carried out on a volume. It ends when its reply has left.
pub(crate) struct Carried {
    pub(crate) trace: Trace,
    pub(crate) volume: VolumeId,
    /// When its first byte arrived.
    pub(crate) begun: Instant,
}

/// A call that begins within this after a slot was given back had been waiting for it.
const AT_ONCE: Duration = Duration::from_millis(1);

/// When a call began to arrive and when it was there; and how long others kept it from being read.
#[derive(Clone, Copy)]
pub(crate) struct Arrived {
    pub(crate) begun: Instant,
    pub(crate) whole: Instant,
    pub(crate) held_up: Duration,
}

impl Arrived {
    /// Of a call whose connection waited for a slot before it was read. If it was there when that came, it had waited.
    pub(crate) fn after(self, slot_wait: Option<(Instant, Instant)>) -> Arrived {
        match slot_wait.filter(|(_, until)| self.begun.duration_since(*until) < AT_ONCE) {
            Some((since, until)) => {
                Arrived { begun: since, held_up: self.held_up + until.duration_since(since), ..self }
            }
            None => self,
        }
    }
}

/// Carries out one call.
pub(crate) async fn answer(
    shared: &Arc<Shared>,
    connection: &ConnectionStats,
    call: Call,
    arrived: Arrived,
) -> CallEnd {
    let xid = call.xid;
    match carry_out(shared, connection, call, arrived).await {
        Ok(reply) => reply,
        Err(error) => {
            shared.volumes.totals.rpc_errors.add(1);
            let mut out = Encoder::new();
            rpc::encode_error(&mut out, xid, error);
            CallEnd::Send(out, None)
        }
    }
}

/// Answers a call from an address that no export rule names. Nothing is remembered of it but that it was refused.
pub(crate) fn answer_stranger(shared: &Arc<Shared>, peer: SocketAddr, call: &Call) -> Encoder {
    let results = check(call).and_then(|_| {
        count(shared, call);
        let client = peer.ip().to_canonical();
        if call.program == v3::PROGRAM {
            shared.volumes.totals.note_status(Status::Access);
            note_refused(shared, client, call);
            return v3::refuse(call.procedure);
        }
        mount::refuse(&shared.volumes, &shared.mounts, &*shared.exports, client, call)
    });
    results.map(|results| success(call.xid, results)).unwrap_or_else(|error| {
        shared.volumes.totals.rpc_errors.add(1);
        let mut out = Encoder::new();
        rpc::encode_error(&mut out, call.xid, error);
        out
    })
}

/// A stranger with a handle was a client of the volume once.
fn note_refused(shared: &Shared, client: IpAddr, call: &Call) {
    let handle = FileHandle::decode(&mut Decoder::new(call.args.clone())).ok();
    if let Some(file) = handle.and_then(|handle| shared.volumes.handles.open(&handle)) {
        let user = call.credential.as_ref().ok().and_then(RpcCredential::uid);
        let asker = Asker { client, user, is_known: false };
        shared.volumes.refusals.volume(&shared.exports.current(), asker, file.volume);
    }
}

/// Whether the call is for a program that is served, by somebody whose credential can be read.
fn check(call: &Call) -> Result<RpcCredential, RpcError> {
    let version = match call.program {
        v3::PROGRAM => v3::VERSION,
        mount::PROGRAM => mount::VERSION,
        _ => return Err(RpcError::ProgramUnavailable),
    };
    if call.version != version {
        return Err(RpcError::ProgramMismatch { low: version, high: version });
    }
    call.credential.clone().map_err(RpcError::Auth)
}

async fn carry_out(
    shared: &Arc<Shared>,
    connection: &ConnectionStats,
    call: Call,
    arrived: Arrived,
) -> Result<CallEnd, RpcError> {
    let credential = check(&call)?;
    count(shared, &call);
    let (begun, peer, bytes_in) = (Instant::now(), connection.address, call.args.len());
    let client = peer.ip().to_canonical();
    let key = call_key(&shared.key_salt, client, &credential, &call);
    let volumes = Arc::clone(&shared.volumes);
    let id = shared.ledger.next_id();
    let context = CallContext::new(volumes, shared.exports.current(), peer, credential, key, id);
    let mut end = run(shared, &context, connection.id, call).await?;
    if let (Some(volume), CallEnd::Send(reply, carried)) = (context.volume(), &mut end) {
        connection.volumes.count(volume, bytes_in, reply.len());
        context.count(begun.elapsed());
        let trace = context.trace;
        let arriving = arrived.whole.duration_since(arrived.begun);
        trace.count(Stage::Network, arriving.saturating_sub(arrived.held_up));
        trace.count(Stage::Queue, arrived.held_up + begun.duration_since(arrived.whole));
        *carried = Some(Carried { trace, volume, begun: arrived.begun });
    }
    Ok(end)
}

async fn run(
    shared: &Arc<Shared>,
    context: &CallContext,
    connection: u64,
    call: Call,
) -> Result<CallEnd, RpcError> {
    if call.program == mount::PROGRAM {
        let results = mount::dispatch(context, &shared.mounts, call.procedure, call.args).await?;
        return Ok(CallEnd::Send(success(call.xid, results), None));
    }
    if v3::is_remembered(call.procedure) {
        return once(shared, context, connection, call).await;
    }
    let results = v3::dispatch(context, call.procedure, call.args).await?;
    Ok(CallEnd::Send(success(call.xid, results), None))
}

fn count(shared: &Shared, call: &Call) {
    let totals = &shared.volumes.totals;
    if call.program == mount::PROGRAM {
        totals.mount_calls.add(1);
    } else if let Some(counter) = totals.procedures.get(call.procedure as usize) {
        counter.add(1);
    }
}

/// Carries out a call whose repetitions are answered from its first reply.
async fn once(
    shared: &Arc<Shared>,
    context: &CallContext,
    connection: u64,
    call: Call,
) -> Result<CallEnd, RpcError> {
    let totals = &shared.volumes.totals;
    let owner = Payer { host: door::host(context.client), uid: context.credential.uid().unwrap_or(u32::MAX) };
    let ticket = loop {
        match shared.replies.arrive(context.key, owner, connection) {
            Arrival::First(ticket) => break ticket,
            Arrival::Answered(reply) => {
                totals.retries_answered.add(1);
                return Ok(CallEnd::Send(Encoder::from(reply), None));
            }
            Arrival::Drop => {
                totals.retries_joined.add(1);
                return Ok(CallEnd::Silence);
            }
            Arrival::Wait(waiter) => {
                totals.retries_joined.add(1);
                if let Some(reply) = waiter.outcome().await {
                    return Ok(CallEnd::Send(Encoder::from(reply), None));
                }
                if call.procedure == Write::NUMBER {
                    // It has waited here: by now its client may have written something newer through another node.
                    return Ok(CallEnd::Disconnect);
                }
            }
        }
    };
    let results = v3::dispatch(context, call.procedure, call.args).await?;
    if context.outcome_is_unknown() {
        totals.unanswered.add(1);
        return Ok(CallEnd::Disconnect);
    }
    let reply = success(call.xid, results).into_bytes();
    if context.is_to_be_remembered() {
        ticket.finish(reply.clone());
    }
    Ok(CallEnd::Send(Encoder::from(reply), None))
}

fn success(xid: u32, results: Encoder) -> Encoder {
    let mut out = Encoder::new();
    rpc::encode_success(&mut out, xid);
    out.append(results);
    out
}

/// Arguments beyond this are data: a faster checksum is good enough for them.
const HASHED_BYTES: usize = 8192;

/// The name under which repetitions of a call are recognised, on every node of the cluster.
///
/// The credential's stamp is left out: some clients renew it when they repeat a call.
fn call_key(salt: &[u8; 32], client: IpAddr, credential: &RpcCredential, call: &Call) -> CallKey {
    if call.program != v3::PROGRAM || !v3::is_remembered(call.procedure) {
        return CallKey(0);
    }
    let mut hasher = blake3::Hasher::new_keyed(salt);
    match client {
        IpAddr::V4(address) => hasher.update(&address.to_ipv6_mapped().octets()),
        IpAddr::V6(address) => hasher.update(&address.octets()),
    };
    for word in [call.xid, call.program, call.version, call.procedure, call.args.len() as u32] {
        hasher.update(&word.to_be_bytes());
    }
    hash_credential(&mut hasher, credential);
    let (head, data) = call.args.split_at(call.args.len().min(HASHED_BYTES));
    hasher.update(head);
    hasher.update(&crc32c::crc32c(data).to_be_bytes());
    let mut key = [0; 16];
    hasher.finalize_xof().fill(&mut key);
    CallKey(u128::from_be_bytes(key).max(1))
}

fn hash_credential(hasher: &mut blake3::Hasher, credential: &RpcCredential) {
    if let RpcCredential::Sys(AuthSys { uid, gid, gids, .. }) = credential {
        for word in [uid, gid].into_iter().chain(gids) {
            hasher.update(&word.to_be_bytes());
        }
        hasher.update(&(gids.len() as u32).to_be_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rpc::AuthRefusal;
    use bytes::Bytes;

    fn call(xid: u32, procedure: u32, args: Bytes) -> Call {
        let credential = Err(AuthRefusal::BadCredential);
        Call { xid, program: v3::PROGRAM, version: v3::VERSION, procedure, credential, args }
    }

    fn key(client: &str, credential: &RpcCredential, call: &Call) -> u128 {
        call_key(&[1; 32], client.parse().unwrap(), credential, call).0
    }

    #[test]
    fn keys_differ_in_everything_that_makes_another_call() {
        let user = RpcCredential::sys(1, 2, &[3]);
        let data = Bytes::from(vec![7; 20_000]);
        let base = key("192.0.2.1", &user, &call(1, 7, data.clone()));
        let mut other = data.to_vec();
        other[19_999] = 8;
        let others = [
            key("192.0.2.2", &user, &call(1, 7, data.clone())),
            key("192.0.2.1", &RpcCredential::sys(1, 2, &[]), &call(1, 7, data.clone())),
            key("192.0.2.1", &user, &call(2, 7, data.clone())),
            key("192.0.2.1", &user, &call(1, 8, data.clone())),
            key("192.0.2.1", &user, &call(1, 7, data.slice(1..))),
            key("192.0.2.1", &user, &call(1, 7, other.into())),
        ];
        assert!(others.iter().all(|key| *key != base));
    }

    #[test]
    fn a_repetition_has_the_same_key_whatever_its_stamp() {
        let with_stamp = |stamp| {
            RpcCredential::Sys(AuthSys { stamp, machine: Bytes::new(), uid: 1, gid: 2, gids: vec![] })
        };
        let call = call(1, 9, Bytes::from_static(b"args"));
        assert_eq!(key("192.0.2.1", &with_stamp(1), &call), key("192.0.2.1", &with_stamp(2), &call));
    }

    #[test]
    fn idempotent_calls_have_no_key() {
        assert_eq!(key("192.0.2.1", &RpcCredential::None, &call(1, 6, Bytes::new())), 0);
    }
}
