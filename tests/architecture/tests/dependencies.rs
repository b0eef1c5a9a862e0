//! The direction of dependencies: a new arrow between crates is a reviewed decision, made in ARCHITECTURE.md.

use architecture_tests::{Arrows, Package, workspace};
use std::collections::{BTreeMap, BTreeSet};

/// What ARCHITECTURE.md says and what cargo says, by the names of the crates' folders.
fn picture_and_code() -> (Arrows, Arrows) {
    let picture = std::fs::read_to_string(architecture_tests::root().join("ARCHITECTURE.md"));
    let picture = read_arrows(&picture.expect("ARCHITECTURE.md")).unwrap_or_else(|error| panic!("{error}"));
    (picture, drawn(&workspace()))
}

#[test]
fn crates_use_what_the_picture_says() {
    let (picture, code) = picture_and_code();
    let wrong = differences(&picture, &code);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_picture_shows_users_above_what_they_use() {
    let (picture, _) = picture_and_code();
    let mut seen = BTreeSet::new();
    for (name, uses) in picture.iter().rev() {
        for used in uses {
            assert!(seen.contains(used), "{name} uses {used}, which comes above it");
        }
        seen.insert(name.clone());
    }
}

#[test]
fn a_missing_and_a_superfluous_arrow_are_both_found() {
    let picture = read_arrows("```arrows\na → everything below\nb → c\nc → nothing\n```").expect("arrows");
    assert_eq!(picture[0].1, BTreeSet::from(["b".to_owned(), "c".to_owned()]));
    let code = |lines: &[(&str, &[&str])]| -> Arrows {
        let set = |uses: &[&str]| uses.iter().map(|used| (*used).to_owned()).collect();
        lines.iter().map(|(name, uses)| ((*name).to_owned(), set(uses))).collect()
    };
    assert!(differences(&picture, &code(&[("a", &["b", "c"]), ("b", &["c"]), ("c", &[])])).is_empty());
    let wrong = differences(&picture, &code(&[("a", &["b", "c"]), ("b", &[]), ("c", &["d"]), ("d", &[])]));
    assert_eq!(wrong.len(), 3, "{wrong:?}");
    assert!(wrong.iter().any(|line| line.contains("b → c is in ARCHITECTURE.md but not in the code")));
    assert!(wrong.iter().any(|line| line.contains("c → d is not in ARCHITECTURE.md")));
    assert!(wrong.iter().any(|line| line.starts_with("d is new")));
    let gone = differences(&picture, &code(&[("a", &["b"]), ("b", &[])]));
    assert!(gone.iter().any(|line| line.starts_with("c is in ARCHITECTURE.md but no crate")), "{gone:?}");
}

/// The lines of the picture's list, from the top.
fn read_arrows(text: &str) -> Result<Arrows, String> {
    let (_, list) = text.split_once("```arrows\n").ok_or("no list of arrows")?;
    let (list, _) = list.split_once("```").ok_or("the list of arrows has no end")?;
    let mut arrows = Arrows::new();
    for line in list.lines().rev() {
        let (name, uses) = line.split_once('→').ok_or_else(|| format!("not an arrow: {line}"))?;
        let uses = match uses.trim() {
            "nothing" => BTreeSet::new(),
            "everything below" => arrows.iter().map(|(name, _)| name.clone()).collect(),
            uses => uses.split(',').map(|used| used.trim().to_owned()).collect(),
        };
        let name = name.trim().to_owned();
        if arrows.iter().any(|(known, _)| *known == name) {
            return Err(format!("{name} has two lines"));
        }
        arrows.push((name, uses));
    }
    arrows.reverse();
    Ok(arrows)
}

/// The same from cargo. What only runs others has no line: nothing may use it, so it shows as an arrow that is missing.
fn drawn(packages: &[Package]) -> Arrows {
    let folders: BTreeMap<&str, &str> =
        packages.iter().map(|package| (package.name.as_str(), package.place())).collect();
    let inside = packages.iter().filter(|package| !package.is_outside());
    let uses = |package: &Package| {
        package
            .uses
            .iter()
            .filter_map(|used| folders.get(used.as_str()))
            .map(|used| (*used).to_owned())
            .collect()
    };
    inside.map(|package| (package.place().to_owned(), uses(package))).collect()
}

fn differences(picture: &Arrows, code: &Arrows) -> Vec<String> {
    let drawn: BTreeMap<&String, &BTreeSet<String>> =
        picture.iter().map(|(name, uses)| (name, uses)).collect();
    let mut wrong = Vec::new();
    for (name, uses) in code {
        let Some(may_use) = drawn.get(name) else {
            wrong.push(format!("{name} is new: give it a line among the arrows of ARCHITECTURE.md"));
            continue;
        };
        wrong.extend(
            uses.difference(may_use).map(|used| format!("{name} → {used} is not in ARCHITECTURE.md")),
        );
        let unused = may_use.difference(uses);
        wrong.extend(unused.map(|used| format!("{name} → {used} is in ARCHITECTURE.md but not in the code")));
    }
    let gone = picture.iter().filter(|(name, _)| !code.iter().any(|(known, _)| known == name));
    wrong.extend(gone.map(|(name, _)| format!("{name} is in ARCHITECTURE.md but no crate of the workspace")));
    wrong
}
