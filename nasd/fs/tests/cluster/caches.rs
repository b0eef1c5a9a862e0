//! What mounts' kernels may keep, and that it is taken back before anybody sees it changed.

use crate::common::*;
use bytes::Bytes;
use nasd_base::file::SetAttr;
use nasd_base::net::BoxFuture;
use nasd_base::{Errno, Ino, NodeId};
use nasd_fs::{
    CacheHolder, Cached, CallResult, Change, CreateMode, FileService, LockSession, Request, Stability,
};
use parking_lot::Mutex;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// Longer than any kernel keeps anything.
const FORGOTTEN: Duration = Duration::from_secs(3);

/// A mount whose kernel notes what it had to forget.
struct Kernel {
    client: Client,
    forgotten: Mutex<Vec<Cached>>,
    /// How long it takes to forget.
    takes: Mutex<Duration>,
}

impl Kernel {
    fn at(cluster: &Cluster, node: u64) -> Arc<Kernel> {
        let router = &cluster.node(node).router;
        let mount = router.begin_session(VOLUME);
        let mut client = cluster.client(node).holding_open();
        client.context.mount = Some(mount);
        let kernel = Arc::new(Kernel { client, forgotten: Mutex::default(), takes: Mutex::default() });
        router.keep_caches(VOLUME, mount, Arc::new(Forgets(kernel.clone())));
        kernel
    }

    async fn ask(&self, request: Request) -> (CallResult, Duration) {
        self.client.router.call_keeping(VOLUME, &self.client.context, request, Bytes::new()).await
    }

    async fn look_up(&self, name: &str) -> (CallResult, Duration) {
        self.ask(Request::Lookup { parent: Ino::ROOT, name: Bytes::copy_from_slice(name.as_bytes()) }).await
    }

    fn forgotten(&self) -> Vec<Cached> {
        std::mem::take(&mut self.forgotten.lock())
    }
}

struct Forgets(Arc<Kernel>);

impl CacheHolder for Forgets {
    fn recall(&self, cached: Vec<Cached>) -> BoxFuture<'static, bool> {
        let kernel = self.0.clone();
        Box::pin(async move {
            let takes = *kernel.takes.lock();
            tokio::time::sleep(takes).await;
            kernel.forgotten.lock().extend(cached);
            true
        })
    }
}

fn name(name: &'static str) -> Cached {
    Cached::Name { parent: Ino::ROOT, name: Bytes::from_static(name.as_bytes()) }
}

#[tokio::test(start_paused = true)]
async fn a_name_and_attributes_are_forgotten_before_a_change_elsewhere_is_done() {
    let cluster = Cluster::new(3, quiet()).await;
    let (kernel, nfs) = (Kernel::at(&cluster, 2), cluster.client(3));
    let file = nfs.create("f").await.ino;
    let (found, keep) = kernel.look_up("f").await;
    assert!(found.is_ok() && keep > Duration::from_millis(900), "{keep:?}");
    assert!(kernel.forgotten().is_empty());

    nfs.write(file, 0, &b"new"[..], Stability::Unstable).await.unwrap();
    assert_eq!(kernel.forgotten(), [Cached::Attr(file)]);
    nfs.write(file, 3, &b"er"[..], Stability::Unstable).await.unwrap();
    assert!(kernel.forgotten().is_empty(), "it is forgotten already");

    kernel.look_up("f").await.0.unwrap();
    let set = SetAttr { mode: Some(0o600), ..SetAttr::default() };
    nfs.change(Change::SetAttr { ino: file, set, guard: None }).await.unwrap();
    assert_eq!(kernel.forgotten(), [Cached::Attr(file)]);

    kernel.look_up("f").await.0.unwrap();
    nfs.unlink("f").await.unwrap();
    assert_eq!(kernel.forgotten(), [name("f"), Cached::Attr(file)]);
    assert_eq!(kernel.look_up("f").await.0, Err(Errno::NoEnt));
}

#[tokio::test(start_paused = true)]
async fn that_a_name_means_nothing_is_kept_and_forgotten_too() {
    let cluster = Cluster::new(3, quiet()).await;
    let (kernel, nfs) = (Kernel::at(&cluster, 1), cluster.client(2));
    let (missing, keep) = kernel.look_up("f").await;
    assert!(missing == Err(Errno::NoEnt) && !keep.is_zero());
    nfs.create("f").await;
    assert_eq!(kernel.forgotten(), [name("f")]);
}

#[tokio::test(start_paused = true)]
async fn all_that_a_rename_a_link_and_a_truncating_create_touch_is_forgotten() {
    let cluster = Cluster::new(3, quiet()).await;
    let (kernel, nfs) = (Kernel::at(&cluster, 2), cluster.client(1));
    let (a, b) = (nfs.create("a").await.ino, nfs.create("b").await.ino);
    let list = Request::ReadDir { ino: Ino::ROOT, cookie: 0, entries_max: 100, bytes_max: 9999, attrs: true };
    assert!(!kernel.ask(list.clone()).await.1.is_zero());
    let change = Change::Rename {
        from_parent: Ino::ROOT,
        from_name: Bytes::from_static(b"a"),
        to_parent: Ino::ROOT,
        to_name: Bytes::from_static(b"b"),
        mode: nasd_fs::RenameMode::Replace,
    };
    nfs.change(change).await.unwrap();
    let root = Cached::Attr(Ino::ROOT);
    let renamed = [name("a"), root.clone(), Cached::Attr(a), name("b"), root.clone(), Cached::Attr(b)];
    assert_eq!(kernel.forgotten(), renamed);

    kernel.ask(list.clone()).await.0.unwrap();
    nfs.change(Change::Link { ino: a, parent: Ino::ROOT, name: Bytes::from_static(b"c") }).await.unwrap();
    assert_eq!(kernel.forgotten(), [root.clone(), Cached::Attr(a)], "nobody has looked for c");

    kernel.ask(list).await.0.unwrap();
    let set = SetAttr { size: Some(0), ..SetAttr::default() };
    nfs.create_with("b", set, CreateMode::Unchecked).await.unwrap();
    assert_eq!(kernel.forgotten(), [name("b"), root, Cached::Attr(a)]);
}

#[tokio::test(start_paused = true)]
async fn a_mount_is_not_asked_to_forget_what_it_changes_itself() {
    let cluster = Cluster::new(3, quiet()).await;
    let (kernel, other) = (Kernel::at(&cluster, 2), Kernel::at(&cluster, 2));
    let file = kernel.client.create("f").await.ino;
    for mount in [&kernel, &other] {
        mount.look_up("f").await.0.unwrap();
    }
    kernel.client.write(file, 0, &b"x"[..], Stability::FileSync).await.unwrap();
    assert!(kernel.forgotten().is_empty());
    assert_eq!(other.forgotten(), [Cached::Attr(file)], "the other mount of the same node is");
}

#[tokio::test(start_paused = true)]
async fn a_mount_that_cannot_be_reached_is_waited_out() {
    let cluster = Cluster::new(3, quiet()).await;
    let (kernel, nfs) = (Kernel::at(&cluster, 2), cluster.client(1));
    nfs.create("f").await;
    kernel.look_up("f").await.0.unwrap();
    cluster.network.cut(NodeId(2));
    let begun = Instant::now();
    nfs.unlink("f").await.unwrap();
    let waited = begun.elapsed();
    assert!(waited >= Duration::from_secs(1) && waited < Duration::from_millis(1300), "{waited:?}");
    let begun = Instant::now();
    nfs.create("f").await;
    assert!(begun.elapsed() < Duration::from_millis(100), "nobody keeps anything any more");
}

/// A kernel may be kept from forgetting by whoever holds a directory: the leader's own mount, or another node's.
#[tokio::test(start_paused = true)]
async fn a_recall_that_takes_too_long_is_given_up_and_counted() {
    let cluster = Cluster::new(3, quiet()).await;
    let given_up = || (1..=3).map(|node| cluster.node(node).volume.stats().recalls_given_up).sum::<u64>();
    for (stuck, node) in (1..=3).enumerate() {
        let (kernel, nfs) = (Kernel::at(&cluster, node), cluster.client(node % 3 + 1));
        nfs.create("f").await;
        kernel.look_up("f").await.0.unwrap();
        *kernel.takes.lock() = Duration::from_secs(3600);
        let begun = Instant::now();
        nfs.unlink("f").await.unwrap();
        let waited = begun.elapsed();
        assert!(waited >= Duration::from_secs(1) && waited < Duration::from_millis(1300), "{waited:?}");
        assert_eq!(given_up(), stuck as u64 + 1);
        // For a while nobody keeps names of the directory.
        tokio::time::sleep(Duration::from_secs(31)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_kept_of_a_file_while_others_wait_to_change_it() {
    let cluster = Cluster::new(3, quiet()).await;
    let (slow, kernel, nfs) = (Kernel::at(&cluster, 2), Kernel::at(&cluster, 3), cluster.client(1));
    let file = nfs.create("f").await.ino;
    slow.look_up("f").await.0.unwrap();
    *slow.takes.lock() = Duration::from_millis(500);
    let change = nfs.truncate(file, 5);
    let look = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        let (found, keep) = kernel.look_up("f").await;
        found.unwrap();
        keep
    };
    let (changed, keep) = tokio::join!(change, look);
    assert_eq!((changed.unwrap().size, keep), (5, Duration::ZERO));
    let (_, keep) = kernel.look_up("f").await;
    assert!(!keep.is_zero(), "afterwards it may be kept");
}

#[tokio::test(start_paused = true)]
async fn nothing_is_recalled_that_was_forgotten_long_ago_or_whose_mount_is_gone() {
    let cluster = Cluster::new(3, quiet()).await;
    let (kernel, nfs) = (Kernel::at(&cluster, 2), cluster.client(1));
    let file = nfs.create("f").await.ino;
    kernel.look_up("f").await.0.unwrap();
    tokio::time::sleep(FORGOTTEN).await;
    nfs.truncate(file, 1).await.unwrap();
    assert!(kernel.forgotten().is_empty());

    kernel.look_up("f").await.0.unwrap();
    let mount: LockSession = kernel.client.context.mount.unwrap();
    cluster.node(2).router.end_session(VOLUME, mount);
    let begun = Instant::now();
    nfs.truncate(file, 2).await.unwrap();
    assert!(kernel.forgotten().is_empty() && begun.elapsed() < Duration::from_millis(100));
}
