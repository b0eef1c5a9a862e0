//! READDIRPLUS (RFC 1813 §3.3.17): a listing with attributes and handles.

use crate::handle::{FileHandle, HANDLE_BYTES};
use crate::v3::call_context::OpenedFile;
use crate::v3::readdir::{
    LISTING_BYTES_MAX, Listing, Page, check_verifier, entry_bytes, how_many, read_page, room,
};
use crate::v3::types::{POST_OP_BYTES, PostOp, Status};
use crate::v3::{Answer, CallContext, Procedure, Serve};
use crate::xdr::{Decoder, Encoder, Malformed, Xdr, xdr_struct};
use bytes::Bytes;
use nasd_base::file::DirEntry;

/// READDIRPLUS.
pub struct ReadDirPlus;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadDirPlusArgs {
    pub dir: FileHandle,
    /// 0: from the start; else that of the last entry that was received.
    pub cookie: u64,
    pub verifier: u64,
    /// Room for file ids, names and cookies, in bytes.
    pub dircount: u32,
    /// Room for the results without their status, in bytes.
    pub maxcount: u32,
}

xdr_struct!(ReadDirPlusArgs { dir, cookie, verifier, dircount, maxcount });

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryPlus {
    pub fileid: u64,
    pub name: Bytes,
    pub cookie: u64,
    pub attr: PostOp,
    pub handle: Option<FileHandle>,
}

impl Xdr for EntryPlus {
    fn encode(&self, out: &mut Encoder) {
        out.u64(self.fileid);
        out.opaque(&self.name);
        out.u64(self.cookie);
        self.attr.encode(out);
        self.handle.encode(out);
    }
    fn decode(input: &mut Decoder) -> Result<Self, Malformed> {
        Ok(EntryPlus {
            fileid: input.u64()?,
            name: input.opaque(usize::MAX)?,
            cookie: input.u64()?,
            attr: Xdr::decode(input)?,
            handle: Xdr::decode(input)?,
        })
    }
}

/// XDR size of an entry with attributes and handle in its list, in bytes.
fn entry_plus_bytes(name: &[u8]) -> usize {
    4 + entry_bytes(name) + POST_OP_BYTES + 4 + 4 + HANDLE_BYTES
}

impl Procedure for ReadDirPlus {
    const NUMBER: u32 = 17;
    type Args = ReadDirPlusArgs;
    type Done = Listing<EntryPlus>;
    type Failed = PostOp;
}

impl Serve for ReadDirPlus {
    async fn serve(call: &CallContext, args: ReadDirPlusArgs) -> Answer<Self> {
        let dir = call.open(&args.dir).await?;
        dir.with_attr(list(&dir, &args).await).await
    }
}

async fn list(dir: &OpenedFile<'_>, args: &ReadDirPlusArgs) -> Result<Listing<EntryPlus>, Status> {
    check_verifier(args.cookie, args.verifier)?;
    let room = room(args.maxcount)?;
    let names_room = args.dircount.min(LISTING_BYTES_MAX) as usize;
    let entries_max = (room / entry_plus_bytes(b"x")).min(names_room / entry_bytes(b"x")) + 1;
    let page = read_page(dir, args.cookie, entries_max, names_room.min(room), true).await?;
    let taken = fitting(&page, room, names_room)?;
    let entries = page.entries.iter().take(taken).map(|entry| entry_plus(dir, entry));
    Ok(Listing {
        dir: Some(dir.attr(&page.dir)),
        verifier: 0,
        entries: entries.collect(),
        end: page.end && taken == page.entries.len(),
    })
}

/// Both limits hold: `dircount` for names alone, `maxcount` for everything.
fn fitting(page: &Page, room: usize, names_room: usize) -> Result<usize, Status> {
    let whole = how_many(page, room, |entry| entry_plus_bytes(&entry.name))?;
    let names = how_many(page, names_room, |entry| entry_bytes(&entry.name))?;
    Ok(whole.min(names))
}

fn entry_plus(dir: &OpenedFile<'_>, entry: &DirEntry) -> EntryPlus {
    EntryPlus {
        fileid: entry.ino.0,
        name: entry.name.clone(),
        cookie: entry.cookie,
        attr: entry.attr.as_ref().map(|attr| dir.attr(attr)),
        handle: entry.attr.as_ref().map(|attr| dir.handle(attr)),
    }
}

/// Room for the listing and what surrounds it.
pub(super) fn reply_bytes_max(args: &mut Decoder) -> usize {
    let count = ReadDirPlusArgs::decode(args).map_or(0, |args| args.maxcount.min(LISTING_BYTES_MAX));
    count as usize + 512
}
