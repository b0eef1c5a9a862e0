//! The text of GOTGAN-MIB: what smilint says of it, and that no number in it changes.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

pub const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Where the tools find GOTGAN-MIB, what it is built on, and the MIBs of net-snmp.
pub fn mib_dirs() -> String {
    format!("{ROOT}/tests/mibs:{ROOT}/mibs:/usr/share/snmp/mibs")
}

#[test]
fn smilint_has_nothing_to_say() {
    let mib = Path::new(ROOT).join("mibs/GOTGAN-MIB.txt");
    let lint = Command::new("smilint")
        .env("SMIPATH", format!("{ROOT}/tests/mibs"))
        .args(["-c", "/dev/null", "-l", "6", "-s"])
        .arg(mib)
        .output()
        .expect("Debian's package smitools is installed");
    let said = String::from_utf8_lossy(&[lint.stdout, lint.stderr].concat()).into_owned();
    assert_eq!(said, "");
}

/// Numbers and names of all that the MIB declares, as net-snmp reads them.
fn declared() -> BTreeMap<String, String> {
    let output = Command::new("snmptranslate")
        .args(["-M", &mib_dirs(), "-m", "GOTGAN-MIB", "-Tz"])
        .output()
        .expect("Debian's package snmp is installed");
    let text = String::from_utf8(output.stdout).unwrap();
    let pairs = text.lines().filter_map(|line| {
        let mut words = line.split_whitespace().map(|word| word.trim_matches('"').to_owned());
        let (name, oid) = (words.next()?, words.next()?);
        oid.starts_with("1.3.6.1.4.1.32473").then_some((oid, name))
    });
    pairs.collect()
}

/// Managers know what they ask for by numbers that they were told years ago. To add an object, add its line to
/// mibs/oids.txt; a line that is there stays as it is, whatever becomes of the object.
#[test]
fn numbers_never_change_their_meaning() {
    let declared = declared();
    let text = std::fs::read_to_string(Path::new(ROOT).join("mibs/oids.txt")).unwrap();
    let recorded: BTreeMap<String, String> = text
        .lines()
        .map(|line| line.split_once(' ').unwrap())
        .map(|(oid, name)| (oid.into(), name.into()))
        .collect();
    assert!(recorded.len() > 120);
    for (oid, name) in &recorded {
        assert_eq!(declared.get(oid), Some(name), "{oid} was {name}");
    }
    let fresh: Vec<_> = declared.iter().filter(|(oid, _)| !recorded.contains_key(*oid)).collect();
    assert!(fresh.is_empty(), "add to mibs/oids.txt: {fresh:?}");
}
