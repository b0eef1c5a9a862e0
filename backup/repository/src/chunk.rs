//! Owns where a file is cut into chunks: by its content, so that what is inserted at its beginning changes one of them.

use crate::polynomial::{DEGREE, Polynomial, remainder};

pub const CHUNK_BYTES_MIN: usize = 512 << 10;
pub const CHUNK_BYTES_MAX: usize = 8 << 20;
/// A megabyte between two cuts, in the mean.
const SPLIT_MASK: u64 = (1 << 20) - 1;
const WINDOW_BYTES: usize = 64;

/// Finds the ends of chunks, as restic's does with the same polynomial.
#[derive(Clone)]
pub struct Chunker {
    /// What a byte that leaves the window has added to the fingerprint.
    leaving: Box<[u64; 256]>,
    /// What takes the fingerprint back below the polynomial.
    reducing: Box<[u64; 256]>,
}

impl Chunker {
    pub fn new(polynomial: Polynomial) -> Chunker {
        let bits = polynomial.bits();
        let append = |hash: u64, byte: u64| remainder(hash << 8 | byte, bits);
        let leaving = |byte| (1..WINDOW_BYTES).fold(append(0, byte), |hash, _| append(hash, 0));
        let reducing = |byte: u64| remainder(byte << DEGREE, bits) | byte << DEGREE;
        Chunker {
            leaving: Box::new(std::array::from_fn(|byte| leaving(byte as u64))),
            reducing: Box::new(std::array::from_fn(|byte| reducing(byte as u64))),
        }
    }

    /// How many bytes the first chunk of `bytes` has. Where they are the rest of a file it may be all of them; else they
    /// are [`CHUNK_BYTES_MAX`] at least.
    pub fn first(&self, bytes: &[u8]) -> usize {
        let bytes = &bytes[..bytes.len().min(CHUNK_BYTES_MAX)];
        if bytes.len() <= CHUNK_BYTES_MIN {
            return bytes.len();
        }
        let mut window = [0_u8; WINDOW_BYTES];
        let (mut hash, mut at) = (0, 0);
        let mut slide = |byte: u8| {
            let gone = std::mem::replace(&mut window[at], byte);
            at = (at + 1) % WINDOW_BYTES;
            let without: u64 = hash ^ self.leaving[gone as usize];
            let index = without >> (DEGREE - 8);
            hash = (without << 8 | u64::from(byte)) ^ self.reducing[(index & 0xff) as usize];
            hash
        };
        slide(1);
        let begin = CHUNK_BYTES_MIN - WINDOW_BYTES;
        for (number, byte) in bytes[begin..].iter().enumerate() {
            let length = begin + number + 1;
            if slide(*byte) & SPLIT_MASK == 0 && length >= CHUNK_BYTES_MIN {
                return length;
            }
        }
        bytes.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nasd_base::{Entropy, SeededEntropy};

    fn chunker() -> Chunker {
        Chunker::new(Polynomial::of(0x3D_A335_8B4D_C173).unwrap())
    }

    fn chunks(mut bytes: &[u8]) -> Vec<&[u8]> {
        let chunker = chunker();
        let mut all = Vec::new();
        while !bytes.is_empty() {
            let (first, rest) = bytes.split_at(chunker.first(bytes));
            all.push(first);
            bytes = rest;
        }
        all
    }

    #[test]
    fn chunks_have_bounds_and_a_mean() {
        let mut bytes = vec![0; 64 << 20];
        SeededEntropy::new(3).fill(&mut bytes);
        let all = chunks(&bytes);
        let (last, others) = all.split_last().unwrap();
        assert!(others.iter().all(|chunk| (CHUNK_BYTES_MIN..=CHUNK_BYTES_MAX).contains(&chunk.len())));
        assert!(last.len() <= CHUNK_BYTES_MAX);
        assert!((25..=70).contains(&all.len()), "{} chunks of 64 MiB", all.len());
    }

    #[test]
    fn what_is_inserted_changes_few_chunks() {
        let mut bytes = vec![0; 32 << 20];
        SeededEntropy::new(4).fill(&mut bytes);
        let changed = [b"new", bytes.as_slice()].concat();
        let (before, after) = (chunks(&bytes), chunks(&changed));
        let kept = after.iter().filter(|chunk| before.contains(chunk)).count();
        assert!(kept >= after.len() - 2, "{kept} of {}", after.len());
    }

    #[test]
    fn the_least_and_the_most_bytes_are_kept() {
        // The fingerprint of zeros is one that cuts, as soon as it may.
        assert_eq!(chunker().first(&vec![0; CHUNK_BYTES_MAX + 1]), CHUNK_BYTES_MIN);
        // That of ones is none.
        assert_eq!(chunker().first(&vec![1; CHUNK_BYTES_MAX + 1]), CHUNK_BYTES_MAX);
        assert_eq!(chunker().first(&[]), 0);
        assert_eq!(chunker().first(&[1; 7]), 7);
    }
}
