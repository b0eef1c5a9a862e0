//! Owns what a directory's permission bits let programs and NFS clients do in it: each procedure that gives a handle or
//! attributes, or changes names, is refused where ext4 refuses the call that it stands for.

use crate::checks::as_user;
use nasd_base::OsEntropy;
use nasd_base::file::SetAttr;
use nasd_nfs::handle::FileHandle;
use nasd_nfs::mount::types::MountStatus;
use nasd_nfs::rpc::RpcCredential;
use nasd_nfs::v3::create::How;
use nasd_nfs::v3::mknod::Special;
use nasd_nfs::v3::types::Status;
use nfs_client::{Client, ClientError, ClientResult};
use rustix::fs::{
    AtFlags, CWD, FileType, Mode, OFlags, linkat, mkdirat, mknodat, openat, renameat, statat, symlinkat,
    unlinkat,
};
use rustix::io::Errno;
use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::Path;

const OWNER: u32 = 1000;
/// Name, uid and gid, and where their bits are in a mode.
const WHO: [(&str, u32, u32, u32); 3] =
    [("owner", OWNER, 77, 6), ("group", 1001, OWNER, 3), ("other", 1002, 1002, 0)];

/// Where all this is, in the export.
const RIGHTS: &str = "rights";

/// What was allowed, in the order of [`NAMES`].
type Allowed = Vec<bool>;

const NAMES: [&str; 15] = [
    "list",
    "attributes of a listing",
    "lookup",
    "lookup of ..",
    "create again",
    "create",
    "mkdir",
    "symlink",
    "mknod",
    "link into",
    "rename into",
    "rename out of",
    "remove",
    "rmdir",
    "mount",
];

/// Compares an export, which is also mounted at `mount`, with ext4.
pub fn nfs_allows_what_ext4_allows(ext4: &Path, mount: &Path, address: &str, export: &str) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let mount = mount.join(RIGHTS);
    fs::create_dir(&mount).expect("mkdir");
    for (who, uid, gid, shift) in WHO {
        let client = runtime.block_on(async {
            let credential = RpcCredential::sys(uid, gid, &[]);
            Client::connect(address.parse().expect("an address"), credential, &OsEntropy)
                .await
                .expect("connect")
        });
        for bits in 0..8 {
            let name = format!("{who}-{bits}");
            for at in [ext4, &mount] {
                prepare(&at.join(&name), uid, bits << shift);
            }
            let expected = as_user(uid, &[gid], || in_ext4(&ext4.join(&name)));
            let seen = runtime.block_on(over_nfs(&client, export, &name)).expect("NFS");
            for ((call, expected), seen) in NAMES.iter().zip(expected).zip(seen) {
                assert_eq!(seen, expected, "{call} by {who} with {bits}: over NFS, and on ext4");
            }
        }
    }
}

/// A directory `d` of such a mode with things in it, and beside it a file of the caller's own.
fn prepare(at: &Path, uid: u32, mode: u32) {
    fs::create_dir_all(at.join("d/empty")).expect("mkdir");
    fs::set_permissions(at, PermissionsExt::from_mode(0o777)).expect("chmod");
    for file in ["d/file", "d/gone", "d/moved", "own", "own too"] {
        fs::write(at.join(file), "x").expect("write");
        fs::set_permissions(at.join(file), PermissionsExt::from_mode(0o666)).expect("chmod");
    }
    for own in ["own", "own too"] {
        chown(at.join(own), Some(uid), None).expect("chown");
    }
    chown(at.join("d"), Some(OWNER), Some(OWNER)).expect("chown");
    fs::set_permissions(at.join("d"), PermissionsExt::from_mode(mode)).expect("chmod");
}

fn in_ext4(at: &Path) -> Allowed {
    let inside = |name: &str| at.join("d").join(name);
    let told = |result: Result<(), Errno>| match result {
        Ok(()) => true,
        Err(Errno::ACCESS) => false,
        Err(error) => panic!("{error}"),
    };
    let made = Mode::RWXU;
    let stat = |name: &str| statat(CWD, inside(name), AtFlags::empty()).map(drop);
    let list = told(openat(CWD, at.join("d"), OFlags::RDONLY, Mode::empty()).map(drop));
    vec![
        list,
        list && told(stat("file")),
        told(stat("file")),
        told(stat("..")),
        told(openat(CWD, inside("file"), OFlags::CREATE | OFlags::WRONLY, made).map(drop)),
        told(openat(CWD, inside("new"), OFlags::CREATE | OFlags::WRONLY, made).map(drop)),
        told(mkdirat(CWD, inside("dir"), made)),
        told(symlinkat("target", CWD, inside("symlink"))),
        told(mknodat(CWD, inside("fifo"), FileType::Fifo, made, 0)),
        told(linkat(CWD, at.join("own"), CWD, inside("link"), AtFlags::empty())),
        told(renameat(CWD, at.join("own too"), CWD, inside("renamed"))),
        told(renameat(CWD, inside("moved"), CWD, at.join("moved"))),
        told(unlinkat(CWD, inside("gone"), AtFlags::empty())),
        told(unlinkat(CWD, inside("empty"), AtFlags::REMOVEDIR)),
        // A client mounts what it can walk to, and what lies below needs the search.
        told(stat("file")),
    ]
}

async fn over_nfs(client: &Client, export: &str, name: &str) -> ClientResult<Allowed> {
    let top = client.mount(&format!("{export}/{RIGHTS}/{name}")).await?;
    let d: FileHandle = client.lookup(&top, "d").await?.file;
    let own = client.lookup(&top, "own").await?.file;
    let private = || SetAttr { mode: Some(0o700), ..SetAttr::default() };
    let again = How::Unchecked(SetAttr::default());
    let plus = client.readdirplus(&d, 0, 4096, 65_536).await;
    let said = plus.as_ref().ok().is_some_and(|listing| {
        listing.entries.iter().any(|entry| entry.attr.is_some() || entry.handle.is_some())
    });
    assert_eq!(told(&plus), told(&client.readdir(&d, 0, 4096).await), "names are listed by both");
    Ok(vec![
        told(&plus),
        said,
        told(&client.lookup(&d, "file").await),
        told(&client.lookup(&d, "..").await),
        told(&client.create(&d, "file", again).await),
        told(&client.create(&d, "new", How::Guarded(private())).await),
        told(&client.mkdir(&d, "dir", private()).await),
        told(&client.symlink(&d, "symlink", "target", private()).await),
        told(&client.mknod(&d, "fifo", Special::Fifo { set: private() }).await),
        told(&client.link(&own, &d, "link").await),
        told(&client.rename(&top, "own too", &d, "renamed").await),
        told(&client.rename(&d, "moved", &top, "moved").await),
        told(&client.remove(&d, "gone").await),
        told(&client.rmdir(&d, "empty").await),
        !matches!(
            client.mount(&format!("{export}/{RIGHTS}/{name}/d/file")).await,
            Err(ClientError::Mount(MountStatus::Access))
        ),
    ])
}

fn told<T: std::fmt::Debug>(result: &ClientResult<T>) -> bool {
    match result {
        Ok(_) => true,
        Err(ClientError::Nfs(Status::Access)) => false,
        Err(error) => panic!("{error}"),
    }
}
