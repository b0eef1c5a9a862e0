//! Owns thresholds as the Monitoring Plugins guidelines write them: ranges outside of which something is to be told.

use std::fmt;
use std::str::FromStr;

/// `[@]START:END`. Both ends belong to it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Range {
    start: f64,
    end: f64,
    /// It is told of what is inside.
    inside: bool,
}

impl Range {
    /// Whether there is something to tell of this value.
    pub fn tells(&self, value: f64) -> bool {
        (self.start..=self.end).contains(&value) == self.inside
    }

    /// The same of something counted in other units.
    pub fn scaled(&self, factor: f64) -> Range {
        Range { start: self.start * factor, end: self.end * factor, ..*self }
    }
}

impl FromStr for Range {
    type Err = String;

    fn from_str(text: &str) -> Result<Range, String> {
        let bad = || format!("`{text}` is no range: write 80, 10:, ~:5, 10:20 or @10:20");
        let number = |text: &str| match text.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(number),
            _ => Err(bad()),
        };
        let (inside, rest) = text.strip_prefix('@').map_or((false, text), |rest| (true, rest));
        let (start, end) = match rest.split_once(':') {
            None => (0.0, number(rest)?),
            Some((start, end)) => {
                let start = if start == "~" { f64::NEG_INFINITY } else { number(start)? };
                (start, if end.is_empty() { f64::INFINITY } else { number(end)? })
            }
        };
        if start <= end { Ok(Range { start, end, inside }) } else { Err(bad()) }
    }
}

impl fmt::Display for Range {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.inside {
            to.write_str("@")?;
        }
        match self.start {
            start if start == f64::NEG_INFINITY => to.write_str("~:")?,
            0.0 if self.end.is_finite() => {}
            start => write!(to, "{start}:")?,
        }
        if self.end.is_finite() { write!(to, "{}", self.end) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table of the guidelines.
    #[test]
    fn ranges_are_read_as_the_guidelines_have_it() {
        for (text, told, quiet) in [
            ("10", &[-0.5, 10.5][..], &[0.0, 5.0, 10.0][..]),
            ("10:", &[9.9, -1.0], &[10.0, 1e12]),
            ("~:10", &[10.1], &[10.0, -1e12]),
            ("10:20", &[9.9, 20.1], &[10.0, 20.0]),
            ("@10:20", &[10.0, 15.0, 20.0], &[9.9, 20.1]),
            ("-5:", &[-5.1], &[-5.0, 0.0]),
        ] {
            let range: Range = text.parse().unwrap();
            assert!(told.iter().all(|value| range.tells(*value)), "{text}");
            assert!(quiet.iter().all(|value| !range.tells(*value)), "{text}");
            assert_eq!(range.to_string(), text);
        }
        for bad in ["", ":", "x", "20:10", "@", "~", "1:2:3", "inf", "NaN:", ":5"] {
            assert!(bad.parse::<Range>().is_err(), "{bad}");
        }
    }
}
