//! Owns the form of a bundle: files in a tar archive, compressed with zstd.

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use std::io;

/// Fast, and small enough for a letter.
const LEVEL: i32 = 6;

/// A file of a bundle. Nodes of one version send each other these.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct File {
    pub name: String,
    pub bytes: Vec<u8>,
}

impl File {
    pub fn new(name: &str, bytes: impl Into<Vec<u8>>) -> File {
        File { name: name.to_owned(), bytes: bytes.into() }
    }

    /// The same in a folder. What comes from elsewhere leads out of none.
    pub fn below(self, folder: &str) -> File {
        let parts = self.name.split('/').filter(|part| !part.is_empty() && !part.starts_with('.'));
        File { name: format!("{folder}/{}", parts.collect::<Vec<_>>().join("/")), ..self }
    }
}

/// # Errors
/// For names that no archive can have.
pub fn archived(files: &[File], made: i64) -> io::Result<Bytes> {
    let mut archive = tar::Builder::new(zstd::Encoder::new(Vec::new(), LEVEL)?);
    for file in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(file.bytes.len() as u64);
        header.set_mode(0o600);
        header.set_mtime(made.unsigned_abs());
        archive.append_data(&mut header, format!("gotgan-support/{}", file.name), &file.bytes[..])?;
    }
    archive.into_inner()?.finish().map(Bytes::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    #[test]
    fn what_was_put_in_comes_out() {
        let long = format!("{}/x.txt", "n".repeat(200));
        let files = [File::new("a.json", "{}"), File::new(&long, vec![7; 100_000])];
        let archive = archived(&files, 1_800_000_000).unwrap();
        assert!(archive.len() < 2_000, "{}", archive.len());
        let mut read = tar::Archive::new(zstd::Decoder::new(&archive[..]).unwrap());
        for (entry, file) in read.entries().unwrap().zip(&files) {
            let mut entry = entry.unwrap();
            let name = entry.path().unwrap().display().to_string();
            assert_eq!(name, format!("gotgan-support/{}", file.name));
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).unwrap();
            assert_eq!((bytes, entry.header().mode().unwrap()), (file.bytes.clone(), 0o600));
        }
    }

    #[test]
    fn no_node_names_a_file_outside_its_folder() {
        for (said, is) in
            [("../../etc/passwd", "a/etc/passwd"), ("/etc//x", "a/etc/x"), (".ssh/key", "a/key")]
        {
            assert_eq!(File::new(said, "").below("a").name, is);
        }
    }
}
