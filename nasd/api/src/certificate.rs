//! Owns the certificate that this node shows browsers and API clients: `api.pem` and `api.key` in its directory.

use crate::https::HTTP_2;
use rcgen::{CertificateParams, DnType, KeyPair, SanType};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::io::Write;
use std::net::IpAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;

const CERTIFICATE_FILE: &str = "api.pem";
const KEY_FILE: &str = "api.key";

/// A TLS set-up, and what clients can pin.
pub struct ApiTls {
    pub config: Arc<ServerConfig>,
    /// SHA-256 of the certificate in DER, in hexadecimal.
    pub fingerprint: String,
}

/// Reads the certificate and its key; makes self-signed ones where there are none. The daemon and the web console
/// show the same.
///
/// `hosts`: names and addresses for a new certificate.
///
/// # Errors
/// A sentence for the operator. It never quotes the key.
pub fn load_or_create(dir: &Path, hosts: &[String]) -> Result<ApiTls, String> {
    let (certificate_path, key_path) = (dir.join(CERTIFICATE_FILE), dir.join(KEY_FILE));
    if !certificate_path.exists() {
        create(dir, hosts)?;
    }
    let chain = CertificateDer::pem_file_iter(&certificate_path)
        .and_then(|certificates| certificates.collect::<Result<Vec<_>, _>>())
        .map_err(|error| format!("{}: {error}", certificate_path.display()))?;
    let first =
        chain.first().ok_or_else(|| format!("{} holds no certificate", certificate_path.display()))?;
    let fingerprint = crate::sha256_hex(first);
    let key = PrivateKeyDer::from_pem_file(&key_path)
        .map_err(|_| format!("{} is no private key in PEM", key_path.display()))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(|error| format!("{} and {KEY_FILE}: {error}", certificate_path.display()))?;
    config.alpn_protocols = vec![HTTP_2.to_vec(), b"http/1.1".to_vec()];
    Ok(ApiTls { config: Arc::new(config), fingerprint })
}

fn create(dir: &Path, hosts: &[String]) -> Result<(), String> {
    let failed = |error: rcgen::Error| format!("cannot make a certificate for HTTPS: {error}");
    // A key without a certificate is what a crash left, or somebody put there: it is used.
    let key = match std::fs::read_to_string(dir.join(KEY_FILE)) {
        Ok(pem) => KeyPair::from_pem(&pem).map_err(|_| format!("{KEY_FILE} is no private key in PEM"))?,
        Err(_) => KeyPair::generate().map_err(failed)?,
    };
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "Gotgan node");
    for host in hosts {
        params.subject_alt_names.push(match host.parse::<IpAddr>() {
            Ok(address) => SanType::IpAddress(address),
            Err(_) => SanType::DnsName(host.clone().try_into().map_err(failed)?),
        });
    }
    let certificate = params.self_signed(&key).map_err(failed)?;
    write(&dir.join(KEY_FILE), &key.serialize_pem())?;
    write(&dir.join(CERTIFICATE_FILE), &certificate.pem())
}

/// For its owner only; durable on return.
fn write(path: &Path, text: &str) -> Result<(), String> {
    let write = || {
        let mut options = std::fs::OpenOptions::new();
        let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(path)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()
    };
    write().map_err(|error: std::io::Error| format!("cannot write {}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_certificate_is_made_once_and_its_key_is_the_owners() {
        let dir = tempfile::tempdir().unwrap();
        let hosts = ["127.0.0.1".to_owned(), "node-1".to_owned()];
        let first = load_or_create(dir.path(), &hosts).unwrap();
        assert_eq!(first.fingerprint.len(), 64);
        assert_eq!(load_or_create(dir.path(), &hosts).unwrap().fingerprint, first.fingerprint);
        let mode = std::fs::metadata(dir.path().join(KEY_FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        std::fs::write(dir.path().join(KEY_FILE), "CANARY").unwrap();
        let error = load_or_create(dir.path(), &hosts).err().unwrap();
        assert!(error.contains(KEY_FILE) && !error.contains("CANARY"), "{error}");
    }
}
