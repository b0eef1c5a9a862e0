//! Owns the checks of POSIX access control lists, set and read by Debian's own tools.

use super::{as_user, rw};
use rustix::fs::{CWD, XattrFlags, getxattr, setxattr};
use rustix::fs::{FileType, mknodat};
use rustix::io::Errno;
use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt, chown};
use std::path::Path;
use std::process::Command;

pub const CHECKS: &[(&str, super::Check)] = &[
    ("acl-mode", a_list_and_a_mode_are_one_thing),
    ("acl-access", a_list_lets_in_and_keeps_out),
    ("acl-mask", the_mask_bounds_all_but_the_owner_and_others),
    ("acl-directory", a_list_of_a_directory_decides_who_looks_and_makes),
    ("acl-inherit", new_nodes_inherit_the_default_list),
    ("acl-refuse", lists_are_the_owners_and_must_be_whole),
    ("acl-copy", a_copy_keeps_the_list),
];

const ALICE: u32 = 1234;
const BOB: u32 = 4321;

fn setfacl(arguments: &[&str], path: &Path) {
    let output = Command::new("setfacl").args(arguments).arg(path).output().expect("setfacl (package acl)");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "setfacl {arguments:?}: {said}");
}

/// The list in short, without comments: `user::rw-,user:1234:r--,...`.
fn getfacl(path: &Path) -> String {
    let mut command = Command::new("getfacl");
    let output =
        command.args(["--omit-header", "--numeric", "--no-effective", "--absolute-names"]).arg(path).output();
    let text = String::from_utf8(output.expect("getfacl (package acl)").stdout).unwrap();
    text.split_whitespace().collect::<Vec<_>>().join(",")
}

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().mode() & 0o7777
}

fn file(path: &Path, mode: u32) {
    fs::write(path, "x").unwrap();
    fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
}

fn reads(uid: u32, gids: &[u32], path: &Path) -> bool {
    match as_user(uid, gids, || fs::read(path)) {
        Ok(_) => true,
        Err(error) if error.raw_os_error() == Some(Errno::ACCESS.raw_os_error()) => false,
        Err(error) => panic!("{}: {error}", path.display()),
    }
}

fn writes(uid: u32, gids: &[u32], path: &Path) -> bool {
    as_user(uid, gids, || OpenOptions::new().append(true).open(path)).is_ok()
}

fn a_list_and_a_mode_are_one_thing(dir: &Path) {
    let path = dir.join("f");
    file(&path, 0o640);
    assert_eq!(getfacl(&path), "user::rw-,group::r--,other::---");
    let before = fs::metadata(&path).unwrap();
    setfacl(&["-m", &format!("u:{ALICE}:rwx")], &path);
    assert_eq!(mode(&path), 0o670, "the mask shows as the group's bits");
    let after = fs::metadata(&path).unwrap();
    assert!((after.ctime(), after.ctime_nsec()) > (before.ctime(), before.ctime_nsec()));
    fs::set_permissions(&path, PermissionsExt::from_mode(0o604)).unwrap();
    assert_eq!(getfacl(&path), "user::rw-,user:1234:rwx,group::r--,mask::---,other::r--");
    fs::set_permissions(&path, PermissionsExt::from_mode(0o751)).unwrap();
    assert_eq!(getfacl(&path), "user::rwx,user:1234:rwx,group::r--,mask::r-x,other::--x");
    // A list that is only a mode is not kept beside it.
    setfacl(&["--set", "u::rw,g::r,o::-"], &path);
    let mut value = [0; 64];
    assert_eq!(getxattr(&path, "system.posix_acl_access", &mut value), Err(Errno::NODATA));
    assert_eq!(mode(&path), 0o640);
    setfacl(&["-m", &format!("g:{BOB}:r")], &path);
    setfacl(&["-b"], &path);
    assert_eq!(getfacl(&path), "user::rw-,group::r--,other::---");
    setfacl(&["-b"], &path);
}

fn a_list_lets_in_and_keeps_out(dir: &Path) {
    let path = dir.join("f");
    file(&path, 0o600);
    assert!(!reads(ALICE, &[ALICE], &path));
    setfacl(&["-m", &format!("u:{ALICE}:r")], &path);
    assert!(reads(ALICE, &[ALICE], &path) && !writes(ALICE, &[ALICE], &path));
    assert!(!reads(BOB, &[BOB], &path));
    setfacl(&["-m", &format!("g:{BOB}:rw")], &path);
    assert!(reads(BOB, &[BOB], &path) && writes(BOB, &[BOB], &path), "by the primary group");
    assert!(writes(77, &[77, BOB], &path), "by a supplementary group");
    assert!(!writes(ALICE, &[BOB], &path), "who is named gets what the name has, not the group");
    // Keeping one user out of what everybody may.
    let open = dir.join("open");
    file(&open, 0o644);
    setfacl(&["-m", &format!("u:{ALICE}:-")], &open);
    assert!(!reads(ALICE, &[ALICE], &open) && reads(BOB, &[BOB], &open));
    setfacl(&["-x", &format!("u:{ALICE}")], &open);
    assert!(reads(ALICE, &[ALICE], &open));
}

fn the_mask_bounds_all_but_the_owner_and_others(dir: &Path) {
    let path = dir.join("f");
    file(&path, 0o600);
    chown(&path, Some(ALICE), Some(77)).unwrap();
    setfacl(&["-m", &format!("u:{BOB}:rw,g::rw,m::r,o::-")], &path);
    assert!(writes(ALICE, &[ALICE], &path), "the owner");
    assert!(reads(BOB, &[BOB], &path) && !writes(BOB, &[BOB], &path));
    assert!(reads(99, &[77], &path) && !writes(99, &[77], &path), "the file's group");
    setfacl(&["-m", "m::rw"], &path);
    assert!(writes(BOB, &[BOB], &path) && writes(99, &[99, 77], &path));
    as_user(ALICE, &[ALICE], || fs::set_permissions(&path, PermissionsExt::from_mode(0o600)).unwrap());
    assert!(!reads(BOB, &[BOB], &path), "chmod took the mask away");
}

fn a_list_of_a_directory_decides_who_looks_and_makes(dir: &Path) {
    let sub = dir.join("sub");
    fs::create_dir(&sub).unwrap();
    file(&sub.join("f"), 0o644);
    fs::set_permissions(&sub, PermissionsExt::from_mode(0o700)).unwrap();
    let make = |uid: u32, name: &str| as_user(uid, &[uid], || fs::write(sub.join(name), "x")).is_ok();
    let list = |uid: u32| as_user(uid, &[uid], || fs::read_dir(&sub).map(|_| ())).is_ok();
    assert!(!reads(ALICE, &[ALICE], &sub.join("f")) && !make(ALICE, "a"));
    setfacl(&["-m", &format!("u:{ALICE}:x")], &sub);
    assert!(reads(ALICE, &[ALICE], &sub.join("f")) && !list(ALICE) && !make(ALICE, "a"));
    setfacl(&["-m", &format!("u:{ALICE}:rwx")], &sub);
    assert!(list(ALICE) && make(ALICE, "a") && !make(BOB, "b"));
    let rename = |uid: u32| as_user(uid, &[uid], || fs::rename(sub.join("a"), sub.join("b"))).is_ok();
    assert!(!rename(BOB) && rename(ALICE));
    assert!(as_user(ALICE, &[ALICE], || fs::remove_file(sub.join("b"))).is_ok());
    setfacl(&["-b"], &sub);
    assert!(!reads(ALICE, &[ALICE], &sub.join("f")));
}

fn new_nodes_inherit_the_default_list(dir: &Path) {
    let shared = dir.join("shared");
    fs::create_dir(&shared).unwrap();
    setfacl(&["-d", "-m", &format!("u::rwx,u:{ALICE}:rwx,g::rx,o::-")], &shared);
    assert_eq!(mode(&shared), 0o755, "a default list does not change its directory");
    let (data, program, sub) = (shared.join("data"), shared.join("program"), shared.join("sub"));
    rw(&data);
    OpenOptions::new().write(true).create_new(true).mode(0o700).open(&program).unwrap();
    fs::DirBuilder::new().mode(0o777).create(&sub).unwrap();
    mknodat(CWD, shared.join("fifo"), FileType::Fifo, 0o666.into(), 0).unwrap();
    std::os::unix::fs::symlink("data", shared.join("link")).unwrap();
    // The umask, 022 in any shell, would have taken the group's w away.
    assert_eq!(getfacl(&data), "user::rw-,user:1234:rwx,group::r-x,mask::rw-,other::---");
    assert_eq!(getfacl(&program), "user::rwx,user:1234:rwx,group::r-x,mask::---,other::---");
    let whole = "user::rwx,user:1234:rwx,group::r-x,mask::rwx,other::---";
    let default =
        "default:user::rwx,default:user:1234:rwx,default:group::r-x,default:mask::rwx,default:other::---";
    assert_eq!(getfacl(&sub), format!("{whole},{default}"));
    assert_eq!(
        (mode(&data), mode(&program), mode(&sub), mode(&shared.join("fifo"))),
        (0o660, 0o700, 0o770, 0o660)
    );
    assert_eq!(mode(&shared.join("link")), 0o777);
    assert!(writes(ALICE, &[ALICE], &data) && !reads(BOB, &[BOB], &data));
    // Below, too.
    as_user(ALICE, &[ALICE], || fs::write(sub.join("deep"), "x").unwrap());
    assert_eq!(getfacl(&sub.join("deep")), "user::rw-,user:1234:rwx,group::r-x,mask::rw-,other::---");
    // A default list that is only a mode leaves no list, and still stands in for the umask.
    let plain = dir.join("plain");
    fs::create_dir(&plain).unwrap();
    setfacl(&["-d", "--set", "u::rwx,g::rwx,o::r"], &plain);
    File::create(plain.join("f")).unwrap();
    assert_eq!(getfacl(&plain.join("f")), "user::rw-,group::rw-,other::r--");
    // Without one the umask counts again.
    setfacl(&["-k"], &plain);
    File::create(plain.join("g")).unwrap();
    assert_eq!(mode(&plain.join("g")), 0o644);
}

fn lists_are_the_owners_and_must_be_whole(dir: &Path) {
    let path = dir.join("f");
    file(&path, 0o666);
    setfacl(&["-m", &format!("u:{ALICE}:rw")], &path);
    let mut value = [0; 256];
    let len = getxattr(&path, "system.posix_acl_access", &mut value).unwrap();
    let list = &value[..len];
    let set = |name: &str, value: &[u8]| setxattr(&path, name, value, XattrFlags::empty());
    assert_eq!(as_user(ALICE, &[ALICE], || set("system.posix_acl_access", list)), Err(Errno::PERM));
    assert_eq!(set("system.posix_acl_access", &list[..len - 8]), Err(Errno::INVAL), "others are missing");
    assert_eq!(set("system.posix_acl_access", &list[..len - 3]), Err(Errno::INVAL));
    assert_eq!(set("system.posix_acl_default", list), Err(Errno::ACCESS), "only directories have these");
    assert_eq!(as_user(BOB, &[BOB], || getxattr(&path, "system.posix_acl_access", &mut [0; 256])), Ok(len));
    assert_eq!(set("system.posix_acl_access", list), Ok(()));
}

fn a_copy_keeps_the_list(dir: &Path) {
    let (from, to) = (dir.join("from"), dir.join("to"));
    fs::create_dir(&from).unwrap();
    file(&from.join("f"), 0o640);
    setfacl(&["-m", &format!("u:{ALICE}:r")], &from.join("f"));
    setfacl(&["-d", "-m", &format!("u:{BOB}:rwx")], &from);
    let copied = Command::new("cp").arg("-a").arg(&from).arg(&to).output().unwrap();
    assert!(copied.status.success(), "{}", String::from_utf8_lossy(&copied.stderr));
    assert_eq!(getfacl(&to), getfacl(&from));
    assert_eq!(getfacl(&to.join("f")), getfacl(&from.join("f")));
}
