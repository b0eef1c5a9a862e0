//! Rust source as words: enough of the language to find modules and the paths in them.

/// A word of the source. Comments, numbers and lifetimes are left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Word {
    Name(String),
    /// The two colons between parts of a path.
    Colons,
    Mark(char),
    Text(String),
}

impl Word {
    pub(crate) fn is(&self, name: &str) -> bool {
        matches!(self, Word::Name(known) if known == name)
    }
}

pub(crate) fn words(source: &str) -> Vec<Word> {
    let mut reader = Reader { rest: source, words: Vec::new() };
    while reader.step() {}
    reader.words
}

struct Reader<'a> {
    rest: &'a str,
    words: Vec<Word>,
}

impl Reader<'_> {
    /// Reads one word; false at the end.
    fn step(&mut self) -> bool {
        let Some(first) = self.rest.chars().next() else { return false };
        if self.rest.starts_with("//") {
            self.skip(self.rest.find('\n').unwrap_or(self.rest.len()));
        } else if self.rest.starts_with("/*") {
            self.block_comment();
        } else if let Some(hashes) = raw_string(self.rest) {
            let end = format!("\"{}", "#".repeat(hashes));
            self.skip(self.rest.find('"').map_or(0, |at| at + 1));
            self.text(self.rest.find(&end).unwrap_or(self.rest.len()), end.len());
        } else if first == '"' || self.rest.starts_with("b\"") || self.rest.starts_with("c\"") {
            self.skip(self.rest.find('"').map_or(0, |at| at + 1));
            self.text(closing(self.rest, '"'), 1);
        } else if first == '\'' || self.rest.starts_with("b'") {
            self.skip(self.rest.find('\'').map_or(0, |at| at + 1));
            self.character();
        } else if self.rest.starts_with("::") {
            self.words.push(Word::Colons);
            self.skip(2);
        } else if first.is_alphanumeric() || first == '_' {
            let end = self.rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(self.rest.len());
            self.words.push(Word::Name(self.rest[..end].to_owned()));
            self.skip(end);
        } else {
            if !first.is_whitespace() {
                self.words.push(Word::Mark(first));
            }
            self.skip(first.len_utf8());
        }
        true
    }

    fn skip(&mut self, bytes: usize) {
        self.rest = self.rest.get(bytes..).unwrap_or("");
    }

    fn text(&mut self, len: usize, end: usize) {
        self.words.push(Word::Text(self.rest[..len].to_owned()));
        self.skip(len + end);
    }

    fn block_comment(&mut self) {
        let mut depth = 0;
        loop {
            let (change, bytes) = match self.rest {
                rest if rest.starts_with("/*") => (1, 2),
                rest if rest.starts_with("*/") => (-1, 2),
                rest => (0, rest.chars().next().map_or(0, char::len_utf8)),
            };
            self.skip(bytes);
            depth += change;
            if depth == 0 || bytes == 0 {
                return;
            }
        }
    }

    /// After a quote: a character and its closing quote, or a lifetime.
    fn character(&mut self) {
        let mut chars = self.rest.chars();
        match (chars.next(), chars.next()) {
            (Some('\\'), _) => self.skip(closing(self.rest, '\'') + 1),
            (Some(character), Some('\'')) => self.skip(character.len_utf8() + 1),
            _ => self.skip(self.rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(0)),
        }
    }
}

/// Where the quote is that ends this text.
fn closing(text: &str, quote: char) -> usize {
    let mut escaped = false;
    let end = text.char_indices().find(|(_, character)| {
        let ends = *character == quote && !escaped;
        escaped = *character == '\\' && !escaped;
        ends
    });
    end.map_or(text.len(), |(at, _)| at)
}

/// The hashes of a raw string that begins here.
fn raw_string(text: &str) -> Option<usize> {
    let text = text.strip_prefix(['b', 'c']).unwrap_or(text).strip_prefix('r')?;
    let hashes = text.len() - text.trim_start_matches('#').len();
    text[hashes..].starts_with('"').then_some(hashes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_strings_and_lifetimes_hide_no_code_and_are_none() {
        let source = r##"a // crate::b
            /* x /* y */ z */ b"c::d" 'e' '\'' &'f g::h r#"i"j"# 'k'::l"##;
        let text = |text: &str| Word::Text(text.to_owned());
        let name = |name: &str| Word::Name(name.to_owned());
        let expected = [name("a"), text("c::d"), Word::Mark('&'), name("g"), Word::Colons, name("h")];
        assert_eq!(words(source)[..6], expected);
        assert_eq!(words(source)[6..], [text("i\"j"), Word::Colons, name("l")]);
    }
}
