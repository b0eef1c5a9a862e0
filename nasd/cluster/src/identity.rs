//! The files that make a machine a member: `node.key`, `ca.pem`, `secrets` and `node.pem`.
//!
//! Each is replaced in one step and readable by its owner only. `node.pem` is written last: without it the
//! machine is no member yet, whatever else is there, and joining goes on with the same key.

use crate::authority::{
    Authority, AuthorityError, KeyFingerprint, NodeKey, certificate_of, key_fingerprint, node_of,
    public_key_in,
};
use crate::secrets::{ClusterSecrets, Secret};
use nasd_base::{Clock, NodeId, SystemClock, Timestamp};
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
/// The next authority, while the node changes over to it: certificate and secrets in one.
const SUCCESSOR_FILE: &str = "authority.next";
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

    /// Keeps an authority that is to follow, durably; it is not in force.
    pub fn prepare(directory: &Folder, successor: &Authority) -> Result<(), IdentityError> {
        let parts = (successor.certificate_pem(), successor.secrets().encode());
        let bytes = postcard::to_stdvec(&parts).expect("an authority always encodes");
        write(directory, SUCCESSOR_FILE, &bytes)
    }

    /// The authority that is to follow, if one is prepared.
    pub fn prepared(directory: &Path) -> Result<Option<Authority>, IdentityError> {
        let Some(bytes) = read(directory, SUCCESSOR_FILE)? else { return Ok(None) };
        let parts = crate::wire::decode_all::<(String, Secret)>(&bytes);
        let parts = parts.and_then(|(pem, secrets)| Some((pem, ClusterSecrets::decode(secrets.expose())?)));
        let (pem, secrets) = parts.ok_or_else(|| damaged(directory, SUCCESSOR_FILE, "it cannot be read"))?;
        let authority = Authority::from_parts(pem, secrets);
        authority.map(Some).map_err(|error| damaged(directory, SUCCESSOR_FILE, error))
    }

    /// Makes the prepared authority the one in force, with a certificate of it for this node. Where it is cut off,
    /// [`Identity::load`] goes on: the authority's certificate is replaced first.
    pub fn change_over(directory: &Folder, now: Timestamp) -> Result<Option<Identity>, IdentityError> {
        let folder = directory;
        let directory = folder.path();
        let Some(authority) = Identity::prepared(directory)? else { return Ok(None) };
        let Some(old) = read(directory, CERTIFICATE_FILE)? else { return Ok(None) };
        let old = certificate_of(&text(directory, CERTIFICATE_FILE, old)?)?;
        let node = node_of(&old).ok_or_else(|| damaged(directory, CERTIFICATE_FILE, "it names no node"))?;
        let key = parse_key(directory, required(directory, KEY_FILE)?)?;
        write(folder, AUTHORITY_FILE, authority.certificate_pem().as_bytes())?;
        let certificate = authority.issue(node, &key.public_key(), now)?;
        let identity = Identity::new(Arc::new(authority), certificate, key)?;
        identity.save(folder)?;
        folder
            .remove(SUCCESSOR_FILE)
            .map_err(|source| IdentityError::Io { path: directory.join(SUCCESSOR_FILE), source })?;
        Ok(Some(identity))
    }

    /// Ends a change of authority that was cut off, if one was.
    fn go_on(directory: &Path, now: Timestamp) -> Result<(), IdentityError> {
        let current = read(directory, AUTHORITY_FILE)?;
        // What is prepared and damaged was not begun with.
        let next = Identity::prepared(directory).ok().flatten();
        if next.is_some_and(|next| current.as_deref() == Some(next.certificate_pem().as_bytes())) {
            Identity::change_over(&Folder::new(directory), now)?;
        }
        Ok(())
    }

    /// Reads a member's files; `None` where there is no `node.pem`: the machine has not joined.
    pub fn load(directory: &Path) -> Result<Option<Identity>, IdentityError> {
        Identity::go_on(directory, SystemClock.now())?;
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
    use nasd_base::OsEntropy;
    use nasd_files::{Journal, Left};
    use std::fs;

    /// Cut off anywhere, the node starts with one whole authority: the old one, or the new one.
    #[test]
    fn a_change_of_authority_is_all_or_nothing() {
        let (directory, old) = (tempfile::tempdir().unwrap(), identity());
        let (at, folder) = (directory.path(), Folder::new(directory.path()));
        old.save(&folder).unwrap();
        let next = old.authority.successor(SystemClock.now()).unwrap();
        assert_eq!(next.handle_key(), old.authority.handle_key());
        assert_ne!(next.fingerprint(), old.authority.fingerprint());
        let in_force = || Identity::load(at).unwrap().unwrap().authority.fingerprint();
        Identity::prepare(&folder, &next).unwrap();
        assert_eq!(in_force(), old.authority.fingerprint(), "it is prepared only");
        let (pem, secrets) = (next.certificate_pem().to_owned(), next.secrets().encode());
        let cut_offs: [&dyn Fn(); 3] = [
            &|| write(&folder, AUTHORITY_FILE, pem.as_bytes()).unwrap(),
            &|| write(&folder, SECRETS_FILE, secrets.expose()).unwrap(),
            &|| drop(Identity::change_over(&folder, SystemClock.now()).unwrap().unwrap()),
        ];
        for steps in 1..=cut_offs.len() {
            old.save(&folder).unwrap();
            Identity::prepare(&folder, &next).unwrap();
            cut_offs[..steps].iter().for_each(|step| step());
            let loaded = Identity::load(at).unwrap().unwrap();
            assert_eq!(loaded.authority.fingerprint(), next.fingerprint(), "{steps}");
            assert_eq!((loaded.node, loaded.key_fingerprint()), (old.node, old.key_fingerprint()));
            assert!(Identity::prepared(at).unwrap().is_none());
        }
    }

    /// Whatever a power cut leaves of the change, the node starts with one whole authority.
    #[test]
    fn a_power_cut_while_the_authority_changes_leaves_one_whole_authority() {
        let (directory, old) = (tempfile::tempdir().unwrap(), identity());
        old.save(&Folder::new(directory.path())).unwrap();
        let next = old.authority.successor(SystemClock.now()).unwrap();
        let before: Left = fs::read_dir(directory.path())
            .unwrap()
            .map(|entry| entry.unwrap())
            .map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap()))
            .collect();
        let journal = Arc::new(Journal::default());
        let folder = Folder::through(directory.path(), journal.clone());
        Identity::prepare(&folder, &next).unwrap();
        Identity::change_over(&folder, SystemClock.now()).unwrap().unwrap();
        let mut found = std::collections::BTreeSet::new();
        for left in journal.survivors(&before) {
            let directory = tempfile::tempdir().unwrap();
            Journal::lay_out(&left, directory.path()).unwrap();
            let loaded = Identity::load(directory.path()).unwrap().unwrap();
            assert_eq!((loaded.node, loaded.key_fingerprint()), (old.node, old.key_fingerprint()));
            found.insert(loaded.authority.fingerprint());
        }
        assert_eq!(found, [old.authority.fingerprint(), next.fingerprint()].into());
    }

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
