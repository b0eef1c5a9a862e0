//! Owns standard output: text or JSON, and a reader that goes away.

use crate::failure::Failure;
use crate::table::visible;
use serde::Serialize;
use std::io::{ErrorKind, Write};

/// Whoever reads the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    There,
    /// It has seen enough, as `nasctl … | head` has: no failure.
    Gone,
}

/// Prints text.
pub fn print(text: &str) -> Result<(), Failure> {
    write(text).map(drop)
}

/// Prints text, and says whether there is any use in more.
pub fn write(text: &str) -> Result<Reader, Failure> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => Ok(Reader::There),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(Reader::Gone),
        Err(error) => Err(Failure::local("cannot write the output", error)),
    }
}

/// Prints a reply: as JSON if asked, else as `view` has it.
pub fn reply<T: Serialize>(json: bool, reply: &T, view: impl FnOnce(&T) -> String) -> Result<(), Failure> {
    print(&if json { self::json(reply)? } else { view(reply) })
}

/// Prints all that there is of something.
pub fn list<T: Serialize>(json: bool, all: &[T], view: impl FnOnce(&[T]) -> String) -> Result<(), Failure> {
    print(&if json { self::json(&all)? } else { view(all) })
}

/// Prints one of them, as the only one of a list.
pub fn one<T: Serialize>(json: bool, one: &T, view: impl FnOnce(&[T]) -> String) -> Result<(), Failure> {
    reply(json, one, |one| view(std::slice::from_ref(one)))
}

/// As JSON in one line.
pub fn line<T: Serialize>(value: &T) -> Result<String, Failure> {
    let text = serde_json::to_string(value);
    text.map(|text| text + "\n").map_err(|error| Failure::local("cannot write JSON", error))
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
