//! XDR (RFC 4506), by hand: a reader that trusts no length and a writer that does not copy bulk data.
//!
//! A decoder looks at a record that was received already, so nothing it returns can be larger than the
//! record; every variable-length item is checked against its own bound too. Opaque data comes out as a slice
//! that shares the record's memory.

use bytes::{Buf, BufMut, Bytes, BytesMut};

/// Why bytes are not the XDR that was expected. The RPC layer turns it into GARBAGE_ARGS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("malformed XDR: {0}")]
pub struct Malformed(pub &'static str);

/// Opaque data from this size on is passed along by reference instead of being copied into the buffer.
const SHARED_BYTES_MIN: usize = 1024;

/// Something with one XDR form.
pub trait Xdr: Sized {
    fn encode(&self, out: &mut Encoder);
    fn decode(input: &mut Decoder) -> Result<Self, Malformed>;
}

/// Reads XDR from received bytes.
#[derive(Clone, Debug)]
pub struct Decoder {
    rest: Bytes,
}

impl Decoder {
    pub fn new(bytes: Bytes) -> Decoder {
        Decoder { rest: bytes }
    }

    /// The bytes not read yet.
    pub fn rest(&self) -> &Bytes {
        &self.rest
    }

    pub fn u32(&mut self) -> Result<u32, Malformed> {
        self.rest.try_get_u32().map_err(|_| Malformed("ends inside a number"))
    }

    pub fn u64(&mut self) -> Result<u64, Malformed> {
        self.rest.try_get_u64().map_err(|_| Malformed("ends inside a number"))
    }

    pub fn bool(&mut self) -> Result<bool, Malformed> {
        match self.u32()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(Malformed("a boolean is neither 0 nor 1")),
        }
    }

    /// Exactly `len` bytes and their padding. Padding bytes may hold anything, as other decoders allow.
    pub fn fixed(&mut self, len: usize) -> Result<Bytes, Malformed> {
        let padded = len.checked_next_multiple_of(4).ok_or(Malformed("length overflows"))?;
        if padded > self.rest.len() {
            return Err(Malformed("ends inside opaque data"));
        }
        let data = self.rest.slice(..len);
        self.rest.advance(padded);
        Ok(data)
    }

    /// Variable-length data of at most `max` bytes.
    pub fn opaque(&mut self, max: usize) -> Result<Bytes, Malformed> {
        let len = self.u32()? as usize;
        if len > max {
            return Err(Malformed("opaque data is longer than its bound"));
        }
        self.fixed(len)
    }

    /// A list with a count before it, of at most `max` items.
    pub fn array<T: Xdr>(&mut self, max: usize) -> Result<Vec<T>, Malformed> {
        let count = self.u32()? as usize;
        // Every item takes at least four bytes: a count that cannot fit is refused before it costs memory.
        if count > max || count > self.rest.len() / 4 {
            return Err(Malformed("array is longer than its bound"));
        }
        (0..count).map(|_| T::decode(self)).collect()
    }

    /// A linked list (`*next` in XDR), of at most `max` items.
    pub fn list<T: Xdr>(&mut self, max: usize) -> Result<Vec<T>, Malformed> {
        let mut items = Vec::new();
        while self.bool()? {
            if items.len() == max {
                return Err(Malformed("list is longer than its bound"));
            }
            items.push(T::decode(self)?);
        }
        Ok(items)
    }

    /// Succeeds when everything was read.
    pub fn finish(&self) -> Result<(), Malformed> {
        if self.rest.is_empty() { Ok(()) } else { Err(Malformed("trailing bytes")) }
    }
}

/// Builds XDR as a chain of pieces; large opaque data becomes a piece of its own.
#[derive(Debug, Default)]
pub struct Encoder {
    done: Vec<Bytes>,
    tail: BytesMut,
    len: usize,
}

impl Encoder {
    pub fn new() -> Encoder {
        Encoder::default()
    }

    /// Bytes written so far.
    pub fn len(&self) -> usize {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub fn u32(&mut self, value: u32) {
        self.tail.put_u32(value);
        self.len += 4;
    }

    pub fn u64(&mut self, value: u64) {
        self.tail.put_u64(value);
        self.len += 8;
    }

    pub fn bool(&mut self, value: bool) {
        self.u32(u32::from(value));
    }

    /// Bytes of a length that both sides know, and their padding.
    pub fn fixed(&mut self, data: &[u8]) {
        self.tail.put_slice(data);
        self.len += data.len();
        self.pad(data.len());
    }

    /// Variable-length data: its length, the bytes and their padding.
    pub fn opaque(&mut self, data: &[u8]) {
        self.u32(data.len() as u32);
        self.fixed(data);
    }

    /// As [`Encoder::opaque`], but large data is not copied.
    pub fn shared(&mut self, data: &Bytes) {
        if data.len() < SHARED_BYTES_MIN {
            return self.opaque(data);
        }
        self.u32(data.len() as u32);
        self.done.push(self.tail.split().freeze());
        self.done.push(data.clone());
        self.len += data.len();
        self.pad(data.len());
    }

    pub fn array<T: Xdr>(&mut self, items: &[T]) {
        self.u32(items.len() as u32);
        items.iter().for_each(|item| item.encode(self));
    }

    pub fn list<T: Xdr>(&mut self, items: &[T]) {
        for item in items {
            self.bool(true);
            item.encode(self);
        }
        self.bool(false);
    }

    /// Appends what another encoder built, without copying its large pieces.
    pub fn append(&mut self, other: Encoder) {
        self.len += other.len;
        if other.done.is_empty() {
            self.tail.unsplit(other.tail);
            return;
        }
        self.done.push(self.tail.split().freeze());
        self.done.extend(other.done);
        self.tail = other.tail;
    }

    /// The pieces in order; none is empty.
    pub fn into_pieces(mut self) -> Vec<Bytes> {
        self.done.push(self.tail.freeze());
        self.done.retain(|piece| !piece.is_empty());
        self.done
    }

    /// Everything in one buffer.
    pub fn into_bytes(self) -> Bytes {
        if self.done.is_empty() {
            return self.tail.freeze();
        }
        let mut all = BytesMut::with_capacity(self.len);
        self.into_pieces().iter().for_each(|piece| all.put_slice(piece));
        all.freeze()
    }

    fn pad(&mut self, len: usize) {
        let padding = len.next_multiple_of(4) - len;
        self.tail.put_bytes(0, padding);
        self.len += padding;
    }
}

/// An encoder that holds what was encoded before.
impl From<Bytes> for Encoder {
    fn from(bytes: Bytes) -> Encoder {
        let len = bytes.len();
        Encoder { done: vec![bytes], tail: BytesMut::new(), len }
    }
}

impl Xdr for () {
    fn encode(&self, _: &mut Encoder) {}
    fn decode(_: &mut Decoder) -> Result<Self, Malformed> {
        Ok(())
    }
}

impl Xdr for u32 {
    fn encode(&self, out: &mut Encoder) {
        out.u32(*self);
    }
    fn decode(input: &mut Decoder) -> Result<Self, Malformed> {
        input.u32()
    }
}

impl Xdr for u64 {
    fn encode(&self, out: &mut Encoder) {
        out.u64(*self);
    }
    fn decode(input: &mut Decoder) -> Result<Self, Malformed> {
        input.u64()
    }
}

impl Xdr for bool {
    fn encode(&self, out: &mut Encoder) {
        out.bool(*self);
    }
    fn decode(input: &mut Decoder) -> Result<Self, Malformed> {
        input.bool()
    }
}

/// XDR's optional data: a boolean, then the value.
impl<T: Xdr> Xdr for Option<T> {
    fn encode(&self, out: &mut Encoder) {
        out.bool(self.is_some());
        if let Some(value) = self {
            value.encode(out);
        }
    }
    fn decode(input: &mut Decoder) -> Result<Self, Malformed> {
        Ok(if input.bool()? { Some(T::decode(input)?) } else { None })
    }
}

impl<A: Xdr, B: Xdr> Xdr for (A, B) {
    fn encode(&self, out: &mut Encoder) {
        self.0.encode(out);
        self.1.encode(out);
    }
    fn decode(input: &mut Decoder) -> Result<Self, Malformed> {
        Ok((A::decode(input)?, B::decode(input)?))
    }
}

/// Implements [`Xdr`] for a struct whose XDR form is its fields in order.
macro_rules! xdr_struct {
    ($name:ident { $($field:ident),* $(,)? }) => {
        impl $crate::xdr::Xdr for $name {
            fn encode(&self, out: &mut $crate::xdr::Encoder) {
                $(self.$field.encode(out);)*
            }
            fn decode(
                input: &mut $crate::xdr::Decoder,
            ) -> Result<Self, $crate::xdr::Malformed> {
                Ok($name { $($field: $crate::xdr::Xdr::decode(input)?),* })
            }
        }
    };
}
pub(crate) use xdr_struct;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn lengths_beyond_the_record_are_refused_before_anything_is_allocated() {
        let claim = Bytes::from_static(&[0xff, 0xff, 0xff, 0xff, 1, 2, 3, 4]);
        assert!(Decoder::new(claim.clone()).opaque(usize::MAX).is_err());
        assert!(Decoder::new(claim.clone()).opaque(8).is_err());
        assert!(Decoder::new(claim).array::<u32>(usize::MAX).is_err());
    }

    #[test]
    fn large_data_is_shared_and_small_data_is_copied() {
        let large = Bytes::from(vec![7; SHARED_BYTES_MIN + 1]);
        let mut out = Encoder::new();
        out.u32(1);
        out.shared(&large);
        let len = out.len();
        let pieces = out.into_pieces();
        assert_eq!(pieces.iter().map(Bytes::len).sum::<usize>(), len);
        assert_eq!(pieces[1].as_ptr(), large.as_ptr());
        assert_eq!(pieces[2].len(), 3);
    }

    proptest! {
        #[test]
        fn opaque_data_round_trips(data in proptest::collection::vec(any::<u8>(), 0..3000), shared: bool) {
            let data = Bytes::from(data);
            let mut out = Encoder::new();
            if shared { out.shared(&data) } else { out.opaque(&data) }
            out.u64(9);
            let mut outer = Encoder::new();
            outer.u32(5);
            outer.append(out);
            prop_assert_eq!(outer.len() % 4, 0);
            let mut input = Decoder::new(outer.into_bytes());
            prop_assert_eq!(input.u32()?, 5);
            prop_assert_eq!(input.opaque(3000)?, data);
            prop_assert_eq!(input.u64()?, 9);
            prop_assert!(input.finish().is_ok());
        }

        #[test]
        fn truncated_input_never_panics(data in proptest::collection::vec(any::<u8>(), 0..64)) {
            let input = Decoder::new(Bytes::from(data));
            let _ = input.clone().opaque(16);
            let _ = input.clone().array::<u64>(16);
            let _ = input.clone().list::<u32>(16);
            let _ = <Option<(u32, u64)>>::decode(&mut input.clone());
        }
    }
}
