//! Owns the passwords of users that are made from a file: random, and told once.

use crate::failure::Failure;
use nasd_api::Secret;
use nasd_base::{Entropy, OsEntropy};
use nasd_files::Folder;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Without characters that look like others: the passwords are typed.
const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
/// Of 5 bits each: 100 bits, out of reach of guessing even with the hash in hand.
const CHARACTERS: usize = 20;

/// The passwords made so far, and where they go.
pub struct Passwords {
    file: Option<(PathBuf, File)>,
    /// Lines in the file. Of the last one it may be unknown whether the user has it.
    written: usize,
    made: Vec<(String, Secret)>,
}

impl Drop for Passwords {
    /// A file without passwords would only be in the way of the next attempt.
    fn drop(&mut self) {
        if let (Some((path, _)), 0) = (&self.file, self.written) {
            let _ = std::fs::remove_file(path);
        }
    }
}

impl Passwords {
    /// Makes the file: before anything is changed, so that no password is lost for want of it.
    pub fn begin(path: Option<&Path>) -> Result<Passwords, Failure> {
        let open = |path: &Path| {
            let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
            let failed =
                |error| Failure::local(format!("nothing was changed: cannot make {}", path.display()), error);
            let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
            // So that a power cut does not take the name of what is in it.
            let made = made.and_then(|file| Folder::new(dir).flush_names().map(|()| file));
            made.map(|file| (path.to_owned(), file)).map_err(failed)
        };
        Ok(Passwords { file: path.map(open).transpose()?, written: 0, made: Vec::new() })
    }

    /// A password for the user. It is in the file before the user has it.
    pub fn make(&mut self, user: &str) -> Result<Secret, Failure> {
        let password = random(&OsEntropy);
        if let Some((path, file)) = &mut self.file {
            let written = writeln!(file, "{user}\t{}", password.reveal()).and_then(|()| file.sync_data());
            self.written += 1;
            written.map_err(|error| Failure::local(format!("cannot write {}", path.display()), error))?;
        }
        Ok(password)
    }

    /// The user has it now.
    pub fn took(&mut self, user: &str, password: Secret) {
        self.made.push((user.to_owned(), password));
    }

    pub fn shown(&self) -> Shown<'_> {
        match &self.file {
            Some((path, _)) if self.written > 0 => Shown::InFile(path),
            None if !self.made.is_empty() => Shown::Here(&self.made),
            _ => Shown::Nothing,
        }
    }
}

/// What is to be said about passwords.
pub enum Shown<'a> {
    Nothing,
    InFile(&'a Path),
    Here(&'a [(String, Secret)]),
}

fn random(entropy: &impl Entropy) -> Secret {
    let mut bytes = [0; CHARACTERS];
    entropy.fill(&mut bytes);
    let characters = bytes.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)]));
    Secret::new(characters.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_long_plain_and_each_another() {
        let (one, other) = (random(&OsEntropy), random(&OsEntropy));
        assert_ne!(one, other);
        assert_eq!(one.reveal().len(), CHARACTERS);
        assert!(one.reveal().bytes().all(|byte| ALPHABET.contains(&byte)));
    }
}
