//! Events as entries of systemd's journal, in its own protocol: <https://systemd.io/JOURNAL_NATIVE_PROTOCOL/>.
//!
//! An entry is one datagram. One that the kernel does not take for its size is sent again without its fields and with the
//! beginning of its message: what is long here are texts, and files for them would have to be passed by descriptor.

use crate::record::{self, Said};
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

const SOCKET: &str = "/run/systemd/journal/socket";
/// What every kernel takes.
const SHORT_BYTES: usize = 4096;

pub struct Journal {
    program: &'static str,
    to: UnixDatagram,
}

impl Journal {
    pub fn of_this_machine(program: &'static str) -> Result<Journal, String> {
        Journal::at(program, Path::new(SOCKET))
    }

    fn at(program: &'static str, socket: &Path) -> Result<Journal, String> {
        let failed = |error| format!("there is no journal at {}: {error}", socket.display());
        let to = UnixDatagram::unbound().map_err(failed)?;
        to.connect(socket).map_err(failed)?;
        Ok(Journal { program, to })
    }

    fn send(&self, said: &Said) {
        if self.to.send(&entry(self.program, said, true)).is_err() {
            // There is nobody to tell that nobody can be told.
            let _ = self.to.send(&entry(self.program, said, false));
        }
    }
}

/// The journal's id for what is meant by a name: 128 bits, as hexadecimal digits. `journalctl MESSAGE_ID=…` finds it.
pub fn message_id(event: &str) -> String {
    let hash = blake3::derive_key("gotgan journal message id", event.as_bytes());
    hash[..16].iter().map(|byte| format!("{byte:02x}")).collect()
}

/// As syslog counts them.
fn priority(level: Level) -> &'static str {
    match level {
        Level::ERROR => "3",
        Level::WARN => "4",
        Level::INFO => "6",
        _ => "7",
    }
}

fn entry(program: &str, said: &Said, whole: bool) -> Vec<u8> {
    let Said { metadata, event, message, fields } = said;
    let mut entry = Vec::new();
    let shown = if whole { message.as_str() } else { &message[..message.floor_char_boundary(SHORT_BYTES)] };
    put(&mut entry, "MESSAGE", shown);
    put(&mut entry, "PRIORITY", priority(*metadata.level()));
    put(&mut entry, "SYSLOG_IDENTIFIER", program);
    put(&mut entry, "TARGET", metadata.target());
    if let Some(event) = event {
        put(&mut entry, "MESSAGE_ID", &message_id(event));
        put(&mut entry, "EVENT", event);
    }
    for (name, value) in fields.iter().filter(|_| whole) {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        put(&mut entry, &format!("GOTGAN_{}", name_of(name)), &text);
    }
    entry
}

/// Names are capital letters, digits and underscores, and not too long.
fn name_of(field: &str) -> String {
    let letters = field.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' });
    letters.take(50).collect()
}

/// A value with breaks has its length before it.
fn put(entry: &mut Vec<u8>, name: &str, value: &str) {
    entry.extend_from_slice(name.as_bytes());
    if value.contains('\n') {
        entry.push(b'\n');
        entry.extend_from_slice(&(value.len() as u64).to_le_bytes());
    } else {
        entry.push(b'=');
    }
    entry.extend_from_slice(value.as_bytes());
    entry.push(b'\n');
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Journal {
    fn on_new_span(&self, of: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        record::begin_span(of, id, &context);
    }

    fn on_record(&self, id: &Id, more: &Record<'_>, context: Context<'_, S>) {
        record::fill_span(id, more, &context);
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        self.send(&record::said(event, &context));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;
    use tracing_subscriber::layer::SubscriberExt;

    /// As the journal reads an entry.
    fn read(mut entry: &[u8]) -> BTreeMap<String, String> {
        let mut fields = BTreeMap::new();
        while !entry.is_empty() {
            let end = entry.iter().position(|byte| *byte == b'\n').unwrap();
            let (name, value, rest) = match entry[..end].iter().position(|byte| *byte == b'=') {
                Some(at) => (&entry[..at], &entry[at + 1..end], &entry[end + 1..]),
                None => {
                    let (length, rest) = entry[end + 1..].split_at(8);
                    let length = u64::from_le_bytes(length.try_into().unwrap()) as usize;
                    assert_eq!(rest[length], b'\n');
                    (&entry[..end], &rest[..length], &rest[length + 1..])
                }
            };
            let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
            fields.insert(text(name), text(value));
            entry = rest;
        }
        fields
    }

    fn heard(act: impl FnOnce()) -> BTreeMap<String, String> {
        let dir = tempfile::tempdir().unwrap();
        let socket = dir.path().join("journal");
        let journal = UnixDatagram::bind(&socket).unwrap();
        let layer = Journal::at("nasd", &socket).unwrap();
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), act);
        journal.set_nonblocking(true).unwrap();
        let mut datagram = vec![0; 1 << 20];
        let length = journal.recv(&mut datagram).unwrap();
        read(&datagram[..length])
    }

    #[test]
    fn an_event_is_an_entry_with_an_id_and_fields() {
        let entry = heard(|| {
            let _entered = tracing::info_span!("request", request = "r-1").entered();
            tracing::warn!(name: "disk_slow", path = "/srv/a\nb", took = 7, "a disk\nis slow");
        });
        assert_eq!(entry["MESSAGE"], "a disk\nis slow");
        assert_eq!((entry["PRIORITY"].as_str(), entry["SYSLOG_IDENTIFIER"].as_str()), ("4", "nasd"));
        assert_eq!((entry["EVENT"].as_str(), entry["GOTGAN_PATH"].as_str()), ("disk_slow", "/srv/a\nb"));
        assert_eq!((entry["GOTGAN_TOOK"].as_str(), entry["GOTGAN_REQUEST"].as_str()), ("7", "r-1"));
        assert_eq!(entry["MESSAGE_ID"], message_id("disk_slow"));
    }

    /// Somebody's catalog and searches are made of these.
    #[test]
    fn ids_never_change() {
        assert_eq!(message_id("node_started"), NODE_STARTED);
    }

    #[test]
    fn what_is_too_long_is_cut_and_not_lost() {
        let entry = heard(|| tracing::error!(detail = "y".repeat(1 << 20), "{}", "가".repeat(1 << 19)));
        assert!(entry["MESSAGE"].starts_with("가가") && entry["MESSAGE"].len() <= SHORT_BYTES);
        assert!(!entry.contains_key("GOTGAN_DETAIL"));
    }

    const NODE_STARTED: &str = "3dc6759322dd7d5b8a370c900db2cf25";
}
