//! The bytes of one frame: a fixed prefix, a header and a raw body. See `docs/formats/node-frames.md`.
//!
//! Pure: no I/O. Every length is checked against [`Limits`] before anything is allocated for it.

use bytes::Bytes;

/// The first bytes of every frame; the last one is the version.
pub const MAGIC: [u8; 4] = *b"GNF1";
/// Bytes of the fixed prefix.
pub const PREFIX_BYTES: usize = 24;
/// Largest header, in bytes.
pub const HEADER_BYTES_MAX: usize = 1 << 20;
/// Largest body, in bytes: 8 MiB of payload, and room for what a consensus message wraps around it.
pub const BODY_BYTES_MAX: usize = (8 << 20) + (64 << 10);

/// What a frame is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    Request = 1,
    Reply = 2,
    /// The request was not carried out as asked; the header is the reason in UTF-8.
    Refusal = 3,
    /// Says "still here"; carries nothing.
    Beat = 4,
}

/// The fixed part of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prefix {
    pub kind: Kind,
    /// The service of a request, 0 in other frames. Not checked here: an unknown one is refused by name, so
    /// that a newer node may ask an older one.
    pub service: u8,
    /// Chosen by the caller, unique among its open calls on this connection.
    pub call: u64,
    pub header_len: u32,
    pub body_len: u32,
}

/// The largest header and body that a reader takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    pub header: usize,
    pub body: usize,
}

impl Limits {
    /// Between members.
    pub const MEMBER: Limits = Limits { header: HEADER_BYTES_MAX, body: BODY_BYTES_MAX };
    /// From somebody who is no member: enough for a public key, a name and an address.
    pub const STRANGER: Limits = Limits { header: 16 << 10, body: 0 };
}

/// Why bytes are no frame. The connection cannot go on after any of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    #[error("the peer does not speak this version of the node protocol (frame starts with {0:02x?})")]
    Magic([u8; 4]),
    #[error("unknown frame kind {0}")]
    Kind(u8),
    #[error("reserved bytes of a frame are not zero")]
    Reserved,
    #[error("a frame announces a header of {0} bytes, more than is allowed here")]
    HeaderTooLong(u32),
    #[error("a frame announces a body of {0} bytes, more than is allowed here")]
    BodyTooLong(u32),
    #[error("a beat carries bytes")]
    BeatWithBytes,
}

impl Prefix {
    pub fn encode(&self) -> [u8; PREFIX_BYTES] {
        let mut bytes = [0; PREFIX_BYTES];
        bytes[0..4].copy_from_slice(&MAGIC);
        bytes[4] = self.kind as u8;
        bytes[5] = self.service;
        bytes[8..16].copy_from_slice(&self.call.to_le_bytes());
        bytes[16..20].copy_from_slice(&self.header_len.to_le_bytes());
        bytes[20..24].copy_from_slice(&self.body_len.to_le_bytes());
        bytes
    }

    /// # Errors
    /// For anything that `encode` does not write, and for lengths above `limits`.
    pub fn decode(bytes: &[u8; PREFIX_BYTES], limits: Limits) -> Result<Prefix, FrameError> {
        let magic = [bytes[0], bytes[1], bytes[2], bytes[3]];
        if magic != MAGIC {
            return Err(FrameError::Magic(magic));
        }
        let kind = match bytes[4] {
            1 => Kind::Request,
            2 => Kind::Reply,
            3 => Kind::Refusal,
            4 => Kind::Beat,
            other => return Err(FrameError::Kind(other)),
        };
        if bytes[6..8] != [0, 0] {
            return Err(FrameError::Reserved);
        }
        let word = |at: usize| u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
        let call = u64::from(word(8)) | u64::from(word(12)) << 32;
        let (header_len, body_len) = (word(16), word(20));
        if header_len as usize > limits.header {
            return Err(FrameError::HeaderTooLong(header_len));
        }
        if body_len as usize > limits.body {
            return Err(FrameError::BodyTooLong(body_len));
        }
        if kind == Kind::Beat && (header_len, body_len) != (0, 0) {
            return Err(FrameError::BeatWithBytes);
        }
        Ok(Prefix { kind, service: bytes[5], call, header_len, body_len })
    }

    /// Bytes that follow the prefix.
    pub fn payload_bytes(&self) -> usize {
        self.header_len as usize + self.body_len as usize
    }
}

/// A whole frame in memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    pub kind: Kind,
    pub service: u8,
    pub call: u64,
    pub header: Bytes,
    pub body: Bytes,
}

impl Frame {
    pub fn beat() -> Frame {
        Frame { kind: Kind::Beat, service: 0, call: 0, header: Bytes::new(), body: Bytes::new() }
    }

    pub fn reply(call: u64, header: Bytes, body: Bytes) -> Frame {
        Frame { kind: Kind::Reply, service: 0, call, header, body }
    }

    /// A refusal; a reason longer than 4 KiB is cut.
    pub fn refusal(call: u64, reason: &str) -> Frame {
        const REASON_BYTES_MAX: usize = 4096;
        let end = reason.floor_char_boundary(REASON_BYTES_MAX);
        let header = Bytes::copy_from_slice(&reason.as_bytes()[..end]);
        Frame { kind: Kind::Refusal, service: 0, call, header, body: Bytes::new() }
    }

    /// Whether a member would take the frame.
    pub fn fits(header: &Bytes, body: &Bytes) -> bool {
        header.len() <= HEADER_BYTES_MAX && body.len() <= BODY_BYTES_MAX
    }

    pub fn prefix(&self) -> Prefix {
        Prefix {
            kind: self.kind,
            service: self.service,
            call: self.call,
            header_len: self.header.len() as u32,
            body_len: self.body.len() as u32,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_kind() -> impl Strategy<Value = Kind> {
        prop_oneof![Just(Kind::Request), Just(Kind::Reply), Just(Kind::Refusal)]
    }

    proptest! {
        #[test]
        fn prefixes_survive_encoding(
            kind in any_kind(), service: u8, call: u64,
            header_len in 0..=HEADER_BYTES_MAX as u32, body_len in 0..=BODY_BYTES_MAX as u32,
        ) {
            let prefix = Prefix { kind, service, call, header_len, body_len };
            prop_assert_eq!(Prefix::decode(&prefix.encode(), Limits::MEMBER), Ok(prefix));
        }

        #[test]
        fn garbage_is_refused_or_is_exactly_what_it_says(bytes: [u8; PREFIX_BYTES], good_magic: bool) {
            let mut bytes = bytes;
            if good_magic {
                bytes[..4].copy_from_slice(&MAGIC);
            }
            if let Ok(prefix) = Prefix::decode(&bytes, Limits::MEMBER) {
                prop_assert_eq!(prefix.encode(), bytes);
                prop_assert!(prefix.payload_bytes() <= HEADER_BYTES_MAX + BODY_BYTES_MAX);
            }
        }
    }

    #[test]
    fn lengths_beyond_the_limits_are_refused() {
        let prefix = Prefix { kind: Kind::Request, service: 0, call: 1, header_len: 0, body_len: 0 };
        let long_header = Prefix { header_len: HEADER_BYTES_MAX as u32 + 1, ..prefix };
        let long_body = Prefix { body_len: u32::MAX, ..prefix };
        let refused = |prefix: Prefix, limits| Prefix::decode(&prefix.encode(), limits).unwrap_err();
        assert_eq!(refused(long_header, Limits::MEMBER), FrameError::HeaderTooLong(long_header.header_len));
        assert_eq!(refused(long_body, Limits::MEMBER), FrameError::BodyTooLong(u32::MAX));
        let strange = Prefix { header_len: 16 * 1024 + 1, ..prefix };
        assert_eq!(refused(strange, Limits::STRANGER), FrameError::HeaderTooLong(strange.header_len));
        assert_eq!(refused(Prefix { body_len: 1, ..prefix }, Limits::STRANGER), FrameError::BodyTooLong(1));
    }

    #[test]
    fn a_long_reason_is_cut_between_characters() {
        let frame = Frame::refusal(1, &"한".repeat(3000));
        assert!(frame.header.len() <= 4096 && std::str::from_utf8(&frame.header).is_ok());
    }
}
