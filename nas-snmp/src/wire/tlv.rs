//! Owns BER's frame around bytes that are encoded already: tag, length, content.

use async_snmp::ber::encode_length;

const INTEGER: u8 = 0x02;
const OCTETS: u8 = 0x04;
pub const SEQUENCE: u8 = 0x30;

/// The content's parts, one after the other, in a frame.
pub fn framed(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let mut bytes = Vec::with_capacity(length + 6);
    bytes.push(tag);
    // Its bytes come last first. No message is longer than it can say.
    let (digits, used) = encode_length(length).unwrap_or_default();
    bytes.extend(digits[..used].iter().rev());
    parts.iter().for_each(|part| bytes.extend_from_slice(part));
    bytes
}

/// A signed number in as few bytes as it takes.
pub fn integer(value: i32) -> Vec<u8> {
    let bytes = value.to_be_bytes();
    let same = |pair: &[u8]| (pair[0] == 0 && pair[1] < 0x80) || (pair[0] == 0xff && pair[1] >= 0x80);
    let skipped = bytes.windows(2).take_while(|pair| same(pair)).count();
    framed(INTEGER, &[&bytes[skipped..]])
}

pub fn octets(bytes: &[u8]) -> Vec<u8> {
    framed(OCTETS, &[bytes])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_say_their_length_as_short_as_they_can() {
        assert_eq!(framed(4, &[b"ab", b"c"]), [4, 3, b'a', b'b', b'c']);
        for (length, head) in [
            (127, vec![4, 127]),
            (128, vec![4, 0x81, 128]),
            (255, vec![4, 0x81, 255]),
            (256, vec![4, 0x82, 1, 0]),
            (70_000, vec![4, 0x83, 1, 0x11, 0x70]),
        ] {
            let bytes = octets(&vec![0; length]);
            assert_eq!(bytes[..head.len()], head, "{length}");
            assert_eq!(bytes.len(), head.len() + length);
        }
    }

    #[test]
    fn numbers_take_as_few_bytes_as_they_can() {
        for (value, bytes) in [
            (0, &[2, 1, 0][..]),
            (127, &[2, 1, 127]),
            (128, &[2, 2, 0, 128]),
            (-1, &[2, 1, 0xff]),
            (-128, &[2, 1, 0x80]),
            (-129, &[2, 2, 0xff, 0x7f]),
            (i32::MAX, &[2, 4, 0x7f, 0xff, 0xff, 0xff]),
            (i32::MIN, &[2, 4, 0x80, 0, 0, 0]),
        ] {
            assert_eq!(integer(value), bytes, "{value}");
        }
    }
}
