//! What an event says, with what the spans around it say.

use serde_json::{Map, Value};
use std::fmt::Debug;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

/// An event, ready to be written.
pub struct Said {
    pub metadata: &'static Metadata<'static>,
    /// Its name that does not change, if it has one.
    pub event: Option<&'static str>,
    pub message: String,
    /// Of the spans from the outside in, and then its own.
    pub fields: Map<String, Value>,
}

#[derive(Default)]
struct Fields(Map<String, Value>);

impl Fields {
    fn put(&mut self, field: &Field, value: Value) {
        self.0.insert(field.name().trim_start_matches("r#").to_owned(), value);
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.put(field, format!("{value:?}").into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value.into());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, value.into());
    }
}

/// Keeps what a span says when it begins.
pub fn begin_span<S: Subscriber + for<'a> LookupSpan<'a>>(
    of: &Attributes<'_>,
    id: &Id,
    context: &Context<'_, S>,
) {
    let mut fields = Fields::default();
    of.record(&mut fields);
    if let Some(span) = context.span(id) {
        span.extensions_mut().insert(fields);
    }
}

/// And what it learns later.
pub fn fill_span<S: Subscriber + for<'a> LookupSpan<'a>>(
    id: &Id,
    more: &Record<'_>,
    context: &Context<'_, S>,
) {
    if let Some(span) = context.span(id)
        && let Some(fields) = span.extensions_mut().get_mut::<Fields>()
    {
        more.record(fields);
    }
}

pub fn said<S: Subscriber + for<'a> LookupSpan<'a>>(event: &Event<'_>, context: &Context<'_, S>) -> Said {
    let mut all = Map::new();
    for span in context.event_scope(event).into_iter().flat_map(|scope| scope.from_root()) {
        if let Some(Fields(fields)) = span.extensions().get::<Fields>() {
            all.extend(fields.clone());
        }
    }
    let mut own = Fields::default();
    event.record(&mut own);
    all.extend(own.0);
    let message = match all.remove("message") {
        Some(Value::String(message)) => message,
        _ => String::new(),
    };
    let metadata = event.metadata();
    // Where nobody named it, tracing names the place in the source.
    let named = Some(metadata.name()).filter(|name| !name.starts_with("event "));
    Said { metadata, event: named, message, fields: all }
}
