//! WRITE (RFC 1813 §3.3.7), at all three levels of stability.

use crate::handle::FileHandle;
use crate::v3::call_context::OpenedFile;
use crate::v3::types::{Status, WccData};
use crate::v3::{Answer, CallContext, Procedure, Serve};
use crate::xdr::{Decoder, Encoder, Malformed, Xdr, xdr_struct};
use bytes::Bytes;
use nasd_base::file::FILE_BYTES_MAX;
use nasd_fs::{Reply, Stability, TRANSFER_BYTES_MAX};

/// WRITE.
pub struct Write;

/// `stable_how`.
impl Xdr for Stability {
    fn encode(&self, out: &mut Encoder) {
        out.u32(match self {
            Stability::Unstable => 0,
            Stability::DataSync => 1,
            Stability::FileSync => 2,
        });
    }
    fn decode(input: &mut Decoder) -> Result<Self, Malformed> {
        match input.u32()? {
            0 => Ok(Stability::Unstable),
            1 => Ok(Stability::DataSync),
            2 => Ok(Stability::FileSync),
            _ => Err(Malformed("unknown stability")),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WriteArgs {
    pub file: FileHandle,
    pub offset: u64,
    /// Must be the length of `data`.
    pub count: u32,
    pub stability: Stability,
    pub data: Bytes,
}

impl Xdr for WriteArgs {
    fn encode(&self, out: &mut Encoder) {
        self.file.encode(out);
        out.u64(self.offset);
        out.u32(self.count);
        self.stability.encode(out);
        out.shared(&self.data);
    }
    fn decode(input: &mut Decoder) -> Result<Self, Malformed> {
        Ok(WriteArgs {
            file: Xdr::decode(input)?,
            offset: input.u64()?,
            count: input.u32()?,
            stability: Xdr::decode(input)?,
            data: input.opaque(usize::MAX)?,
        })
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WriteDone {
    pub wcc: WccData,
    /// Bytes taken; the rest must be sent again.
    pub count: u32,
    pub stability: Stability,
    /// Changes when uncommitted data may have been lost.
    pub verifier: u64,
}

xdr_struct!(WriteDone { wcc, count, stability, verifier });

impl Procedure for Write {
    const NUMBER: u32 = 7;
    type Args = WriteArgs;
    type Done = WriteDone;
    type Failed = WccData;
}

impl Serve for Write {
    async fn serve(call: &CallContext, args: WriteArgs) -> Answer<Self> {
        let file = call.open_to_change(&args.file).await?;
        file.with_wcc(write(&file, args).await).await
    }
}

async fn write(file: &OpenedFile<'_>, args: WriteArgs) -> Result<WriteDone, Status> {
    if args.count as usize != args.data.len() {
        return Err(Status::Inval);
    }
    let mut data = args.data;
    data.truncate(TRANSFER_BYTES_MAX as usize);
    let count = data.len() as u32;
    let end = args.offset.checked_add(u64::from(count));
    if end.is_none_or(|end| end > FILE_BYTES_MAX) {
        return Err(Status::FileTooBig);
    }
    match file.write(args.offset, args.stability, data).await? {
        (Reply::Written { before, attr, stability, verifier }, _) => {
            let wcc = WccData { before: Some(before), after: Some(file.attr(&attr)) };
            Ok(WriteDone { wcc, count, stability, verifier: verifier.0 })
        }
        _ => Err(Status::ServerFault),
    }
}
