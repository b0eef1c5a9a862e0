//! Owns what is compared row by row: what many combinations of calls do is not known beforehand, ext4 says it.

pub mod drift;
mod gone;
mod privileges;
pub mod rights;

use std::path::Path;

/// A table in a directory of its own; what others do to it is done through the second path to the same directory.
type Table = fn(&Path, &Path) -> Vec<String>;

const TABLES: &[(&str, Table)] = &[("privileges", privileges::rows), ("gone", gone::rows)];

/// The rows of all tables in `at`, which is also at `elsewhere`.
pub fn rows(at: &Path, elsewhere: &Path) -> Vec<String> {
    let rows = TABLES.iter().flat_map(|(name, table)| {
        let (here, there) = (at.join(name), elsewhere.join(name));
        std::fs::create_dir(&here).expect("mkdir");
        std::fs::set_permissions(&here, std::os::unix::fs::PermissionsExt::from_mode(0o777)).expect("chmod");
        table(&here, &there)
    });
    rows.collect()
}

/// An outcome as a word of a row.
fn word<T>(result: Result<T, rustix::io::Errno>) -> String {
    result.map_or_else(|errno| format!("{errno:?}"), |_| "done".to_owned())
}
