//! The developer's commands: `cargo xtask demo`, `test`, `dist`, `bench` and `fuzz` set up what they need and run it.
//!
//! Only the standard library, so that the first command on a fresh machine compiles in seconds.

mod bench;
mod demo;
mod dist;
mod fuzz;
mod kernel;
mod memory;
mod packages;
mod run;
mod schemathesis;
mod test;
mod tools;
mod unpacked;

use std::process::ExitCode;

const HELP: &str = "\
Usage: cargo xtask COMMAND

Commands:
  demo [--dir DIR] [--json]   Build Gotgan and run a three-node cluster on this machine, until Ctrl-C.
                              DIR keeps the cluster's data (default: ./gotgan-demo); run it again to go on.
  test [--fast] [FILTER...]   Check formatting, lints and licences, then run all tests.
                              --fast leaves out the checks and the end-to-end tests. FILTER: nextest filters.
  dist                        Build what is installed: the programs in target/installed, and beside each what a debugger
                              needs of it (.debug).
  bench [OPTION...]           Compare Gotgan with GlusterFS and NFS-Ganesha on this machine, as root. Options of
                              `bench compare`: --smoke, --alone, --rounds N, --dir DIR, --out FILE.md
  fuzz [TARGET|all] [SECONDS] Feed the decoders with anything, 60 seconds each; see docs/fuzzing.md.
  help                        Show this text.

Each command installs the Debian packages it needs when it may (as root), else it names them and stops.
Exit codes: 0 done, 1 something failed, 2 wrong usage.
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match words.as_slice() {
        ["demo", rest @ ..] => demo::demo(rest),
        ["test", rest @ ..] => test::test(rest),
        ["dist"] => dist::dist(),
        ["bench", rest @ ..] => bench::bench(rest),
        ["fuzz", rest @ ..] => fuzz::fuzz(rest),
        [] | ["help" | "--help" | "-h"] => {
            print!("{HELP}");
            return ExitCode::SUCCESS;
        }
        [other, ..] => {
            eprintln!("error: there is no command `{other}`\n\n{HELP}");
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}
