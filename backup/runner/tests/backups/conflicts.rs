//! What is there already, and what a hostile repository names.

use crate::{Place, make_everything};
use backup_repository::{
    BlobKind, Directory, Id, KeyCost, Node, NodeKind, Repository, RfcTime, Snapshot, TreeBuilder, Writer,
};
use nasd_base::{Entropy, SeededEntropy};
use std::sync::Arc;

#[test]
fn what_is_there_stays_unless_it_is_to_go() {
    let place = Place::new();
    let from = place.path("from");
    std::fs::write(from.join("a"), "backed up").unwrap();
    std::fs::write(from.join("b"), "backed up").unwrap();
    place.run(&["init"]);
    place.run(&["backup", "from"]);
    let into = place.path("into");
    std::fs::create_dir(&into).unwrap();
    std::fs::write(into.join("a"), "mine").unwrap();

    let said = place.ends(3, &["restore", "latest", "--into", "into"]);
    assert!(
        said.contains("NOT all was restored: 1 faults") && said.contains("a: it is there already"),
        "{said}"
    );
    assert_eq!(std::fs::read_to_string(into.join("a")).unwrap(), "mine");
    assert_eq!(std::fs::read_to_string(into.join("b")).unwrap(), "backed up");

    let said = place.run(&["restore", "latest", "--into", "into", "--conflict", "skip"]);
    assert!(said.contains("2 were there already and stay"), "{said}");
    // It was written after what was backed up.
    place.run(&["restore", "latest", "--into", "into", "--conflict", "older"]);
    assert_eq!(std::fs::read_to_string(into.join("a")).unwrap(), "mine");
    let reader = std::fs::File::open(into.join("a")).unwrap();
    let said = place.run(&["restore", "latest", "--into", "into", "--conflict", "replace", "--dry-run"]);
    assert!(said.starts_with("Would restore 0 directories, 2 files"), "{said}");
    assert_eq!(std::fs::read_to_string(into.join("a")).unwrap(), "mine");
    place.run(&["restore", "latest", "--into", "into", "--conflict", "replace"]);
    assert_eq!(std::fs::read_to_string(into.join("a")).unwrap(), "backed up");
    assert_eq!(std::io::read_to_string(reader).unwrap(), "mine", "whoever has it open keeps it");
    assert_eq!(std::fs::read_dir(&into).unwrap().count(), 2, "nothing is left beside");
}

#[test]
fn a_dry_run_makes_nothing() {
    let place = Place::new();
    make_everything(&place.path("from"));
    place.run(&["init"]);
    place.run(&["backup", "from"]);
    let said = place.run(&["restore", "latest", "--into", "into", "--dry-run"]);
    assert!(said.starts_with("Would restore 2 directories"), "{said}");
    assert!(!place.path("into").exists());
}

#[test]
fn a_part_is_restored_under_its_own_name() {
    let place = Place::new();
    make_everything(&place.path("from"));
    place.run(&["init"]);
    place.run(&["backup", "from"]);
    place.run(&["restore", "latest", "--into", "one", "--path", "/below/linked"]);
    assert_eq!(std::fs::read_to_string(place.path("one/linked")).unwrap(), "twice");
    place.run(&["restore", "latest", "--into", "two", "--path", "below/"]);
    assert_eq!(std::fs::read_to_string(place.path("two/below/linked")).unwrap(), "twice");
    let said = place.ends(1, &["restore", "latest", "--into", "three", "--path", "below/nothing"]);
    assert!(said.contains("there is no below/nothing in this restore point"), "{said}");
    let listed = place.run(&["list", "latest", "below"]);
    assert!(listed.contains("/below/linked") && listed.lines().count() == 1, "{listed}");
    let listed = place.run(&["list", "latest", "new\nline"]);
    assert!(listed.contains("/new\\nline") && listed.lines().count() == 1, "{listed}");
}

/// Whoever can write a repository must not be able to write elsewhere: names that lead up, and a link that a directory of
/// the same name would go through.
#[test]
fn a_hostile_repository_writes_nothing_outside() {
    let place = Place::new();
    std::fs::create_dir(place.path("outside")).unwrap();
    std::fs::create_dir(place.path("into")).unwrap();
    let entropy: Arc<dyn Entropy> = Arc::new(SeededEntropy::new(1));
    let backend = Arc::new(Directory::new(place.path("repo")));
    let made =
        Repository::create(backend, b"correct horse", KeyCost::WEAK, RfcTime::default(), entropy.as_ref());
    let repository = Arc::new(made.unwrap());
    let writer = Writer::new(repository.clone(), entropy.clone(), 1);
    let tree = |nodes: &[Node]| -> Id {
        let mut builder = TreeBuilder::default();
        nodes.iter().for_each(|node| builder.add(node).unwrap());
        writer.add(BlobKind::Tree, builder.finish()).unwrap()
    };
    let file = |name: &str| Node::new(name, NodeKind::File, 0o644);
    let inner = tree(&[file("planted")]);
    let dir = |name: &str| {
        let mut node = Node::new(name, NodeKind::Dir, 0o755);
        node.subtree = Some(inner);
        node
    };
    let link = Node::new("link", NodeKind::Symlink, 0o777).with_target(b"../outside");
    let first = tree(&[link]);
    let second = tree(&[
        dir(".."),
        file("../outside/planted"),
        file("/tmp/planted-by-a-hostile-repository"),
        file("fine"),
        dir("link"),
    ]);
    writer.finish().unwrap();
    for (second_of, tree) in [(1, first), (2, second)] {
        let time = RfcTime { seconds: second_of, nanos: 0 };
        let snapshot = Snapshot {
            time,
            parent: None,
            tree,
            paths: vec!["/".to_owned()],
            hostname: String::new(),
            username: String::new(),
            tags: None,
            original: None,
            program_version: String::new(),
        };
        repository.add_snapshot(&snapshot, entropy.as_ref()).unwrap();
    }
    let points = place.run(&["points"]);
    let first = points.lines().next().unwrap().split(' ').next().unwrap();
    place.run(&["restore", first, "--into", "into"]);
    let said = place.ends(3, &["restore", "latest", "--into", "into", "--conflict", "replace"]);
    assert_eq!(said.matches("no file can be called like this").count(), 3, "{said}");
    assert!(place.path("into/fine").exists());
    assert!(place.path("into/link").is_symlink(), "the link stays a link, and nothing went through it");
    assert_eq!(std::fs::read_dir(place.path("outside")).unwrap().count(), 0);
    assert!(!place.path("planted").exists());
}
