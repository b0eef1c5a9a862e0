//! docs/console-tests.md says which test holds what: each that it names is there.

use crate::scenarios;
use std::path::Path;

#[test]
fn the_table_of_tests_names_those_that_there_are() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let table = std::fs::read_to_string(root.join("docs/console-tests.md")).unwrap();
    let mut code = String::new();
    for part in ["nas-web/src", "nas-web/tests", "nasd/api", "nasd/manage/src", "nasd/ctl/tests"] {
        read_all(&root.join(part), &mut code);
    }
    let sentences: Vec<&str> = scenarios::all().iter().map(|scenario| scenario.sentence).collect();
    let rows = table.lines().filter(|line| line.starts_with('|'));
    let named: Vec<&str> = rows.flat_map(|row| row.split('`').skip(1).step_by(2)).collect();
    for name in &named {
        let is_test = code.contains(&format!("fn {name}()"));
        assert!(is_test || sentences.contains(name) || name.contains('/'), "there is no test called {name}");
    }
    assert!(named.len() > 40, "{named:?}");
}

fn read_all(dir: &Path, code: &mut String) {
    for path in dir.read_dir().unwrap().map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            read_all(&path, code);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            code.push_str(&std::fs::read_to_string(&path).unwrap());
        }
    }
}
