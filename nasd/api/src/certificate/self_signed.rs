//! Owns the certificate that a node makes for itself.

use rcgen::{CertificateParams, DnType, KeyPair, SanType};
use std::collections::BTreeSet;
use std::net::IpAddr;

/// A certificate and its key, in PEM.
pub struct SelfSigned {
    pub chain: String,
    pub key: String,
}

/// `hosts`: the names and addresses that it is for. `key`: one in PEM that there is already.
///
/// # Errors
/// A sentence for the operator. It never quotes the key.
pub fn make(hosts: &[String], key: Option<&str>) -> Result<SelfSigned, String> {
    let failed = |error: rcgen::Error| format!("cannot make a certificate for HTTPS: {error}");
    let key = match key {
        Some(pem) => KeyPair::from_pem(pem).map_err(|_| "it is no private key in PEM")?,
        None => KeyPair::generate().map_err(failed)?,
    };
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "Gotgan node");
    // A node may be reached by the address that it listens at.
    let mut named = BTreeSet::new();
    for host in hosts.iter().filter(|host| named.insert(*host)) {
        params.subject_alt_names.push(match host.parse::<IpAddr>() {
            Ok(address) => SanType::IpAddress(address),
            Err(_) => SanType::DnsName(host.clone().try_into().map_err(failed)?),
        });
    }
    let certificate = params.self_signed(&key).map_err(failed)?;
    Ok(SelfSigned { chain: certificate.pem(), key: key.serialize_pem() })
}
