//! Owns how tags of what can change are written for clients (`ETag`, `If-Match`).

use crate::refusal;
use nasd_api::ApiError;
use nasd_system::Tag;
use std::fmt::Write;

pub(crate) fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

pub(crate) fn tag_from(etag: &str) -> Result<Tag, ApiError> {
    let digits = (etag.len() == 32 && etag.is_ascii()).then_some(etag).ok_or_else(refusal::tag_unknown)?;
    let mut tag = [0; 16];
    for (at, byte) in tag.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&digits[2 * at..2 * at + 2], 16).map_err(|_| refusal::tag_unknown())?;
    }
    Ok(tag)
}
