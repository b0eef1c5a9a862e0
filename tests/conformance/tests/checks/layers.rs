//! Owns the checks of what is laid over a file system: overlayfs, and what it needs.

use super::{as_user, rw};
use rustix::fs::{CWD, FileType, Mode, RenameFlags, mknodat, renameat_with};
use rustix::mount::{UnmountFlags, unmount};
use std::fs;
use std::io::Write;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::Command;

pub const CHECKS: &[(&str, super::Check)] = &[
    ("whiteout", a_whiteout_is_left_where_a_name_was),
    ("whiteout-user", anybody_makes_whiteouts),
    ("overlay", an_overlay_has_its_upper_directory_here),
];

fn is_whiteout(path: &Path) -> bool {
    let found = fs::symlink_metadata(path).unwrap();
    found.file_type().is_char_device() && found.rdev() == 0
}

fn leave_whiteout(from: &Path, to: &Path) -> rustix::io::Result<()> {
    renameat_with(CWD, from, CWD, to, RenameFlags::WHITEOUT)
}

fn a_whiteout_is_left_where_a_name_was(dir: &Path) {
    let (a, b, sub) = (dir.join("a"), dir.join("b"), dir.join("sub"));
    fs::write(&a, "A").unwrap();
    fs::write(&b, "B").unwrap();
    fs::create_dir(&sub).unwrap();
    leave_whiteout(&a, &b).unwrap();
    assert!(is_whiteout(&a));
    assert_eq!(fs::metadata(&a).unwrap().mode() & 0o777, 0);
    assert_eq!(fs::read(&b).unwrap(), b"A");
    // To another directory, and a directory itself.
    leave_whiteout(&b, &sub.join("b")).unwrap();
    let links = fs::metadata(dir).unwrap().nlink();
    leave_whiteout(&sub, &dir.join("moved")).unwrap();
    assert!(is_whiteout(&b) && is_whiteout(&sub));
    assert_eq!(fs::metadata(dir).unwrap().nlink(), links);
    assert_eq!(fs::read(dir.join("moved/b")).unwrap(), b"A");
    assert_eq!(fs::read_dir(dir).unwrap().count(), 4);
    // What is moved over one takes its place.
    fs::rename(dir.join("moved/b"), &a).unwrap();
    assert_eq!(fs::read(&a).unwrap(), b"A");
    let exchange = RenameFlags::WHITEOUT | RenameFlags::EXCHANGE;
    assert_eq!(renameat_with(CWD, &a, CWD, &b, exchange), Err(rustix::io::Errno::INVAL));
}

fn anybody_makes_whiteouts(dir: &Path) {
    fs::set_permissions(dir, PermissionsExt::from_mode(0o777)).unwrap();
    as_user(1000, &[1000], || {
        fs::write(dir.join("own"), "").unwrap();
        leave_whiteout(&dir.join("own"), &dir.join("moved")).unwrap();
        mknodat(CWD, dir.join("made"), FileType::CharacterDevice, Mode::empty(), 0).unwrap();
        let device = mknodat(CWD, dir.join("null"), FileType::CharacterDevice, Mode::empty(), 0x103);
        assert_eq!(device, Err(rustix::io::Errno::PERM), "but no devices");
    });
    for name in ["own", "made"] {
        assert!(is_whiteout(&dir.join(name)));
        assert_eq!(fs::symlink_metadata(dir.join(name)).unwrap().uid(), 1000);
    }
}

/// An overlay, as containers have them; gone when dropped.
struct Overlay<'d>(&'d Path);

impl Overlay<'_> {
    fn mount(dir: &Path) -> Overlay<'_> {
        let part = |name: &str| dir.join(name).display().to_string();
        let options = format!("lowerdir={},upperdir={},workdir={}", part("low"), part("up"), part("work"));
        let mut mount = Command::new("mount");
        mount.args(["-t", "overlay", "overlay", "-o", &options]).arg(dir.join("merged"));
        assert!(mount.status().unwrap().success(), "mount -t overlay -o {options}");
        Overlay(dir)
    }
}

impl Drop for Overlay<'_> {
    fn drop(&mut self) {
        unmount(self.0.join("merged"), UnmountFlags::DETACH).unwrap();
    }
}

fn an_overlay_has_its_upper_directory_here(dir: &Path) {
    for name in ["low/old", "low/kept", "up", "work", "merged"] {
        fs::create_dir_all(dir.join(name)).unwrap();
    }
    for name in ["low/changed", "low/removed", "low/renamed", "low/old/x", "low/kept/y"] {
        fs::write(dir.join(name), "low").unwrap();
    }
    let merged = dir.join("merged");
    let overlay = Overlay::mount(dir);
    rw(&merged.join("changed")).write_all(b"UP").unwrap();
    fs::remove_file(merged.join("removed")).unwrap();
    fs::rename(merged.join("renamed"), merged.join("elsewhere")).unwrap();
    fs::remove_dir_all(merged.join("old")).unwrap();
    fs::create_dir(merged.join("old")).unwrap();
    fs::write(merged.join("kept/z"), "up").unwrap();
    drop(overlay);
    assert!(is_whiteout(&dir.join("up/removed")) && is_whiteout(&dir.join("up/renamed")));
    let _overlay = Overlay::mount(dir);
    let read = |name: &str| fs::read_to_string(merged.join(name)).unwrap();
    assert_eq!(
        [read("changed"), read("elsewhere"), read("kept/y"), read("kept/z")],
        ["UPw", "low", "low", "up"]
    );
    assert!(!merged.join("removed").exists() && !merged.join("renamed").exists());
    assert_eq!(fs::read_dir(merged.join("old")).unwrap().count(), 0, "what is below does not shine through");
    assert_eq!(fs::read_dir(&merged).unwrap().count(), 4);
}
