//! Whether a request waits for its own kernel: each call of a program against each recall, on real mounts. Needs root
//! and /dev/fuse.
//!
//! A kernel holds locks of inodes while it waits for a reply, and takes such locks to forget a name. So a reply that
//! waited for that never came, its program could not be killed, and one after the other everything that touched the
//! mount hung. Here the volume is more stubborn than a leader is: it answers no request before the recalls that came
//! with it are over, and has no patience of its own.

mod memory;
mod mounted;
mod operations;

use bytes::Bytes;
use memory::Memory;
use mounted::{Mounted, mounted_with, options, start};
use nasd_base::Ino;
use nasd_fs::{CacheHolder, Cached, Change, Context, LockSession, Request};
use nasd_fuse::Mount;
use operations::{CHANGES, LOOKS, Operation, access_list, furnish, list};
use parking_lot::Mutex;
use rustix::fs::XattrFlags;
use rustix::mount::{UnmountFlags, unmount};
use std::collections::{HashMap, HashSet};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};
use std::time::Duration;
use tempfile::TempDir;
use tokio::time::Instant;

/// What has not ended by then hangs. Each wait in the mounts is over in about a second.
const HANGS_AFTER: Duration = Duration::from_secs(60);

/// How long kernels may keep what they are shown: until the end of the test, if nobody recalls it.
const KEEP: Duration = Duration::from_secs(600);

/// How long a leader waits for a recall.
const LEADER_PATIENCE: Duration = Duration::from_millis(1100);

/// How long a mount's request waits for one of the other mount to be under way, too.
const MEETING: Duration = Duration::from_millis(300);

/// Changes of which each holds other locks than the rest (`kernel::held`).
const CROSSING: [&str; 12] = [
    "create",
    "link",
    "unlink",
    "rmdir",
    "rename onto a directory",
    "rename a directory away",
    "rename with RENAME_EXCHANGE",
    "chmod a directory",
    "setxattr of a directory",
    "setfacl of a directory",
    "setxattr of a file",
    "write",
];

/// Two mounts of a volume whose kernels keep what they see.
struct Pair {
    a: Mounted,
    b: Option<Mount>,
    at_b: PathBuf,
    _dir: TempDir,
}

fn pair() -> Pair {
    let memory = Arc::new(Memory::new());
    memory.let_keep(KEEP);
    let a = mounted_with(memory, options());
    let dir = tempfile::tempdir().unwrap();
    let b = start(&a.memory, &a.runtime, dir.path(), options()).unwrap();
    let at_b = b.path().to_owned();
    Pair { a, b: Some(b), at_b, _dir: dir }
}

impl Pair {
    fn memory(&self) -> &Arc<Memory> {
        &self.a.memory
    }

    fn roots(&self) -> [&Path; 2] {
        [&self.a.root, &self.at_b]
    }

    /// Runs all at once, and lets none of them hang for longer than the test: else the machine could not even be
    /// shut down.
    fn run(&self, works: Vec<(String, Work)>) {
        let (tell, told) = mpsc::channel();
        let mut under_way: HashSet<String> = works.iter().map(|(name, _)| name.clone()).collect();
        for (name, work) in works {
            let tell = tell.clone();
            std::thread::spawn(move || {
                let result = work();
                let _ = tell.send((name, result));
            });
        }
        let deadline = Instant::now() + HANGS_AFTER;
        let mut failed = Vec::new();
        while !under_way.is_empty() {
            match told.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok((name, result)) => {
                    under_way.remove(&name);
                    failed.extend(result.err().map(|error| format!("{name}: {error}")));
                }
                Err(_) => {
                    self.abort();
                    panic!("these hang: {under_way:#?}");
                }
            }
        }
        assert!(failed.is_empty(), "{failed:#?}");
    }

    /// Breaks the connections of both kernels with this process, so that everything that waits goes on.
    fn abort(&self) {
        for root in self.roots() {
            let _ = unmount(root, UnmountFlags::FORCE | UnmountFlags::DETACH);
        }
    }

    /// Whether both kernels still forget what they are asked to.
    fn forgets(&self) {
        for (_, holder) in self.memory().holders() {
            let name = Cached::Name { parent: Ino::ROOT, name: Bytes::from_static(b"any") };
            let forgets = holder.recall(vec![name, Cached::Attr(Ino::ROOT)]);
            let forgot = self.a.runtime.block_on(async { tokio::time::timeout(HANGS_AFTER, forgets).await });
            if forgot != Ok(true) {
                self.abort();
                panic!("a mount does not forget any more: {forgot:?}");
            }
        }
    }
}

impl Drop for Pair {
    fn drop(&mut self) {
        if let Some(b) = self.b.take() {
            let _context = self.a.runtime.enter();
            drop(b);
        }
    }
}

type Work = Box<dyn FnOnce() -> io::Result<()> + Send>;

/// What both kernels may keep of a directory: all of it is recalled at once.
fn all_of(memory: &Memory, case: &str) -> Vec<Cached> {
    let ino = |name: &str| memory.ino(&format!("{case}/{name}"));
    let name =
        |parent: Ino, name: &'static str| Cached::Name { parent, name: Bytes::from_static(name.as_bytes()) };
    let top = Cached::Name { parent: Ino::ROOT, name: Bytes::copy_from_slice(case.as_bytes()) };
    let (dir, sub, empty, other) = (ino(""), ino("sub"), ino("empty"), ino("other"));
    let attrs = [Ino::ROOT, dir, sub, empty, other, ino("f"), ino("g"), ino("sub/inner")].map(Cached::Attr);
    let names = ["f", "g", "sub", "empty", "new", "nothing"].map(|of| name(dir, of));
    let below = [name(sub, "inner"), name(empty, "x"), name(other, "f"), name(other, "sub")];
    attrs.into_iter().chain(names).chain(below).chain([top]).collect()
}

fn inodes_of(memory: &Memory, case: &str) -> impl Iterator<Item = Ino> {
    let names = ["", "f", "g", "h", "sub", "empty", "void", "other", "link", "sub/inner"];
    names.map(|name| memory.ino(&format!("{case}/{name}"))).into_iter()
}

/// The inode that a request is sent to.
fn inode(request: &Request) -> Option<Ino> {
    Some(match request {
        Request::Lookup { parent, .. } => *parent,
        Request::GetAttr { ino }
        | Request::ReadLink { ino }
        | Request::ReadDir { ino, .. }
        | Request::Read { ino, .. }
        | Request::Write { ino, .. }
        | Request::Append { ino }
        | Request::Commit { ino }
        | Request::GetXattr { ino, .. }
        | Request::ListXattrs { ino }
        | Request::Seek { ino, .. } => *ino,
        Request::Change(change) => match change {
            Change::Create { parent, .. }
            | Change::Link { parent, .. }
            | Change::Unlink { parent, .. }
            | Change::Rmdir { parent, .. }
            | Change::Rename { from_parent: parent, .. } => *parent,
            Change::SetAttr { ino, .. }
            | Change::SetXattr { ino, .. }
            | Change::RemoveXattr { ino, .. }
            | Change::Punch { ino, .. }
            | Change::Lock { ino, .. }
            | Change::Unlock { ino, .. } => *ino,
            _ => return None,
        },
        _ => return None,
    })
}

fn changes(request: &Request) -> bool {
    matches!(request, Request::Change(_) | Request::Write { .. } | Request::Append { .. })
}

/// What a kernel is asked to forget on its own, each on its own.
async fn recall_each(holder: Arc<dyn CacheHolder>, cached: Vec<Cached>) {
    let mut recalls = tokio::task::JoinSet::new();
    for item in cached {
        recalls.spawn(holder.recall(vec![item]));
    }
    while recalls.join_next().await.is_some() {}
}

/// Every call that a program can make, while everything that its kernel may keep is recalled from it.
#[test]
fn no_request_waits_for_its_own_kernel() {
    let pair = pair();
    let operations: Vec<&Operation> = CHANGES.iter().chain(LOOKS).collect();
    let cases: Vec<String> = (0..operations.len()).map(|case| format!("case{case}")).collect();
    let mut of: HashMap<Ino, (usize, Vec<Cached>)> = HashMap::new();
    for (number, case) in cases.iter().enumerate() {
        furnish(&pair.a.path(case)).unwrap();
        let all = all_of(pair.memory(), case);
        of.extend(inodes_of(pair.memory(), case).map(|ino| (ino, (number, all.clone()))));
    }
    let (mount, holder) = pair.memory().holders()[0].clone();
    let works: Vec<(String, Work)> = std::iter::zip(&operations, &cases)
        .map(|((name, work), case)| {
            let (dir, work) = (pair.a.path(case), *work);
            let work: Work =
                Box::new(move || list(&dir).and_then(|()| list(&dir.join("sub"))).and_then(|()| work(&dir)));
            ((*name).to_owned(), work)
        })
        .collect();
    let met = Mutex::new(HashSet::new());
    pair.memory().wait_before(Arc::new(move |context: &Context, request: &Request| {
        let (number, all) = inode(request).and_then(|ino| of.get(&ino))?;
        // Listings come before, too, and many reads make one call.
        let first = met.lock().insert((*number, std::mem::discriminant(request)));
        let waits = context.mount == Some(mount) && (first || changes(request));
        waits.then(|| Box::pin(recall_each(holder.clone(), all.clone())) as _)
    }));
    println!("{} calls, each while all that its kernel may keep is recalled", works.len());
    pair.run(works);
    pair.forgets();
}

/// Every two changes of one directory, through two mounts, at the same moment: each kernel is asked to forget
/// everything while it holds its own locks, and each change waits for the other's kernel.
#[test]
fn two_mounts_that_cross_go_on() {
    let pair = pair();
    let crossing: Vec<&Operation> = CHANGES.iter().filter(|(name, _)| CROSSING.contains(name)).collect();
    assert_eq!(crossing.len(), CROSSING.len());
    let mut works: Vec<(String, Work)> = Vec::new();
    let mut of: HashMap<Ino, (usize, Vec<Cached>)> = HashMap::new();
    for (first, (name_a, work_a)) in crossing.iter().enumerate() {
        for (second, (name_b, work_b)) in crossing.iter().enumerate() {
            let (number, case) = (first * crossing.len() + second, format!("case{first}x{second}"));
            furnish(&pair.a.path(&case)).unwrap();
            let all = all_of(pair.memory(), &case);
            of.extend(inodes_of(pair.memory(), &case).map(|ino| (ino, (number, all.clone()))));
            for (root, name, work) in [(pair.roots()[0], name_a, *work_a), (pair.roots()[1], name_b, *work_b)]
            {
                let (dir, side) = (root.join(&case), works.len() % 2);
                let work: Work = Box::new(move || {
                    let _ = list(&dir);
                    // The other may have been faster with the same.
                    let _ = work(&dir);
                    Ok(())
                });
                works.push((format!("{name} in {case}, side {side}, against {name_a} and {name_b}"), work));
            }
        }
    }
    let holders = pair.memory().holders();
    let under_way = Arc::new(Mutex::new(HashMap::<usize, HashSet<LockSession>>::new()));
    pair.memory().wait_before(Arc::new(move |context: &Context, request: &Request| {
        let (number, all) = inode(request).filter(|_| changes(request)).and_then(|ino| of.get(&ino))?;
        let (number, all, mount) = (*number, all.clone(), context.mount?);
        let (_, other) = holders.iter().find(|(holder, _)| *holder != mount)?.clone();
        let under_way = under_way.clone();
        under_way.lock().entry(number).or_default().insert(mount);
        Some(Box::pin(async move {
            let met = Instant::now() + MEETING;
            while under_way.lock()[&number].len() < 2 && Instant::now() < met {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            recall_each(other, all).await;
        }))
    }));
    pair.run(works);
    pair.forgets();
}

/// `ls -la D; setfattr -n user.x -v 1 D` hung past kill -9: the listing brought the directory itself through its own
/// entry `.`, so that the recall behind the change waited for the lock of the very directory.
#[test]
fn an_attribute_of_a_directory_that_was_just_listed_is_set() {
    let pair = pair();
    let dir = pair.a.path("D");
    furnish(&dir).unwrap();
    let work: Work = Box::new(move || {
        for round in 0..20 {
            list(&dir)?;
            rustix::fs::setxattr(&dir, "user.x", format!("{round}").as_bytes(), XattrFlags::empty())?;
            list(&dir)?;
            rustix::fs::removexattr(&dir, "user.x")?;
        }
        Ok(())
    });
    pair.run(vec![("ls and setfattr".into(), work)]);
    pair.forgets();
}

/// `find D -type d | xargs setfacl` hung in the same way. A look at the mode shows what the list has made of it.
#[test]
fn access_lists_of_a_whole_tree_are_set() {
    let pair = pair();
    let dir = pair.a.path("D");
    furnish(&dir).unwrap();
    let mut dirs = vec![dir];
    for depth in 0..8 {
        let below = dirs[depth].join(format!("sub/d{depth}"));
        furnish(&below).unwrap();
        dirs.push(below);
    }
    let work: Work = Box::new(move || {
        dirs.iter().try_for_each(|dir| list(dir))?;
        for dir in dirs.iter().chain(&dirs) {
            rustix::fs::setxattr(dir, "system.posix_acl_access", &access_list(), XattrFlags::empty())?;
            list(dir)?;
        }
        Ok(())
    });
    pair.run(vec![("find and setfacl".into(), work)]);
    pair.forgets();
}

/// What a leader takes back from other mounts before a change of a directory.
fn outdated_by(request: &Request) -> Vec<Cached> {
    match request {
        Request::Change(Change::Create { parent, name, .. } | Change::Unlink { parent, name }) => {
            vec![Cached::Name { parent: *parent, name: name.clone() }, Cached::Attr(*parent)]
        }
        Request::Change(Change::SetXattr { ino, .. } | Change::RemoveXattr { ino, .. }) => {
            vec![Cached::Attr(*ino)]
        }
        _ => vec![],
    }
}

/// One mount creates names in a directory while another sets attributes on it, as Samba does that stores Windows'
/// lists. Each waited for the other's kernel, and one of them for ever.
#[test]
fn one_mount_creates_names_while_another_sets_attributes_of_their_directory() {
    let pair = pair();
    furnish(&pair.a.path("D")).unwrap();
    let holders = pair.memory().holders();
    pair.memory().wait_before(Arc::new(move |context: &Context, request: &Request| {
        let cached = outdated_by(request);
        let (_, other) = holders.iter().find(|(holder, _)| Some(*holder) != context.mount)?.clone();
        let patient = async move {
            let _ = tokio::time::timeout(LEADER_PATIENCE, other.recall(cached)).await;
        };
        (!outdated_by(request).is_empty()).then(|| Box::pin(patient) as _)
    }));
    let [a, b] = pair.roots().map(|root| root.join("D"));
    let creates: Work = Box::new(move || {
        for number in 0..30 {
            list(&a)?;
            File::create_new(a.join(format!("n{number}")))?;
        }
        Ok(())
    });
    let sets: Work = Box::new(move || {
        for number in 0..30u8 {
            list(&b)?;
            rustix::fs::setxattr(&b, "user.dos", &[number], XattrFlags::empty())?;
        }
        Ok(())
    });
    pair.run(vec![("creates".into(), creates), ("sets attributes".into(), sets)]);
    assert_eq!(fs::read_dir(pair.at_b.join("D")).unwrap().count(), 38);
    pair.forgets();
}
