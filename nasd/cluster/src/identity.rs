//! The files that make a machine a member: `node.key`, `ca.pem`, `secrets` and `node.pem`.
//!
//! Each is replaced in one step and readable by its owner only. `node.pem` is written last: without it the
//! machine is no member yet, whatever else is there, and joining goes on with the same key.

use crate::authority::{
    Authority, AuthorityError, NodeKey, certificate_of, key_fingerprint, node_of, public_key_in,
};
use crate::secrets::ClusterSecrets;
use crate::system::KeyFingerprint;
use nasd_base::NodeId;
use nasd_files::{Folder, Mode};
use rustls_pki_types::CertificateDer;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

const KEY_FILE: &str = "node.key";
const AUTHORITY_FILE: &str = "ca.pem";
const SECRETS_FILE: &str = "secrets";
const CERTIFICATE_FILE: &str = "node.pem";
/// Far more than any of them has.
const FILE_BYTES_MAX: u64 = 64 << 10;

/// What this machine proves itself with.
#[derive(Debug)]
pub struct Identity {
    pub node: NodeId,
    pub authority: Arc<Authority>,
    pub(crate) certificate: CertificateDer<'static>,
    pub(crate) certificate_pem: String,
    pub(crate) key: NodeKey,
}

/// A file of the identity cannot be used. The message names the file and what to do.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    #[error("{}: {source}", path.display())]
    Io { path: PathBuf, source: io::Error },
    #[error(
        "{} is missing, but this machine is a member of a cluster; restore the file from a backup of this node, \
         or remove the node from the cluster, empty the directory and join again", .0.display()
    )]
    Missing(PathBuf),
    #[error(
        "{} is damaged ({why}); restore the file from a backup of this node, or remove the node from the cluster, \
         empty the directory and join again", path.display()
    )]
    Damaged { path: PathBuf, why: String },
    #[error("{} can be read by other users (mode {mode:03o}); find out who did, then run chmod 600 on it", path.display())]
    Exposed { path: PathBuf, mode: u32 },
    #[error(transparent)]
    Authority(#[from] AuthorityError),
}

impl Identity {
    /// The identity of the node whose certificate this is.
    ///
    /// # Errors
    /// When the certificate is for another key.
    pub fn new(
        authority: Arc<Authority>,
        certificate_pem: String,
        key: NodeKey,
    ) -> Result<Self, AuthorityError> {
        let certificate = certificate_of(&certificate_pem)?;
        let node = node_of(&certificate).ok_or_else(|| fault("the certificate names no node"))?;
        if public_key_in(&certificate)? != key.public_key() {
            return Err(fault("the certificate is not for this node's key"));
        }
        Ok(Identity { node, authority, certificate, certificate_pem, key })
    }

    /// Reads a member's files; `None` where there is no `node.pem`: the machine has not joined.
    pub fn load(directory: &Path) -> Result<Option<Identity>, IdentityError> {
        let Some(certificate) = read(directory, CERTIFICATE_FILE)? else {
            return Ok(None);
        };
        let authority_pem = text(directory, AUTHORITY_FILE, required(directory, AUTHORITY_FILE)?)?;
        let secrets = ClusterSecrets::decode(&required(directory, SECRETS_FILE)?)
            .ok_or_else(|| damaged(directory, SECRETS_FILE, "its checksum does not match"))?;
        certificate_of(&authority_pem).map_err(|error| damaged(directory, AUTHORITY_FILE, error))?;
        let authority = Authority::from_parts(authority_pem, secrets)
            .map_err(|error| damaged(directory, AUTHORITY_FILE, error))?;
        let key = parse_key(directory, required(directory, KEY_FILE)?)?;
        let certificate = text(directory, CERTIFICATE_FILE, certificate)?;
        Identity::new(Arc::new(authority), certificate, key)
            .map(Some)
            .map_err(|error| damaged(directory, CERTIFICATE_FILE, error))
    }

    /// What the cluster's state knows this node's key by.
    pub fn key_fingerprint(&self) -> KeyFingerprint {
        key_fingerprint(&self.key.public_key())
    }

    /// Writes all files, durably. The directory must exist.
    pub fn save(&self, directory: &Folder) -> Result<(), IdentityError> {
        write(directory, KEY_FILE, self.key.to_pem().expose())?;
        write(directory, AUTHORITY_FILE, self.authority.certificate_pem().as_bytes())?;
        write(directory, SECRETS_FILE, self.authority.secrets().encode().expose())?;
        write(directory, CERTIFICATE_FILE, self.certificate_pem.as_bytes())
    }
}

/// The machine's key: the one in the directory, or a new one that is saved there first. A join that is
/// tried again uses the same, and so becomes the same node.
pub fn load_or_create_key(directory: &Folder) -> Result<NodeKey, IdentityError> {
    match read(directory.path(), KEY_FILE)? {
        Some(bytes) => parse_key(directory.path(), bytes),
        None => {
            let key = NodeKey::generate()?;
            write(directory, KEY_FILE, key.to_pem().expose())?;
            Ok(key)
        }
    }
}

fn fault(why: &str) -> AuthorityError {
    AuthorityError::new(why)
}

fn parse_key(directory: &Path, bytes: Vec<u8>) -> Result<NodeKey, IdentityError> {
    let text = text(directory, KEY_FILE, bytes)?;
    // The library's reason could quote the key.
    NodeKey::from_pem(&text).map_err(|_| damaged(directory, KEY_FILE, "it is no Ed25519 key in PEM"))
}

fn damaged(directory: &Path, name: &str, why: impl ToString) -> IdentityError {
    IdentityError::Damaged { path: directory.join(name), why: why.to_string() }
}

fn text(directory: &Path, name: &str, bytes: Vec<u8>) -> Result<String, IdentityError> {
    String::from_utf8(bytes).map_err(|_| damaged(directory, name, "it is no text"))
}

fn required(directory: &Path, name: &str) -> Result<Vec<u8>, IdentityError> {
    read(directory, name)?.ok_or_else(|| IdentityError::Missing(directory.join(name)))
}

/// A file's bytes, or `None` when there is none. A file that others can read is refused.
fn read(directory: &Path, name: &str) -> Result<Option<Vec<u8>>, IdentityError> {
    let path = directory.join(name);
    let io = |source| IdentityError::Io { path: path.clone(), source };
    let file = match File::open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(io(error)),
    };
    let mode = file.metadata().map_err(io)?.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(IdentityError::Exposed { path, mode });
    }
    let mut bytes = Vec::new();
    file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(io)?;
    if bytes.len() as u64 > FILE_BYTES_MAX {
        return Err(damaged(directory, name, "it is far too long"));
    }
    Ok(Some(bytes))
}

/// Replaces a file in one step; durable on return.
fn write(directory: &Folder, name: &str, bytes: &[u8]) -> Result<(), IdentityError> {
    let failed = |source| IdentityError::Io { path: directory.path().join(name), source };
    directory.replace(name, bytes, Mode::Owner).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use nasd_base::{Clock, OsEntropy, SystemClock};
    use nasd_files::{Journal, Left};
    use std::fs;

    fn identity() -> Identity {
        let authority = Authority::create(SystemClock.now(), &OsEntropy).unwrap();
        let key = NodeKey::generate().unwrap();
        let certificate = authority.issue(NodeId(9), &key.public_key(), SystemClock.now()).unwrap();
        Identity::new(Arc::new(authority), certificate, key).unwrap()
    }

    #[test]
    fn an_identity_survives_its_files() {
        let directory = tempfile::tempdir().unwrap();
        assert!(Identity::load(directory.path()).unwrap().is_none());
        let saved = identity();
        saved.save(&Folder::new(directory.path())).unwrap();
        let loaded = Identity::load(directory.path()).unwrap().unwrap();
        assert_eq!(loaded.node, NodeId(9));
        assert_eq!(loaded.authority.handle_key(), saved.authority.handle_key());
        assert_eq!(loaded.authority.cluster_id(), saved.authority.cluster_id());
        for name in [KEY_FILE, AUTHORITY_FILE, SECRETS_FILE, CERTIFICATE_FILE] {
            let mode = fs::metadata(directory.path().join(name)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{name}");
        }
    }

    #[test]
    fn a_machine_without_a_certificate_has_not_joined_and_keeps_its_key() {
        let directory = tempfile::tempdir().unwrap();
        let key = load_or_create_key(&Folder::new(directory.path())).unwrap();
        assert!(Identity::load(directory.path()).unwrap().is_none());
        assert_eq!(
            load_or_create_key(&Folder::new(directory.path())).unwrap().public_key(),
            key.public_key()
        );
    }

    #[test]
    fn a_missing_file_is_named() {
        for name in [KEY_FILE, AUTHORITY_FILE, SECRETS_FILE] {
            let directory = tempfile::tempdir().unwrap();
            identity().save(&Folder::new(directory.path())).unwrap();
            fs::remove_file(directory.path().join(name)).unwrap();
            let error = Identity::load(directory.path()).unwrap_err().to_string();
            assert!(error.contains(name) && error.contains("join again"), "{error}");
        }
    }

    #[test]
    fn a_damaged_file_is_named_and_its_content_is_not_shown() {
        for name in [KEY_FILE, AUTHORITY_FILE, SECRETS_FILE, CERTIFICATE_FILE] {
            let directory = tempfile::tempdir().unwrap();
            identity().save(&Folder::new(directory.path())).unwrap();
            let path = directory.path().join(name);
            let mut bytes = fs::read(&path).unwrap();
            let middle = bytes.len() / 2;
            bytes[middle] ^= 0x01;
            bytes.truncate(bytes.len() - 10);
            bytes.extend_from_slice(b"CANARY");
            fs::write(&path, bytes).unwrap();
            let error = Identity::load(directory.path()).unwrap_err();
            assert!(
                matches!(&error, IdentityError::Damaged { path: named, .. } if *named == path),
                "{error}"
            );
            assert!(!format!("{error} {error:?}").contains("CANARY"));
        }
    }

    /// A power cut soon after a node was made left files of 0 bytes.
    #[test]
    fn a_file_that_is_empty_or_cut_is_told_with_what_to_do() {
        for name in [KEY_FILE, AUTHORITY_FILE, SECRETS_FILE, CERTIFICATE_FILE] {
            for part in [0, 2] {
                let directory = tempfile::tempdir().unwrap();
                identity().save(&Folder::new(directory.path())).unwrap();
                let path = directory.path().join(name);
                let bytes = fs::read(&path).unwrap();
                fs::write(&path, &bytes[..bytes.len() * part / 3]).unwrap();
                let error = Identity::load(directory.path()).unwrap_err().to_string();
                assert!(error.contains(name) && error.contains("restore the file"), "{error}");
            }
        }
    }

    #[test]
    fn a_power_cut_while_it_is_saved_leaves_a_member_or_a_machine_that_can_join_again() {
        let (directory, journal) = (tempfile::tempdir().unwrap(), Arc::new(Journal::default()));
        let before: Left = [(SECRETS_FILE.to_owned(), b"of an attempt that was given up".to_vec())].into();
        Journal::lay_out(&before, directory.path()).unwrap();
        identity().save(&Folder::through(directory.path(), journal.clone())).unwrap();
        let (mut members, mut strangers) = (0, 0);
        for left in journal.survivors(&before) {
            let directory = tempfile::tempdir().unwrap();
            Journal::lay_out(&left, directory.path()).unwrap();
            match Identity::load(directory.path()).unwrap() {
                Some(_) => members += 1,
                None => {
                    strangers += 1;
                    identity().save(&Folder::new(directory.path())).unwrap();
                    assert!(Identity::load(directory.path()).unwrap().is_some());
                }
            }
        }
        assert!(members > 0 && strangers > 0);
    }

    #[test]
    fn a_file_of_another_cluster_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        identity().save(&Folder::new(directory.path())).unwrap();
        write(
            &Folder::new(directory.path()),
            AUTHORITY_FILE,
            identity().authority.certificate_pem().as_bytes(),
        )
        .unwrap();
        let error = Identity::load(directory.path()).unwrap_err().to_string();
        assert!(error.contains(AUTHORITY_FILE) && error.contains("does not belong"), "{error}");
    }

    #[test]
    fn a_key_that_others_can_read_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        identity().save(&Folder::new(directory.path())).unwrap();
        let path = directory.path().join(SECRETS_FILE);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        let error = Identity::load(directory.path()).unwrap_err().to_string();
        assert!(error.contains("secrets") && error.contains("chmod 600"), "{error}");
    }
}
