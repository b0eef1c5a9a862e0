//! Owns the certificate that a node shows browsers and API clients: which one it is now, and how it is replaced.
//!
//! The files in the node's directory decide. Every handshake looks whether they are still the same (two `stat` calls,
//! nothing beside a handshake's cryptography), so that whoever replaces them, this process, another one or an ACME
//! client, is heard at once and no connection is cut. Files that cannot be used change nothing but [`CertificateInfo`].

mod copy;
mod files;
mod info;
mod pair;
pub(crate) mod problem;
mod self_signed;

pub use copy::{CertificatePair, CopiedCertificate};
pub use info::{CertificateInfo, NewCertificate, ReadCertificate, ResetCertificate};
pub use pair::{CHAIN_BYTES_MAX, KEY_BYTES_MAX};

use crate::https::HTTP_2;
use crate::{ApiError, Secret, Sentence, refused};
use files::{Alone, Files, Stamp};
use pair::{Pair, provider};
use rustls::ServerConfig;
use rustls::server::{ClientHello, NoServerSessionStorage, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use self_signed::SelfSigned;
use std::fmt;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

/// The certificate of a node. The daemon and the web console each have one on the same directory.
pub struct NodeCertificate {
    files: Files,
    hosts: Vec<String>,
    shown: RwLock<Arc<Shown>>,
}

/// What new connections see.
struct Shown {
    certified: Arc<CertifiedKey>,
    info: CertificateInfo,
    /// In PEM, for the console.
    chain: String,
    key: Secret,
    /// Of the files when they were read.
    stamp: Stamp,
}

impl NodeCertificate {
    /// Reads the certificate and its key from `dir`; makes self-signed ones where there are none. If what is there
    /// cannot be used, a self-signed one that is kept nowhere is shown until it can: a node must start without it.
    ///
    /// `hosts`: names and addresses for a new certificate.
    ///
    /// # Errors
    /// A sentence for the operator: there is no such directory, or no certificate can be made.
    pub fn open(dir: &Path, hosts: &[String]) -> Result<Arc<NodeCertificate>, String> {
        let files = Files::new(dir);
        let alone = files.alone().map_err(|error| format!("cannot use {}: {error}", dir.display()))?;
        let obtained = obtain(&files, hosts, &alone);
        let stamp = files.stamp();
        let (pair, problem) = match obtained {
            Ok(pair) => (pair, None),
            Err(problem) => {
                tracing::error!(
                    problem = problem.text,
                    "HTTPS shows a certificate of its own until the files are replaced"
                );
                (in_memory(hosts)?, Some(problem))
            }
        };
        let mut shown = Shown::of(pair, stamp);
        shown.info.problem = problem;
        Ok(Arc::new(NodeCertificate { files, hosts: hosts.to_vec(), shown: RwLock::new(Arc::new(shown)) }))
    }

    /// For a server: shows the certificate that there is at each handshake.
    pub fn server_config(self: &Arc<Self>) -> Result<Arc<ServerConfig>, String> {
        configured(self.clone())
    }

    /// The certificate that is shown now, for a program that shows it, too.
    pub fn pair(&self) -> CertificatePair {
        let shown = self.shown();
        let fingerprint = shown.info.fingerprint.clone();
        CertificatePair { fingerprint, chain: shown.chain.clone(), key: shown.key.clone() }
    }

    pub fn info(&self) -> CertificateInfo {
        self.shown().info.clone()
    }

    /// Shows another certificate from now on. Durable on return; nothing is changed by a refusal. It writes and
    /// flushes: not for a thread that serves others.
    ///
    /// `now`: seconds since 1970-01-01 UTC.
    ///
    /// # Errors
    /// `InvalidRequest` for what cannot be used, `Internal` for a directory that cannot be written.
    pub fn replace(&self, new: &NewCertificate, now: i64) -> Result<CertificateInfo, ApiError> {
        Pair::of_pem(&new.chain, new.key.reveal())?.check_time(now)?;
        self.put(&new.chain, new.key.reveal())
    }

    /// As [`NodeCertificate::replace`], with a new self-signed certificate and a new key.
    ///
    /// # Errors
    /// As there.
    pub fn reset(&self) -> Result<CertificateInfo, ApiError> {
        let SelfSigned { chain, key } = self_signed::make(&self.hosts, None).map_err(refused::internal)?;
        self.put(&chain, &key)
    }

    fn put(&self, chain: &str, key: &str) -> Result<CertificateInfo, ApiError> {
        let alone = self.files.alone().map_err(refused::internal)?;
        self.files.replace(chain, key, &alone).map_err(|problem| refused::internal(problem.text))?;
        Ok(self.info())
    }

    fn shown(&self) -> Arc<Shown> {
        let stamp = self.files.stamp();
        let shown = self.shown.read().unwrap_or_else(PoisonError::into_inner).clone();
        if shown.stamp == stamp { shown } else { self.look_again(stamp) }
    }

    fn look_again(&self, stamp: Stamp) -> Arc<Shown> {
        let mut shown = self.shown.write().unwrap_or_else(PoisonError::into_inner);
        if shown.stamp != stamp {
            *shown = Arc::new(shown.after(self.files.read(), stamp));
        }
        shown.clone()
    }
}

/// A server's TLS with whatever certificate there is at each handshake.
fn configured(resolver: Arc<dyn ResolvesServerCert>) -> Result<Arc<ServerConfig>, String> {
    let mut config = ServerConfig::builder_with_provider(Arc::new(provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_no_client_auth()
        .with_cert_resolver(resolver);
    // A session that is taken up again would go on with the certificate that it began with.
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    config.alpn_protocols = vec![HTTP_2.to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

impl Shown {
    fn of(pair: Pair, stamp: Stamp) -> Shown {
        let Pair { chain, key, certified, info } = pair;
        Shown { certified, info, chain, key, stamp }
    }

    fn after(&self, read: Result<Pair, Sentence>, stamp: Stamp) -> Shown {
        match read {
            Ok(pair) => {
                if pair.info.fingerprint != self.info.fingerprint {
                    let fingerprint = &pair.info.fingerprint;
                    tracing::info!(fingerprint, "HTTPS shows another certificate now");
                }
                Shown::of(pair, stamp)
            }
            Err(problem) => {
                tracing::warn!(problem = problem.text, "HTTPS shows the certificate that it showed before");
                let info = CertificateInfo { problem: Some(problem), ..self.info.clone() };
                let (certified, chain, key) = (self.certified.clone(), self.chain.clone(), self.key.clone());
                Shown { certified, info, chain, key, stamp }
            }
        }
    }
}

impl ResolvesServerCert for NodeCertificate {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.shown().certified.clone())
    }
}

impl fmt::Debug for NodeCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NodeCertificate").field("files", &self.files).finish_non_exhaustive()
    }
}

fn obtain(files: &Files, hosts: &[String], alone: &Alone) -> Result<Pair, Sentence> {
    files.finish(alone)?;
    if !files.has_chain() {
        // A key without a certificate was put there by somebody: it is used.
        let found = files.key()?;
        let made = self_signed::make(hosts, found.as_deref()).map_err(problem::certificate_not_made)?;
        files.replace(&made.chain, &made.key, alone)?;
    }
    files.read()
}

fn in_memory(hosts: &[String]) -> Result<Pair, String> {
    let SelfSigned { chain, key } = self_signed::make(hosts, None)?;
    Pair::of_pem(&chain, &key).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Secret;

    fn hosts() -> Vec<String> {
        vec!["127.0.0.1".to_owned(), "node-1".to_owned()]
    }

    #[test]
    fn a_certificate_is_made_once_and_names_its_hosts() {
        let dir = tempfile::tempdir().unwrap();
        let first = NodeCertificate::open(dir.path(), &hosts()).unwrap().info();
        assert_eq!((&first.names, first.self_signed), (&hosts(), true));
        assert_eq!(NodeCertificate::open(dir.path(), &hosts()).unwrap().info(), first);
    }

    #[test]
    fn both_programs_that_start_at_once_show_the_same() {
        let dir = tempfile::tempdir().unwrap();
        let fingerprint = || NodeCertificate::open(dir.path(), &hosts()).unwrap().info().fingerprint;
        let shown: Vec<String> = std::thread::scope(|scope| {
            let starts: Vec<_> = (0..8).map(|_| scope.spawn(fingerprint)).collect();
            starts.into_iter().map(|start| start.join().unwrap()).collect()
        });
        assert!(shown.iter().all(|fingerprint| *fingerprint == shown[0]), "{shown:?}");
    }

    #[test]
    fn a_node_starts_with_files_that_cannot_be_used_and_leaves_them_alone() {
        let dir = tempfile::tempdir().unwrap();
        let good = NodeCertificate::open(dir.path(), &hosts()).unwrap().info();
        let key = std::fs::read(dir.path().join("api.key")).unwrap();
        std::fs::write(dir.path().join("api.key"), "CANARY").unwrap();
        let certificate = NodeCertificate::open(dir.path(), &hosts()).unwrap();
        let problem = certificate.info().problem.unwrap().text;
        assert!(problem.contains("api.key") && !problem.contains("CANARY"), "{problem}");
        assert_eq!(std::fs::read(dir.path().join("api.key")).unwrap(), b"CANARY");
        std::fs::write(dir.path().join("api.key"), key).unwrap();
        assert_eq!(certificate.info(), good, "mended without a restart");
    }

    #[test]
    fn a_key_that_was_put_there_is_certified() {
        let dir = tempfile::tempdir().unwrap();
        let SelfSigned { key, .. } = self_signed::make(&hosts(), None).unwrap();
        std::fs::write(dir.path().join("api.key"), &key).unwrap();
        assert_eq!(NodeCertificate::open(dir.path(), &hosts()).unwrap().info().problem, None);
        assert_eq!(std::fs::read_to_string(dir.path().join("api.key")).unwrap(), key);
    }

    #[test]
    fn a_refusal_changes_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let certificate = NodeCertificate::open(dir.path(), &hosts()).unwrap();
        let (before, files) = (certificate.info(), || {
            ["api.pem", "api.key"].map(|name| std::fs::read(dir.path().join(name)).unwrap())
        });
        let bytes = files();
        let SelfSigned { chain, key } = self_signed::make(&hosts(), None).unwrap();
        let wrong = NewCertificate { chain: chain.clone(), key: Secret::new("CANARY") };
        assert!(!certificate.replace(&wrong, 1_800_000_000).unwrap_err().message.contains("CANARY"));
        let expired = NewCertificate { chain, key: Secret::new(key) };
        assert!(certificate.replace(&expired, i64::MAX).unwrap_err().message.contains("expired"));
        assert_eq!((certificate.info(), files()), (before, bytes));
    }

    #[test]
    fn going_back_makes_a_new_key() {
        let dir = tempfile::tempdir().unwrap();
        let certificate = NodeCertificate::open(dir.path(), &hosts()).unwrap();
        let before = certificate.info();
        let after = certificate.reset().unwrap();
        assert!(after.self_signed && after.names == hosts() && after.fingerprint != before.fingerprint);
        assert_eq!(NodeCertificate::open(dir.path(), &hosts()).unwrap().info(), after);
    }
}
