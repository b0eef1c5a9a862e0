//! Owns how sizes and limits are written.

/// A limit as it is given: a number, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit(pub Option<u64>);

/// As [`nasd_base::read_size`] reads it.
pub fn size(text: &str) -> Result<u64, String> {
    let bad = || {
        format!(
            "`{text}` is no size: write a number of at least 1, and a unit if you like: G or GiB (1024), GB (1000)"
        )
    };
    nasd_base::read_size(text).ok_or_else(bad)
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
    fn a_limit_is_a_size_a_count_or_none() {
        assert_eq!((size("10 GB"), size("2GiB")), (Ok(10_000_000_000), Ok(2 << 30)));
        assert!(size("1X").unwrap_err().contains("`1X` is no size"));
        assert_eq!((size_or_none("none"), count_or_none("none")), (Ok(Limit(None)), Ok(Limit(None))));
        assert_eq!((size_or_none("1K"), count_or_none("7")), (Ok(Limit(Some(1024))), Ok(Limit(Some(7)))));
        assert!(count_or_none("0").is_err() && count_or_none("1K").is_err());
    }
}
