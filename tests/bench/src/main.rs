//! The same workloads on any mount or NFS server, and a comparison with other systems.
//!
//! Figures of one machine mean little alone: the comparison runs all systems in turn, several times, and
//! prints ratios of medians.

mod client;
mod measure;
mod memory;
mod namespace;
mod plot;
mod report;
mod systems;
mod workload;

use clap::{Args, Parser, Subcommand};
use client::Place;
use measure::{Processes, Sample};
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;
use workload::Scale;

/// Benchmarks of file systems, by what clients see.
#[derive(Parser)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the workloads on one place and print a table.
    Run {
        /// A directory, or nfs://HOST:PORT/EXPORT.
        place: Place,
        /// Processes whose processor time counts as the server's.
        #[arg(long, value_delimiter = ',')]
        pids: Vec<u32>,
        #[command(flatten)]
        size: Size,
    },
    /// Set up Gotgan, GlusterFS and NFS-Ganesha on this machine (as root) and print their ratios.
    Compare {
        /// Where the systems keep their data: a directory on the disk to measure.
        #[arg(long, default_value = "/var/tmp")]
        dir: PathBuf,
        /// How often each system runs; the medians are printed.
        #[arg(long, default_value_t = 3)]
        rounds: usize,
        /// Only Gotgan: to look at one's own change.
        #[arg(long)]
        alone: bool,
        /// Write the table as Markdown here, with the plot as SVG beside it.
        #[arg(long)]
        out: Option<PathBuf>,
        #[command(flatten)]
        size: Size,
    },
    /// Show what memory three nodes keep: at the start, after 24,000 small files and 1.5 GiB, and ten minutes later.
    Memory {
        /// Where the nodes keep their data.
        #[arg(long, default_value = "/var/tmp")]
        dir: PathBuf,
        #[command(flatten)]
        size: Size,
    },
}

#[derive(Args)]
struct Size {
    /// A few seconds' worth, to see that everything runs.
    #[arg(long)]
    smoke: bool,
}

impl Size {
    fn scale(&self) -> Scale {
        if self.smoke { Scale::SMOKE } else { Scale::FULL }
    }
}

struct Given(Vec<u32>);

impl Processes for Given {
    fn pids(&self) -> Vec<u32> {
        self.0.clone()
    }
}

fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Run { place, pids, size } => run(&place, Given(pids), &size),
        Command::Compare { dir, rounds, alone, out, size } => {
            report::compare(&dir, rounds, alone, out, size.scale())
        }
        Command::Memory { dir, size } => {
            let load = if size.smoke { memory::Load::SMOKE } else { memory::Load::FULL };
            memory::run(&dir, &load)
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(place: &Place, system: Given, size: &Size) -> io::Result<()> {
    println!("{}", report::HEADING);
    let mut note = |sample: &Sample| println!("{}", report::line(sample));
    workload::run_all(place, &system, size.scale(), &mut note).map(|_| ())
}
