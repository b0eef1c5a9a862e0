//! Owns what is said about a node's certificate, and what is read out of one.

use crate::access::Access;
use crate::operation::{Nothing, Operation, Shape, operations};
use crate::{Deed, Secret, Sentence};
use nasd_base::role::Right;
use rustls::pki_types::CertificateDer;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::net::{Ipv4Addr, Ipv6Addr};
use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};

/// The certificate that a node shows browsers and API clients.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CertificateInfo {
    /// The DNS names and addresses that it is for.
    pub names: Vec<String>,
    pub subject: String,
    pub issuer: String,
    pub self_signed: bool,
    /// Seconds since 1970-01-01 UTC, as the other.
    pub not_before: i64,
    pub not_after: i64,
    /// SHA-256 of the certificate in DER, in hexadecimal: what clients can pin.
    pub fingerprint: String,
    /// Why the files in the node's directory are not what is shown, where they are not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<Sentence>,
}

/// Replaces the certificate of the node that answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCertificate {
    /// Certificates in PEM: the node's own, then those between it and its authority.
    pub chain: String,
    /// The private key of the first one, in PEM.
    pub key: Secret,
}

impl CertificateInfo {
    /// `None` for what is no certificate.
    pub(super) fn of(certificate: &CertificateDer<'_>) -> Option<CertificateInfo> {
        let (rest, read) = X509Certificate::from_der(certificate).ok()?;
        rest.is_empty().then(|| CertificateInfo {
            names: names(&read),
            subject: read.subject().to_string(),
            issuer: read.issuer().to_string(),
            self_signed: read.subject().as_raw() == read.issuer().as_raw(),
            not_before: read.validity().not_before.timestamp(),
            not_after: read.validity().not_after.timestamp(),
            fingerprint: crate::sha256_hex(certificate),
            problem: None,
        })
    }
}

/// Its alternative names; clients have stopped looking at the common name.
fn names(certificate: &X509Certificate<'_>) -> Vec<String> {
    let extension = certificate.subject_alternative_name().ok().flatten();
    let names = extension.map(|extension| extension.value.general_names.as_slice()).unwrap_or_default();
    names.iter().filter_map(name).collect()
}

fn name(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        GeneralName::IPAddress(bytes) => address(bytes),
        _ => None,
    }
}

fn address(bytes: &[u8]) -> Option<String> {
    let v4 = <[u8; 4]>::try_from(bytes).map(|bytes| Ipv4Addr::from(bytes).to_string());
    v4.or_else(|_| <[u8; 16]>::try_from(bytes).map(|bytes| Ipv6Addr::from(bytes).to_string())).ok()
}

const PATH: &str = "/certificate";
const SEE: Access = Access::Needs(Right::ReadStatus);
const CHANGE: Access = Access::Needs(Right::ChangeCluster);

operations! {
    /// What the answering node shows browsers and API clients. Each node has its own: certificates name hosts.
    ReadCertificate(Nothing) -> CertificateInfo =
        Shape::get(PATH, SEE, "The answering node's HTTPS certificate").korean("응답하는 노드의 HTTPS 인증서");
}

/// Replaces it by a new self-signed one, for new connections.
pub struct ResetCertificate;

impl Operation for ResetCertificate {
    type At = Nothing;
    type Body = Nothing;
    type Reply = CertificateInfo;

    const SHAPE: Shape = Shape::delete(PATH, CHANGE, "Go back to a new self-signed certificate").recorded();

    fn deed(_: &Nothing, _: &Nothing) -> Option<Deed> {
        Some(Deed { what: "go back to a self-signed certificate".to_owned(), here: true })
    }
}

/// Replaces it, for new connections; the reply comes through the one that was open before. `InvalidRequest` for what
/// cannot be used.
impl Operation for NewCertificate {
    type At = Nothing;
    type Body = Self;
    type Reply = CertificateInfo;

    const SHAPE: Shape =
        Shape::put(PATH, CHANGE, "Replace the answering node's HTTPS certificate").recorded().secret();

    fn deed(_: &Nothing, _: &Self) -> Option<Deed> {
        Some(Deed { what: "replace the HTTPS certificate".to_owned(), here: true })
    }
}
