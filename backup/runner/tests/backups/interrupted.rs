//! Runs that are killed: the repository is whole, and the next run goes on from what was written.

use crate::Place;
use std::time::Duration;

#[test]
fn a_run_that_is_killed_leaves_a_whole_repository() {
    let place = Place::new();
    for number in 0..24_u64 {
        let noise: Vec<u8> = (0..4_000_000_u64)
            .map(|at| ((at + number * 7_919_011).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 53) as u8)
            .collect();
        std::fs::write(place.path("from").join(format!("file{number}")), noise).unwrap();
    }
    place.run(&["init"]);
    for packs in 0..4 {
        let mut run = place.command(&["backup", "from"]).spawn().unwrap();
        while run.try_wait().unwrap().is_none() && place.pack_count() < packs {
            std::thread::park_timeout(Duration::from_millis(1));
        }
        let _ = run.kill();
        run.wait().unwrap();
        assert!(place.run(&["check", "--read-data"]).contains("all is there"), "killed after {packs} packs");
        assert_eq!(place.run(&["points"]), "", "it was not done");
    }
    place.run(&["backup", "from"]);
    assert!(place.restic(&["check", "--read-data"]).contains("no errors were found"));
    place.run(&["restore", "latest", "--into", "into"]);
    place.assert_same("from", "into");
}

/// Of two at once, each ends with a restore point of its own.
#[test]
fn two_runs_at_once_are_two_restore_points() {
    let place = Place::new();
    crate::make_everything(&place.path("from"));
    place.run(&["init"]);
    let runs: Vec<_> = (0..2).map(|_| place.command(&["backup", "from"]).spawn().unwrap()).collect();
    for mut run in runs {
        assert!(run.wait().unwrap().success());
    }
    assert_eq!(place.run(&["points"]).lines().count(), 2);
    assert!(place.run(&["check", "--read-data"]).contains("all is there"));
    assert!(place.restic(&["check", "--read-data"]).contains("no errors were found"));
}
