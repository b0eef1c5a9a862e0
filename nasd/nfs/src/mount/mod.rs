//! The MOUNT protocol, version 3 (RFC 1813, appendix I), on the same port as NFS.
//!
//! A mount gives out the first handle and nothing else: every later call is checked against the export's
//! rules again, so the list of mounts is only for information.

mod list;
mod mnt;
mod paths;
mod table;
pub mod types;

pub(crate) use paths::Paths;
pub(crate) use table::MountTable;

use crate::access::Exports;
use crate::refused::Asker;
use crate::rpc::{Call, RpcCredential, RpcError};
use crate::v3::{CallContext, Volumes};
use crate::xdr::{Decoder, Encoder, Xdr};
use bytes::Bytes;
use std::net::IpAddr;
use tokio::time::Instant;
use types::{MountPath, MountStatus};

/// MOUNT's RPC program number.
pub const PROGRAM: u32 = 100_005;
/// The version that belongs to NFSv3.
pub const VERSION: u32 = 3;

/// MOUNT's procedures.
pub mod procedure {
    pub const NULL: u32 = 0;
    pub const MNT: u32 = 1;
    pub const DUMP: u32 = 2;
    pub const UMNT: u32 = 3;
    pub const UMNTALL: u32 = 4;
    pub const EXPORT: u32 = 5;
}

/// Decodes, carries out and encodes one call. The results go behind the reply's head.
pub(crate) async fn dispatch(
    call: &CallContext,
    table: &MountTable,
    procedure: u32,
    args: Bytes,
) -> Result<Encoder, RpcError> {
    let mut out = Encoder::new();
    match procedure {
        procedure::NULL => decode::<()>(args)?,
        procedure::MNT => {
            let MountPath(path) = decode(args)?;
            let answer = mnt::mount(call, &path).await;
            match &answer {
                Ok(_) => table.add(call.client, &path),
                Err(why) => {
                    let said = call.volumes.complaints.mounts.say(Instant::now());
                    complain(said, call.client, &path, *why);
                }
            }
            types::encode_mounted(&answer, &mut out);
        }
        procedure::DUMP => {
            decode::<()>(args)?;
            out.list(&table.of(call.client));
        }
        procedure::UMNT => {
            let MountPath(path) = decode(args)?;
            table.remove(call.client, &path);
        }
        procedure::UMNTALL => {
            decode::<()>(args)?;
            table.remove_all(call.client);
        }
        procedure::EXPORT => {
            decode::<()>(args)?;
            out.list(&list::visible(&call.exports, call.client));
        }
        _ => return Err(RpcError::ProcedureUnavailable),
    }
    Ok(out)
}

/// The answer to a call of a client that no export rule names.
pub(crate) fn refuse(
    volumes: &Volumes,
    table: &MountTable,
    exports: &dyn Exports,
    client: IpAddr,
    call: &Call,
) -> Result<Encoder, RpcError> {
    let mut out = Encoder::new();
    let args = call.args.clone();
    match call.procedure {
        procedure::NULL => decode::<()>(args)?,
        procedure::MNT => {
            let MountPath(path) = decode(args)?;
            let why = MountStatus::Access;
            complain(volumes.complaints.strangers_mounts.say(Instant::now()), client, &path, why);
            let user = call.credential.as_ref().ok().and_then(RpcCredential::uid);
            let asker = Asker { client, user, is_known: false };
            volumes.refusals.mount(&exports.current(), asker, &path);
            types::encode_mounted(&Err(why), &mut out);
        }
        procedure::DUMP | procedure::EXPORT => {
            decode::<()>(args)?;
            out.bool(false);
        }
        procedure::UMNT | procedure::UMNTALL => table.remove_all(client),
        _ => return Err(RpcError::ProcedureUnavailable),
    }
    Ok(out)
}

/// Says that a mount was refused, when there is room for another line.
fn complain(said: Option<u64>, client: IpAddr, path: &Bytes, why: MountStatus) {
    let Some(times) = said else { return };
    let path = path.escape_ascii();
    tracing::info!("{client} may not mount {path}: {why} ({times} such refusals since the last line)");
}

/// A bound of a call's reply in bytes: what is charged before it is carried out.
pub(crate) fn reply_bytes_max(procedure: u32) -> usize {
    match procedure {
        procedure::EXPORT => list::LISTING_BYTES_MAX,
        procedure::DUMP => table::LISTING_BYTES_MAX,
        _ => 512,
    }
}

fn decode<T: Xdr>(args: Bytes) -> Result<T, RpcError> {
    let mut input = Decoder::new(args);
    let value = T::decode(&mut input).map_err(|_| RpcError::GarbageArgs)?;
    input.finish().map_err(|_| RpcError::GarbageArgs)?;
    Ok(value)
}
