//! Owns how names of any bytes are written into JSON: as Go's `strconv.Quote` does, without its quotes.

/// The bytes as text that JSON can hold.
pub(crate) fn quoted(name: &[u8]) -> String {
    let mut text = String::with_capacity(name.len());
    for part in name.utf8_chunks() {
        for letter in part.valid().chars() {
            match letter {
                '\\' => text.push_str("\\\\"),
                '"' => text.push_str("\\\""),
                _ if letter.is_ascii_control() => text.push_str(&format!("\\x{:02x}", letter as u32)),
                _ => text.push(letter),
            }
        }
        part.invalid().iter().for_each(|byte| text.push_str(&format!("\\x{byte:02x}")));
    }
    text
}

/// `None` for what Go could not have written.
pub(crate) fn unquoted(text: &str) -> Option<Vec<u8>> {
    let mut name = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        name.extend_from_slice(&rest.as_bytes()[..at]);
        let mut letters = rest[at + 1..].chars();
        let escape = letters.next()?;
        rest = letters.as_str();
        match escape {
            'a' => name.push(0x07),
            'b' => name.push(0x08),
            'f' => name.push(0x0c),
            'n' => name.push(b'\n'),
            'r' => name.push(b'\r'),
            't' => name.push(b'\t'),
            'v' => name.push(0x0b),
            '\\' | '"' | '\'' => name.push(escape as u8),
            'x' => name.push(number(&mut rest, 2, 16)? as u8),
            'u' => push_letter(&mut name, number(&mut rest, 4, 16)?)?,
            'U' => push_letter(&mut name, number(&mut rest, 8, 16)?)?,
            '0'..='7' => {
                rest = &text[text.len() - rest.len() - 1..];
                name.push(u8::try_from(number(&mut rest, 3, 8)?).ok()?);
            }
            _ => return None,
        }
    }
    name.extend_from_slice(rest.as_bytes());
    Some(name)
}

fn push_letter(name: &mut Vec<u8>, number: u32) -> Option<()> {
    let mut bytes = [0; 4];
    name.extend_from_slice(char::from_u32(number)?.encode_utf8(&mut bytes).as_bytes());
    Some(())
}

fn number(rest: &mut &str, digits: usize, radix: u32) -> Option<u32> {
    let (number, behind) = rest.split_at_checked(digits)?;
    *rest = behind;
    number.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| u32::from_str_radix(number, radix).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_go_writes_is_read() {
        let all = r#"a\a\b\f\n\r\t\v\\\"\x7f\xff\u00ad\U0001f600\101é"#;
        let read = b"a\x07\x08\x0c\n\r\t\x0b\\\"\x7f\xff\xc2\xad\xf0\x9f\x98\x80A\xc3\xa9";
        assert_eq!(unquoted(all).as_deref(), Some(&read[..]));
        for wrong in ["\\", "\\x", "\\x+1", "\\q", "\\ud800", "\\777", "\\u12"] {
            assert_eq!(unquoted(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn any_name_reads_as_it_was_written(name: Vec<u8>) {
            prop_assert_eq!(unquoted(&quoted(&name)), Some(name));
        }

        #[test]
        fn any_text_is_read_or_refused(text: String) {
            let _ = unquoted(&text);
        }
    }
}
