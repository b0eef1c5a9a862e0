//! Wrong passphrases, and repositories that are not whole: each is said, nothing wrong is restored, the rest is.

use crate::{Place, files_below};
use std::path::Path;

fn flip(file: &Path, at: usize) {
    use std::os::unix::fs::PermissionsExt;
    let mut bytes = std::fs::read(file).unwrap();
    bytes[at] ^= 1;
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o600)).unwrap();
    std::fs::write(file, bytes).unwrap();
}

fn backed_up() -> Place {
    let place = Place::new();
    for number in 0..20_u8 {
        let content: Vec<u8> =
            (0..50_000_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8 ^ number).collect();
        std::fs::write(place.path("from").join(format!("file{number:02}")), content).unwrap();
    }
    place.run(&["init"]);
    place.run(&["backup", "from"]);
    place
}

#[test]
fn a_wrong_passphrase_and_no_repository_are_said() {
    let place = backed_up();
    std::fs::write(place.path("passphrase"), "wrong\n").unwrap();
    let said = place.ends(1, &["points"]);
    assert!(said.contains("the passphrase is wrong"), "{said}");
    assert!(!said.contains("horse") && !said.contains("\"wrong\""), "{said}");
    std::fs::write(place.path("passphrase"), "\n").unwrap();
    assert!(place.ends(1, &["points"]).contains("has no passphrase in its first line"));
    std::fs::write(place.path("passphrase"), "correct horse").unwrap();
    let said = place.ends(1, &["init"]);
    assert!(said.contains("there is a repository at") && said.contains("left as it is"), "{said}");
    std::fs::rename(place.path("repo"), place.path("elsewhere")).unwrap();
    let said = place.ends(1, &["points"]);
    assert!(said.contains("there is no repository at"), "{said}");
    assert!(!place.path("repo").exists(), "looking makes nothing");
}

#[test]
fn a_flipped_bit_in_a_pack_is_found_and_the_other_files_come_back() {
    let place = backed_up();
    let data = place.packs().into_iter().max_by_key(|pack| pack.metadata().unwrap().len()).unwrap();
    flip(&data, 1000);
    assert!(place.run(&["check"]).contains("all is there"), "what is not read is not known");
    let said = place.ends(3, &["check", "--read-data"]);
    assert!(said.contains("is damaged: its content is not what its name says"), "{said}");
    let said = place.ends(3, &["restore", "latest", "--into", "into"]);
    assert!(said.contains("NOT all was restored: 1 faults"), "{said}");
    let restored = files_below(&place.path("into"));
    assert_eq!(restored.len(), 19, "the damaged one is not there in part");
    for file in restored {
        let name = file.file_name().unwrap();
        assert_eq!(std::fs::read(&file).unwrap(), std::fs::read(place.path("from").join(name)).unwrap());
    }
}

#[test]
fn a_missing_pack_is_found() {
    let place = backed_up();
    let data = place.packs().into_iter().max_by_key(|pack| pack.metadata().unwrap().len()).unwrap();
    std::fs::remove_file(data).unwrap();
    let said = place.ends(3, &["check"]);
    assert!(said.contains("is missing from the repository"), "{said}");
    let said = place.ends(3, &["restore", "latest", "--into", "into"]);
    assert!(said.contains("20 faults") && said.contains("is missing from the repository"), "{said}");
    assert_eq!(files_below(&place.path("into")).len(), 0);
}

#[test]
fn files_of_any_bytes_are_refused_in_words() {
    for (dir, whose) in [("index", "index"), ("snapshots", "snapshot"), ("keys", "key")] {
        for (bytes, how) in [(&b""[..], "empty"), (b"{\"", "cut"), (&[0xff; 4096], "noise")] {
            let place = backed_up();
            let file = files_below(&place.path("repo").join(dir)).swap_remove(0);
            std::fs::remove_file(&file).unwrap();
            std::fs::write(&file, bytes).unwrap();
            let said = place.ends(1, &["points"]);
            assert!(
                said.contains(&format!("{whose} ")) && said.contains("is damaged"),
                "{dir}, {how}: {said}"
            );
        }
    }
}

/// A key's file says how much memory trying it takes.
#[test]
fn a_key_that_asks_for_all_memory_is_refused() {
    let place = backed_up();
    let file = files_below(&place.path("repo/keys")).swap_remove(0);
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::remove_file(&file).unwrap();
    std::fs::write(&file, text.replace("\"N\":65536", "\"N\":1099511627776")).unwrap();
    let said = place.ends(1, &["points"]);
    assert!(said.contains("too much memory"), "{said}");
}
