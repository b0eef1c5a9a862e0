//! Owns the reading of what a node measures: the text of OpenMetrics, as far as nodes write it.

use std::collections::BTreeMap;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Counter,
    Gauge,
    Histogram,
}

/// What is measured under one name.
#[derive(Clone, Debug, PartialEq)]
pub struct Family {
    /// Without what the text puts behind the names of counters and of a histogram's parts.
    pub name: String,
    pub help: String,
    pub unit: String,
    pub kind: Kind,
    pub points: Vec<Point>,
}

pub type Labels = BTreeMap<String, String>;

#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    pub labels: Labels,
    pub figure: Figure,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Figure {
    Number(f64),
    /// The upper bound of each bucket, with how many there are up to it; the last bound is infinite.
    Buckets {
        sum: f64,
        count: u64,
        up_to: Vec<(f64, u64)>,
    },
}

/// Everything in a text.
///
/// # Errors
/// The line that cannot be read.
pub fn read(text: &str) -> Result<Vec<Family>, String> {
    let mut families: Vec<Family> = Vec::new();
    for line in text.lines().filter(|line| !line.is_empty()) {
        let bad = || format!("this line cannot be read: {}", line.chars().take(120).collect::<String>());
        match line.strip_prefix("# ") {
            Some(about) => describe(&mut families, about).ok_or_else(bad)?,
            None => {
                let (name, labels, value) = sample(line).ok_or_else(bad)?;
                let family = families.last_mut().ok_or_else(bad)?;
                add(family, &name, labels, value).ok_or_else(bad)?;
            }
        }
    }
    Ok(families)
}

/// `HELP name text`, `TYPE name kind`, `UNIT name unit`, `EOF`.
fn describe(families: &mut Vec<Family>, about: &str) -> Option<()> {
    let mut words = about.splitn(3, ' ');
    let (word, name, rest) =
        (words.next()?, words.next().unwrap_or_default(), words.next().unwrap_or_default());
    if !matches!(word, "HELP" | "TYPE" | "UNIT") {
        return Some(());
    }
    if families.last().is_none_or(|last| last.name != name) {
        let (name, help, unit) = (name.to_owned(), String::new(), String::new());
        families.push(Family { name, help, unit, kind: Kind::Gauge, points: Vec::new() });
    }
    let family = families.last_mut()?;
    match word {
        "HELP" => family.help = unescaped(rest),
        "UNIT" => family.unit = rest.to_owned(),
        _ => {
            family.kind = match rest {
                "counter" => Kind::Counter,
                "histogram" => Kind::Histogram,
                "gauge" | "unknown" | "untyped" => Kind::Gauge,
                _ => return None,
            };
        }
    }
    Some(())
}

/// A name, its labels, and its value. What is behind the value (a time, an exemplar) is not read.
fn sample(line: &str) -> Option<(String, Labels, f64)> {
    let end = line.find(['{', ' '])?;
    let (name, rest) = line.split_at(end);
    let (labels, rest) = match rest.strip_prefix('{') {
        Some(rest) => read_labels(rest)?,
        None => (Labels::new(), rest),
    };
    Some((name.to_owned(), labels, number(rest.split_whitespace().next()?)?))
}

fn number(text: &str) -> Option<f64> {
    match text {
        "+Inf" => Some(f64::INFINITY),
        "-Inf" => Some(f64::NEG_INFINITY),
        _ => text.parse().ok(),
    }
}

/// What stands between the braces, and what is behind them.
fn read_labels(text: &str) -> Option<(Labels, &str)> {
    let (mut labels, mut rest) = (Labels::new(), text);
    loop {
        rest = rest.trim_start_matches(',');
        if let Some(behind) = rest.strip_prefix('}') {
            return Some((labels, behind));
        }
        let (name, value) = rest.split_once("=\"")?;
        let end = closing_quote(value)?;
        labels.insert(name.to_owned(), unescaped(&value[..end]));
        rest = &value[end + 1..];
    }
}

fn closing_quote(text: &str) -> Option<usize> {
    let mut is_escaped = false;
    text.bytes().position(|byte| {
        let ends = byte == b'"' && !is_escaped;
        is_escaped = byte == b'\\' && !is_escaped;
        ends
    })
}

fn unescaped(text: &str) -> String {
    let (mut out, mut letters) = (String::new(), text.chars());
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => match letters.next() {
                Some('n') => out.push('\n'),
                Some(other) => out.push(other),
                None => out.push('\\'),
            },
            other => out.push(other),
        }
    }
    out
}

/// A histogram's parts follow each other, the buckets in the order of their bounds.
fn add(family: &mut Family, name: &str, mut labels: Labels, value: f64) -> Option<()> {
    let part = name.strip_prefix(family.name.as_str())?;
    if family.kind != Kind::Histogram {
        let is_known = part.is_empty() || (part == "_total" && family.kind == Kind::Counter);
        family.points.push(Point { labels, figure: Figure::Number(value) });
        return is_known.then_some(());
    }
    let bound = labels.remove("le");
    let place = family.points.iter().position(|point| point.labels == labels).unwrap_or_else(|| {
        let figure = Figure::Buckets { sum: 0.0, count: 0, up_to: Vec::new() };
        family.points.push(Point { labels, figure });
        family.points.len() - 1
    });
    let Figure::Buckets { sum, count, up_to } = &mut family.points[place].figure else { return None };
    match (part, bound) {
        ("_sum", None) => *sum = value,
        ("_count", None) => *count = value as u64,
        ("_bucket", Some(bound)) => up_to.push((number(&bound)?, value as u64)),
        _ => return None,
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_may_hold_anything() {
        let text = "# HELP a What.\n# TYPE a counter\n# UNIT a bytes\na_total{x=\"a \\\"b\\\"\\n\\\\c}\",y=\"\"} 5 1.0\n# EOF\n";
        let families = read(text).unwrap();
        let labels: Labels =
            [("x", "a \"b\"\n\\c}"), ("y", "")].map(|(k, v)| (k.to_owned(), v.to_owned())).into();
        assert_eq!(families[0].points, [Point { labels, figure: Figure::Number(5.0) }]);
        assert_eq!((families[0].kind, families[0].unit.as_str()), (Kind::Counter, "bytes"));
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        for bad in ["a 1\n", "# TYPE a gauge\nb 1\n", "# TYPE a gauge\na{x=\"1} 1\n", "# TYPE a gauge\na x\n"]
        {
            assert!(read(bad).unwrap_err().contains("cannot be read"), "{bad}");
        }
    }
}
