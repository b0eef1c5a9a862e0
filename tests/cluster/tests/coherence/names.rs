//! Owns the checks of names: those that come, go and move, each looked up before.

use crate::scene::{Check, Scene};
use crate::side::Kind;
use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;

pub const CHECKS: &[(&str, Check)] = &[
    ("create", a_name_that_was_missing_is_seen),
    ("unlink", a_removed_name_is_gone),
    ("again", a_name_that_is_made_again_is_another_file),
    ("kind", a_name_that_becomes_a_directory_is_one),
    ("rename", a_renamed_file_is_at_its_new_name_only),
    ("replace", a_file_renamed_onto_another_takes_its_place),
    ("across", a_file_moves_between_directories),
    ("tree", a_renamed_directory_takes_what_is_below_it),
    ("exchange", exchanged_names_are_seen),
    ("links", hard_links_are_counted),
    ("symlink", a_symbolic_link_that_is_replaced_points_elsewhere),
    ("many", hundreds_of_names_come_and_go),
];

fn a_name_that_was_missing_is_seen(s: &Scene<'_>) {
    s.here_creates("old", b"linked");
    s.warm(&["file", "dir", "dir/below", "link", "symlink", "old"]);
    let before = s.there.stat(s.dir).expect("stat");
    s.here_creates("file", b"new");
    s.sees("file", b"new");
    s.here.mkdir(&s.at("dir")).expect("mkdir");
    assert_eq!(s.there_stats("dir").kind, Kind::Dir);
    s.lists("dir", &[]);
    s.here_creates("dir/below", b"deep");
    s.sees("dir/below", b"deep");
    s.lists("dir", &["below"]);
    s.here.link(&s.at("old"), &s.at("link")).expect("link");
    s.sees("link", b"linked");
    s.here.symlink("file", &s.at("symlink")).expect("symlink");
    assert_eq!(s.there.read_link(&s.at("symlink")), Ok("file".into()));
    s.lists("", &["dir", "file", "link", "old", "symlink"]);
    s.agree(&["file", "dir", "dir/below", "link", "symlink", "old"]);
    let after = s.there.stat(s.dir).expect("stat");
    assert_eq!(after.nlink, before.nlink + 1);
    assert!(after.mtime > before.mtime && after.ctime > before.ctime, "{before:?} {after:?}");
}

fn a_removed_name_is_gone(s: &Scene<'_>) {
    s.here_creates("file", b"x");
    s.here.mkdir(&s.at("dir")).expect("mkdir");
    s.here.symlink("file", &s.at("symlink")).expect("symlink");
    s.warm(&["file", "dir", "symlink"]);
    let before = s.there.stat(s.dir).expect("stat");
    s.here.unlink(&s.at("file")).expect("unlink");
    s.is_gone("file");
    s.here.unlink(&s.at("symlink")).expect("unlink");
    s.is_gone("symlink");
    s.here.rmdir(&s.at("dir")).expect("rmdir");
    s.is_gone("dir");
    s.lists("", &[]);
    let after = s.there.stat(s.dir).expect("stat");
    assert_eq!(after.nlink, before.nlink - 1);
    assert!(after.mtime > before.mtime && after.ctime > before.ctime, "{before:?} {after:?}");
    // It is not only shown as gone: another can be made, and removed by whoever saw it go.
    s.there.create(&s.at("file"), b"by the other").expect("create");
    s.there.mkdir(&s.at("dir")).expect("mkdir");
    assert_eq!(s.here.read(&s.at("file")), Ok(b"by the other".to_vec()));
    s.here.rmdir(&s.at("dir")).expect("rmdir");
    s.is_gone("dir");
}

fn a_name_that_is_made_again_is_another_file(s: &Scene<'_>) {
    s.here_creates("f", b"first life");
    s.warm(&["f"]);
    let first = s.there_stats("f");
    s.here.unlink(&s.at("f")).expect("unlink");
    s.here_creates("f", b"second");
    s.sees("f", b"second");
    assert_ne!(s.there_stats("f").ino, first.ino);
    assert_eq!(s.there_stats("f").nlink, 1);
}

fn a_name_that_becomes_a_directory_is_one(s: &Scene<'_>) {
    s.here_creates("n", b"a file");
    s.warm(&["n", "n/below"]);
    s.here.unlink(&s.at("n")).expect("unlink");
    s.here.mkdir(&s.at("n")).expect("mkdir");
    assert_eq!(s.there_stats("n").kind, Kind::Dir);
    s.here_creates("n/below", b"deep");
    s.sees("n/below", b"deep");
    s.warm(&["n", "n/below"]);
    s.here.unlink(&s.at("n/below")).expect("unlink");
    s.here.rmdir(&s.at("n")).expect("rmdir");
    s.here_creates("n", b"a file again");
    s.sees("n", b"a file again");
    assert_eq!(s.there.stat(&s.at("n/below")).map(|_| ()), Err(Errno::NOTDIR));
}

fn a_renamed_file_is_at_its_new_name_only(s: &Scene<'_>) {
    s.here_creates("old", b"the same");
    s.warm(&["old", "new"]);
    let before = s.there_stats("old");
    s.here.rename(&s.at("old"), &s.at("new")).expect("rename");
    s.is_gone("old");
    s.sees("new", b"the same");
    let after = s.there_stats("new");
    assert_eq!((after.ino, after.mtime), (before.ino, before.mtime));
    assert!(after.ctime > before.ctime, "a rename changes ctime: {before:?} {after:?}");
    s.here.rename(&s.at("new"), &s.at("old")).expect("rename back");
    s.sees("old", b"the same");
    s.is_gone("new");
}

fn a_file_renamed_onto_another_takes_its_place(s: &Scene<'_>) {
    s.here_creates("new", b"what replaces");
    s.here_creates("target", b"what is replaced");
    s.here.link(&s.at("target"), &s.at("other name")).expect("link");
    s.warm(&["new", "target", "other name"]);
    let (new, target) = (s.there_stats("new"), s.there_stats("target"));
    assert_eq!(target.nlink, 2);
    s.here.rename(&s.at("new"), &s.at("target")).expect("rename");
    assert_eq!(s.there_stats("other name").nlink, 1);
    s.sees("target", b"what replaces");
    s.is_gone("new");
    s.sees("other name", b"what is replaced");
    assert_eq!((s.there_stats("target").ino, s.there_stats("other name").ino), (new.ino, target.ino));
    assert!(s.there_stats("other name").ctime > target.ctime);
}

fn a_file_moves_between_directories(s: &Scene<'_>) {
    for dir in ["from", "to"] {
        s.here.mkdir(&s.at(dir)).expect("mkdir");
    }
    s.here_creates("from/f", b"moves");
    s.here.mkdir(&s.at("from/d")).expect("mkdir");
    s.warm(&["from", "to", "from/f", "to/f", "from/d", "to/d"]);
    s.here.rename(&s.at("from/f"), &s.at("to/f")).expect("rename");
    s.sees("to/f", b"moves");
    s.is_gone("from/f");
    s.here.rename(&s.at("from/d"), &s.at("to/d")).expect("rename");
    s.is_gone("from/d");
    assert_eq!((s.there_stats("from").nlink, s.there_stats("to").nlink), (2, 3));
    s.lists("from", &[]);
    s.lists("to", &["d", "f"]);
    s.agree(&["from", "to", "to/d"]);
}

fn a_renamed_directory_takes_what_is_below_it(s: &Scene<'_>) {
    s.here.mkdir(&s.at("one")).expect("mkdir");
    s.here.mkdir(&s.at("one/deep")).expect("mkdir");
    s.here_creates("one/deep/f", b"below");
    let names = ["one", "one/deep", "one/deep/f", "two", "two/deep", "two/deep/f"];
    s.warm(&names);
    s.here.rename(&s.at("one"), &s.at("two")).expect("rename");
    s.is_gone("one/deep/f");
    s.is_gone("one");
    s.sees("two/deep/f", b"below");
    // The old name is taken by something else: what was below it must not shine through.
    s.here.mkdir(&s.at("one")).expect("mkdir");
    s.lists("one", &[]);
    s.is_gone("one/deep");
    s.is_gone("one/deep/f");
    s.warm(&names);
    s.here.rename(&s.at("two/deep"), &s.at("one/deep")).expect("rename");
    s.sees("one/deep/f", b"below");
    s.is_gone("two/deep/f");
    s.agree(&["one", "one/deep", "two"]);
}

fn exchanged_names_are_seen(s: &Scene<'_>) {
    // NFSv3 has no such call.
    let Some(mount) = s.here.mount() else { return };
    s.here_creates("file", b"F");
    s.here.mkdir(&s.at("dir")).expect("mkdir");
    s.here_creates("dir/below", b"D");
    s.warm(&["file", "dir", "dir/below", "file/below"]);
    let (from, to) = (mount.join(s.at("file")), mount.join(s.at("dir")));
    renameat_with(CWD, &from, CWD, &to, RenameFlags::EXCHANGE).expect("exchange");
    s.sees("file/below", b"D");
    s.sees("dir", b"F");
    assert_eq!((s.there_stats("file").kind, s.there_stats("dir").kind), (Kind::Dir, Kind::File));
}

fn hard_links_are_counted(s: &Scene<'_>) {
    s.here_creates("a", b"shared");
    s.warm(&["a", "b", "c"]);
    s.here.link(&s.at("a"), &s.at("b")).expect("link");
    assert_eq!((s.there_stats("a").nlink, s.there_stats("b").nlink), (2, 2));
    s.here.link(&s.at("b"), &s.at("c")).expect("link");
    assert_eq!((s.there_stats("b").nlink, s.there_stats("a").nlink), (3, 3));
    s.agree(&["a", "b", "c"]);
    // What is done by one name shows by the others.
    s.warm(&["a", "b", "c"]);
    s.here.write(&s.at("a"), 0, b"SHARED").expect("write");
    s.sees("c", b"SHARED");
    s.here.chmod(&s.at("c"), 0o640).expect("chmod");
    assert_eq!((s.there_stats("b").mode, s.there_stats("a").mode), (0o640, 0o640));
    let before = s.there_stats("c");
    s.here.unlink(&s.at("a")).expect("unlink");
    let after = s.there_stats("c");
    assert!(after.nlink == 2 && after.ctime > before.ctime, "{before:?} {after:?}");
    s.here.unlink(&s.at("b")).expect("unlink");
    assert_eq!(s.there_stats("c").nlink, 1);
    s.agree(&["c"]);
}

fn a_symbolic_link_that_is_replaced_points_elsewhere(s: &Scene<'_>) {
    s.here_creates("one", b"1");
    s.here_creates("two", b"2");
    s.here.symlink("one", &s.at("l")).expect("symlink");
    s.warm(&["one", "two", "l", "new"]);
    s.here.symlink("two", &s.at("new")).expect("symlink");
    s.here.rename(&s.at("new"), &s.at("l")).expect("rename");
    assert_eq!(s.there.read_link(&s.at("l")), Ok("two".into()));
    if s.there.mount().is_some() {
        assert_eq!(s.there.read(&s.at("l")), Ok(b"2".to_vec()), "it is followed");
    }
    s.here.unlink(&s.at("l")).expect("unlink");
    s.here.symlink("one", &s.at("l")).expect("symlink");
    assert_eq!(s.there.read_link(&s.at("l")), Ok("one".into()));
    s.agree(&["l"]);
}

fn hundreds_of_names_come_and_go(s: &Scene<'_>) {
    const NAMES: usize = 300;
    let names: Vec<String> = (0..NAMES).map(|number| format!("n{number:03}")).collect();
    for name in &names[..NAMES / 2] {
        s.here.link(&s.at("n000"), &s.at(name)).or_else(|_| s.here.create(&s.at(name), b"")).expect("make");
    }
    s.warm(&["n000", "n149", "n150", "n299"]);
    for name in &names[NAMES / 2..] {
        s.here.link(&s.at("n000"), &s.at(name)).expect("link");
    }
    let listed = s.there.list(s.dir).expect("list");
    assert!(listed.iter().eq(&names), "{} of {NAMES} names", listed.len());
    assert_eq!(s.there_stats("n299").nlink, NAMES as u64);
    for name in names.iter().step_by(2) {
        s.here.unlink(&s.at(name)).expect("unlink");
    }
    let listed = s.there.list(s.dir).expect("list");
    assert!(listed.iter().eq(names.iter().skip(1).step_by(2)), "{} names", listed.len());
    assert_eq!(s.there_stats("n299").nlink, NAMES as u64 / 2);
    s.agree(&["n299"]);
}
