//! Owns the checks of attributes: who may do what, times, extended attributes.

use crate::scene::{Check, STRANGER, Scene, USER};
use crate::side::{Outcome, Side};
use rustix::fs::{XattrFlags, getxattr, listxattr, removexattr, setxattr};
use rustix::io::Errno;

pub const CHECKS: &[(&str, Check)] = &[
    ("chmod", a_mode_decides_at_once),
    ("search", a_directory_that_is_closed_hides_what_was_found_in_it),
    ("chown", a_file_that_is_given_away_is_its_new_owners),
    ("times", times_that_are_set_are_seen),
    ("xattr", extended_attributes_are_seen),
];

fn refused<T>(outcome: Outcome<T>) -> bool {
    matches!(outcome, Err(Errno::ACCESS))
}

fn a_mode_decides_at_once(s: &Scene<'_>) {
    let path = s.at("f");
    s.here_creates("f", b"secret");
    s.here.chmod(&path, 0o644).expect("chmod");
    s.warm(&["f"]);
    assert_eq!(s.there.read_as(USER, &path), Ok(b"secret".to_vec()));
    for _ in 0..3 {
        let before = s.there_stats("f");
        s.here.chmod(&path, 0o600).expect("chmod");
        assert!(refused(s.there.read_as(USER, &path)), "another user reads what is closed");
        assert_eq!(s.there_stats("f").mode, 0o600);
        assert!(s.there_stats("f").ctime > before.ctime);
        s.agree(&["f"]);
        s.here.chmod(&path, 0o604).expect("chmod");
        assert_eq!(s.there.read_as(USER, &path), Ok(b"secret".to_vec()), "it is open again");
        assert_eq!(s.there_stats("f").mode, 0o604);
    }
}

fn a_directory_that_is_closed_hides_what_was_found_in_it(s: &Scene<'_>) {
    s.here.mkdir(&s.at("d")).expect("mkdir");
    s.here_creates("d/f", b"inside");
    for path in ["d", "d/f"] {
        s.here.chmod(&s.at(path), 0o755).expect("chmod");
    }
    s.warm(&["d", "d/f", "d/new"]);
    assert_eq!(s.there.read_as(USER, &s.at("d/f")), Ok(b"inside".to_vec()));
    assert!(refused(s.there.create_as(USER, &s.at("d/new"))));
    s.here.chmod(&s.at("d"), 0o700).expect("chmod");
    assert!(refused(s.there.read_as(USER, &s.at("d/f"))), "the directory is closed");
    s.here.chmod(&s.at("d"), 0o777).expect("chmod");
    assert_eq!(s.there.read_as(USER, &s.at("d/f")), Ok(b"inside".to_vec()));
    assert_eq!(s.there.create_as(USER, &s.at("d/new")), Ok(()), "everybody may write in it now");
    assert_eq!(s.here.stat(&s.at("d/new")).map(|stat| stat.uid), Ok(USER));
    s.here.chmod(&s.at("d"), 0o755).expect("chmod");
    assert!(refused(s.there.create_as(USER, &s.at("d/newer"))), "and no longer");
    s.is_gone("d/newer");
}

fn a_file_that_is_given_away_is_its_new_owners(s: &Scene<'_>) {
    let path = s.at("f");
    s.here_creates("f", b"private");
    s.here.chmod(&path, 0o600).expect("chmod");
    s.warm(&["f"]);
    assert!(refused(s.there.read_as(USER, &path)));
    s.here.chown(&path, USER, USER).expect("chown");
    assert_eq!(s.there.read_as(USER, &path), Ok(b"private".to_vec()));
    assert!(refused(s.there.read_as(STRANGER, &path)));
    s.here.chown(&path, STRANGER, STRANGER).expect("chown");
    assert!(refused(s.there.read_as(USER, &path)));
    assert_eq!(s.there.read_as(STRANGER, &path), Ok(b"private".to_vec()));
    let seen = s.there_stats("f");
    assert_eq!((seen.uid, seen.gid), (STRANGER, STRANGER));
    s.agree(&["f"]);
}

fn times_that_are_set_are_seen(s: &Scene<'_>) {
    let path = s.at("f");
    s.here_creates("f", b"timed");
    s.warm(&["f"]);
    for secs in [1, 4_000_000_000, 1_000_000_000] {
        let before = s.there_stats("f");
        s.here.set_mtime(&path, secs).expect("utimens");
        let after = s.there_stats("f");
        assert_eq!(after.mtime, i128::from(secs) * 1_000_000_000);
        assert!(after.ctime > before.ctime, "setting a time changes ctime");
        s.agree(&["f"]);
    }
    let old = s.there_stats("f").mtime;
    s.here.write(&path, 0, b"TIMED").expect("write");
    assert!(s.there_stats("f").mtime > old, "a write takes the time that was set");
    s.sees("f", b"TIMED");
}

/// An extended attribute as a mount shows it.
fn attribute(side: &dyn Side, path: &str, name: &str) -> Outcome<Vec<u8>> {
    let mut value = vec![0; 4096];
    let len = getxattr(side.mount().expect("a mount").join(path), name, &mut value)?;
    value.truncate(len);
    Ok(value)
}

fn extended_attributes_are_seen(s: &Scene<'_>) {
    // NFSv3 has none.
    let (Some(here), Some(there)) = (s.here.mount(), s.there.mount()) else { return };
    let path = s.at("f");
    s.here_creates("f", b"x");
    s.warm(&["f"]);
    let seen = || attribute(s.there, &path, "user.tag");
    let names = || {
        let mut names = vec![0; 4096];
        let len = listxattr(there.join(&path), &mut names).expect("listxattr");
        String::from_utf8_lossy(&names[..len]).into_owned()
    };
    assert_eq!((seen(), names().as_str()), (Err(Errno::NODATA), ""));
    for value in [&b"one"[..], b"another", b""] {
        let before = s.there_stats("f");
        setxattr(here.join(&path), "user.tag", value, XattrFlags::empty()).expect("setxattr");
        assert_eq!(seen(), Ok(value.to_vec()));
        assert_eq!(names(), "user.tag\0");
        assert!(s.there_stats("f").ctime > before.ctime, "it changes ctime");
        s.agree(&["f"]);
    }
    removexattr(here.join(&path), "user.tag").expect("removexattr");
    assert_eq!((names().as_str(), seen()), ("", Err(Errno::NODATA)));
    s.agree(&["f"]);
}
