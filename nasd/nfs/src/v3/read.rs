//! READ (RFC 1813 §3.3.6). The data goes from the file service to the socket without being copied.

use crate::handle::FileHandle;
use crate::v3::call_context::OpenedFile;
use crate::v3::types::{PostOp, Status};
use crate::v3::{Answer, CallContext, Procedure, Serve};
use crate::xdr::{Decoder, Encoder, Malformed, Xdr, xdr_struct};
use bytes::Bytes;
use nasd_base::file::FILE_BYTES_MAX;
use nasd_fs::{Reply, Request, TRANSFER_BYTES_MAX};

/// READ.
pub struct Read;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadArgs {
    pub file: FileHandle,
    pub offset: u64,
    /// At most [`TRANSFER_BYTES_MAX`] bytes are given.
    pub count: u32,
}

xdr_struct!(ReadArgs { file, offset, count });

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadDone {
    pub attr: PostOp,
    /// The data reaches the end of the file.
    pub end: bool,
    pub data: Bytes,
}

impl Xdr for ReadDone {
    fn encode(&self, out: &mut Encoder) {
        self.attr.encode(out);
        out.u32(self.data.len() as u32);
        out.bool(self.end);
        out.shared(&self.data);
    }
    fn decode(input: &mut Decoder) -> Result<Self, Malformed> {
        let attr = Xdr::decode(input)?;
        let count = input.u32()?;
        let end = input.bool()?;
        let data = input.opaque(usize::MAX)?;
        if data.len() != count as usize {
            return Err(Malformed("count and data of READ differ"));
        }
        Ok(ReadDone { attr, end, data })
    }
}

impl Procedure for Read {
    const NUMBER: u32 = 6;
    type Args = ReadArgs;
    type Done = ReadDone;
    type Failed = PostOp;
}

impl Serve for Read {
    async fn serve(call: &CallContext, args: ReadArgs) -> Answer<Self> {
        let file = call.open(&args.file).await?;
        file.with_attr(read(&file, args.offset, args.count).await).await
    }
}

async fn read(file: &OpenedFile<'_>, offset: u64, count: u32) -> Result<ReadDone, Status> {
    // Beyond the largest file there is nothing but the end of file.
    let offset = offset.min(FILE_BYTES_MAX);
    let room = u32::try_from(FILE_BYTES_MAX - offset).unwrap_or(u32::MAX);
    let len = count.min(TRANSFER_BYTES_MAX).min(room);
    match file.call(Request::Read { ino: file.id.ino, offset, len }, Bytes::new()).await? {
        (Reply::Data { attr, end }, mut data) => {
            let end = end && data.len() <= len as usize;
            data.truncate(len as usize);
            Ok(ReadDone { attr: Some(file.attr(&attr)), end, data })
        }
        _ => Err(Status::ServerFault),
    }
}

/// Room for the data and what surrounds it.
pub(super) fn reply_bytes_max(args: &mut Decoder) -> usize {
    let count = ReadArgs::decode(args).map_or(0, |args| args.count.min(TRANSFER_BYTES_MAX));
    count as usize + 512
}
