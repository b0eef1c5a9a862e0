//! What `fuzz/` feeds.

use crate::mount::types::{HostName, MountPath};
use crate::record::{RecordReader, read_record};
use crate::rpc::{self, Message};
use crate::v3::{self, Procedure};
use crate::xdr::{Decoder, Encoder, Xdr};
use bytes::Bytes;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

/// Cuts records out of a stream and reads each as a call of NFS or MOUNT, and as a reply.
pub fn stream(bytes: &[u8], bytes_max: usize) {
    let mut work = pin!(async {
        let mut reader = RecordReader::new(bytes);
        while let Ok(Some(record)) = read_record(&mut reader, bytes_max).await {
            assert!(record.len() <= bytes_max);
            let record = record.freeze();
            if let Ok(Message::Call(call)) = rpc::decode_call(record.clone()) {
                arguments(call.procedure, call.args);
            }
            let _ = rpc::decode_reply(record);
        }
    });
    let polled = work.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    assert!(matches!(polled, Poll::Ready(())), "reading memory never waits");
}

/// Reads the arguments of an NFSv3 procedure.
pub fn arguments(procedure: u32, args: Bytes) {
    let _ = v3::reply_bytes_max(procedure, &args);
    match procedure {
        v3::attributes::GetAttr::NUMBER => procedure_arguments::<v3::attributes::GetAttr>(args),
        v3::attributes::SetAttributes::NUMBER => procedure_arguments::<v3::attributes::SetAttributes>(args),
        v3::lookup::Lookup::NUMBER => procedure_arguments::<v3::lookup::Lookup>(args),
        v3::access::Access::NUMBER => procedure_arguments::<v3::access::Access>(args),
        v3::readlink::ReadLink::NUMBER => procedure_arguments::<v3::readlink::ReadLink>(args),
        v3::read::Read::NUMBER => procedure_arguments::<v3::read::Read>(args),
        v3::write::Write::NUMBER => procedure_arguments::<v3::write::Write>(args),
        v3::create::Create::NUMBER => procedure_arguments::<v3::create::Create>(args),
        v3::mkdir::Mkdir::NUMBER => procedure_arguments::<v3::mkdir::Mkdir>(args),
        v3::symlink::Symlink::NUMBER => procedure_arguments::<v3::symlink::Symlink>(args),
        v3::mknod::Mknod::NUMBER => procedure_arguments::<v3::mknod::Mknod>(args),
        v3::remove::Remove::NUMBER => procedure_arguments::<v3::remove::Remove>(args),
        v3::rename::Rename::NUMBER => procedure_arguments::<v3::rename::Rename>(args),
        v3::link::Link::NUMBER => procedure_arguments::<v3::link::Link>(args),
        v3::readdir::ReadDir::NUMBER => procedure_arguments::<v3::readdir::ReadDir>(args),
        v3::readdirplus::ReadDirPlus::NUMBER => procedure_arguments::<v3::readdirplus::ReadDirPlus>(args),
        v3::fsinfo::FsStat::NUMBER => procedure_arguments::<v3::fsinfo::FsStat>(args),
        v3::commit::Commit::NUMBER => procedure_arguments::<v3::commit::Commit>(args),
        _ => {
            again::<MountPath>(args.clone());
            again::<HostName>(args);
        }
    }
}

/// Reads what a server answers.
pub fn results(procedure: u32, bytes: Bytes) {
    match procedure {
        v3::lookup::Lookup::NUMBER => drop(v3::decode_answer::<v3::lookup::Lookup>(bytes)),
        v3::read::Read::NUMBER => drop(v3::decode_answer::<v3::read::Read>(bytes)),
        v3::readlink::ReadLink::NUMBER => drop(v3::decode_answer::<v3::readlink::ReadLink>(bytes)),
        v3::readdir::ReadDir::NUMBER => drop(v3::decode_answer::<v3::readdir::ReadDir>(bytes)),
        v3::readdirplus::ReadDirPlus::NUMBER => {
            drop(v3::decode_answer::<v3::readdirplus::ReadDirPlus>(bytes))
        }
        v3::fsinfo::FsInfo::NUMBER => drop(v3::decode_answer::<v3::fsinfo::FsInfo>(bytes)),
        _ => drop(v3::decode_answer::<v3::create::Create>(bytes)),
    }
}

fn procedure_arguments<P: Procedure>(args: Bytes) {
    again::<P::Args>(args);
}

/// What can be read can be written, and is then read as the same.
fn again<T: Xdr>(bytes: Bytes) {
    let Some(value) = whole::<T>(bytes) else { return };
    let written = written(&value);
    let second = whole::<T>(written.clone()).expect("it was just written");
    assert_eq!(self::written(&second), written);
}

fn whole<T: Xdr>(bytes: Bytes) -> Option<T> {
    let mut input = Decoder::new(bytes);
    let value = T::decode(&mut input).ok()?;
    input.finish().ok()?;
    Some(value)
}

fn written<T: Xdr>(value: &T) -> Bytes {
    let mut out = Encoder::new();
    value.encode(&mut out);
    out.into_bytes()
}
