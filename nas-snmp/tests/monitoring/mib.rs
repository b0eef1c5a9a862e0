//! The MIB, as far as monitoring systems repeat it.

use std::collections::BTreeMap;
use std::path::Path;

pub const ENTERPRISE: &str = "1.3.6.1.4.1.32473";

fn file(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("mibs").join(name)).unwrap()
}

/// Names by their numbers.
pub fn names() -> BTreeMap<String, String> {
    let recorded = file("oids.txt");
    let pairs = recorded.lines().map(|line| line.split_once(' ').unwrap());
    pairs.map(|(oid, name)| (oid.to_owned(), name.to_owned())).collect()
}

/// The object of an instance's number, behind which the index is `.0` or a placeholder.
pub fn object(instance: &str) -> String {
    let oid = instance.trim_start_matches('.');
    let place = oid.find('{').map_or_else(|| oid.strip_suffix(".0").unwrap_or(oid), |at| &oid[..at]);
    let place = place.trim_end_matches('.');
    names().remove(place).unwrap_or_else(|| panic!("no object of the MIB has the number {place}: {instance}"))
}

/// Whether it is a column of a table, and not alone.
pub fn is_column(object: &str) -> bool {
    let names = names();
    let oid = names.iter().find(|(_, name)| *name == object).map(|(oid, _)| oid.clone()).unwrap();
    let (parent, _) = oid.rsplit_once('.').unwrap();
    names[parent].ends_with("Entry")
}

/// The words of an object, or of a textual convention, by their numbers.
pub fn words(name: &str) -> BTreeMap<i64, String> {
    if name == "TruthValue" {
        return BTreeMap::from([(1, "true".into()), (2, "false".into())]);
    }
    let mib = file("GOTGAN-MIB.txt");
    let begin = [format!("\n{name} OBJECT-TYPE"), format!("\n{name} ::= TEXTUAL-CONVENTION")];
    let at =
        begin.iter().find_map(|begin| mib.find(begin)).unwrap_or_else(|| panic!("the MIB has no {name}"));
    let syntax = mib[at..].split("SYNTAX ").nth(1).unwrap();
    let Some(list) = syntax.strip_prefix("INTEGER {") else {
        return words(syntax.split_whitespace().next().unwrap());
    };
    let list = list.split('}').next().unwrap();
    let pairs = list.split(',').map(|word| word.trim().trim_end_matches(')').split_once('(').unwrap());
    pairs.map(|(word, number)| (number.parse().unwrap(), word.to_owned())).collect()
}

#[test]
fn the_words_of_the_mib_are_found() {
    let health = ["healthy", "degraded", "unavailable", "unknown"];
    let words_of = |name| words(name).into_values().collect::<Vec<_>>();
    assert_eq!(words_of("GotganHealth"), health);
    assert_eq!(words_of("gotganVolumeHealth"), health, "through its convention");
    assert_eq!(words_of("gotganClusterQuorum"), ["true", "false"]);
    assert_eq!(words("gotganNodeState")[&3], "leaving");
    assert!(is_column("gotganNodeName") && !is_column("gotganClusterName"));
    assert_eq!(object(".1.3.6.1.4.1.32473.2.1.3.{{ $index }}"), "gotganClusterHealth");
}
