//! Owns how sizes and limits are written.

/// A limit as it is given: a number, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit(pub Option<u64>);

/// A number of bytes, at least 1; a unit multiplies by a power of 1024.
pub fn size(text: &str) -> Result<u64, String> {
    let bad = || {
        format!("`{text}` is no size: write a number of at least 1, with K, M, G or T behind it if you like")
    };
    let plain = text.strip_suffix("iB").unwrap_or(text);
    let (digits, shift) = match plain.char_indices().last() {
        Some((at, unit)) if unit.is_ascii_alphabetic() => {
            let shift = "KMGT".find(unit.to_ascii_uppercase()).ok_or_else(bad)?;
            (&plain[..at], 10 * (shift as u32 + 1))
        }
        _ => (plain, 0),
    };
    let number: u64 = digits.parse().map_err(|_| bad())?;
    let bytes = number.checked_mul(1 << shift).filter(|bytes| (1..=i64::MAX as u64).contains(bytes));
    bytes.ok_or_else(bad)
}

pub fn size_or_none(text: &str) -> Result<Limit, String> {
    if text == "none" { Ok(Limit(None)) } else { size(text).map(|bytes| Limit(Some(bytes))) }
}

pub fn count_or_none(text: &str) -> Result<Limit, String> {
    match text.parse() {
        _ if text == "none" => Ok(Limit(None)),
        Ok(count @ 1..) => Ok(Limit(Some(count))),
        _ => Err(format!("`{text}` is no count: write a number of at least 1, or none")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_units() {
        for (text, bytes) in
            [("1", 1), ("10k", 10 << 10), ("3M", 3 << 20), ("2GiB", 2 << 30), ("1T", 1 << 40)]
        {
            assert_eq!(size(text), Ok(bytes), "{text}");
        }
        for bad in ["", "0", "G", "-1", "1.5G", "1X", "9999999999T", "곳간"] {
            assert!(size(bad).is_err(), "{bad}");
        }
        assert_eq!((size_or_none("none"), count_or_none("none")), (Ok(Limit(None)), Ok(Limit(None))));
        assert_eq!((size_or_none("1K"), count_or_none("7")), (Ok(Limit(Some(1024))), Ok(Limit(Some(7)))));
        assert!(count_or_none("0").is_err() && count_or_none("1K").is_err());
    }
}
