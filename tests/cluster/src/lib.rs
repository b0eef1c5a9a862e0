//! End-to-end tests: real processes, real clients, real kills. See `tests/`.
