//! What names of several kinds have in common, and how a message shows them.

/// Longest name of a node or volume, in bytes.
pub const NAME_BYTES_MAX: usize = 63;

/// A host name's label or labels: what a node and a cluster may be called.
pub fn is_host_name(name: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let ends = [name.bytes().next(), name.bytes().last()];
    name.len() <= NAME_BYTES_MAX
        && ends.iter().all(|end| end.is_some_and(inner))
        && name.bytes().all(|byte| inner(byte) || byte == b'-' || byte == b'.')
}

/// A refused text as a message may show it: short, and without control characters.
pub fn shown(text: &str) -> String {
    text.chars().take(80).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

/// A few names for a message.
pub fn listed(names: &[&str]) -> String {
    const SHOWN: usize = 5;
    let shown = names[..names.len().min(SHOWN)].join(", ");
    if names.len() > SHOWN { format!("{shown} and {} more", names.len() - SHOWN) } else { shown }
}
