//! NFSv3 (RFC 1813): the procedures, one file per capability, and the way from a call to its result.
//!
//! Each procedure is a type that names its number and its XDR forms ([`Procedure`], used by server and
//! client alike) and knows how to be carried out ([`Serve`]).

pub mod access;
pub mod attributes;
mod call_context;
pub mod commit;
pub mod create;
pub mod fsinfo;
pub mod link;
pub mod lookup;
pub mod mkdir;
pub mod mknod;
mod name;
mod procedure;
pub mod read;
pub mod readdir;
pub mod readdirplus;
pub mod readlink;
pub mod remove;
pub mod rename;
mod serve;
pub mod symlink;
pub mod types;
pub mod write;

pub(crate) use call_context::{CallContext, Generations, Volumes};
pub use procedure::decode_answer;
pub(crate) use procedure::encode_answer;
pub use procedure::{Answer, Failure, PROCEDURE_NAMES, PROCEDURES, PROGRAM, Procedure, VERSION};
pub(crate) use serve::Serve;

use crate::rpc::RpcError;
use crate::xdr::{Decoder, Encoder, Xdr};
use bytes::Bytes;
use types::Status;

/// Decodes, carries out and encodes one call. The results go behind the reply's head.
pub(crate) async fn dispatch(call: &CallContext, procedure: u32, args: Bytes) -> Result<Encoder, RpcError> {
    match procedure {
        0 => Decoder::new(args).finish().map(|()| Encoder::new()).map_err(|_| RpcError::GarbageArgs),
        attributes::GetAttr::NUMBER => run::<attributes::GetAttr>(call, args).await,
        attributes::SetAttributes::NUMBER => run::<attributes::SetAttributes>(call, args).await,
        lookup::Lookup::NUMBER => run::<lookup::Lookup>(call, args).await,
        access::Access::NUMBER => run::<access::Access>(call, args).await,
        readlink::ReadLink::NUMBER => run::<readlink::ReadLink>(call, args).await,
        read::Read::NUMBER => run::<read::Read>(call, args).await,
        write::Write::NUMBER => run::<write::Write>(call, args).await,
        create::Create::NUMBER => run::<create::Create>(call, args).await,
        mkdir::Mkdir::NUMBER => run::<mkdir::Mkdir>(call, args).await,
        symlink::Symlink::NUMBER => run::<symlink::Symlink>(call, args).await,
        mknod::Mknod::NUMBER => run::<mknod::Mknod>(call, args).await,
        remove::Remove::NUMBER => run::<remove::Remove>(call, args).await,
        remove::Rmdir::NUMBER => run::<remove::Rmdir>(call, args).await,
        rename::Rename::NUMBER => run::<rename::Rename>(call, args).await,
        link::Link::NUMBER => run::<link::Link>(call, args).await,
        readdir::ReadDir::NUMBER => run::<readdir::ReadDir>(call, args).await,
        readdirplus::ReadDirPlus::NUMBER => run::<readdirplus::ReadDirPlus>(call, args).await,
        fsinfo::FsStat::NUMBER => run::<fsinfo::FsStat>(call, args).await,
        fsinfo::FsInfo::NUMBER => run::<fsinfo::FsInfo>(call, args).await,
        fsinfo::PathConf::NUMBER => run::<fsinfo::PathConf>(call, args).await,
        commit::Commit::NUMBER => run::<commit::Commit>(call, args).await,
        _ => Err(RpcError::ProcedureUnavailable),
    }
}

/// The answer to any call of a client that no export rule names; its arguments do not matter.
pub(crate) fn refuse(procedure: u32) -> Result<Encoder, RpcError> {
    Ok(match procedure {
        0 => Encoder::new(),
        attributes::GetAttr::NUMBER => denied::<attributes::GetAttr>(),
        attributes::SetAttributes::NUMBER => denied::<attributes::SetAttributes>(),
        lookup::Lookup::NUMBER => denied::<lookup::Lookup>(),
        access::Access::NUMBER => denied::<access::Access>(),
        readlink::ReadLink::NUMBER => denied::<readlink::ReadLink>(),
        read::Read::NUMBER => denied::<read::Read>(),
        write::Write::NUMBER => denied::<write::Write>(),
        create::Create::NUMBER => denied::<create::Create>(),
        mkdir::Mkdir::NUMBER => denied::<mkdir::Mkdir>(),
        symlink::Symlink::NUMBER => denied::<symlink::Symlink>(),
        mknod::Mknod::NUMBER => denied::<mknod::Mknod>(),
        remove::Remove::NUMBER => denied::<remove::Remove>(),
        remove::Rmdir::NUMBER => denied::<remove::Rmdir>(),
        rename::Rename::NUMBER => denied::<rename::Rename>(),
        link::Link::NUMBER => denied::<link::Link>(),
        readdir::ReadDir::NUMBER => denied::<readdir::ReadDir>(),
        readdirplus::ReadDirPlus::NUMBER => denied::<readdirplus::ReadDirPlus>(),
        fsinfo::FsStat::NUMBER => denied::<fsinfo::FsStat>(),
        fsinfo::FsInfo::NUMBER => denied::<fsinfo::FsInfo>(),
        fsinfo::PathConf::NUMBER => denied::<fsinfo::PathConf>(),
        commit::Commit::NUMBER => denied::<commit::Commit>(),
        _ => return Err(RpcError::ProcedureUnavailable),
    })
}

fn denied<P: Procedure>() -> Encoder {
    let mut out = Encoder::new();
    encode_answer::<P>(&Err(Status::Access.into()), &mut out);
    out
}

async fn run<P: Serve>(call: &CallContext, args: Bytes) -> Result<Encoder, RpcError> {
    let mut input = Decoder::new(args);
    let decoded = P::Args::decode(&mut input).map_err(|_| RpcError::GarbageArgs)?;
    input.finish().map_err(|_| RpcError::GarbageArgs)?;
    drop(input);
    let answer = P::serve(call, decoded).await;
    if let Err(failure) = &answer {
        call.note_failure(failure.status);
    }
    let mut out = Encoder::new();
    encode_answer::<P>(&answer, &mut out);
    Ok(out)
}

/// Procedures whose repetition must not be carried out again: kept in the duplicate-request cache. WRITE is
/// among them because a late repetition would undo a newer write of the same bytes.
pub(crate) fn is_remembered(procedure: u32) -> bool {
    matches!(
        procedure,
        attributes::SetAttributes::NUMBER
            | write::Write::NUMBER
            | create::Create::NUMBER
            | mkdir::Mkdir::NUMBER
            | symlink::Symlink::NUMBER
            | mknod::Mknod::NUMBER
            | remove::Remove::NUMBER
            | remove::Rmdir::NUMBER
            | rename::Rename::NUMBER
            | link::Link::NUMBER
    )
}

/// A bound of a call's reply in bytes, from its arguments: what is charged before it is carried out.
pub(crate) fn reply_bytes_max(procedure: u32, args: &Bytes) -> usize {
    let mut input = Decoder::new(args.clone());
    match procedure {
        read::Read::NUMBER => read::reply_bytes_max(&mut input),
        readdir::ReadDir::NUMBER => readdir::reply_bytes_max(&mut input),
        readdirplus::ReadDirPlus::NUMBER => readdirplus::reply_bytes_max(&mut input),
        readlink::ReadLink::NUMBER => nasd_base::file::TARGET_BYTES_MAX + 256,
        _ => 512,
    }
}
