//! Owns what makes certificates and a key fit for HTTPS, and what is said about those that are not.

use super::CertificateInfo;
use crate::{ApiError, BODY_BYTES_MAX, ErrorCode, Secret};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::{CertifiedKey, SigningKey};
use serde::{Serialize, Serializer};
use std::sync::Arc;
use x509_parser::prelude::{ASN1Time, FromDer, X509Certificate};

/// Longest chain, in bytes of PEM: a dozen certificates.
pub const CHAIN_BYTES_MAX: usize = 32 << 10;
/// Longest key, in bytes of PEM: four times an RSA key of 4096 bits.
pub const KEY_BYTES_MAX: usize = 16 << 10;
// A quarter is left for how JSON and forms write them.
const _: () = assert!(CHAIN_BYTES_MAX + KEY_BYTES_MAX <= BODY_BYTES_MAX / 4 * 3);

/// A chain of certificates with the key of its first.
pub struct Pair {
    /// As they were written.
    pub chain: String,
    pub key: Secret,
    pub certified: Arc<CertifiedKey>,
    pub info: CertificateInfo,
}

/// Why a chain and a key cannot be used, and what to do about it. Nothing of the key is in it.
#[derive(Debug, PartialEq, Eq, Serialize, thiserror::Error)]
pub enum Unusable {
    #[error(
        "the chain is longer than {CHAIN_BYTES_MAX} bytes; leave out all but the node's own certificate and \
         those between it and its authority"
    )]
    ChainTooLong,
    #[error(
        "there is a private key among the certificates of the chain; put nothing but certificates there, and \
         do not hand that file to others"
    )]
    KeyInChain,
    #[error(
        "the chain is no certificate in PEM; give everything from -----BEGIN CERTIFICATE----- to \
         -----END CERTIFICATE-----, the node's own certificate first"
    )]
    NoCertificate,
    #[error("certificate {number} of the chain cannot be read; fetch it from its authority again, in PEM")]
    BadCertificate { number: usize },
    #[error("the key is longer than {KEY_BYTES_MAX} bytes; give one private key in PEM")]
    KeyTooLong,
    #[error(
        "the key is locked with a passphrase; unlock it first, with `openssl pkey -in LOCKED -out UNLOCKED`"
    )]
    KeyLocked,
    #[error(
        "the key is no private key in PEM; give everything from -----BEGIN PRIVATE KEY----- to \
         -----END PRIVATE KEY-----"
    )]
    NoKey,
    #[error(
        "keys of this kind are not supported; use ECDSA with P-256 or P-384, or RSA with 2048 to 4096 bits"
    )]
    KeyUnsupported,
    #[error("the key belongs to certificate {number} of the chain; put that one first")]
    WrongOrder { number: usize },
    #[error(
        "the key does not belong to the first certificate of the chain; give the one that the certificate was \
         requested with"
    )]
    Mismatch,
    #[error("the certificate is not valid before {}; wait, or correct the node's clock", moment(*.at))]
    NotYetValid {
        #[serde(serialize_with = "as_moment")]
        at: i64,
    },
    #[error("the certificate has expired on {}; renew it first", moment(*.at))]
    Expired {
        #[serde(serialize_with = "as_moment")]
        at: i64,
    },
}

impl From<Unusable> for ApiError {
    fn from(unusable: Unusable) -> ApiError {
        ApiError::of(ErrorCode::InvalidRequest, &unusable)
    }
}

impl Pair {
    /// # Errors
    /// The first thing that keeps rustls from serving with them.
    pub fn of_pem(chain: &str, key: &str) -> Result<Pair, Unusable> {
        let certificates = certificates(chain)?;
        let infos: Vec<CertificateInfo> = certificates
            .iter()
            .enumerate()
            .map(|(at, der)| CertificateInfo::of(der).ok_or(Unusable::BadCertificate { number: at + 1 }))
            .collect::<Result<_, _>>()?;
        let info = infos.into_iter().next().ok_or(Unusable::NoCertificate)?;
        let certified = Arc::new(fit(certificates, signing_key(key)?)?);
        Ok(Pair { chain: chain.to_owned(), key: Secret::new(key), certified, info })
    }

    /// `now`: seconds since 1970-01-01 UTC.
    pub fn check_time(&self, now: i64) -> Result<(), Unusable> {
        let CertificateInfo { not_before, not_after, .. } = self.info;
        match now {
            _ if now < not_before => Err(Unusable::NotYetValid { at: not_before }),
            _ if now > not_after => Err(Unusable::Expired { at: not_after }),
            _ => Ok(()),
        }
    }
}

/// What rustls does its cryptography with.
pub fn provider() -> CryptoProvider {
    rustls::crypto::ring::default_provider()
}

fn certificates(pem: &str) -> Result<Vec<CertificateDer<'static>>, Unusable> {
    if pem.len() > CHAIN_BYTES_MAX {
        return Err(Unusable::ChainTooLong);
    }
    if pem.contains("PRIVATE KEY-----") {
        return Err(Unusable::KeyInChain);
    }
    let read = CertificateDer::pem_slice_iter(pem.as_bytes()).collect::<Result<Vec<_>, _>>();
    // What the parser says quotes lines, and somebody may have taken the key for the chain.
    read.map_err(|_| Unusable::NoCertificate)
}

fn signing_key(pem: &str) -> Result<Arc<dyn SigningKey>, Unusable> {
    if pem.len() > KEY_BYTES_MAX {
        return Err(Unusable::KeyTooLong);
    }
    // As PKCS #8 writes it, and as OpenSSL did before.
    if pem.contains("BEGIN ENCRYPTED PRIVATE KEY") || pem.contains("Proc-Type: 4,ENCRYPTED") {
        return Err(Unusable::KeyLocked);
    }
    let key = PrivateKeyDer::from_pem_slice(pem.as_bytes()).map_err(|_| Unusable::NoKey)?;
    provider().key_provider.load_private_key(key).map_err(|_| Unusable::KeyUnsupported)
}

fn fit(chain: Vec<CertificateDer<'static>>, key: Arc<dyn SigningKey>) -> Result<CertifiedKey, Unusable> {
    let public = key.public_key().ok_or(Unusable::KeyUnsupported)?.to_vec();
    let certified = CertifiedKey::new(chain, key);
    if certified.keys_match().is_ok() {
        return Ok(certified);
    }
    let owner = certified.cert.iter().position(|certificate| {
        X509Certificate::from_der(certificate).is_ok_and(|(_, read)| read.public_key().raw == public)
    });
    Err(match owner {
        // rustls is stricter about certificates than their reader.
        Some(0) => Unusable::BadCertificate { number: 1 },
        Some(at) => Unusable::WrongOrder { number: at + 1 },
        None => Unusable::Mismatch,
    })
}

fn as_moment<S: Serializer>(at: &i64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&moment(*at))
}

fn moment(seconds: i64) -> String {
    ASN1Time::from_timestamp(seconds).map(|time| time.to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{CertificateParams, KeyPair, PKCS_ECDSA_P384_SHA384, PKCS_ED25519, date_time_ymd};

    const NOW: i64 = 1_800_000_000;
    const CANARY: &str = "Q0FOQVJZ";

    fn key() -> KeyPair {
        KeyPair::generate().unwrap()
    }

    fn of(key: &KeyPair) -> String {
        CertificateParams::new(["nas.example".to_owned()]).unwrap().self_signed(key).unwrap().pem()
    }

    fn between(key: &KeyPair, from: i32, to: i32) -> String {
        let mut params = CertificateParams::new(["nas.example".to_owned()]).unwrap();
        (params.not_before, params.not_after) = (date_time_ymd(from, 1, 1), date_time_ymd(to, 1, 1));
        params.self_signed(key).unwrap().pem()
    }

    fn pem(label: &str, text: &str) -> String {
        format!("-----BEGIN {label}-----\n{text}\n-----END {label}-----\n")
    }

    fn refusal(chain: &str, key: &str) -> Unusable {
        Pair::of_pem(chain, key).err().unwrap()
    }

    #[test]
    fn what_is_usable_says_what_it_is() {
        for algorithm in [&PKCS_ED25519, &PKCS_ECDSA_P384_SHA384] {
            let key = KeyPair::generate_for(algorithm).unwrap();
            let chain = format!("{}{}", between(&key, 2026, 2030), of(&self::key()));
            let pair = Pair::of_pem(&chain, &key.serialize_pem()).unwrap();
            pair.check_time(NOW).unwrap();
            assert_eq!(pair.info.names, ["nas.example"]);
            assert!(pair.info.self_signed && pair.info.fingerprint.len() == 64);
            assert_eq!((pair.info.not_before, pair.info.not_after), (1_767_225_600, 1_893_456_000));
            assert_eq!(pair.certified.cert.len(), 2);
        }
    }

    #[test]
    fn a_chain_that_is_none_is_refused() {
        let key = key();
        let (own, pem_key) = (of(&key), key.serialize_pem());
        let garbage = pem("CERTIFICATE", "AAAA");
        for (chain, expected) in [
            (String::new(), Unusable::NoCertificate),
            (format!("-----BEGIN {CANARY}"), Unusable::NoCertificate),
            (pem("CERTIFICATE", "*"), Unusable::NoCertificate),
            ("x".repeat(CHAIN_BYTES_MAX + 1), Unusable::ChainTooLong),
            (format!("{own}{pem_key}"), Unusable::KeyInChain),
            (garbage.clone(), Unusable::BadCertificate { number: 1 }),
            (format!("{own}{garbage}"), Unusable::BadCertificate { number: 2 }),
        ] {
            assert_eq!(refusal(&chain, &pem_key), expected);
        }
    }

    #[test]
    fn a_key_that_is_none_is_refused_and_not_quoted() {
        let own = of(&key());
        for (key, expected) in [
            (CANARY.to_owned(), Unusable::NoKey),
            (own.clone(), Unusable::NoKey),
            (pem("PRIVATE KEY", CANARY), Unusable::KeyUnsupported),
            (pem("RSA PRIVATE KEY", CANARY), Unusable::KeyUnsupported),
            (pem("ENCRYPTED PRIVATE KEY", CANARY), Unusable::KeyLocked),
            (pem("RSA PRIVATE KEY", &format!("Proc-Type: 4,ENCRYPTED\n\n{CANARY}")), Unusable::KeyLocked),
            (CANARY.repeat(KEY_BYTES_MAX), Unusable::KeyTooLong),
        ] {
            let refused = refusal(&own, &key);
            assert!(!refused.to_string().contains(CANARY), "{refused}");
            assert_eq!(refused, expected);
        }
    }

    #[test]
    fn a_key_belongs_to_the_first_certificate() {
        let (own, other) = (key(), key());
        let pem_key = own.serialize_pem();
        assert_eq!(refusal(&of(&other), &pem_key), Unusable::Mismatch);
        let swapped = format!("{}{}", of(&other), of(&own));
        assert_eq!(refusal(&swapped, &pem_key), Unusable::WrongOrder { number: 2 });
    }

    #[test]
    fn what_is_unusable_is_said_in_both_languages() {
        use crate::refusal::{Language, testing::check};
        for unusable in nasd_base::every_variant!(Unusable {
            ChainTooLong,
            KeyInChain,
            NoCertificate,
            BadCertificate { number: 2 },
            KeyTooLong,
            KeyLocked,
            NoKey,
            KeyUnsupported,
            WrongOrder { number: 2 },
            Mismatch,
            NotYetValid { at: NOW },
            Expired { at: NOW },
        }) {
            check(&unusable.into());
        }
        let expired = ApiError::from(Unusable::Expired { at: NOW }).said(Language::Korean).sentence;
        assert!(expired.contains("Jan 15 08:00:00 2027"), "{expired}");
    }

    #[test]
    fn a_certificate_is_valid_now() {
        let key = key();
        let checked = |from, to| {
            let pair = Pair::of_pem(&between(&key, from, to), &key.serialize_pem()).unwrap();
            pair.check_time(NOW).map_err(|refused| refused.to_string())
        };
        assert_eq!(checked(2026, 2028), Ok(()));
        let expired = checked(2024, 2026).unwrap_err();
        assert!(expired.contains("expired on Jan  1 00:00:00 2026"), "{expired}");
        let early = checked(2028, 2030).unwrap_err();
        assert!(early.contains("not valid before Jan  1 00:00:00 2028"), "{early}");
    }
}
