//! Owns what the gate records: a deed, as the audit log holds it, where hashes cover it. See `deeds` for how it is read.

/// Something that the gate records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deed {
    /// As an order: `mount volume demo`.
    pub what: String,
    /// It changes the answering node and nothing else.
    pub here: bool,
}

impl Deed {
    /// What is asked for, as far as the address says.
    pub(crate) fn asked(summary: &str, names: &[String]) -> Deed {
        let mut what = order(summary);
        if !names.is_empty() {
            what = format!("{what}: {}", names.join(" "));
        }
        Deed { what, here: false }
    }

    /// As it is recorded by this node.
    pub fn recorded(self, node: &str) -> String {
        if self.here { format!("{} on {node}", self.what) } else { self.what }
    }
}

fn order(summary: &str) -> String {
    let mut chars = summary.chars();
    chars.next().map(|first| first.to_lowercase().chain(chars).collect()).unwrap_or_default()
}

/// How a deed is read: as it is recorded, with `{name}` in the places of values, and as what was done.
#[derive(Clone, Copy, Debug)]
pub struct Words {
    pub recorded: &'static str,
    pub english: &'static str,
    pub korean: &'static str,
}

/// Declares the words of a noun's deeds: of its commands (`Described`), of what the gate records of it, and the summaries of
/// its operations, for what is refused before it is looked at.
macro_rules! deeds {
    ($($recorded:literal: $english:literal, $korean:literal;)*) => {
        pub(crate) mod deeds {
            pub const WORDS: &[$crate::deed::Words] =
                &[$($crate::deed::Words { recorded: $recorded, english: $english, korean: $korean }),*];
        }
    };
}
pub(crate) use deeds;
