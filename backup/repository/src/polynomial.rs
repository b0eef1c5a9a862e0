//! Owns polynomials over GF(2) of a degree below 64, a bit for each coefficient: where chunks end depends on one that
//! nobody else knows (Rabin 1981, "Fingerprinting by random polynomials").

use nasd_base::Entropy;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A repository's polynomial: irreducible, of degree 53.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Polynomial(u64);

pub(crate) const DEGREE: u32 = 53;

impl Polynomial {
    /// One in 53 is irreducible.
    pub fn random(entropy: &dyn Entropy) -> Polynomial {
        loop {
            let bits = entropy.next_u64() & ((1 << DEGREE) - 1);
            let candidate = bits | 1 << DEGREE | 1;
            if is_irreducible(candidate) {
                return Polynomial(candidate);
            }
        }
    }

    pub fn bits(self) -> u64 {
        self.0
    }

    /// `None` for what cannot be a repository's.
    pub fn of(bits: u64) -> Option<Polynomial> {
        (degree(bits) == Some(DEGREE) && is_irreducible(bits)).then_some(Polynomial(bits))
    }
}

impl Serialize for Polynomial {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{:x}", self.0))
    }
}

impl<'de> Deserialize<'de> for Polynomial {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Polynomial, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bits = u64::from_str_radix(&text, 16).ok();
        bits.and_then(Polynomial::of)
            .ok_or_else(|| serde::de::Error::custom("no irreducible polynomial of degree 53"))
    }
}

fn degree(of: u64) -> Option<u32> {
    of.checked_ilog2()
}

pub(crate) fn remainder(mut of: u64, by: u64) -> u64 {
    let Some(wanted) = degree(by) else { return of };
    while let Some(high) = degree(of).filter(|high| *high >= wanted) {
        of ^= by << (high - wanted);
    }
    of
}

/// Of two below `by`.
fn product(one: u64, mut other: u64, by: u64) -> u64 {
    let (mut sum, mut shifted) = (0, one);
    while other != 0 {
        if other & 1 == 1 {
            sum ^= shifted;
        }
        shifted = remainder(shifted << 1, by);
        other >>= 1;
    }
    sum
}

fn common_divisor(mut one: u64, mut other: u64) -> u64 {
    while other != 0 {
        (one, other) = (other, remainder(one, other));
    }
    one
}

/// Ben-Or's test: it has no factor in common with x^(2^i) - x, for every i up to half its degree.
fn is_irreducible(candidate: u64) -> bool {
    let Some(high) = degree(candidate).filter(|high| *high < 63) else { return false };
    let x = 2;
    let mut power = x;
    (0..high / 2).all(|_| {
        power = product(power, power, candidate);
        common_divisor(candidate, power ^ x) == 1
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use nasd_base::SeededEntropy;

    /// All irreducible polynomials up to degree 4, as tables have them.
    #[test]
    fn small_ones_are_told_apart() {
        let found: Vec<u64> = (4..32).filter(|bits| is_irreducible(*bits)).collect();
        assert_eq!(found, [0b111, 0b1011, 0b1101, 0b10011, 0b11001, 0b11111]);
    }

    /// The ones that restic's own tests use.
    #[test]
    fn known_ones_are_taken() {
        assert!(Polynomial::of(0x3D_A335_8B4D_C173).is_some());
        assert!(Polynomial::of(0x3D_A335_8B4D_C171).is_none());
        assert!(Polynomial::of(0b111).is_none(), "of another degree");
        let random = Polynomial::random(&SeededEntropy::new(7));
        assert_eq!(Polynomial::of(random.bits()), Some(random));
    }
}
