//! A stock restic reads what we wrote, and we read what it wrote.

use crate::{Place, make_everything};

/// Made by us, then used by both in turn; the tree is the same wherever it comes back.
#[test]
fn restic_lists_checks_restores_and_prunes_what_we_wrote() {
    let place = Place::new();
    make_everything(&place.path("from"));
    place.run(&["init"]);
    place.run(&["backup", "from", "--tag", "first"]);
    std::fs::write(place.path("from/changed"), "more").unwrap();
    place.run(&["backup", "from"]);

    let snapshots = place.restic(&["snapshots"]);
    assert!(snapshots.contains("2 snapshots") && snapshots.contains("first"), "{snapshots}");
    assert!(place.restic(&["check", "--read-data"]).contains("no errors were found"));
    place.restic(&["restore", "latest", "--target", "by-restic"]);
    place.assert_same("from", "by-restic");
    // Cut at the same places: what restic adds are the directories above.
    let from = place.path("from").display().to_string();
    let added = place.restic(&["backup", "--json", &from]);
    let summary = added.lines().find(|line| line.contains("\"summary\"")).unwrap();
    assert!(summary.contains("\"data_blobs\":0"), "{summary}");

    place.restic(&["forget", "--keep-last", "1", "--prune"]);
    assert!(place.run(&["check", "--read-data"]).contains("all is there"));
    place.run(&["restore", "latest", "--into", "by-us", "--path", &from]);
    place.assert_same("from", "by-us/from");
}

#[test]
fn what_restic_wrote_is_restored_by_us() {
    let place = Place::new();
    make_everything(&place.path("from"));
    place.restic(&["init"]);
    let from = place.path("from").display().to_string();
    place.restic(&["backup", &from]);
    assert!(place.run(&["check", "--read-data"]).contains("all is there"));
    place.run(&["restore", "latest", "--into", "by-us", "--path", &from]);
    place.assert_same("from", "by-us/from");
    // And goes on where restic ended.
    let added = place.run(&["--json", "backup", "from"]);
    assert!(added.contains("\"unread\":[]"), "{added}");
    assert!(place.restic(&["check", "--read-data"]).contains("no errors were found"));
}

/// The older format has no compression.
#[test]
fn the_first_format_is_read_and_written() {
    let place = Place::new();
    make_everything(&place.path("from"));
    place.restic(&["init", "--repository-version", "1"]);
    place.run(&["backup", "from"]);
    assert!(place.restic(&["check", "--read-data"]).contains("no errors were found"));
    place.run(&["restore", "latest", "--into", "by-us"]);
    place.assert_same("from", "by-us");
}
