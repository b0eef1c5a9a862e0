//! READDIR (RFC 1813 §3.3.16), and what READDIRPLUS shares with it.
//!
//! Cookies stay valid whatever changes in the directory, so the cookie verifier is always 0; a client that
//! comes back with another one talked to some other server.

use crate::handle::FileHandle;
use crate::v3::call_context::OpenedFile;
use crate::v3::types::{POST_OP_BYTES, PostOp, Status};
use crate::v3::{Answer, CallContext, Procedure, Serve};
use crate::xdr::{Decoder, Encoder, Malformed, Xdr, xdr_struct};
use bytes::Bytes;
use nasd_base::file::{Attr, DirEntry};
use nasd_fs::{Reply, Request};

/// READDIR.
pub struct ReadDir;

/// Largest listing that is made, in bytes, whatever the client has room for: bounds the work of one call.
pub const LISTING_BYTES_MAX: u32 = 256 * 1024;

/// What surrounds the entries: directory attributes, cookie verifier, end of list, eof.
pub(super) const FRAME_BYTES: usize = POST_OP_BYTES + 8 + 4 + 4;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadDirArgs {
    pub dir: FileHandle,
    /// 0: from the start; else that of the last entry that was received.
    pub cookie: u64,
    pub verifier: u64,
    /// Room for the results without their status, in bytes.
    pub count: u32,
}

xdr_struct!(ReadDirArgs { dir, cookie, verifier, count });

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub fileid: u64,
    pub name: Bytes,
    pub cookie: u64,
}

impl Xdr for Entry {
    fn encode(&self, out: &mut Encoder) {
        out.u64(self.fileid);
        out.opaque(&self.name);
        out.u64(self.cookie);
    }
    fn decode(input: &mut Decoder) -> Result<Self, Malformed> {
        Ok(Entry { fileid: input.u64()?, name: input.opaque(usize::MAX)?, cookie: input.u64()? })
    }
}

/// XDR size of an entry without its place in the list, in bytes.
pub(super) fn entry_bytes(name: &[u8]) -> usize {
    8 + 4 + name.len().next_multiple_of(4) + 8
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing<E> {
    pub dir: PostOp,
    pub verifier: u64,
    pub entries: Vec<E>,
    /// There is nothing after the last entry.
    pub end: bool,
}

impl<E: Xdr> Xdr for Listing<E> {
    fn encode(&self, out: &mut Encoder) {
        self.dir.encode(out);
        out.u64(self.verifier);
        out.list(&self.entries);
        out.bool(self.end);
    }
    fn decode(input: &mut Decoder) -> Result<Self, Malformed> {
        Ok(Listing {
            dir: Xdr::decode(input)?,
            verifier: input.u64()?,
            entries: input.list(usize::MAX)?,
            end: input.bool()?,
        })
    }
}

impl Procedure for ReadDir {
    const NUMBER: u32 = 16;
    type Args = ReadDirArgs;
    type Done = Listing<Entry>;
    type Failed = PostOp;
}

impl Serve for ReadDir {
    async fn serve(call: &CallContext, args: ReadDirArgs) -> Answer<Self> {
        let dir = call.open(&args.dir).await?;
        dir.with_attr(list(&dir, &args).await).await
    }
}

async fn list(dir: &OpenedFile<'_>, args: &ReadDirArgs) -> Result<Listing<Entry>, Status> {
    check_verifier(args.cookie, args.verifier)?;
    let room = room(args.count)?;
    // No entry is smaller than one with a name of one byte.
    let entries_max = room / (4 + entry_bytes(b"x")) + 1;
    let page = read_page(dir, args.cookie, entries_max, room, false).await?;
    let taken = how_many(&page, room, |entry| 4 + entry_bytes(&entry.name))?;
    let entries = page.entries.iter().take(taken);
    let entries = entries.map(|e| Entry { fileid: e.ino.0, name: e.name.clone(), cookie: e.cookie });
    Ok(Listing {
        dir: Some(dir.attr(&page.dir)),
        verifier: 0,
        entries: entries.collect(),
        end: page.end && taken == page.entries.len(),
    })
}

pub(super) fn check_verifier(cookie: u64, verifier: u64) -> Result<(), Status> {
    if cookie != 0 && verifier != 0 { Err(Status::BadCookie) } else { Ok(()) }
}

/// Bytes for entries in a result of `count` bytes.
pub(super) fn room(count: u32) -> Result<usize, Status> {
    (count.min(LISTING_BYTES_MAX) as usize).checked_sub(FRAME_BYTES).ok_or(Status::TooSmall)
}

/// One answer of the file service to a listing.
pub(super) struct Page {
    pub(super) dir: Attr,
    pub(super) entries: Vec<DirEntry>,
    pub(super) end: bool,
}

pub(super) async fn read_page(
    dir: &OpenedFile<'_>,
    cookie: u64,
    entries_max: usize,
    bytes_max: usize,
    attrs: bool,
) -> Result<Page, Status> {
    let (entries_max, bytes_max) = (entries_max as u32, bytes_max as u32);
    let request = Request::ReadDir { ino: dir.id.ino, cookie, entries_max, bytes_max, attrs };
    match dir.call(request, Bytes::new()).await? {
        (Reply::Dir { dir, entries, end }, _) => Ok(Page { dir, entries, end }),
        _ => Err(Status::ServerFault),
    }
}

/// How many of a page's entries fit into `room` bytes. TOOSMALL when there are some and none fits.
pub(super) fn how_many(
    page: &Page,
    room: usize,
    bytes: impl Fn(&DirEntry) -> usize,
) -> Result<usize, Status> {
    let mut used = 0;
    let fitting = page.entries.iter().take_while(|entry| {
        used += bytes(entry);
        used <= room
    });
    match fitting.count() {
        0 if !page.entries.is_empty() => Err(Status::TooSmall),
        count => Ok(count),
    }
}

/// Room for the listing and what surrounds it.
pub(super) fn reply_bytes_max(args: &mut Decoder) -> usize {
    let count = ReadDirArgs::decode(args).map_or(0, |args| args.count.min(LISTING_BYTES_MAX));
    count as usize + 512
}
