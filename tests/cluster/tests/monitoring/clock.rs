//! A clock that is wrong: what a program with this library asks for the time is so many seconds ahead.

use std::path::{Path, PathBuf};
use std::process::Command;

/// libfaketime would do this and more, but waits for itself in programs with jemalloc.
const SOURCE: &str = "
#define _GNU_SOURCE
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t clock, struct timespec *at) {
    int failed = syscall(SYS_clock_gettime, clock, at);
    if (!failed && clock == CLOCK_REALTIME)
        at->tv_sec += AHEAD;
    return failed;
}
";

/// The library, for the dynamic linker.
pub fn ahead(dir: &Path, seconds: u32) -> PathBuf {
    let (source, library) = (dir.join("clock.c"), dir.join("clock.so"));
    std::fs::write(&source, SOURCE).expect("written");
    let mut compiler = Command::new("cc");
    compiler.args(["-shared", "-fPIC", &format!("-DAHEAD={seconds}"), "-o"]).arg(&library).arg(&source);
    assert!(compiler.status().expect("a C compiler").success());
    library
}
