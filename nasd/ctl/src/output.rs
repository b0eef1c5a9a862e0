//! Owns standard output: text or JSON, and a reader that goes away.

use crate::failure::Failure;
use crate::table::visible;
use serde::Serialize;
use std::io::{ErrorKind, Write};

/// Prints text. A reader that has seen enough (`nasctl … | head`) is no failure.
pub fn print(text: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Failure::local("cannot write the output", error))
        }
        _ => Ok(()),
    }
}

/// Prints a reply: as JSON if asked, else as `view` has it.
pub fn reply<T: Serialize>(json: bool, reply: &T, view: impl FnOnce(&T) -> String) -> Result<(), Failure> {
    print(&if json { self::json(reply)? } else { view(reply) })
}

/// As JSON that people can read, too.
pub fn json<T: Serialize>(value: &T) -> Result<String, Failure> {
    let text = serde_json::to_string_pretty(value);
    text.map(|text| text + "\n").map_err(|error| Failure::local("cannot write JSON", error))
}

/// Says that something without a reply is done. JSON says nothing: the exit status does.
pub fn done(json: bool, text: &str) -> Result<(), Failure> {
    if json { Ok(()) } else { print(&format!("{}\n", visible(text))) }
}
