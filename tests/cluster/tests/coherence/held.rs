//! Owns the checks of files and directories that one client holds while the other changes them.

use crate::scene::{Check, Scene, USER};
use harness::mapping::Mapping;
use rustix::fs::{Mode, OFlags, mkdirat, openat};
use rustix::io::Errno;
use std::fs::{File, OpenOptions};
use std::os::unix::fs::{FileExt, MetadataExt};

pub const CHECKS: &[(&str, Check)] = &[
    ("changed", a_held_file_shows_what_is_written_and_cut),
    ("unlinked", a_held_file_outlives_its_name),
    ("replaced", a_held_file_is_the_old_one_when_another_takes_its_name),
    ("written", a_held_file_that_was_cut_elsewhere_is_written_where_it_is),
    ("closed", a_held_file_is_read_though_its_mode_says_no_by_now),
    ("directory", a_held_directory_is_the_same_wherever_it_is_moved),
    ("map", a_mapping_is_fresh_once_the_file_is_opened_again),
    ("msync", what_msync_wrote_is_seen),
];

fn a_held_file_shows_what_is_written_and_cut(s: &Scene<'_>) {
    let path = s.at("f");
    s.here_creates("f", b"before it was opened");
    s.warm(&["f"]);
    let held = s.there.hold(&path).expect("open");
    assert_eq!(held.read(), Ok(b"before it was opened".to_vec()));
    s.here.write(&path, 0, b"BEFORE").expect("write");
    assert_eq!(held.stat(), s.here.stat(&path));
    assert_eq!(held.read(), Ok(b"BEFORE it was opened".to_vec()));
    s.here.resize(&path, 6).expect("resize");
    assert_eq!(held.read(), Ok(b"BEFORE".to_vec()));
    s.here.append(&path, b" and after").expect("append");
    assert_eq!(held.stat().map(|stat| stat.size), Ok(16));
    assert_eq!(held.read(), Ok(b"BEFORE and after".to_vec()));
    s.here.chmod(&path, 0o640).expect("chmod");
    assert_eq!(held.stat().map(|stat| stat.mode), Ok(0o640));
}

fn a_held_file_outlives_its_name(s: &Scene<'_>) {
    let path = s.at("f");
    s.here_creates("f", b"lives on");
    s.warm(&["f"]);
    let held = s.there.hold(&path).expect("open");
    s.here.unlink(&path).expect("unlink");
    if s.there.mount().is_some() {
        assert_eq!(held.stat().map(|stat| stat.nlink), Ok(0));
        assert_eq!(held.read(), Ok(b"lives on".to_vec()));
    } else {
        assert_eq!(held.stat().map(|_| ()), Err(Errno::STALE), "NFSv3 does not tell who holds a file");
        assert_eq!(held.read(), Err(Errno::STALE));
    }
    s.is_gone("f");
    s.here_creates("f", b"the next one");
    s.sees("f", b"the next one");
    if s.there.mount().is_some() {
        assert_eq!(held.read(), Ok(b"lives on".to_vec()), "the two are not confused");
    }
}

fn a_held_file_is_the_old_one_when_another_takes_its_name(s: &Scene<'_>) {
    let path = s.at("f");
    s.here_creates("f", b"old");
    s.here_creates("new", b"newer");
    s.warm(&["f", "new"]);
    let held = s.there.hold(&path).expect("open");
    s.here.rename(&s.at("new"), &path).expect("rename");
    s.sees("f", b"newer");
    if s.there.mount().is_some() {
        assert_eq!(held.read(), Ok(b"old".to_vec()));
        assert_eq!(held.stat().map(|stat| (stat.nlink, stat.size)), Ok((0, 3)));
    } else {
        assert_eq!(held.read(), Err(Errno::STALE));
    }
    s.is_gone("new");
}

fn a_held_file_that_was_cut_elsewhere_is_written_where_it_is(s: &Scene<'_>) {
    let Some(mount) = s.there.mount() else { return };
    let path = s.at("f");
    s.here_creates("f", &[1; 9_000]);
    s.warm(&["f"]);
    let held = OpenOptions::new().read(true).write(true).open(mount.join(&path)).expect("open");
    let mut byte = [0];
    held.read_exact_at(&mut byte, 8_999).expect("read");
    s.here.resize(&path, 10).expect("resize");
    assert_eq!(held.metadata().expect("fstat").len(), 10);
    held.write_all_at(b"tail", 100).expect("write");
    let mut model = vec![1; 10];
    model.resize(100, 0);
    model.extend_from_slice(b"tail");
    assert_eq!(held.metadata().expect("fstat").len(), 104);
    let mut seen = vec![9; 104];
    held.read_exact_at(&mut seen, 0).expect("read");
    assert!(seen == model, "what was cut off comes back: {:?}", &seen[..20]);
    drop(held);
    assert!(s.here.read(&path).as_ref() == Ok(&model));
    s.agree(&["f"]);
}

fn a_held_file_is_read_though_its_mode_says_no_by_now(s: &Scene<'_>) {
    // Over NFSv3 each read is checked.
    let Some(_) = s.there.mount() else { return };
    let path = s.at("f");
    s.here_creates("f", b"mine once");
    s.warm(&["f"]);
    let held = s.there.hold(&path).expect("open");
    s.here.chmod(&path, 0).expect("chmod");
    assert_eq!(held.read(), Ok(b"mine once".to_vec()));
    assert_eq!(s.there.read_as(USER, &path), Err(Errno::ACCESS));
}

fn a_held_directory_is_the_same_wherever_it_is_moved(s: &Scene<'_>) {
    let Some(mount) = s.there.mount() else { return };
    s.here.mkdir(&s.at("d")).expect("mkdir");
    s.here_creates("d/f", b"found");
    s.warm(&["d", "d/f", "d/later", "moved", "moved/f"]);
    let held = File::open(mount.join(s.at("d"))).expect("open");
    let open = |name: &str| openat(&held, name, OFlags::RDONLY, Mode::empty()).map(File::from);
    open("f").expect("a name that is there");
    assert_eq!(open("later").map(|_| ()), Err(Errno::NOENT));
    s.here_creates("d/later", b"made later");
    open("later").expect("a name that came");
    s.here.rename(&s.at("d"), &s.at("moved")).expect("rename");
    open("f").expect("the directory was moved, its names were not");
    s.here.unlink(&s.at("moved/f")).expect("unlink");
    assert_eq!(open("f").map(|_| ()), Err(Errno::NOENT));
    s.here.unlink(&s.at("moved/later")).expect("unlink");
    s.here.rmdir(&s.at("moved")).expect("rmdir");
    assert_eq!(mkdirat(&held, "x", 0o755.into()), Err(Errno::NOENT), "it has no name any more");
    assert_eq!(held.metadata().expect("fstat").nlink(), 0);
}

fn a_mapping_is_fresh_once_the_file_is_opened_again(s: &Scene<'_>) {
    let Some(mount) = s.there.mount() else { return };
    let path = s.at("f");
    let mut model = vec![1; 20_000];
    s.here_creates("f", &model);
    s.warm(&["f"]);
    let open = || OpenOptions::new().read(true).write(true).open(mount.join(&path)).expect("open");
    let mapping = Mapping::shared(&open(), model.len());
    assert!(mapping.read(0, model.len()) == model);
    for (value, offset) in [(2, 0), (3, 5_000), (4, 19_000)] {
        s.here.write(&path, offset as u64, &[value; 900]).expect("write");
        model[offset..offset + 900].fill(value);
        let again = open();
        assert!(
            Mapping::shared(&again, model.len()).read(0, model.len()) == model,
            "a new mapping, after {value}"
        );
        assert!(mapping.read(0, model.len()) == model, "the old mapping, after {value}");
    }
}

fn what_msync_wrote_is_seen(s: &Scene<'_>) {
    let Some(mount) = s.there.mount() else { return };
    let path = s.at("f");
    let mut model = vec![1; 20_000];
    s.here_creates("f", &model);
    s.warm(&["f"]);
    let file = OpenOptions::new().read(true).write(true).open(mount.join(&path)).expect("open");
    let mapping = Mapping::shared(&file, model.len());
    for (value, offset) in [(2, 4_000), (3, 19_900)] {
        let before = s.here.stat(&path).expect("stat");
        mapping.write(offset, &[value; 100]);
        model[offset..offset + 100].fill(value);
        mapping.sync();
        assert!(s.here.read(&path).as_ref() == Ok(&model), "after {value}");
        assert!(s.here.stat(&path).expect("stat").mtime > before.mtime);
        s.agree(&["f"]);
    }
}
