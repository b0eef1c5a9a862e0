//! Owns the checks of changes that meet looks on their way: an answer that was asked for before a change and comes
//! after it must not be kept as the truth.

use crate::scene::{Check, Scene, USER};
use rustix::io::Errno;
use std::sync::atomic::{AtomicBool, Ordering};

pub const CHECKS: &[(&str, Check)] = &[("race", looks_that_race_with_changes_leave_nothing_old)];

const CHANGES: usize = 15;
/// Threads that look all the while.
const LOOKERS: usize = 2;

fn looks_that_race_with_changes_leave_nothing_old(s: &Scene<'_>) {
    s.here_creates("f", b"");
    s.warm(&["f", "g", "new"]);
    let ended = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for looker in 0..LOOKERS {
            let ended = &ended;
            scope.spawn(move || look_until(s, looker, ended));
        }
        let changed = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            (0..CHANGES).for_each(|number| change_and_look(s, number));
        }));
        ended.store(true, Ordering::Relaxed);
        changed.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    });
}

/// Whatever it sees is old or new; it is here to be in the way.
fn look_until(s: &Scene<'_>, looker: usize, ended: &AtomicBool) {
    while !ended.load(Ordering::Relaxed) {
        for name in ["f", "g", "new"] {
            let _ = s.there.stat(&s.at(name));
            if looker == 0 {
                let _ = s.there.read(&s.at(name));
            }
        }
        let _ = s.there.list(s.dir);
    }
}

fn change_and_look(s: &Scene<'_>, number: usize) {
    let (f, g, new) = (s.at("f"), s.at("g"), s.at("new"));
    s.here.append(&f, b"more").expect("append");
    let size = 4 * (number as u64 + 1);
    assert_eq!(s.there.stat(&f).map(|stat| stat.size), Ok(size), "after append {number}");
    s.here.create(&new, b"new").expect("create");
    assert_eq!(s.there.read(&new), Ok(b"new".to_vec()), "after create {number}");
    let mode = if number.is_multiple_of(2) { 0o600 } else { 0o644 };
    s.here.chmod(&f, mode).expect("chmod");
    let readable = s.there.read_as(USER, &f).map(|data| data.len() as u64);
    let expected = if mode == 0o600 { Err(Errno::ACCESS) } else { Ok(size) };
    assert_eq!(readable, expected, "after chmod {number}");
    s.here.rename(&f, &g).expect("rename");
    assert_eq!(s.there.stat(&f).map(|_| ()), Err(Errno::NOENT), "after rename {number}");
    assert_eq!(s.there.stat(&g).map(|stat| stat.size), Ok(size), "after rename {number}");
    s.here.rename(&g, &f).expect("rename back");
    assert_eq!(s.there.stat(&g).map(|_| ()), Err(Errno::NOENT), "after rename back {number}");
    s.here.unlink(&new).expect("unlink");
    assert_eq!(s.there.stat(&new).map(|_| ()), Err(Errno::NOENT), "after unlink {number}");
    s.agree(&["f"]);
}
