//! Holds the shape of the workspace; see `tests/dependencies.rs`.
