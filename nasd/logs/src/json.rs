//! Events as JSON, one a line.

use crate::record::{self, Said};
use serde_json::{Map, Value};
use std::io::Write;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

pub struct Lines<W> {
    program: &'static str,
    to: W,
}

impl<W> Lines<W> {
    pub fn new(program: &'static str, to: W) -> Lines<W> {
        Lines { program, to }
    }
}

/// In UTC, as RFC 3339 has it.
fn now() -> String {
    let mut text = String::new();
    let _ = SystemTime.format_time(&mut Writer::new(&mut text));
    text
}

fn line(program: &str, said: Said) -> Value {
    let Said { metadata, event, message, fields } = said;
    let mut line = Map::new();
    line.insert("time".into(), now().into());
    line.insert("level".into(), metadata.level().as_str().into());
    line.insert("program".into(), program.into());
    line.insert("target".into(), metadata.target().into());
    line.extend(event.map(|event| ("event".to_owned(), event.into())));
    line.insert("message".into(), message.into());
    if !fields.is_empty() {
        line.insert("fields".into(), fields.into());
    }
    line.into()
}

impl<S, W> Layer<S> for Lines<W>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: for<'w> MakeWriter<'w> + 'static,
{
    fn on_new_span(&self, of: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        record::begin_span(of, id, &context);
    }

    fn on_record(&self, id: &Id, more: &Record<'_>, context: Context<'_, S>) {
        record::fill_span(id, more, &context);
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let line = format!("{}\n", line(self.program, record::said(event, &context)));
        // There is nobody to tell that nobody can be told.
        let _ = self.to.make_writer_for(event.metadata()).write_all(line.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};
    use tracing_subscriber::layer::SubscriberExt;

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn lines(act: impl FnOnce()) -> Vec<Value> {
        let kept = Kept::default();
        let writer = kept.clone();
        let lines = Lines::new("nasd", move || writer.clone());
        tracing::subscriber::with_default(tracing_subscriber::registry().with(lines), act);
        let text = String::from_utf8(kept.0.lock().unwrap().clone()).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    #[test]
    fn an_event_is_a_line_with_its_fields_and_those_of_its_spans() {
        let said = lines(|| {
            let request = tracing::info_span!("request", request = "r-1", node = tracing::field::Empty);
            request.record("node", 3);
            let _entered = request.enter();
            let error = std::io::Error::other("a\nb \"c\"");
            tracing::warn!(name: "disk_slow", %error, took = 0.5, healed = false, "a disk is slow");
        });
        assert_eq!(said.len(), 1, "the break in a field breaks no line");
        let line = &said[0];
        assert_eq!((&line["level"], &line["program"]), (&"WARN".into(), &"nasd".into()));
        assert_eq!((&line["event"], &line["message"]), (&"disk_slow".into(), &"a disk is slow".into()));
        let expected = serde_json::json!({
            "request": "r-1", "node": 3, "error": "a\nb \"c\"", "took": 0.5, "healed": false
        });
        assert_eq!(line["fields"], expected);
        let time = line["time"].as_str().unwrap();
        assert!(time.len() > 20 && time.contains('T') && time.ends_with('Z'), "{time}");
    }

    #[test]
    fn what_has_no_name_and_no_fields_says_neither() {
        let said = lines(|| tracing::info!("it begins"));
        assert!(said[0].get("event").is_none() && said[0].get("fields").is_none(), "{}", said[0]);
    }
}
