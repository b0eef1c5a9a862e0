//! The web console in a real browser, on a real cluster. See `tests/console`.
