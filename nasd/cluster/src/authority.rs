//! The cluster's certificate authority: who is a member, as mutual TLS proves it.
//!
//! Every member holds the authority's key, so that any of them can let a new node in. A certificate is no
//! way back for a removed node: the transport refuses its id.

use crate::secrets::{ClusterSecrets, HANDLE_KEY_BYTES, Secret};
use crate::wire::ClusterId;
use nasd_base::{Entropy, NodeId, Timestamp};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyPair, KeyUsagePurpose, PKCS_ED25519, SerialNumber, SubjectPublicKeyInfo,
};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};

const DAY: Duration = Duration::from_secs(24 * 3600);
/// Certificates count from a day before they were made, so that no node's clock makes one too new.
const BACKDATED: Duration = DAY;
/// Longer than an appliance lives: membership ends by removal, not by a date.
const VALID: Duration = Duration::from_secs(30 * 365 * 24 * 3600);

/// Something is wrong with a key or certificate.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct AuthorityError(String);

impl AuthorityError {
    pub(crate) fn new(why: &str) -> AuthorityError {
        AuthorityError(why.to_owned())
    }
}

fn bad(what: &str) -> impl Fn(rcgen::Error) -> AuthorityError {
    move |error| AuthorityError(format!("{what}: {error}"))
}

/// A node's own private key. Never leaves the node.
pub struct NodeKey(KeyPair);

impl fmt::Debug for NodeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NodeKey")
    }
}

impl NodeKey {
    /// A new key from the operating system's generator.
    pub fn generate() -> Result<NodeKey, AuthorityError> {
        KeyPair::generate_for(&PKCS_ED25519).map(NodeKey).map_err(bad("making a key failed"))
    }

    pub fn from_pem(text: &str) -> Result<NodeKey, AuthorityError> {
        KeyPair::from_pem_and_sign_algo(text, &PKCS_ED25519).map(NodeKey).map_err(bad("no Ed25519 key"))
    }

    /// PKCS#8 in PEM, for the node's own file.
    pub fn to_pem(&self) -> Secret {
        Secret::new(self.0.serialize_pem().into_bytes())
    }

    /// The public key: SubjectPublicKeyInfo in DER.
    pub fn public_key(&self) -> Vec<u8> {
        rcgen::PublicKeyData::subject_public_key_info(&self.0)
    }

    pub(crate) fn to_tls(&self) -> PrivateKeyDer<'static> {
        PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(self.0.serialize_der()))
    }
}

/// BLAKE3 of a node's public key (its SubjectPublicKeyInfo in DER).
pub type KeyFingerprint = [u8; 32];

/// BLAKE3 of a public key (SubjectPublicKeyInfo in DER).
pub fn key_fingerprint(public_key: &[u8]) -> KeyFingerprint {
    blake3::hash(public_key).into()
}

/// Whether bytes are a public key that the authority would sign.
pub fn check_public_key(public_key: &[u8]) -> Result<(), AuthorityError> {
    public_key_of(public_key).map(drop)
}

fn public_key_of(der: &[u8]) -> Result<SubjectPublicKeyInfo, AuthorityError> {
    let key = SubjectPublicKeyInfo::from_der(der).map_err(bad("the public key cannot be read"))?;
    match rcgen::PublicKeyData::algorithm(&key) == &PKCS_ED25519 {
        true => Ok(key),
        false => Err(AuthorityError("the public key is no Ed25519 key".to_owned())),
    }
}

/// The cluster's authority and the secrets that come with it.
pub struct Authority {
    certificate_pem: String,
    certificate: CertificateDer<'static>,
    issuer: Issuer<'static, KeyPair>,
    secrets: ClusterSecrets,
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Authority of cluster {}", self.secrets.cluster)
    }
}

impl Authority {
    /// Founds a cluster: a new authority, cluster id and handle key. Keys come from the operating system's
    /// generator, the rest from `entropy`.
    pub fn create(now: Timestamp, entropy: &dyn Entropy) -> Result<Authority, AuthorityError> {
        let mut cluster = ClusterId([0; 16]);
        entropy.fill(&mut cluster.0);
        Authority::founded(now, cluster, Secret::random(entropy, HANDLE_KEY_BYTES))
    }

    /// Another authority of the same cluster, with a key of its own. The cluster's other secrets stay: without the key
    /// of file handles no client would find its files.
    pub fn successor(&self, now: Timestamp) -> Result<Authority, AuthorityError> {
        let ClusterSecrets { cluster, handle_key, .. } = self.secrets.clone();
        Authority::founded(now, cluster, handle_key)
    }

    fn founded(now: Timestamp, cluster: ClusterId, handle_key: Secret) -> Result<Authority, AuthorityError> {
        let key = KeyPair::generate_for(&PKCS_ED25519).map_err(bad("making the authority's key failed"))?;
        let mut params = dated(now, &format!("Gotgan cluster {cluster}"));
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let certificate =
            params.self_signed(&key).map_err(bad("making the authority's certificate failed"))?;
        let secrets = ClusterSecrets { cluster, handle_key, authority_key: Secret::new(key.serialize_der()) };
        Authority::from_parts(certificate.pem(), secrets)
    }

    /// # Errors
    /// When the key and the certificate do not belong together.
    pub fn from_parts(certificate_pem: String, secrets: ClusterSecrets) -> Result<Authority, AuthorityError> {
        let certificate = certificate_of(&certificate_pem)?;
        let key = PrivatePkcs8KeyDer::from(secrets.authority_key.expose());
        let key = KeyPair::from_pkcs8_der_and_sign_algo(&key, &PKCS_ED25519)
            .map_err(|_| AuthorityError("the authority's key cannot be read".to_owned()))?;
        if public_key_in(&certificate)? != rcgen::PublicKeyData::subject_public_key_info(&key) {
            return Err(AuthorityError("the authority's key does not belong to its certificate".to_owned()));
        }
        let issuer = Issuer::from_ca_cert_der(&certificate, key)
            .map_err(bad("the authority's certificate cannot be read"))?;
        Ok(Authority { certificate_pem, certificate, issuer, secrets })
    }

    /// Makes a node's certificate, in PEM. `public_key`: SubjectPublicKeyInfo in DER, Ed25519.
    pub fn issue(&self, node: NodeId, public_key: &[u8], now: Timestamp) -> Result<String, AuthorityError> {
        let key = public_key_of(public_key)?;
        let name = node_name(node);
        let mut params = dated(now, &name);
        params.subject_alt_names =
            vec![rcgen::SanType::DnsName(name.try_into().map_err(bad("the node's name"))?)];
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages =
            vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        params.use_authority_key_identifier_extension = true;
        params.serial_number = Some(serial(node, public_key, now));
        let certificate =
            params.signed_by(&key, &self.issuer).map_err(bad("signing the certificate failed"))?;
        Ok(certificate.pem())
    }

    pub fn certificate_pem(&self) -> &str {
        &self.certificate_pem
    }

    pub fn certificate(&self) -> &CertificateDer<'static> {
        &self.certificate
    }

    /// BLAKE3 of the authority's certificate in DER: what a join token pins.
    pub fn fingerprint(&self) -> [u8; 32] {
        fingerprint(&self.certificate)
    }

    pub fn cluster_id(&self) -> ClusterId {
        self.secrets.cluster
    }

    /// The key that authenticates NFS file handles, the same on all nodes.
    pub fn handle_key(&self) -> [u8; HANDLE_KEY_BYTES] {
        self.secrets.handle_key.expose().try_into().expect("checked when the secrets were made or read")
    }

    pub fn secrets(&self) -> &ClusterSecrets {
        &self.secrets
    }
}

/// The authority that this node works with, which another one may follow.
#[derive(Debug)]
pub struct CurrentAuthority(watch::Sender<Arc<Authority>>);

impl CurrentAuthority {
    pub fn new(authority: Arc<Authority>) -> Arc<CurrentAuthority> {
        Arc::new(CurrentAuthority(watch::Sender::new(authority)))
    }

    pub fn get(&self) -> Arc<Authority> {
        self.0.borrow().clone()
    }

    pub fn set(&self, authority: Arc<Authority>) {
        self.0.send_replace(authority);
    }

    /// Waits until it is the one whose certificate has this BLAKE3.
    pub async fn until(&self, fingerprint: [u8; 32]) {
        let is_it = |authority: &Arc<Authority>| authority.fingerprint() == fingerprint;
        // The sender is this very object: it is not gone while somebody waits.
        let _ = self.0.subscribe().wait_for(is_it).await;
    }
}

/// BLAKE3 of a certificate in DER.
pub(crate) fn fingerprint(certificate: &CertificateDer<'_>) -> [u8; 32] {
    blake3::hash(certificate).into()
}

/// The name in a node's certificate.
pub(crate) fn node_name(node: NodeId) -> String {
    format!("node-{node}.gotgan")
}

/// The node that a certificate names: its one alternative name, `node-<id>.gotgan`. Says nothing about who
/// signed it.
pub(crate) fn node_of(certificate: &CertificateDer<'_>) -> Option<NodeId> {
    let (_, certificate) = X509Certificate::from_der(certificate).ok()?;
    let names = certificate.subject_alternative_name().ok()??;
    let [GeneralName::DNSName(name)] = names.value.general_names.as_slice() else {
        return None;
    };
    let id = NodeId(name.strip_prefix("node-")?.strip_suffix(".gotgan")?.parse().ok()?);
    (node_name(id) == *name).then_some(id)
}

/// The public key in a certificate: SubjectPublicKeyInfo in DER.
pub(crate) fn public_key_in(certificate: &CertificateDer<'_>) -> Result<Vec<u8>, AuthorityError> {
    let (_, certificate) = X509Certificate::from_der(certificate)
        .map_err(|_| AuthorityError("the certificate cannot be read".to_owned()))?;
    Ok(certificate.public_key().raw.to_vec())
}

pub(crate) fn certificate_of(pem: &str) -> Result<CertificateDer<'static>, AuthorityError> {
    CertificateDer::from_pem_slice(pem.as_bytes())
        .map_err(|_| AuthorityError("no certificate in PEM".to_owned()))
}

fn dated(now: Timestamp, common_name: &str) -> CertificateParams {
    let now = Duration::from_secs(u64::try_from(now.secs).unwrap_or(0));
    let epoch = rcgen::date_time_ymd(1970, 1, 1);
    let mut params = CertificateParams::default();
    params.not_before = epoch + now.saturating_sub(BACKDATED);
    params.not_after = epoch + now + VALID;
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, common_name);
    params
}

/// Two certificates of one authority never share a number.
fn serial(node: NodeId, public_key: &[u8], now: Timestamp) -> SerialNumber {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&node.0.to_le_bytes()).update(&now.as_nanos().to_le_bytes()).update(public_key);
    let mut bytes = hasher.finalize().as_bytes()[..16].to_vec();
    // Positive, and without a leading zero (RFC 5280 §4.1.2.2).
    bytes[0] = bytes[0] & 0x7f | 0x40;
    SerialNumber::from(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use nasd_base::{Clock, OsEntropy, SystemClock};

    #[test]
    fn a_certificate_names_its_node_and_key() {
        let authority = Authority::create(SystemClock.now(), &OsEntropy).unwrap();
        let key = NodeKey::generate().unwrap();
        let pem = authority.issue(NodeId(42), &key.public_key(), SystemClock.now()).unwrap();
        let certificate = certificate_of(&pem).unwrap();
        assert_eq!(node_of(&certificate), Some(NodeId(42)));
        assert_eq!(public_key_in(&certificate).unwrap(), key.public_key());
        assert_eq!(node_of(authority.certificate()), None);
    }

    #[test]
    fn an_authority_survives_its_parts_and_refuses_foreign_ones() {
        let authority = Authority::create(SystemClock.now(), &OsEntropy).unwrap();
        let other = Authority::create(SystemClock.now(), &OsEntropy).unwrap();
        let again =
            Authority::from_parts(authority.certificate_pem().to_owned(), authority.secrets().clone());
        assert_eq!(again.unwrap().fingerprint(), authority.fingerprint());
        let mixed = Authority::from_parts(authority.certificate_pem().to_owned(), other.secrets().clone());
        assert!(mixed.unwrap_err().to_string().contains("does not belong"));
    }

    #[test]
    fn junk_is_no_public_key() {
        let authority = Authority::create(SystemClock.now(), &OsEntropy).unwrap();
        for junk in [&b""[..], b"junk", &[0x30; 44]] {
            assert!(authority.issue(NodeId(1), junk, SystemClock.now()).is_err());
        }
    }

    #[test]
    fn the_clock_of_1970_makes_certificates_too() {
        let authority = Authority::create(Timestamp::default(), &OsEntropy).unwrap();
        let key = NodeKey::generate().unwrap();
        let early = Timestamp { secs: -5, nanos: 0 };
        assert!(authority.issue(NodeId(1), &key.public_key(), early).is_ok());
    }

    #[test]
    fn keys_are_never_shown() {
        let authority = Authority::create(SystemClock.now(), &OsEntropy).unwrap();
        let key = NodeKey::generate().unwrap();
        let shown = format!("{authority:?} {key:?} {:?}", key.to_pem());
        assert!(!shown.contains("PRIVATE") && shown.len() < 200, "{shown}");
    }
}
