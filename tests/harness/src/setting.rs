//! How much a test does, where somebody may want more of it.

/// The number that the environment variable has, `default` where it is not set.
pub fn number(variable: &str, default: u64) -> u64 {
    let given = std::env::var(variable).ok();
    given.map_or(default, |given| {
        given.parse().unwrap_or_else(|_| panic!("{variable} is not a number: {given}"))
    })
}
