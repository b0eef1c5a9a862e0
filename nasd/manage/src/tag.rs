//! Owns how tags of what can change are written for clients (`ETag`, `If-Match`).

use crate::refusal;
use nasd_api::ApiError;
use nasd_system::Tag;

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn tag_from(etag: &str) -> Result<Tag, ApiError> {
    let digits = (etag.len() == 32 && etag.is_ascii()).then_some(etag).ok_or_else(refusal::tag_unknown)?;
    let mut tag = [0; 16];
    for (at, byte) in tag.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&digits[2 * at..2 * at + 2], 16).map_err(|_| refusal::tag_unknown())?;
    }
    Ok(tag)
}
