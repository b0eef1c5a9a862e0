//! Owns how a secret gets in: from a file or standard input, never from the command line, where other users
//! of the machine could read it.

use crate::failure::Failure;
use nasd_api::Secret;
use std::fs::File;
use std::io::{IsTerminal, Read};
use std::path::Path;

/// Longest token that is read, in bytes.
const TOKEN_BYTES_MAX: u64 = 16 << 10;

/// A join token without the space around it.
pub fn token(file: Option<&Path>) -> Result<Secret, Failure> {
    let text = match file {
        Some(path) if path != Path::new("-") => {
            let unreadable = |error| Failure::local(format!("cannot read {}", path.display()), error);
            read(File::open(path).map_err(unreadable)?)
        }
        _ => {
            if std::io::stdin().is_terminal() {
                eprintln!("Paste the token from `nasctl cluster token` and press Enter, then Ctrl-D:");
            }
            read(std::io::stdin())
        }
    }?;
    match text.trim() {
        "" => Err(Failure::Usage("the token is empty".into())),
        token => Ok(Secret::new(token)),
    }
}

fn read(from: impl Read) -> Result<String, Failure> {
    let mut text = String::new();
    let read = from.take(TOKEN_BYTES_MAX + 1).read_to_string(&mut text);
    read.map_err(|error| Failure::local("cannot read the token", error))?;
    if text.len() as u64 > TOKEN_BYTES_MAX {
        return Err(Failure::Usage("this is too long to be a token".into()));
    }
    Ok(text)
}
