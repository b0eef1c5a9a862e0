//! Owns what is said: lines for people, or JSON for scripts.

use crate::archive::Unread;
use backup_repository::{Found, Id, Node, NodeKind, RfcTime, Written};
use backup_restore::Outcome;
use serde::Serialize;
use std::fmt::{self, Display};
use std::io::Write;

/// What a command did.
pub enum Done {
    Wholly,
    InPart,
}

/// Most faults of which people are told one by one.
const SHOWN_MAX: usize = 20;

/// One thing. Whoever reads no more, for instance `head`, ends this.
pub fn say<T: Serialize + Display>(json: bool, what: &T) {
    let mut out = std::io::stdout().lock();
    let said = match json {
        true => {
            serde_json::to_writer(&mut out, what).map_err(std::io::Error::from).and_then(|()| writeln!(out))
        }
        false => writeln!(out, "{what}"),
    };
    if said.is_err() {
        std::process::exit(0);
    }
}

/// An entry of a restore point.
#[derive(Serialize)]
pub struct Line {
    path: String,
    #[serde(rename = "type")]
    kind: NodeKind,
    mode: String,
    uid: u32,
    gid: u32,
    size: u64,
    mtime: RfcTime,
}

impl Line {
    pub fn of(path: &[u8], node: &Node) -> Line {
        Line {
            path: String::from_utf8_lossy(path).into_owned(),
            kind: node.kind,
            mode: format!("{:04o}", node.mode()),
            uid: node.uid,
            gid: node.gid,
            size: node.size,
            mtime: node.mtime,
        }
    }
}

impl Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let letter = match self.kind {
            NodeKind::File => '-',
            NodeKind::Dir => 'd',
            NodeKind::Symlink => 'l',
            NodeKind::Dev => 'b',
            NodeKind::CharDev => 'c',
            NodeKind::Fifo => 'p',
            NodeKind::Socket => 's',
            NodeKind::Irregular => '?',
        };
        let Line { path, mode, uid, gid, size, mtime, .. } = self;
        // A name may hold a line's end.
        write!(f, "{letter}{mode} {uid:>5} {gid:>5} {size:>12} {mtime} {}", path.escape_debug())
    }
}

#[derive(Serialize)]
struct BackedUp<'a> {
    point: Id,
    files: u64,
    bytes: u64,
    new_bytes: u64,
    stored_bytes: u64,
    unread: &'a [Unread],
}

impl Display for BackedUp<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let BackedUp { point, files, bytes, new_bytes, stored_bytes, unread } = self;
        let point = point.to_string();
        let (bytes, new_bytes, stored_bytes) = (size(*bytes), size(*new_bytes), size(*stored_bytes));
        writeln!(f, "Restore point {}: {files} files, {bytes}.", &point[..8])?;
        write!(f, "{new_bytes} of it were new, and take {stored_bytes} in the repository.")?;
        unread.iter().try_for_each(|Unread { path, what }| write!(f, "\nNot read: {path}: {what}"))
    }
}

pub fn backup(json: bool, point: Id, files: u64, bytes: u64, written: Written, unread: &[Unread]) -> Done {
    let Written { bytes: new_bytes, stored_bytes, .. } = written;
    say(json, &BackedUp { point, files, bytes, new_bytes, stored_bytes, unread });
    if unread.is_empty() { Done::Wholly } else { Done::InPart }
}

#[derive(Serialize)]
struct Restored {
    dry_run: bool,
    directories: u64,
    files: u64,
    others: u64,
    bytes: u64,
    skipped: u64,
    fault_count: u64,
    faults: Vec<Fault>,
}

#[derive(Serialize)]
struct Fault {
    path: String,
    what: String,
}

impl Display for Restored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Restored { dry_run, directories, files, others, bytes, skipped, fault_count, faults } = self;
        let verb = if *dry_run { "Would restore" } else { "Restored" };
        write!(f, "{verb} {directories} directories, {files} files, {others} others")?;
        if !dry_run {
            write!(f, ", {}", size(*bytes))?;
        }
        write!(f, ".")?;
        if *skipped > 0 {
            write!(f, "\n{skipped} were there already and stay.")?;
        }
        if *fault_count > 0 {
            write!(f, "\nNOT all was restored: {fault_count} faults.")?;
        }
        for Fault { path, what } in faults.iter().take(SHOWN_MAX) {
            write!(f, "\n{}: {what}", path.escape_debug())?;
        }
        match fault_count.saturating_sub(SHOWN_MAX as u64) {
            0 => Ok(()),
            more => write!(f, "\n… and {more} more; --json says a thousand of them."),
        }
    }
}

pub fn restored(json: bool, dry_run: bool, outcome: &Outcome) -> Done {
    let fault = |fault: &backup_restore::Fault| Fault {
        path: String::from_utf8_lossy(&fault.path).into_owned(),
        what: fault.what.clone(),
    };
    let Outcome { directories, files, others, bytes, skipped, fault_count, faults } = outcome;
    let (directories, files, others) = (*directories, *files, *others);
    let faults = faults.iter().map(fault).collect();
    let (bytes, skipped, fault_count) = (*bytes, *skipped, *fault_count);
    say(json, &Restored { dry_run, directories, files, others, bytes, skipped, fault_count, faults });
    if fault_count == 0 { Done::Wholly } else { Done::InPart }
}

#[derive(Serialize)]
struct Checked {
    snapshots: usize,
    trees: usize,
    blobs: usize,
    packs: usize,
    faults: Vec<String>,
}

impl Display for Checked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Checked { snapshots, trees, blobs, packs, faults } = self;
        write!(
            f,
            "Looked at {snapshots} restore points, {trees} directories, {blobs} chunks, {packs} packs: "
        )?;
        match faults.len() {
            0 => write!(f, "all is there."),
            faults => write!(f, "{faults} faults."),
        }?;
        faults.iter().try_for_each(|fault| write!(f, "\n{fault}"))
    }
}

pub fn check(json: bool, found: &Found) -> Done {
    let Found { snapshots, trees, blobs, packs, faults } = found;
    let (snapshots, trees, blobs, packs) = (*snapshots, *trees, *blobs, *packs);
    let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
    let done = if faults.is_empty() { Done::Wholly } else { Done::InPart };
    say(json, &Checked { snapshots, trees, blobs, packs, faults });
    done
}

fn size(bytes: u64) -> String {
    nasd_base::write_size(bytes)
}
