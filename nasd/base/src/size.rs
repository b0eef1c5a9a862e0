//! Owns how people write sizes: the units of coreutils, the same on every page and command line.

/// Reads `500 GiB`, `2T`, `1.5 TB` or plain bytes: `K` and `KiB` are powers of 1024, `KB` of 1000. At least 1 and at most
/// `i64::MAX`; `None` for anything else. Case does not matter.
pub fn read_size(text: &str) -> Option<u64> {
    let text = text.trim().to_ascii_lowercase();
    let split = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (digits, unit) = text.split_at(split);
    let unit = unit.trim_start();
    let (prefix, base) = match unit.strip_suffix("ib") {
        Some(prefix) if !prefix.is_empty() => (prefix, 1024),
        Some(_) => return None,
        None => match unit.strip_suffix('b') {
            Some(prefix) => (prefix, 1000),
            None => (unit, 1024),
        },
    };
    let power = ["", "k", "m", "g", "t", "p", "e"].iter().position(|known| *known == prefix)?;
    let bytes = scaled(digits, u128::pow(base, power as u32))?;
    (1..=i64::MAX as u128).contains(&bytes).then_some(bytes as u64)
}

/// `digits`, which may have a point, times `unit`; what is less than a byte is left out.
fn scaled(digits: &str, unit: u128) -> Option<u128> {
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    if part.len() > 9 || (digits.contains('.') && part.is_empty()) {
        return None;
    }
    let whole = whole.parse::<u64>().ok()?;
    let part = if part.is_empty() { 0 } else { part.parse::<u64>().ok()? };
    let thousandth = u128::pow(10, digits.split_once('.').map_or(0, |(_, part)| part.len() as u32));
    Some(u128::from(whole) * unit + u128::from(part) * unit / thousandth)
}

/// Bytes for people: `0 B`, `1023 B`, `1.5 KiB`, `12 TiB`.
pub fn write_size(count: u64) -> String {
    const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    if count < 1024 {
        return format!("{count} B");
    }
    let mut value = count as f64 / 1024.0;
    let mut unit = 0;
    while value >= 1023.95 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    if value < 9.95 { format!("{value:.1} {}", UNITS[unit]) } else { format!("{value:.0} {}", UNITS[unit]) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// "10 GB" was 10 GiB in the console and no size for nasctl.
    #[test]
    fn units_are_those_of_coreutils() {
        for (text, bytes) in [
            ("1", 1),
            ("7 B", 7),
            ("10k", 10 << 10),
            ("10 KB", 10_000),
            ("10 GiB", 10 << 30),
            ("10 GB", 10_000_000_000),
            ("10G", 10 << 30),
            ("1.5 TB", 1_500_000_000_000),
            (" 0.5 gib ", 1 << 29),
            ("2e", 2 << 60),
        ] {
            assert_eq!(read_size(text), Some(bytes), "{text}");
        }
        for bad in [
            "",
            "0",
            "0.1",
            "x",
            "G",
            "-1",
            "1 parsec",
            "1.2.3",
            "1.",
            ".5G",
            "8E",
            "99999999999 P",
            "10 ib",
            "곳간",
        ] {
            assert_eq!(read_size(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_stumble(text in "\\PC{0,30}", count in 1u64..=i64::MAX as u64) {
            let _ = read_size(&text);
            prop_assert_eq!(read_size(&count.to_string()), Some(count));
        }
    }

    #[test]
    fn sizes_are_short_and_honest() {
        let cases =
            [(0, "0 B"), (1023, "1023 B"), (1536, "1.5 KiB"), (10 << 20, "10 MiB"), (1 << 40, "1.0 TiB")];
        for (count, text) in cases {
            assert_eq!(write_size(count), text);
        }
        assert_eq!(write_size((1 << 20) - 1), "1.0 MiB");
        assert_eq!(write_size(u64::MAX), "16 EiB");
    }
}
