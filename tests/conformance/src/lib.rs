//! Other people's test suites, run as programs: where they are, how they are called, what they said.
//!
//! A suite that is missing fails the test: `cargo xtask test` installs them.

pub mod ext4;
pub mod fsx;
pub mod pjdfstest;
pub mod tools;
