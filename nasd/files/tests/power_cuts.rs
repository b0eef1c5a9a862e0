//! A power cut at every step of a replacement and a removal, and the modes of what is made.

use nasd_files::{Folder, Journal, Left, Mode, Steps, make_dir};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

const NAME: &str = "bootstrap.json";
const FRESH: &str = "bootstrap.json.new";

fn left(files: &[(&str, &str)]) -> Left {
    files.iter().map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec())).collect()
}

/// What a power cut can leave under the name when `change` is made to a directory that held `before`.
fn found_after(before: &Left, change: impl Fn(&Folder)) -> Vec<Option<String>> {
    let (dir, journal) = (tempfile::tempdir().unwrap(), Arc::new(Journal::default()));
    Journal::lay_out(before, dir.path()).unwrap();
    change(&Folder::through(dir.path(), journal.clone()));
    let read = |left: &Left| left.get(NAME).map(|bytes| String::from_utf8(bytes.clone()).unwrap());
    journal.survivors(before).iter().map(read).collect()
}

/// Three nodes did not start after a power cut: bootstrap.json was there, and empty.
#[test]
fn a_power_cut_leaves_the_old_or_the_new_content_and_never_a_part() {
    let (old, new) = (Some("the old one".to_owned()), Some("the new one".to_owned()));
    let replace = |folder: &Folder| folder.replace(NAME, b"the new one", Mode::Owner).unwrap();
    let found = found_after(&left(&[(NAME, "the old one")]), replace);
    assert!(found.contains(&old) && found.contains(&new), "{found:?}");
    assert!(found.iter().all(|text| *text == old || *text == new), "{found:?}");
    let found = found_after(&left(&[(FRESH, "cut off")]), replace);
    assert!(found.contains(&None) && found.contains(&new), "{found:?}");
    assert!(found.iter().all(|text| text.is_none() || *text == new), "{found:?}");
}

/// What was done before there was a replacement in one step.
#[test]
fn the_model_finds_what_a_file_written_in_place_loses() {
    let (dir, journal) = (tempfile::tempdir().unwrap(), Journal::default());
    let before = left(&[(NAME, "the old one")]);
    journal.write(&dir.path().join(NAME), b"the new one", 0o600).unwrap();
    let found = journal.survivors(&before);
    for text in ["the old one", "", "the n", "the new one"] {
        assert!(found.contains(&left(&[(NAME, text)])), "{text}");
    }
}

#[test]
fn a_removed_file_stays_removed_once_that_was_said() {
    let (dir, journal) = (tempfile::tempdir().unwrap(), Arc::new(Journal::default()));
    let before = left(&[(NAME, "one")]);
    Journal::lay_out(&before, dir.path()).unwrap();
    let folder = Folder::through(dir.path(), journal.clone());
    folder.remove(NAME).unwrap();
    folder.remove(NAME).unwrap();
    let found = journal.survivors(&before);
    assert_eq!(found.into_iter().collect::<Vec<_>>(), [left(&[]), before]);
    assert_eq!(folder.read(NAME, 10).unwrap(), None);
}

#[test]
fn a_file_is_its_owners_and_a_directory_too() {
    let dir = tempfile::tempdir().unwrap();
    let deep = dir.path().join("a/b");
    make_dir(&deep).unwrap();
    make_dir(&deep).unwrap();
    let folder = Folder::new(&deep);
    folder.replace(NAME, b"secret", Mode::Owner).unwrap();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&deep.join(NAME)), mode(&deep), mode(&dir.path().join("a"))), (0o600, 0o700, 0o700));
    assert_eq!(std::fs::read_dir(&deep).unwrap().count(), 1, "nothing is left beside it");
    assert!(make_dir(&deep.join(NAME)).is_err());
}

#[test]
fn a_replacement_that_fails_leaves_what_was_there_and_nothing_beside_it() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join(NAME)).unwrap();
    assert!(Folder::new(dir.path()).replace(NAME, b"new", Mode::Owner).is_err());
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
}

#[test]
fn what_is_too_long_is_not_read() {
    let dir = tempfile::tempdir().unwrap();
    let folder = Folder::new(dir.path());
    folder.replace(NAME, b"12345", Mode::Owner).unwrap();
    assert_eq!(folder.read(NAME, 5).unwrap(), Some(b"12345".to_vec()));
    assert_eq!(folder.read(NAME, 4).unwrap_err().kind(), io::ErrorKind::FileTooLarge);
}
