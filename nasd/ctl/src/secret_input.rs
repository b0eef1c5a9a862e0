//! Owns how a secret gets in: from a file, a terminal that does not show it, or standard input; never from the
//! command line, where other users of the machine could read it.

use crate::failure::Failure;
use crate::terminal;
use nasd_api::{KEY_BYTES_MAX, Secret};
use std::fs::File;
use std::io::{IsTerminal, Read};
use std::path::Path;

/// Longest secret that is read, in bytes: join tokens hold a certificate.
const SECRET_BYTES_MAX: usize = 16 << 10;

/// A token without the space around it.
pub fn token(file: Option<&Path>) -> Result<Secret, Failure> {
    let text = match file {
        Some(path) if path != Path::new("-") => from_file(path, "token"),
        _ => {
            if std::io::stdin().is_terminal() {
                eprintln!("Paste the token from `nasctl cluster token` and press Enter, then Ctrl-D:");
            }
            read(std::io::stdin(), "token", SECRET_BYTES_MAX)
        }
    }?;
    match text.trim() {
        "" => Err(Failure::Usage("the token is empty".into())),
        token => Ok(Secret::new(token)),
    }
}

/// A password that is in use: from a file, the terminal or standard input.
pub fn password(file: Option<&Path>, of: &str) -> Result<Secret, Failure> {
    match file {
        None if std::io::stdin().is_terminal() => typed(&format!("Password of {of}: ")),
        file => whole_password(file),
    }
}

/// A password that is to be set. At a terminal it is typed twice.
pub fn new_password(file: Option<&Path>, of: &str) -> Result<Secret, Failure> {
    if file.is_some() || !std::io::stdin().is_terminal() {
        return whole_password(file);
    }
    let password = typed(&format!("New password of {of}: "))?;
    if typed("The same again: ")? != password {
        return Err(Failure::Usage("the two passwords differ; nothing was changed".into()));
    }
    Ok(password)
}

/// A secret of SNMP: the one line of a file, or of standard input for `-`.
pub fn snmp(file: &Path) -> Result<Secret, Failure> {
    whole_password(Some(file))
}

/// A code of an authenticator. It is asked for only when it is needed, so only a terminal can answer.
pub fn code(of: &str) -> Result<Secret, Failure> {
    if !std::io::stdin().is_terminal() {
        return Err(Failure::Usage(format!(
            "{of} has a second factor: run this at a terminal, to type its code"
        )));
    }
    typed(&format!("Code of {of}'s authenticator, or a recovery code: "))
}

/// A private key in PEM.
pub fn key(file: &Path) -> Result<Secret, Failure> {
    text(file, KEY_BYTES_MAX, "private key").map(Secret::new)
}

/// A file of text that is no longer than `bytes_max`.
pub fn text(file: &Path, bytes_max: usize, what: &str) -> Result<String, Failure> {
    read(open(file)?, what, bytes_max)
}

fn typed(prompt: &str) -> Result<Secret, Failure> {
    let line =
        terminal::ask_unseen(prompt).map_err(|error| Failure::local("cannot read what is typed", error))?;
    not_empty(line.ok_or_else(|| Failure::Declined("cancelled; nothing was changed".into()))?)
}

/// What a file or standard input holds; its last line may end. Space belongs to a password.
fn whole_password(file: Option<&Path>) -> Result<Secret, Failure> {
    let text = match file {
        Some(path) if path != Path::new("-") => from_file(path, "password"),
        _ => read(std::io::stdin(), "password", SECRET_BYTES_MAX),
    }?;
    let line = text.strip_suffix('\n').unwrap_or(&text);
    let line = line.strip_suffix('\r').unwrap_or(line);
    if line.contains('\n') {
        return Err(Failure::Usage("a password has one line".into()));
    }
    not_empty(line.to_owned())
}

fn not_empty(text: String) -> Result<Secret, Failure> {
    if text.is_empty() { Err(Failure::Usage("the password is empty".into())) } else { Ok(Secret::new(text)) }
}

fn from_file(path: &Path, what: &str) -> Result<String, Failure> {
    read(open(path)?, what, SECRET_BYTES_MAX)
}

fn open(path: &Path) -> Result<File, Failure> {
    File::open(path).map_err(|error| Failure::local(format!("cannot read {}", path.display()), error))
}

fn read(from: impl Read, what: &str, bytes_max: usize) -> Result<String, Failure> {
    let mut text = String::new();
    let read = from.take(bytes_max as u64 + 1).read_to_string(&mut text);
    read.map_err(|error| Failure::local(format!("cannot read the {what}"), error))?;
    if text.len() > bytes_max {
        return Err(Failure::Usage(format!("this is too long to be a {what}")));
    }
    Ok(text)
}
