//! Owns tables for people: columns that line up, whatever the cells hold.

pub use nasd_base::write_size as bytes;

/// A row of each under a heading of as many cells, or `nothing` when there are none. Control characters are made visible,
/// since names come from elsewhere and a terminal would obey them.
pub fn columns<T, R: IntoIterator<Item = String>>(
    heading: &[&str],
    all: impl IntoIterator<Item = T>,
    nothing: &str,
    row: impl Fn(T) -> R,
) -> String {
    let mut lines: Vec<Vec<String>> = vec![heading.iter().map(|cell| visible(cell)).collect()];
    lines.extend(all.into_iter().map(|one| row(one).into_iter().map(|cell| visible(&cell)).collect()));
    if lines.len() > 1 { render(&lines) } else { format!("{nothing}\n") }
}

fn render(lines: &[Vec<String>]) -> String {
    let widest = |column: usize| lines.iter().map(|line| width(&line[column])).max().unwrap_or(0);
    let widths: Vec<usize> = (0..lines[0].len()).map(widest).collect();
    let mut text = String::new();
    for line in lines {
        let cells = line.iter().zip(&widths);
        let padded: String =
            cells.map(|(cell, wide)| cell.to_owned() + &" ".repeat(wide - width(cell) + 2)).collect();
        text += padded.trim_end();
        text.push('\n');
    }
    text
}

/// One thing, a fact a line.
pub fn facts_of<'a>(kind: &str, name: &str, facts: impl IntoIterator<Item = (&'a str, String)>) -> String {
    columns(&[kind, name], facts, "", |(fact, value)| [fact.to_owned(), value])
}

/// A cell that may be empty.
pub fn or_dash<T: ToString>(value: Option<T>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| value.to_string())
}

/// `text` with control characters as escapes.
pub fn visible(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { c.escape_default().to_string() } else { c.to_string() })
        .collect()
}

/// Columns a terminal uses: Korean, Chinese and Japanese characters take two.
fn width(text: &str) -> usize {
    let wide = |c: char| {
        matches!(u32::from(c), 0x1100..=0x115f | 0x2e80..=0xa4cf | 0xac00..=0xd7a3 | 0xf900..=0xfaff
            | 0xfe30..=0xfe6f | 0xff00..=0xff60 | 0xffe0..=0xffe6)
    };
    text.chars().map(|c| if wide(c) { 2 } else { 1 }).sum()
}

/// Names in one cell.
pub fn listed(names: &[String]) -> String {
    if names.is_empty() { "-".to_owned() } else { names.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_under_wide_characters() {
        let table =
            columns(&["NAME", "STATE"], ["곳간", "a"], "", |name| [name.to_owned(), "ok".to_owned()]);
        assert_eq!(table, "NAME  STATE\n곳간  ok\na     ok\n");
    }

    #[test]
    fn an_empty_table_says_so() {
        let table = columns(&["NAME"], [], "There are no volumes.", |name: String| [name]);
        assert_eq!(table, "There are no volumes.\n");
    }

    #[test]
    fn escape_sequences_do_not_reach_the_terminal() {
        assert_eq!(visible("a\x1b[2Jb\n"), "a\\u{1b}[2Jb\\n");
    }
}
