//! Owns random names: what nobody can guess, in hexadecimal.

use nasd_base::random::{Entropy, OsEntropy};

/// 128 random bits.
pub fn token() -> String {
    format!("{:032x}", OsEntropy.next_u128())
}

/// 256 random bits: a secret of its own.
pub fn secret() -> String {
    token() + &token()
}
