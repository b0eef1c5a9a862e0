//! Owns sentences with places: `{name}` stands for a value, and `{~name}` for one that is itself a sentence.

use crate::korean;
use std::collections::BTreeMap;

pub(crate) type Values = BTreeMap<String, String>;

/// The sentence with its values, which are not looked at for places of their own. `within` has the last word on those
/// that are sentences. `None` when a value is missing.
pub(crate) fn filled(sentence: &str, values: &Values, within: &dyn Fn(&str) -> String) -> Option<String> {
    let mut text = String::new();
    for part in parts(sentence) {
        match part {
            Part::Words(words) => korean::append(&mut text, words),
            Part::Place(name) => match name.strip_prefix('~') {
                Some(name) => text.push_str(&within(values.get(name)?)),
                None => text.push_str(values.get(name)?),
            },
        }
    }
    Some(text)
}

/// The values that make this text of the sentence, if some do.
pub(crate) fn recognised(sentence: &str, text: &str) -> Option<Values> {
    let (mut values, mut rest, mut open) = (Values::new(), text, None::<&str>);
    let mut parts = parts(sentence).peekable();
    while let Some(part) = parts.next() {
        match (part, open) {
            (Part::Place(name), _) => open = Some(name),
            (Part::Words(words), None) => rest = rest.strip_prefix(words)?,
            (Part::Words(words), Some(name)) => {
                let (value, after) = match parts.peek() {
                    Some(_) => rest.split_once(words)?,
                    None => (rest.strip_suffix(words)?, ""),
                };
                values.insert(name.to_owned(), value.to_owned());
                (rest, open) = (after, None);
            }
        }
    }
    match open {
        Some(name) => drop(values.insert(name.to_owned(), rest.to_owned())),
        None if !rest.is_empty() => return None,
        None => {}
    }
    Some(values)
}

enum Part<'a> {
    Words(&'a str),
    Place(&'a str),
}

fn parts(sentence: &str) -> impl Iterator<Item = Part<'_>> {
    let mut rest = sentence;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let place = rest.strip_prefix('{').and_then(|rest| rest.split_once('}'));
        let (part, after) = match place {
            Some((name, after)) => (Part::Place(name), after),
            None => {
                let (words, after) = rest.split_at(rest.find('{').unwrap_or(rest.len()));
                (Part::Words(words), after)
            }
        };
        rest = after;
        Some(part)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn values(pairs: &[(&str, &str)]) -> Values {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn a_sentence_without_one_of_its_values_is_none() {
        assert_eq!(filled("{a} and {b}", &values(&[("a", "1")]), &str::to_owned), None);
        assert_eq!(
            filled("{a} and {b}", &values(&[("a", "1"), ("b", "2"), ("c", "3")]), &str::to_owned).unwrap(),
            "1 and 2"
        );
    }

    #[test]
    fn a_sentence_is_recognised_as_a_whole() {
        let sentence = "node {node}: {why}";
        assert_eq!(
            recognised(sentence, "node 2: is: off"),
            Some(values(&[("node", "2"), ("why", "is: off")]))
        );
        assert_eq!(recognised(sentence, "a node 2: is off"), None);
        assert_eq!(recognised("it is full", "it is full of them"), None);
        assert_eq!(recognised("no ({why})", "no (as (b))"), Some(values(&[("why", "as (b)")])));
    }

    proptest! {
        #[test]
        fn values_are_not_filled_again(
            a in "([{}~a-b\u{0}\n\u{1b}\u{7f}가 ]|\\{a\\}|\\{~b\\}){0,20}", b in "([{}~ab]|\\{a\\}){0,20}",
        ) {
            let both = values(&[("a", &a), ("b", &b)]);
            prop_assert_eq!(filled("<{a}|{b}>", &both, &str::to_owned).unwrap(), format!("<{a}|{b}>"));
        }

        #[test]
        fn what_was_filled_is_recognised(a in "[a-z0-9{}]{0,20}", b in "\\PC{0,20}") {
            let both = values(&[("a", &a), ("b", &b)]);
            let text = filled("node {a}; {b}", &both, &str::to_owned).unwrap();
            prop_assert_eq!(recognised("node {a}; {b}", &text), Some(both));
        }
    }
}
