//! One-time codes from a clock: RFC 6238 with SHA-1, 30 seconds and six digits, which is what every
//! authenticator does.

use nasd_base::{Entropy, Timestamp};
use ring::hmac;
use std::fmt;

/// Digits of a code.
pub const CODE_DIGITS: usize = 6;
/// How long one code is good.
pub const STEP_SECONDS: i64 = 30;
/// Codes before and after the current one that are accepted, for clocks that differ.
const SKEW_STEPS: i64 = 1;
/// As RFC 4226 §4 recommends: the length of a SHA-1.
const KEY_BYTES: usize = 20;

/// The key that an authenticator and the cluster share.
#[derive(Clone, PartialEq, Eq)]
pub struct TotpKey([u8; KEY_BYTES]);

impl TotpKey {
    pub fn random(entropy: &dyn Entropy) -> TotpKey {
        let mut key = [0; KEY_BYTES];
        entropy.fill(&mut key);
        TotpKey(key)
    }

    pub fn from_bytes(bytes: &[u8]) -> Option<TotpKey> {
        bytes.try_into().ok().map(TotpKey)
    }

    /// The key itself, to be sealed or shown once to its user.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// In base32 (RFC 4648, upper case, no padding), as authenticators take it.
    pub fn base32(&self) -> String {
        nasd_cluster::token::letters(&self.0).to_ascii_uppercase()
    }

    /// The step whose code this is, if it is one around `now`. The caller refuses steps that were used already.
    pub fn step_of(&self, code: &str, now: Timestamp) -> Option<u64> {
        let current = now.secs.div_euclid(STEP_SECONDS);
        let steps = (current - SKEW_STEPS..=current + SKEW_STEPS).filter_map(|step| u64::try_from(step).ok());
        let mut found = None;
        // All are compared, and each in the same time wherever it differs.
        for step in steps {
            if blake3::hash(self.code(step).as_bytes()) == blake3::hash(code.as_bytes()) {
                found = Some(step);
            }
        }
        found
    }

    /// The code of one step (RFC 4226 §5.3).
    pub fn code(&self, step: u64) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &self.0);
        let tag = hmac::sign(&key, &step.to_be_bytes());
        let tag = tag.as_ref();
        let at = usize::from(tag[19] & 0x0f);
        let number = u32::from_be_bytes([tag[at] & 0x7f, tag[at + 1], tag[at + 2], tag[at + 3]]);
        format!("{:0width$}", number % 10u32.pow(CODE_DIGITS as u32), width = CODE_DIGITS)
    }
}

impl fmt::Debug for TotpKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TotpKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238, appendix B, with the last six of its eight digits.
    #[test]
    fn codes_are_those_of_the_rfc() {
        let key = TotpKey(*b"12345678901234567890");
        for (secs, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            let now = Timestamp { secs, nanos: 0 };
            assert_eq!(key.step_of(code, now), Some(secs as u64 / 30), "{secs}");
            assert_eq!(key.step_of(code, now.plus(std::time::Duration::from_secs(61))), None, "too late");
        }
        assert_eq!(key.step_of("", Timestamp { secs: 59, nanos: 0 }), None);
        assert_eq!(key.base32(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
    }
}
