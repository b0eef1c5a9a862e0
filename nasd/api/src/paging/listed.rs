//! Owns what lists hold: what a thing is sorted by, and where it stands.

use super::cell::{Column, number};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use std::borrow::Cow;
use std::marker::PhantomData;

/// Something that lists hold.
pub trait Listed: Sized + 'static {
    /// What lists of it are sorted by on demand, and what a filter looks at.
    const COLUMNS: &'static [Column<Self>];

    /// Where it stands among its like: lists come in the order of these texts unless asked otherwise. No two at once have
    /// the same.
    fn place(&self) -> String;
}

/// The columns that lists of something can be sorted by.
pub struct SortOf<T>(PhantomData<T>);

impl<T: Listed> JsonSchema for SortOf<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Sort".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let columns: Vec<&str> = T::COLUMNS.iter().map(|(name, _)| *name).collect();
        json_schema!({ "type": "string", "enum": columns })
    }
}

/// The newest first.
pub(crate) fn newest(id: u64) -> String {
    number(u64::MAX - id)
}
